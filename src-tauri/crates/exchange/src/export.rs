//! The table of a collection's records.

use crate::column::Kind;
use crate::layout::Layout;
use crate::present::{Known, Present};
use crate::secrets;
use leeward_model::Value;
use leeward_schema::FieldType;
use leeward_tables::{Cell, Column, Found, Row, Table};

/// What an export holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The records.
    pub table: Table,
    /// How many records were left out because they hold a secret.
    pub secrets: usize,
}

/// Makes the table of these records. One that holds a secret is left out: a file is no place for it, and a row without it
/// would look like a record that lacks a value.
#[must_use]
pub fn export(layout: &Layout, records: &Present) -> Exported {
    let columns = layout.names().into_iter().zip(1..);
    let columns = columns.map(|(name, number)| Column::new(name, number)).collect();
    let shown = records
        .iter()
        .filter(|(key, known)| !secrets::holds_any(layout, key, known));
    let rows: Vec<Row> = shown
        .zip(2..)
        .map(|((key, known), number)| Row {
            number,
            cells: cells(layout, key, known),
        })
        .collect();
    let left_out = records.len() - rows.len();
    let table = Table {
        columns,
        rows,
        refused: Vec::new(),
        found: Found::default(),
        notes: Vec::new(),
    };
    Exported {
        table,
        secrets: left_out,
    }
}

fn cells(layout: &Layout, key: &str, known: &Known) -> Vec<Cell> {
    let own = layout.key_column().map(|_| Cell::Text(key.to_owned()));
    let of_key = layout
        .model
        .as_ref()
        .and_then(|model| model.fields_of_key(key).ok());
    let field = |column: &crate::column::Column| {
        let value = known.fields.get(&column.name);
        let value = value.or_else(|| of_key.as_ref()?.get(&column.name));
        value.map_or(Cell::Missing, |value| cell(&column.kind, value))
    };
    own.into_iter().chain(layout.columns.iter().map(field)).collect()
}

/// A value as a cell.
pub(crate) fn cell(kind: &Kind, value: &Value) -> Cell {
    match (kind, value) {
        (Kind::Typed(kind @ FieldType::Json(_)), value) => Cell::Json(kind.text_of(value)),
        (_, Value::Null) => Cell::Null,
        (_, Value::Bool(flag)) => Cell::Boolean(*flag),
        (_, Value::Number(number)) => Cell::Number(number.to_string()),
        (Kind::Typed(FieldType::Integer(_)), Value::String(text)) => Cell::Number(text.clone()),
        (_, Value::String(text)) => Cell::Text(text.clone()),
        (_, value) => Cell::Json(value.to_string()),
    }
}
