//! The columns of a collection, and what a cell in one of them means.

use crate::spelling::Spelling;
use crate::{dates, numbers};
use leeward_model::{Field, JsonType, Slot, Value};
use leeward_schema::FieldType;
use leeward_tables::Cell;

/// A field as a column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) default: Slot,
    /// It is a field of the key.
    pub(crate) in_key: bool,
}

/// What the values of a column are.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// Text that may be null.
    Text,
    /// Text that may hold JSON.
    JsonText,
    /// Any JSON that keeps a built-in field's rules.
    Rules(Field),
    /// Of a data model.
    Typed(FieldType),
}

/// What a cell says of its field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given {
    /// Nothing: what is there stays.
    Nothing,
    /// It is empty: an empty text, or no value.
    Empty,
    /// This value.
    Value(Value),
    /// JSON that a text field is to hold; how it is spelled is the file's own.
    Json(String),
}

impl Column {
    /// What a cell says.
    ///
    /// # Errors
    /// Why it cannot be taken, as the end of a sentence.
    pub(crate) fn read(&self, cell: &Cell, spelling: Spelling) -> Result<Given, String> {
        match (cell, &self.kind) {
            (Cell::Missing, _) => Ok(Given::Nothing),
            (Cell::Empty, _) => Ok(Given::Empty),
            (Cell::Error(error), _) => Err(format!("holds an error in place of a value ({error})")),
            (Cell::Null, Kind::JsonText) => {
                Err("is null, and has to be a text: give an empty one, or leave the record out".into())
            }
            (Cell::Null, Kind::Text) => Ok(Given::Value(Value::Null)),
            (Cell::Null, Kind::Typed(FieldType::Json(shape))) if !spelling.is_null_no_value() => {
                FieldType::Json(*shape).take(&Value::Null).map(Given::Value)
            }
            (Cell::Null, _) => Ok(Given::Empty),
            (Cell::Json(text), Kind::JsonText) => Ok(Given::Json(text.clone())),
            (Cell::Number(_) | Cell::Boolean(_), Kind::JsonText) if spelling.is_json() => {
                Ok(Given::Json(cell.text().unwrap_or_default().to_owned()))
            }
            (_, Kind::Text | Kind::JsonText) => text(cell).map(Given::Value),
            (_, Kind::Rules(field)) => rules(field, cell, spelling).map(Given::Value),
            (_, Kind::Typed(kind)) => typed(kind, cell, spelling).map(Given::Value),
        }
    }

    /// What the field has where its cell is empty; nothing for no value.
    ///
    /// # Errors
    /// Why it must not be empty, as the end of a sentence.
    pub(crate) fn emptied(&self) -> Result<Slot, String> {
        let empty = Value::from("");
        match &self.kind {
            Kind::JsonText => Ok(Some(empty)),
            Kind::Typed(kind @ (FieldType::Text(_) | FieldType::Choice(_))) if self.required => kind
                .take(&empty)
                .map(Some)
                .map_err(|_rule| "is required".to_owned()),
            _ if self.required => Err("is required".into()),
            Kind::Text | Kind::Rules(_) => Ok(self.default.clone()),
            Kind::Typed(_) => Ok(None),
        }
    }

    /// Whether its values are numbers, of which a comma or point may mark the decimals.
    pub(crate) fn is_number(&self) -> bool {
        match &self.kind {
            Kind::Rules(field) => field.types.contains(&JsonType::Integer),
            Kind::Typed(kind) => matches!(kind, FieldType::Integer(_) | FieldType::Decimal { .. }),
            Kind::Text | Kind::JsonText => false,
        }
    }

    /// Whether its values are days.
    pub(crate) fn is_date(&self) -> bool {
        matches!(self.kind, Kind::Typed(FieldType::Date))
    }
}

fn text(cell: &Cell) -> Result<Value, String> {
    match cell {
        Cell::Json(_) => Err("must be a text, and is an object or a list".into()),
        cell if cell.text().is_some_and(|text| text.contains('\0')) => {
            Err("holds the character U+0000, which Airflow's database cannot keep".into())
        }
        cell => Ok(Value::from(cell.text().unwrap_or_default())),
    }
}

/// A field of a built-in collection that is no text.
fn rules(field: &Field, cell: &Cell, spelling: Spelling) -> Result<Value, String> {
    let text = cell.text().unwrap_or_default();
    let spelled = match cell {
        Cell::Text(_) if field.types.contains(&JsonType::Integer) => numbers::plain(text, spelling)?,
        Cell::Text(_) if field.types.contains(&JsonType::Boolean) => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    };
    let value = serde_json::from_str(&spelled).unwrap_or(Value::from(text));
    field.broken_rule(&value).map_or(Ok(value), Err)
}

fn typed(kind: &FieldType, cell: &Cell, spelling: Spelling) -> Result<Value, String> {
    let text = cell.text().unwrap_or_default();
    match (kind, cell) {
        (FieldType::Json(_), Cell::Text(_)) if spelling.is_json() => kind.take(&Value::from(text)),
        (FieldType::Json(_), _) => kind.take_text(text),
        (_, Cell::Json(_)) => kind.take(&Value::Null),
        (FieldType::Integer(_), Cell::Number(_)) => match serde_json::from_str::<Value>(text) {
            Ok(number) => kind.take(&number),
            Err(_) => kind.take_text(text),
        },
        (FieldType::Integer(_) | FieldType::Decimal { .. }, Cell::Text(_)) => {
            kind.take_text(&numbers::plain(text, spelling)?)
        }
        // Programs that know only moments write a day as its midnight.
        (FieldType::Date, Cell::DateTime(_)) => {
            kind.take_text(text.strip_suffix("T00:00:00").unwrap_or(text))
        }
        (FieldType::Date, Cell::Text(_)) => kind.take_text(&dates::plain(text, spelling)?),
        _ => kind.take_text(text),
    }
}
