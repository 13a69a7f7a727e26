//! Where the columns of a collection are in a table.

use crate::faults;
use crate::layout::{KEY, Layout};
use crate::spelling::Spelling;
use leeward_tables::{FileFault, Finding, Table};
use std::collections::HashMap;

/// The columns of a table, as a collection has them.
pub(crate) struct Places {
    /// For each column of the layout, its place in the table.
    pub(crate) places: Vec<Option<usize>>,
    /// For each column of the layout, how its texts are to be read.
    pub(crate) spellings: Vec<Spelling>,
    /// The place of the column that has the key, where the key is no field.
    pub(crate) key: Option<usize>,
}

impl Places {
    /// Finds them by their names.
    ///
    /// # Errors
    /// Where the table has no column for the key, or none of any field.
    pub(crate) fn find(layout: &Layout, table: &Table) -> Result<Self, FileFault> {
        let places: HashMap<&str, usize> = table
            .columns
            .iter()
            .enumerate()
            .map(|(place, column)| (column.name.as_str(), place))
            .collect();
        let place = |name: &str| places.get(name).copied();
        let key = layout.key_column();
        let in_key = layout.columns.iter().filter(|column| column.in_key);
        let needed = key.filter(|name| *name == KEY).into_iter();
        let needed: Vec<&str> = needed
            .chain(in_key.map(|column| column.name.as_str()))
            .filter(|name| place(name).is_none())
            .collect();
        if !needed.is_empty() {
            return Err(faults::no_key(layout, &needed));
        }
        let found: Vec<Option<usize>> = layout.columns.iter().map(|column| place(&column.name)).collect();
        if found.iter().all(Option::is_none) {
            return Err(faults::no_field(layout));
        }
        let spelling = |place: &Option<usize>| {
            let column = place.and_then(|place| table.columns.get(place));
            Spelling {
                format: table.found.format,
                delimiter: table.found.delimiter,
                decimal: column.map_or(Finding::Nothing, |column| column.decimal),
                date_order: column.map_or(Finding::Nothing, |column| column.date_order),
            }
        };
        Ok(Self {
            spellings: found.iter().map(spelling).collect(),
            places: found,
            key: key.and_then(place),
        })
    }
}
