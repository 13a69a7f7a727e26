//! Writing a workbook: every cell as text, unless its column is told another type.

use super::numbers::{EXACT_DIGITS, from_date, significant, spelled};
use super::rules::{self, InputRule};
use crate::fault::{FaultCode, FileFault};
use crate::table::{Cell, Table};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, ProtectionOptions, Workbook, Worksheet, XlsxError,
};
use std::io::Write;

/// What the cells of a column are written as. A text that is not of the type is written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellType {
    /// A text: stays as it stands, also when a person edits it.
    #[default]
    Text,
    /// A number, where a spreadsheet can hold it exactly.
    Number,
    /// A yes or no.
    Boolean,
    /// A day, from 1900-03-01 on, before which spreadsheets differ.
    Date,
}

/// How a workbook is written.
#[derive(Debug, Clone)]
pub struct XlsxOptions {
    /// The sheet's name.
    pub sheet: String,
    /// The types of the columns; a column without one is text.
    pub types: Vec<CellType>,
    /// What may be entered into the columns.
    pub rules: Vec<Option<InputRule>>,
    /// So many columns at the front stay in sight, and their cells that are filled cannot be edited.
    pub locked: u16,
    /// A sheet that is not shown, by its name: every cell is text.
    pub hidden: Option<(String, Table)>,
}

impl Default for XlsxOptions {
    fn default() -> Self {
        Self {
            sheet: "Records".to_owned(),
            types: Vec::new(),
            rules: Vec::new(),
            locked: 0,
            hidden: None,
        }
    }
}

/// Writes a table, the header frozen above it.
pub(crate) fn write(
    table: &Table,
    to: &mut (impl Write + Send),
    options: &XlsxOptions,
) -> Result<(), FileFault> {
    let mut workbook = Workbook::new();
    let document = |error: XlsxError| fault(&error);
    workbook.set_properties(&without_a_clock().map_err(document)?);
    let sheet = workbook.add_worksheet();
    sheet.set_name(&options.sheet).map_err(document)?;
    sheet.set_freeze_panes(1, options.locked).map_err(document)?;
    fill(sheet, table, &options.types, options.locked)?;
    rules::put(sheet, &options.rules).map_err(document)?;
    if options.locked > 0 {
        sheet.protect_with_options(&all_but_locked_cells());
    }
    rules::put_lists(&mut workbook, &options.rules).map_err(document)?;
    if let Some((name, table)) = &options.hidden {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).map_err(document)?.set_hidden(true);
        fill(sheet, table, &[], 0)?;
    }
    workbook.save_to_writer(to).map_err(document)
}

/// Everything that does not change a locked cell.
fn all_but_locked_cells() -> ProtectionOptions {
    ProtectionOptions {
        format_cells: true,
        format_columns: true,
        format_rows: true,
        insert_rows: true,
        delete_rows: true,
        sort: true,
        use_autofilter: true,
        ..ProtectionOptions::new()
    }
}

/// The same table gives the same file: the day of its making is always the same.
fn without_a_clock() -> Result<DocProperties, XlsxError> {
    Ok(DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?))
}

fn fill(sheet: &mut Worksheet, table: &Table, types: &[CellType], locked: u16) -> Result<(), FileFault> {
    let (open, filled) = (Formats::new(false), Formats::new(true));
    for (column, place) in table.columns.iter().zip(0..) {
        let kind = types.get(usize::from(place)).copied().unwrap_or_default();
        let written = sheet
            .set_column_format(place, open.of(kind))
            .and_then(|sheet| sheet.write_string_with_format(0, place, &column.name, &filled.header));
        written.map_err(|error| fault(&error).at(1))?;
        let formats = if place < locked { &filled } else { &open };
        for (row, number) in table.rows.iter().zip(1..) {
            let cell = row.cells.get(usize::from(place)).unwrap_or(&Cell::Missing);
            put(sheet, (number, place), cell, kind, formats)
                .map_err(|error| fault(&error).at(u64::from(number) + 1))?;
        }
    }
    Ok(())
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    kind: CellType,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let text = cell.text().unwrap_or_default();
    let written = match (kind, text) {
        (CellType::Boolean, "true" | "false") => {
            sheet.write_boolean_with_format(row, column, text == "true", &formats.number)
        }
        (CellType::Number, _) if let Some(number) = exact(text) => {
            sheet.write_number_with_format(row, column, number, &formats.number)
        }
        (CellType::Date, _) if let Some(number) = from_date(text) => {
            sheet.write_number_with_format(row, column, number, &formats.date)
        }
        (_, "") => return Ok(()),
        _ => sheet.write_string_with_format(row, column, text, &formats.text),
    };
    written.map(|_| ())
}

/// The number that a text spells, if a spreadsheet holds every digit of it.
fn exact(text: &str) -> Option<f64> {
    let is_plain = spelled(text).is_some() && text.bytes().all(|byte| !byte.is_ascii_alphabetic());
    text.parse()
        .ok()
        .filter(|_| is_plain && significant(text).len() <= EXACT_DIGITS)
}

struct Formats {
    header: Format,
    text: Format,
    number: Format,
    date: Format,
}

impl Formats {
    /// Of cells that cannot be edited in a protected sheet, or can be.
    fn new(is_locked: bool) -> Self {
        let format = || match is_locked {
            true => Format::new(),
            false => Format::new().set_unlocked(),
        };
        Self {
            header: format().set_bold().set_num_format("@"),
            text: format().set_num_format("@"),
            number: format(),
            date: format().set_num_format("yyyy-mm-dd"),
        }
    }

    fn of(&self, kind: CellType) -> &Format {
        match kind {
            CellType::Text => &self.text,
            CellType::Number | CellType::Boolean => &self.number,
            CellType::Date => &self.date,
        }
    }
}

fn fault(error: &XlsxError) -> FileFault {
    let (what, why) = match error {
        XlsxError::MaxStringLengthExceeded => (
            "A text has more than 32,767 characters.",
            "A cell of a workbook holds no more; the rest would be lost.",
        ),
        XlsxError::RowColumnLimitError => (
            "The table has more rows or columns than a sheet.",
            "A sheet holds 1,048,576 rows and 16,384 columns.",
        ),
        XlsxError::IoError(error) => return FileFault::io(error),
        other => {
            let what = format!("The workbook could not be written: {other}.");
            let (why, next) = ("A workbook has rules of its own.", "Export as CSV or JSON.");
            return FileFault::new(FaultCode::Unwritable, what, why, next);
        }
    };
    FileFault::new(
        FaultCode::Unwritable,
        what,
        why,
        "Export as CSV or JSON, or export fewer records.",
    )
}
