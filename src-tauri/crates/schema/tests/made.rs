//! Models for the tests.

use leeward_schema::DataModel;
use serde_json::{Value, json};

/// The example that is shared with the other validators.
pub(crate) const EXAMPLE: &str = include_str!("../../../../tests/vectors/model/example.json");

pub(crate) fn read(text: &str) -> DataModel {
    let told = |faults: Vec<_>| {
        faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    DataModel::read(text)
        .map_err(told)
        .unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

pub(crate) fn example() -> DataModel {
    read(EXAMPLE)
}

/// The file of a model with these fields and, as its key, a text `id`.
pub(crate) fn file(fields: &Value, version: u32, changes: &Value) -> Value {
    let mut properties = fields.clone();
    properties["id"] = json!({"type": "string"});
    json!({
        "type": "object",
        "properties": properties,
        "required": ["id"],
        "x-leeward": {"collection": "things", "version": version, "key": ["id"], "changes": changes},
    })
}

pub(crate) fn model(fields: &Value, version: u32, changes: &Value) -> DataModel {
    read(&file(fields, version, changes).to_string())
}

/// A model of one field `f`.
pub(crate) fn with_field(schema: &Value) -> DataModel {
    model(&json!({"f": schema}), 1, &json!([]))
}
