//! What is never taken from a file: secrets, and what Airflow shows in their place.

use crate::column::{Column, Kind};
use crate::present::Known;
use leeward_model::{Value, sensitive};

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
    let is_secret = match (&column.kind, value) {
        (Kind::JsonText, Value::String(text)) => !sensitive::sensitive_paths(key, text).is_empty(),
        _ => false,
    };
    is_secret.then_some("would be a secret, and Leeward keeps none among the records: replace it as a whole")
}

fn holds_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => sensitive::holds_mask(text),
        Value::Array(_) | Value::Object(_) => sensitive::holds_mask(&value.to_string()),
        _ => false,
    }
}
