//! Workbooks that come back: what people may enter, and a hidden sheet with the records as they were exported. On import
//! that is what each cell was changed from.

use crate::column::{Column, Kind};
use crate::layout::{KeyColumns, Layout};
use crate::present::{Known, Present};
use crate::secrets;
use leeward_model::{JsonType, Value};
use leeward_schema::{FieldType, Range, TextRules};
use leeward_tables::{
    Cell, CellType, Column as TableColumn, FaultCode, FileFault, Found, InputRule, Row, Table, XlsxOptions,
};
use serde::{Deserialize, Serialize};

/// The name of the hidden sheet.
pub const BASE_SHEET: &str = "_leeward";

/// The form of the hidden sheet that is written here.
const FORM: u32 = 1;
/// The name of its column of versions; no field can be called so.
const VERSION: &str = "#version";

/// What a workbook was exported from: the name of the hidden sheet's first column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Origin {
    leeward: u32,
    collection: String,
    /// The version of the data model; 0 for a built-in collection.
    model: u32,
    /// The address of Airflow.
    airflow: String,
}

/// What the hidden sheet of a workbook says.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// These records were exported.
    Of(Present),
    /// It was exported from something else, as the sentence says: its cells were not changed from what is here.
    Foreign(String),
}

impl Layout {
    /// How its workbook is written, without the hidden sheet.
    #[must_use]
    pub fn workbook(&self) -> XlsxOptions {
        let own = self.key_column().map(|_| (CellType::Text, None));
        let columns = self
            .columns
            .iter()
            .map(|column| (cell_type(&column.kind), rule(column)));
        let (types, rules) = own.into_iter().chain(columns).unzip();
        let in_key = self.columns.iter().filter(|column| column.in_key).count();
        let locked = match self.key {
            KeyColumns::Own | KeyColumns::Generated => 1,
            KeyColumns::Fields(_) => u16::try_from(in_key).unwrap_or(1),
        };
        XlsxOptions {
            types,
            rules,
            locked,
            ..XlsxOptions::default()
        }
    }

    /// The hidden sheet: what these records are as they are exported from an Airflow at that address.
    #[must_use]
    pub fn base_sheet(&self, records: &Present, airflow: &str) -> (String, Table) {
        let origin = self.origin(airflow);
        let first = serde_json::to_string(&origin).unwrap_or_default();
        let fields = self.columns.iter().map(|column| column.name.clone());
        let names = [first, VERSION.to_owned()].into_iter().chain(fields);
        let columns = names
            .zip(1..)
            .map(|(name, number)| TableColumn::new(name, number));
        let exported = records
            .iter()
            .filter(|(key, known)| !secrets::holds_any(self, key, known));
        let rows = exported.zip(2..).map(|((key, known), number)| Row {
            number,
            cells: self.base_cells(key, known),
        });
        let table = Table {
            columns: columns.collect(),
            rows: rows.collect(),
            refused: Vec::new(),
            found: Found::default(),
            notes: Vec::new(),
        };
        (BASE_SHEET.to_owned(), table)
    }

    fn base_cells(&self, key: &str, known: &Known) -> Vec<Cell> {
        let own = [Cell::Text(key.to_owned()), Cell::Text(known.version.to_string())];
        let field = |column: &Column| {
            let value = known.fields.get(&column.name);
            value.map_or(Cell::Missing, |value| Cell::Text(spelled(value)))
        };
        own.into_iter().chain(self.columns.iter().map(field)).collect()
    }

    fn origin(&self, airflow: &str) -> Origin {
        Origin {
            leeward: FORM,
            collection: self.collection.clone(),
            model: self.model.as_ref().map_or(0, leeward_schema::DataModel::version),
            airflow: airflow.trim_end_matches('/').to_owned(),
        }
    }

    /// Reads the hidden sheet of a workbook that is imported into an Airflow at that address.
    ///
    /// # Errors
    /// Where the sheet is damaged, or of a later Leeward.
    pub fn base(&self, sheet: &Table, airflow: &str) -> Result<Base, FileFault> {
        let first = sheet.columns.first().map(|column| column.name.as_str());
        let origin = first.and_then(|name| serde_json::from_str::<Origin>(name).ok());
        let origin = origin
            .filter(|origin| origin.leeward == FORM)
            .ok_or_else(damaged)?;
        let here = self.origin(airflow);
        if origin.collection != here.collection {
            return Ok(foreign(&format!("the collection {}", origin.collection)));
        }
        if origin.airflow != here.airflow {
            return Ok(foreign("another Airflow"));
        }
        let mut records = Present::new();
        for row in &sheet.rows {
            let (key, known) = base_record(sheet, row).ok_or_else(damaged)?;
            records.insert(key, known);
        }
        Ok(Base::Of(records))
    }
}

