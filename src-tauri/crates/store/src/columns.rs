//! Between Rust's types and SQLite's columns: JSON as text, times as RFC 3339, counters as signed integers.

use crate::StoreError;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ulid::Ulid;

pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("a value cannot be written as JSON".into()))
}

pub(crate) fn some_json<T: Serialize>(value: Option<&T>) -> Result<Option<String>, StoreError> {
    value.map(json).transpose()
}

/// `what` names the column; the text itself never gets into an error.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt(format!("{what} is not readable")))
}

pub(crate) fn parse_some<T: DeserializeOwned>(
    text: Option<&str>,
    what: &str,
) -> Result<Option<T>, StoreError> {
    text.map(|text| parse(text, what)).transpose()
}

pub(crate) fn time(text: &str) -> Result<Timestamp, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Corrupt("a time is not readable".into()))
}

pub(crate) fn some_time(text: Option<&str>) -> Result<Option<Timestamp>, StoreError> {
    text.map(time).transpose()
}

pub(crate) fn ulid(text: &str) -> Result<Ulid, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Corrupt("an id is not readable".into()))
}

/// The largest counter that a client may name: what its numbers (JavaScript's) hold exactly. Below it nothing overflows.
const COUNTER_MAX: u64 = (1 << 53) - 1;

/// Refuses counters that no client can have counted to: one of them, stored, would leave no room to count on.
pub(crate) fn plausible(counters: impl IntoIterator<Item = u64>) -> Result<(), StoreError> {
    if counters.into_iter().all(|counter| counter <= COUNTER_MAX) {
        return Ok(());
    }
    Err(StoreError::BadInput(
        "a number is too large to be counted to".into(),
    ))
}

/// SQLite's integers are signed; no counter of ours comes near the limit.
pub(crate) fn signed(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}

pub(crate) fn counter(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}

/// An enum that serde writes as a plain string, as that string.
pub(crate) fn word<T: Serialize>(value: T) -> Result<String, StoreError> {
    Ok(json(&value)?.trim_matches('"').to_owned())
}

pub(crate) fn from_word<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    parse(&format!("\"{text}\""), what)
}
