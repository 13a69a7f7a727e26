//! What fields and collections may be called: their names become SQL identifiers, ids of DAGs and keys of Variables.

use crate::fault::Faults;
use leeward_model::sensitive::{SENSITIVE_WORDS, is_sensitive_name};

/// The longest field name, in bytes: PostgreSQL cuts longer identifiers off.
pub(crate) const FIELD_NAME_BYTES_MAX: usize = 63;

/// The longest collection name, in bytes: it leaves room for what names derived from it begin or end with.
pub(crate) const COLLECTION_NAME_BYTES_MAX: usize = 48;

/// The built-in collections.
const BUILT_IN: &[&str] = &["variables", "pools", "dags", "run_notes", "task_notes"];

/// The companion's own tables begin with the first, SQLite's with the second.
const RESERVED: &[&str] = &["leeward_", "sqlite_"];

/// What every object of JavaScript has without being given it, of the names that could be a field's otherwise. The window
/// holds a record's fields in such an object: a record without the field would seem to have it. Refused rather than worked
/// around: a single place that forgot to would show or save what nobody wrote.
const IN_EVERY_OBJECT: &[&str] = &["constructor"];

/// Notes what is wrong with a field's name.
pub(crate) fn check_field(name: &str, pointer: &str, faults: &mut Faults) {
    check(name, FIELD_NAME_BYTES_MAX, pointer, faults);
}

/// Notes what is wrong with a collection's name.
pub(crate) fn check_collection(name: &str, pointer: &str, faults: &mut Faults) {
    check(name, COLLECTION_NAME_BYTES_MAX, pointer, faults);
    if BUILT_IN.contains(&name) {
        faults.add(
            pointer,
            "is the name of a built-in collection",
            "Call it something else.",
        );
    }
    for prefix in RESERVED.iter().filter(|prefix| name.starts_with(**prefix)) {
        let instead = "Let it begin with something else.";
        faults.add(
            pointer,
            format!("begins with {prefix}, which is reserved for tables"),
            instead,
        );
    }
}

fn check(name: &str, bytes_max: usize, pointer: &str, faults: &mut Faults) {
    if !is_identifier(name) || name.len() > bytes_max {
        faults.add(
            pointer,
            "is not a name that a data model can use",
            format!(
                "Use a small letter, then small letters, digits and _, {bytes_max} characters at most (what people \
                 are to read is `title`)."
            ),
        );
    }
    if IN_EVERY_OBJECT.contains(&name) {
        let what = "has a name that every object of JavaScript has already: a record without it would seem to have it";
        faults.add(pointer, what, "Call it something else.");
    }
    if is_sensitive_name(name) {
        let lower = name.to_lowercase();
        let word = SENSITIVE_WORDS.iter().find(|word| lower.contains(**word));
        faults.add(
            pointer,
            "has a name that Airflow takes for that of a secret: it hides such values, and they could not be read back",
            word.map_or("Call it something else.".to_owned(), |word| {
                format!("Call it something without \"{word}\".")
            }),
        );
    }
}

fn is_identifier(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes()
        .next()
        .is_some_and(|first| first.is_ascii_lowercase())
        && name.bytes().all(allowed)
}
