//! Text with a delimiter: reading it as it stands, writing it so that it reads back the same.

mod delimiter;
mod records;
mod write;

use crate::fault::{FaultCode, FileFault};
use crate::guard::unguard;
use crate::options::{Guard, Limits, Options};
use crate::rows::{Budget, FoundRow, FoundRows};
use crate::say::{at_rows, count};
use crate::table::{Cell, Note, NoteCode, Refused};
use records::{Broken, Record, Records};
use std::borrow::Cow;
pub use write::CsvOptions;
pub(crate) use write::write;

/// What was found in a text, and by which delimiter.
pub(crate) struct FoundCsv {
    pub(crate) rows: FoundRows,
    pub(crate) delimiter: Option<char>,
}

/// Reads the rows of a text.
pub(crate) fn read(text: &str, options: &Options) -> Result<FoundCsv, FileFault> {
    let told = delimiter::told(text);
    let (first_line, body) = told.map_or((1, text), |(_, rest)| (2, rest));
    let chosen = options.delimiter.or(told.map(|(delimiter, _)| delimiter));
    let mut reader = CsvReader::new(options);
    let delimiter = match chosen {
        Some('"' | '\r' | '\n') => return Err(no_delimiter()),
        Some(delimiter) => Some(delimiter),
        None => reader.detect(body),
    };
    let most_cells = options.limits.columns as usize;
    for record in Records::new(body, first_line, delimiter.unwrap_or(','), most_cells) {
        reader.take(record.map_err(|broken| fault(&broken, &options.limits))?)?;
    }
    let rows = reader.finish();
    Ok(FoundCsv { rows, delimiter })
}

struct CsvReader<'o> {
    options: &'o Options,
    budget: Budget<'o>,
    found: FoundRows,
    /// Columns of the header, as soon as there is one.
    width: Option<usize>,
    short: Vec<u64>,
    guarded: Vec<u64>,
}

impl<'o> CsvReader<'o> {
    fn new(options: &'o Options) -> Self {
        let (width, short, guarded) = (None, Vec::new(), Vec::new());
        let found = FoundRows::new("line", Cell::Missing);
        Self {
            options,
            budget: Budget::new(&options.limits),
            found,
            width,
            short,
            guarded,
        }
    }

    fn detect(&mut self, text: &str) -> Option<char> {
        let detected = delimiter::detect(text);
        if let (Some(delimiter), Some(rival)) = (detected.delimiter, detected.rival) {
            let sentence =
                format!("{delimiter:?} and {rival:?} both fit as delimiter; {delimiter:?} was taken.");
            self.found.notes.push(Note::new(NoteCode::Guessed, sentence));
        }
        if detected.delimiter.is_none() {
            let sentence = "No comma, semicolon, tab or bar separates the cells: this is one column.";
            self.found.notes.push(Note::new(NoteCode::Guessed, sentence));
        }
        detected.delimiter
    }

    fn take(&mut self, record: Record<'_>) -> Result<(), FileFault> {
        let line = record.line;
        self.budget.row(line)?;
        for (column, text) in (0..).zip(&record.cells) {
            self.budget.cell(line, column, text.len())?;
        }
        let is_blank = record.cells.iter().all(|text| text.trim().is_empty());
        match self.width {
            None if is_blank => {}
            None => self.header(record),
            Some(_) if is_blank => self.found.rows.push(FoundRow {
                number: line,
                cells: Vec::new(),
            }),
            Some(width) => self.row(record, width),
        }
        Ok(())
    }

    fn header(&mut self, record: Record<'_>) {
        self.width = Some(record.cells.len());
        let names = record.cells.into_iter().map(|text| self.text(text, record.line));
        let names: Vec<String> = names.collect();
        self.found.header = (0..).zip(names).collect();
    }

    fn row(&mut self, record: Record<'_>, width: usize) {
        let (line, cells) = (record.line, record.cells.len());
        let extra = record.cells.iter().skip(width);
        if extra.into_iter().any(|text| !text.trim().is_empty()) {
            self.found.refused.push(too_long(line, cells, width));
            return;
        }
        if cells < width {
            self.short.push(line);
        }
        let quoted_empty = record.quoted_empty;
        let texts = record.cells.into_iter().take(width).enumerate();
        let cells = texts.map(|(place, text)| match self.text(text, line) {
            text if text.is_empty() && !quoted_empty.contains(&place) => Cell::Empty,
            text => Cell::Text(text),
        });
        let cells = (0..).zip(cells).collect();
        self.found.rows.push(FoundRow { number: line, cells });
    }

    /// The text that was written, without the guard.
    fn text(&mut self, text: Cow<'_, str>, line: u64) -> String {
        match unguard(&text).filter(|_| self.options.guard == Guard::Remove) {
            Some(unguarded) => {
                self.guarded.push(line);
                unguarded.to_owned()
            }
            None => text.into_owned(),
        }
    }

    fn finish(mut self) -> FoundRows {
        if !self.short.is_empty() {
            let sentence = format!(
                "{} fewer cells than there are columns ({}). What is missing counts as not given, not as empty.",
                count(self.short.len(), "row has", "rows have"),
                at_rows("line", &self.short)
            );
            self.found
                .notes
                .push(Note::new(NoteCode::ShortRows, sentence).rows(self.short));
        }
        if !self.guarded.is_empty() {
            let sentence = format!(
                "The apostrophe that keeps a spreadsheet from running a text was taken off {} ({}).",
                count(self.guarded.len(), "cell", "cells"),
                at_rows("line", &self.guarded)
            );
            self.found
                .notes
                .push(Note::new(NoteCode::GuardRemoved, sentence).rows(self.guarded));
        }
        self.found
    }
}

fn too_long(line: u64, cells: usize, width: usize) -> Refused {
    let why = format!(
        "Line {line} has {cells} cells where the header has {width}. A text with a delimiter in it needs quotes around it."
    );
    Refused {
        row: line,
        column: None,
        value: None,
        why,
    }
}

fn fault(broken: &Broken, limits: &Limits) -> FileFault {
    let (line, what) = match broken {
        Broken::Open(line) => (line, format!("A quote opens in line {line} and never closes.")),
        Broken::TextBehind(line) => (
            line,
            format!("In line {line} text stands behind a closing quote."),
        ),
        Broken::TooWide(line) => {
            let what = format!("Line {line} has more than {} columns.", limits.columns);
            return FileFault::too_large(what).at(*line);
        }
    };
    let why = "Where cells end from there on cannot be told, so nothing was taken.";
    let next = "Close the quote, or double a quote that belongs to the text, and import the file again.";
    FileFault::new(FaultCode::Syntax, what, why, next).at(*line)
}

fn no_delimiter() -> FileFault {
    FileFault::new(
        FaultCode::Option,
        "A quote or a line break cannot be the delimiter.",
        "They have a meaning of their own in such a file.",
        "Name a comma, a semicolon, a tab or another character, or leave it out to have it detected.",
    )
}
