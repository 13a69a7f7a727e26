//! Files that have nothing to do with the collection.

use crate::layout::{KeyColumns, Layout};
use leeward_tables::{FaultCode, FileFault};

/// The file has no column for the key.
pub(crate) fn no_key(layout: &Layout, missing: &[&str]) -> FileFault {
    let what = format!(
        "The file has no column {}.",
        missing
            .iter()
            .map(|name| format!("“{name}”"))
            .collect::<Vec<_>>()
            .join(" and ")
    );
    let why = match layout.key {
        KeyColumns::Fields(_) => "The records of the collection are found by it.",
        KeyColumns::Own | KeyColumns::Generated => "It has the keys of the records.",
    };
    let next = format!(
        "Name the columns as the fields are called: {}.",
        layout.names().join(", ")
    );
    FileFault::new(FaultCode::Format, what, why, &next)
}

/// The file has no column of any field.
pub(crate) fn no_field(layout: &Layout) -> FileFault {
    FileFault::new(
        FaultCode::Format,
        format!("The file has no field of {}.", layout.collection()),
        "A column belongs to the field whose name it has, letter by letter.",
        &format!(
            "Name the columns as the fields are called: {}.",
            layout.names().join(", ")
        ),
    )
}
