//! What imports of files would do, and what exports hold.
// Clippy's own exemption for tests does not reach the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod airflow;
mod cells;
mod files;
mod plans;
mod round_trip;
mod workbook_base;
mod workbooks;

use leeward_exchange::{Known, Layout, Plan, PlanOptions, Planned, PlannedKind, Present, plan};
use leeward_model::{Fields, Value};
use leeward_schema::DataModel;
use leeward_tables::{FileFault, Options, Table, read};
use serde_json::json;

/// A data model with these fields, found by those of `key`.
fn model(properties: &Value, key: &Value, required: &[&str]) -> DataModel {
    let model = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Made up", "type": "object",
        "additionalProperties": false, "properties": properties, "required": required,
        "x-leeward": {"collection": "made_up", "version": 1, "key": key},
    });
    DataModel::read(&model.to_string()).unwrap()
}

fn text() -> Value {
    json!({"type": "string"})
}

fn decimal() -> Value {
    json!({"type": "string", "format": "decimal", "x-leeward": {"scale": 6}})
}

fn integer() -> Value {
    json!({"type": "integer"})
}

fn date() -> Value {
    json!({"type": "string", "format": "date"})
}

/// The layout of a collection that is found by `key`, a text, and has one more field.
fn keyed(key: &str, name: &str, kind: Value) -> Layout {
    let mut properties = serde_json::Map::new();
    properties.insert(key.to_owned(), text());
    properties.insert(name.to_owned(), kind);
    Layout::typed(&model(&Value::Object(properties), &json!([key]), &[key]))
}

fn table_with(bytes: &[u8], options: &Options) -> Table {
    read(bytes, options).unwrap()
}

fn table(text: &str) -> Table {
    table_with(text.as_bytes(), &Options::default())
}

/// One of the files that people import.
fn file_with(name: &str, options: &Options) -> Result<Table, FileFault> {
    let path = format!("{}/../tables/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    read(std::fs::File::open(path).unwrap(), options)
}

fn file(name: &str) -> Table {
    file_with(name, &Options::default()).unwrap()
}

fn planned(layout: &Layout, table: &Table, present: &Present) -> Plan {
    plan(layout, table, present, PlanOptions::default()).unwrap()
}

/// A plan on an empty collection.
fn fresh(layout: &Layout, table: &Table) -> Plan {
    planned(layout, table, &Present::new())
}

fn known(fields: &Value) -> Known {
    Known {
        fields: fields_of(fields),
        ..Known::default()
    }
}

fn fields_of(fields: &Value) -> Fields {
    serde_json::from_value(fields.clone()).unwrap()
}

/// The values that a record is given, by field.
fn to(planned: &Planned) -> Value {
    let fields = planned.fields.iter();
    fields
        .map(|(name, change)| (name.clone(), change.to.clone().unwrap_or(json!("<none>"))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// All values that are written, in the order of the file.
fn written(plan: &Plan) -> Vec<Value> {
    plan.planned.iter().map(to).collect()
}

/// The refusals: row, column and reason.
fn whys(plan: &Plan) -> Vec<(u64, &str, &str)> {
    let refused = plan.refused.iter();
    refused
        .map(|refused| {
            let column = refused.column.as_deref().unwrap_or_default();
            (refused.row, column, refused.why.as_str())
        })
        .collect()
}

/// Added, changed, deleted, unchanged.
fn counts(plan: &Plan) -> [usize; 4] {
    [
        plan.count(PlannedKind::Added),
        plan.count(PlannedKind::Changed),
        plan.deleted.len(),
        plan.unchanged,
    ]
}
