//! Writing a list of objects, one row on a line.

use crate::fault::FileFault;
use crate::table::{Cell, Row, Table};
use serde_json::Number;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// Writes a table. A cell that is missing has no member.
pub(crate) fn write(table: &Table, to: &mut impl Write) -> Result<(), FileFault> {
    list(table, to).map_err(|error| FileFault::io(&error))
}

/// Writes a map of key to value and description.
pub(crate) fn write_variables(table: &Table, to: &mut impl Write) -> Result<(), FileFault> {
    map(table, to).map_err(|error| FileFault::io(&error))
}

fn map(table: &Table, to: &mut impl Write) -> io::Result<()> {
    to.write_all(b"{")?;
    for (place, row) in table.rows.iter().enumerate() {
        let cell = |column: usize| row.cells.get(column).unwrap_or(&Cell::Missing);
        to.write_all(if place == 0 { b"\n  " } else { b",\n  " })?;
        serde_json::to_writer(&mut *to, cell(0).text().unwrap_or_default())?;
        to.write_all(b": {\"value\": ")?;
        value(cell(1), to)?;
        to.write_all(b", \"description\": ")?;
        value(cell(2), to)?;
        to.write_all(b"}")?;
    }
    to.write_all(b"\n}\n")
}

fn list(table: &Table, to: &mut impl Write) -> io::Result<()> {
    to.write_all(b"[")?;
    for (place, row) in table.rows.iter().enumerate() {
        to.write_all(if place == 0 { b"\n  " } else { b",\n  " })?;
        object(table, row, to)?;
    }
    to.write_all(b"\n]\n")
}

fn object(table: &Table, row: &Row, to: &mut impl Write) -> io::Result<()> {
    to.write_all(b"{")?;
    let cells = table.columns.iter().zip(&row.cells);
    let given = cells.filter(|(_, cell)| **cell != Cell::Missing);
    for (place, (column, cell)) in given.enumerate() {
        to.write_all(if place == 0 { b"" } else { b", " })?;
        serde_json::to_writer(&mut *to, &column.name)?;
        to.write_all(b": ")?;
        value(cell, to)?;
    }
    to.write_all(b"}")
}

fn value(cell: &Cell, to: &mut impl Write) -> io::Result<()> {
    let text = cell.text().unwrap_or_default();
    let is_raw = match cell {
        Cell::Missing | Cell::Null => return to.write_all(b"null"),
        Cell::Boolean(_) => true,
        Cell::Number(number) => serde_json::from_str::<Number>(number).is_ok(),
        Cell::Json(json) => serde_json::from_str::<&RawValue>(json).is_ok(),
        _ => false,
    };
    if is_raw {
        return to.write_all(text.as_bytes());
    }
    serde_json::to_writer(to, text).map_err(io::Error::from)
}
