//! A typed collection that is measured with: a table of prices with six columns.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use harness::fake_airflow::Row;
use leeward_model::{Fields, MODEL_KEY};
use leeward_schema::DataModel;
use serde_json::{Value, json};

/// The collection's name; the prefix of its Variables is that and a dot.
pub(crate) const NAME: &str = "prices";

/// A record's key by its number; keys sort as the numbers do.
pub(crate) fn key(number: usize) -> String {
    format!("A-{number:06}")
}

/// A record's fields in canonical form.
pub(crate) fn fields(number: usize) -> Fields {
    let fields = json!({
        "sku": key(number), "price": format!("{}.{}5", number % 1000, number % 90),
        "count": number.to_string(), "day": format!("2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1),
        "approved": number.is_multiple_of(2), "note": note(number),
    });
    let members = fields.as_object().into_iter().flatten();
    members
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What stands in the last column: of letters alone, which no other column has.
pub(crate) fn note(number: usize) -> String {
    let letters = number
        .to_string()
        .bytes()
        .map(|digit| char::from(digit - b'0' + b'a'))
        .collect::<String>();
    format!("item {letters} of a table of prices")
}

/// The collection's data model.
pub(crate) fn model() -> Result<DataModel> {
    DataModel::read(&file_of(NAME)).map_err(|faults| anyhow!("{faults:?}"))
}

/// So many records and their data model, as the Variables that they are in Airflow.
pub(crate) fn variables(count: usize) -> BTreeMap<String, Row> {
    let row = |raw| Row {
        raw,
        description: None,
    };
    let record = |number: usize| {
        let mut members = fields(number);
        members.insert("count".to_owned(), Value::from(number));
        let raw = serde_json::to_string(&members).unwrap_or_default();
        (format!("{NAME}.{}", key(number)), row(raw))
    };
    let model = (format!("{NAME}.{MODEL_KEY}"), row(file_of(NAME)));
    (0..count).map(record).chain([model]).collect()
}

/// The data model of a collection with these fields.
pub(crate) fn file_of(collection: &str) -> String {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Prices", "type": "object",
        "additionalProperties": false,
        "properties": {
            "sku": {"type": "string"},
            "price": {"type": "string", "format": "decimal", "x-leeward": {"scale": 4}},
            "count": {"type": "integer"}, "day": {"type": "string", "format": "date"},
            "approved": {"type": "boolean"}, "note": {"type": "string"},
        },
        "required": ["sku"], "x-leeward": {"collection": collection, "version": 1, "key": ["sku"]},
    })
    .to_string()
}
