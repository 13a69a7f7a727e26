//! Files of tables, read and written, text first.
//!
//! [`read`] takes CSV, XLSX, Parquet, JSON and what `airflow variables export` writes, and gives a [`Table`]: what stands in the
//! file, as it stands there. Nothing is guessed silently: what was detected is in [`Found`], what a person should know in
//! the notes, what was not taken in the refused rows, each with its place and a plain reason. Every size has a limit.
//!
//! [`write_csv`], [`write_json`], [`write_parquet`] and [`write_xlsx`] write tables so that [`read`] gives back the same texts.
//!
//! Nothing here knows of collections, of time or of a network.

mod assemble;
mod csv;
mod detect;
mod fault;
mod found;
mod guard;
mod json;
mod keys;
mod options;
mod parquet;
mod read;
mod rows;
mod say;
mod table;
mod text;
mod xlsx;

pub use crate::parquet::{ParquetOptions, ParquetType};
pub use csv::CsvOptions;
pub use detect::{plain_date, plain_number};
pub use fault::{FaultCode, FileFault};
pub use found::{DateOrder, Decimal, Finding, Format, Found};
pub use keys::{keys_alike, looks, repeated_keys};
pub use options::{Guard, Limits, Merged, Options};
pub use read::read;
pub use table::{Cell, Column, Note, NoteCode, Refused, Row, Table};
pub use xlsx::{CellType, InputRule, XlsxOptions};

use std::io::Write;

/// Writes text with a delimiter, in UTF-8. A cell that a spreadsheet would run as a formula gets an apostrophe before it,
/// which [`read`] takes off. Missing cells and `null` are written as empty ones.
///
/// # Errors
/// Where it cannot be written, or a text holds a zero character.
pub fn write_csv(table: &Table, to: &mut impl Write, options: CsvOptions) -> Result<(), FileFault> {
    csv::write(table, to, options)
}

/// Writes a list of objects, in UTF-8. Missing cells have no member.
///
/// # Errors
/// Where it cannot be written.
pub fn write_json(table: &Table, to: &mut impl Write) -> Result<(), FileFault> {
    json::write(table, to)
}

/// Writes what `airflow variables import` of Airflow 3 reads: a map of key to value and description. The columns are those
/// that [`read`] gives such a file: `key`, `value`, `description`.
///
/// # Errors
/// Where it cannot be written.
pub fn write_variables(table: &Table, to: &mut impl Write) -> Result<(), FileFault> {
    json::write_variables(table, to)
}

/// Writes a Parquet file: every column as text, unless it is told another type.
///
/// # Errors
/// Where it cannot be written, or a value is not of its column's type.
pub fn write_parquet(
    table: &Table,
    to: &mut (impl Write + Send),
    options: &ParquetOptions,
) -> Result<(), FileFault> {
    crate::parquet::write(table, to, options)
}

/// Writes a workbook of one sheet: every cell as text, unless its column is told another type.
///
/// # Errors
/// Where it cannot be written, or a sheet or cell cannot hold it.
pub fn write_xlsx(
    table: &Table,
    to: &mut (impl Write + Send),
    options: &XlsxOptions,
) -> Result<(), FileFault> {
    xlsx::write(table, to, options)
}
