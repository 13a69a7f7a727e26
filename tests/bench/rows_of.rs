//! The records that are measured with: Variables of about 85 bytes, as in a table of prices.

use std::time::Duration;

use leeward_model::{Fields, Value};

/// The key of a record by its number; keys sort as the numbers do.
pub(crate) fn key(number: usize) -> String {
    format!("pricing/item_{number:06}")
}

/// A record's value; `edition` tells one edit of it from the next.
pub(crate) fn value(number: usize, edition: usize) -> String {
    format!(
        "{{\"margin\": 0.{:03}, \"currency\": \"EUR\", \"segment\": \"retail\", \"edition\": {edition}, \"item\": {number}}}",
        101 + number % 899
    )
}

/// A record's fields as Airflow has them at first.
pub(crate) fn fields(number: usize) -> Fields {
    [
        ("value".to_owned(), Value::String(value(number, 0))),
        ("description".to_owned(), Value::Null),
    ]
    .into()
}

/// So many in that time, a second.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(crate) fn a_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
