//! The body of a write to a Variable: what pydantic wants of it, and what of it counts.

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::reply::invalid;
use super::{FakeAirflow, Row};

const KEY_MAX: usize = 250;

/// Writes what was sent and the mask names; without a mask, all that was sent.
pub(super) fn merge(row: &mut Row, body: &Value, new: Row, mask: Option<&[&str]>) {
    let counts = |field: &str| body.get(field).is_some() && mask.is_none_or(|mask| mask.contains(&field));
    if counts("value") {
        row.raw = new.raw;
    }
    if counts("description") {
        row.description = new.description;
    }
}

/// The body of a write, or pydantic's refusal. `value` is wanted whatever the mask (H4a).
pub(super) fn written(airflow: &FakeAirflow, body: &Value) -> Result<(String, Row), Box<Response<Bytes>>> {
    let key = body["key"]
        .as_str()
        .ok_or_else(|| Box::new(invalid("missing", "key", "Field required", body)))?;
    let value = body
        .get("value")
        .ok_or_else(|| Box::new(invalid("missing", "value", "Field required", body)))?;
    if key.chars().count() > KEY_MAX {
        let message = "String should have at most 250 characters";
        return Err(Box::new(invalid("string_too_long", "key", message, &body["key"])));
    }
    if airflow.refused_keys.contains(key) {
        return Err(Box::new(invalid(
            "value_error",
            "key",
            "Value error, not this one",
            &body["key"],
        )));
    }
    let raw = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok((
        key.to_owned(),
        Row {
            raw,
            description: body["description"].as_str().map(str::to_owned),
        },
    ))
}
