//! Workbooks of spreadsheets (.xlsx, ECMA-376).

mod cells;
mod escapes;
mod merged;
mod numbers;
mod package;
mod rules;
mod styles;
mod workbook;
mod write;

use crate::fault::{FaultCode, FileFault};
use crate::options::Options;
use crate::rows::{Budget, FoundRow, FoundRows};
use crate::say::{at_rows, count};
use crate::table::{Cell, Note, NoteCode};
use cells::RawCell;
use escapes::unescape;
use package::{Package, damaged};
pub use rules::InputRule;
use styles::Shown;
use workbook::{SheetEntry, Workbook};
pub(crate) use write::write;
pub use write::{CellType, XlsxOptions};

/// What was found in a workbook, and in which of its sheets.
pub(crate) struct FoundXlsx {
    pub(crate) rows: FoundRows,
    pub(crate) sheet: String,
    pub(crate) sheets: Vec<String>,
}

/// Reads the rows of a sheet.
pub(crate) fn read(bytes: &[u8], options: &Options) -> Result<FoundXlsx, FileFault> {
    let mut package = Package::open(bytes, &options.limits)?;
    let workbook = workbook::open(&mut package, &options.limits)?;
    let visible = workbook.sheets.iter().filter(|sheet| !sheet.is_hidden);
    let sheets: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    let sheet = chosen(&workbook, &sheets, options.sheet.as_deref())?.clone();
    let mut reader = SheetReader::new(&workbook);
    let mut budget = Budget::new(&options.limits);
    let ranges = package.part(&sheet.part, |xml| {
        let take = |cell: RawCell, budget: &mut Budget<'_>| reader.take(cell, budget);
        cells::each(xml, &mut budget, options.limits.cell_bytes, take)
    })?;
    let ranges = ranges.ok_or_else(|| damaged(&format!("the sheet “{}”", sheet.name)))?;
    let mut rows = reader.finish();
    merged::settle(&mut rows, &ranges, options.merged, &options.limits)?;
    if options.sheet.is_none() && sheets.len() > 1 {
        let sentence = format!(
            "The sheet “{}” was read; there are {} others.",
            sheet.name,
            sheets.len() - 1
        );
        rows.notes.push(Note::new(NoteCode::OtherSheets, sentence));
    }
    Ok(FoundXlsx {
        rows,
        sheet: sheet.name,
        sheets,
    })
}

fn chosen<'w>(
    workbook: &'w Workbook,
    visible: &[String],
    told: Option<&str>,
) -> Result<&'w SheetEntry, FileFault> {
    let mut sheets = workbook.sheets.iter();
    let found = match told {
        Some(name) => sheets.find(|sheet| sheet.name == name),
        None => sheets.find(|sheet| !sheet.is_hidden),
    };
    found.ok_or_else(|| {
        let what = match told {
            Some(name) => format!("There is no sheet “{name}”."),
            None => "The workbook has no sheet that is shown.".to_owned(),
        };
        let next = format!("Name one of these: {}.", visible.join(", "));
        FileFault::new(
            FaultCode::Sheet,
            what,
            "Another sheet may hold other data.",
            &next,
        )
    })
}

/// Makes cells of a sheet's spelling, row by row; the first row that holds something has the names.
struct SheetReader<'w> {
    workbook: &'w Workbook,
    found: FoundRows,
    /// The row of the header.
    header: Option<u64>,
    formulas: Vec<u64>,
    errors: Vec<u64>,
    no_dates: Vec<u64>,
}

impl<'w> SheetReader<'w> {
    fn new(workbook: &'w Workbook) -> Self {
        let (formulas, errors, no_dates) = (Vec::new(), Vec::new(), Vec::new());
        let found = FoundRows::new("row", Cell::Empty);
        Self {
            workbook,
            found,
            header: None,
            formulas,
            errors,
            no_dates,
        }
    }

    fn take(&mut self, raw: RawCell, budget: &mut Budget<'_>) -> Result<(), FileFault> {
        let (row, column, has_formula) = (raw.row, raw.column, raw.has_formula);
        let cell = self.cell(raw)?;
        budget.cell(row, column, cell.text().map_or(0, str::len))?;
        if has_formula {
            self.formulas.push(row);
        }
        if matches!(cell, Cell::Error(_)) {
            self.errors.push(row);
        }
        if self.header.is_none() && cell.is_blank() {
            return Ok(());
        }
        if *self.header.get_or_insert(row) == row {
            self.found
                .header
                .push((column, cell.text().unwrap_or_default().to_owned()));
            return Ok(());
        }
        let rows = &mut self.found.rows;
        match rows.last_mut().filter(|last| last.number == row) {
            Some(last) => last.cells.push((column, cell)),
            None => rows.push(FoundRow {
                number: row,
                cells: vec![(column, cell)],
            }),
        }
        Ok(())
    }

    fn cell(&mut self, raw: RawCell) -> Result<Cell, FileFault> {
        let Some(value) = raw.value else {
            return Ok(Cell::Error("formula without a result".to_owned()));
        };
        let cell = match raw.kind.as_str() {
            "s" => {
                let text = value
                    .trim()
                    .parse::<usize>()
                    .ok()
                    .and_then(|place| self.workbook.texts.get(place));
                Cell::Text(unescape(text.ok_or_else(|| damaged("a text"))?))
            }
            "str" | cells::INLINE => Cell::Text(unescape(&value)),
            "b" => Cell::Boolean(matches!(value.trim(), "1" | "true")),
            "e" => Cell::Error(value),
            "d" => iso(value),
            _ => self.number(value.trim(), raw.style, raw.row),
        };
        // A spreadsheet cannot tell an empty text from nothing.
        Ok(match cell {
            Cell::Text(text) if text.is_empty() => Cell::Empty,
            cell => cell,
        })
    }

    fn number(&mut self, raw: &str, style: usize, row: u64) -> Cell {
        let Some(text) = numbers::spelled(raw) else {
            return Cell::Error(raw.to_owned());
        };
        let shown = self.workbook.styles.get(style).copied().unwrap_or_default();
        if shown == Shown::Number {
            return Cell::Number(text);
        }
        let number: f64 = raw.parse().unwrap_or(f64::NAN);
        numbers::dated(number, shown, self.workbook.is_from_1904).unwrap_or_else(|| {
            self.no_dates.push(row);
            Cell::Number(text)
        })
    }

    fn finish(mut self) -> FoundRows {
        let notes = [
            note(
                NoteCode::Formulas,
                self.formulas,
                "cell is a formula",
                "cells are formulas",
                "The last result was taken.",
            ),
            note(
                NoteCode::Errors,
                self.errors,
                "cell holds an error",
                "cells hold errors",
                "There is no value in them.",
            ),
            note(
                NoteCode::NoDate,
                self.no_dates,
                "date is none",
                "dates are none",
                "The number was taken as it stands.",
            ),
        ];
        self.found.notes.extend(notes.into_iter().flatten());
        self.found
    }
}

/// A day or moment that is spelled instead of counted.
fn iso(value: String) -> Cell {
    match (value.contains('T'), value.contains(':')) {
        (true, _) => Cell::DateTime(value),
        (false, true) => Cell::Time(value),
        (false, false) => Cell::Date(value),
    }
}

fn note(code: NoteCode, rows: Vec<u64>, one: &str, many: &str, then: &str) -> Option<Note> {
    let sentence = format!(
        "{} ({}). {then}",
        count(rows.len(), one, many),
        at_rows("row", &rows)
    );
    (!rows.is_empty()).then(|| Note::new(code, sentence).rows(rows))
}