fn base_record(sheet: &Table, row: &Row) -> Option<(String, Known)> {
    let mut cells = sheet.columns.iter().zip(&row.cells);
    let (_, key) = cells.next()?;
    let (_, version) = cells.next()?;
    let mut known = Known {
        version: version.text()?.parse().ok()?,
        ..Known::default()
    };
    for (column, cell) in cells.filter(|(_, cell)| !matches!(cell, Cell::Missing | Cell::Empty)) {
        known.fields.insert(column.name.clone(), value_of(cell.text()?)?);
    }
    Some((key.text()?.to_owned(), known))
}

/// A value as one text: a text has a quote before it, everything else is JSON. So a text is no longer than a cell.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}"),
        value => value.to_string(),
    }
}

fn value_of(spelled: &str) -> Option<Value> {
    match spelled.strip_prefix('"') {
        Some(text) => Some(Value::from(text)),
        None => serde_json::from_str(spelled).ok(),
    }
}

fn foreign(origin: &str) -> Base {
    Base::Foreign(format!(
        "The workbook was exported from {origin}: its cells are compared with what is here, not with what they were."
    ))
}

fn damaged() -> FileFault {
    FileFault::new(
        FaultCode::Syntax,
        format!("The hidden sheet “{BASE_SHEET}” of the workbook cannot be read."),
        "It says what the cells were when the workbook was exported, which a merge needs.",
        "Export again, or delete that sheet to have the cells taken as they stand.",
    )
}

fn cell_type(kind: &Kind) -> CellType {
    match kind {
        Kind::Text | Kind::JsonText => CellType::Text,
        Kind::Rules(field) if field.types.contains(&JsonType::Integer) => CellType::Number,
        Kind::Rules(field) if field.types.contains(&JsonType::Boolean) => CellType::Boolean,
        Kind::Rules(_) => CellType::Text,
        Kind::Typed(FieldType::Integer(_) | FieldType::Decimal { .. }) => CellType::Number,
        Kind::Typed(FieldType::Boolean) => CellType::Boolean,
        Kind::Typed(FieldType::Date) => CellType::Date,
        Kind::Typed(_) => CellType::Text,
    }
}

/// What people may enter. What cannot be said in a spreadsheet is left to the import.
fn rule(column: &Column) -> Option<InputRule> {
    match &column.kind {
        Kind::Text | Kind::JsonText => None,
        Kind::Rules(field) if field.types.contains(&JsonType::Boolean) => Some(switch()),
        Kind::Rules(field) => {
            let limit = |number: &Option<serde_json::Number>| number.as_ref()?.as_i64();
            Some(InputRule::WholeNumber {
                least: limit(&field.minimum)?,
                greatest: limit(&field.maximum)?,
            })
        }
        Kind::Typed(kind) => typed_rule(kind),
    }
}

fn switch() -> InputRule {
    InputRule::Choices(vec!["TRUE".into(), "FALSE".into()])
}

fn typed_rule(kind: &FieldType) -> Option<InputRule> {
    match kind {
        FieldType::Boolean => Some(switch()),
        FieldType::Date => Some(InputRule::Date),
        FieldType::Choice(choices) => {
            let values = choices.iter().map(|choice| choice.value.clone());
            Some(InputRule::Choices(values.collect()))
        }
        FieldType::Integer(range) => {
            let (least, greatest) = limits::<i64>(range);
            let (least, greatest) = (least.unwrap_or(i64::MIN), greatest.unwrap_or(i64::MAX));
            Some(InputRule::WholeNumber { least, greatest })
        }
        FieldType::Decimal { range, .. } => {
            let (least, greatest) = limits::<f64>(range);
            let (least, greatest) = (least.unwrap_or(-1e300), greatest.unwrap_or(1e300));
            Some(InputRule::Number { least, greatest })
        }
        FieldType::Text(TextRules {
            min_length,
            max_length,
            ..
        }) => {
            let is_limited = min_length.is_some() || max_length.is_some();
            is_limited.then(|| InputRule::Length {
                least: min_length.unwrap_or(0),
                greatest: max_length.unwrap_or(CELL_LENGTH),
            })
        }
        FieldType::DateTime | FieldType::Json(_) => None,
    }
}

/// The most characters of a cell.
const CELL_LENGTH: u32 = 32_767;

fn limits<N: std::str::FromStr>(range: &Range) -> (Option<N>, Option<N>) {
    let read = |limit: &Option<String>| limit.as_ref()?.parse().ok();
    (read(&range.minimum), read(&range.maximum))
}
