//! What is never taken from a file: secrets, and what Airflow shows in their place.

use crate::column::{Column, Kind};
use crate::layout::Layout;
use crate::present::Known;
use leeward_model::{Value, sensitive};
use leeward_schema::FieldType;

/// What must not be written into a field, as the end of a sentence. The value is not to be shown then.
pub(crate) fn objection(
    key: &str,
    column: &Column,
    value: Option<&Value>,
    known: Option<&Known>,
) -> Option<&'static str> {
    if known.is_some_and(|known| known.sealed.contains(&column.name)) {
        return Some("holds a secret, which is neither kept nor shown here: replace it as a whole");
    }
    let value = value?;
    if holds_mask(value) {
        return Some("is hidden by Airflow, so it is not in this file");
    }
    would_be_secret(key, &column.kind, value)
        .then_some("would be a secret, and Leeward keeps none among the records: replace it as a whole")
}

/// As the window and the mirror say it of an edit, so that the row is refused and not the whole import.
fn would_be_secret(key: &str, kind: &Kind, value: &Value) -> bool {
    let has = |key: &str, text: &str| !sensitive::sensitive_paths(key, text).is_empty();
    match (kind, value) {
        (Kind::JsonText | Kind::Typed(FieldType::Json(_)), Value::String(text)) => has(key, text),
        (Kind::Typed(FieldType::Json(_)), value) => has(key, &value.to_string()),
        // A text of its own is shown whatever its record's key is; one that holds JSON may still name a secret.
        (Kind::Typed(_), Value::String(text)) => has("", text),
        _ => false,
    }
}

/// Whether a record holds a secret, or would be taken for one: it is in no file.
pub(crate) fn holds_any(layout: &Layout, key: &str, known: &Known) -> bool {
    let mut columns = layout.columns.iter();
    !known.sealed.is_empty()
        || columns.any(|column| objection(key, column, known.fields.get(&column.name), None).is_some())
}

fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => sensitive::holds_mask(text),
        Value::Array(_) | Value::Object(_) => sensitive::holds_mask(&value.to_string()),
        _ => false,
    }
}
