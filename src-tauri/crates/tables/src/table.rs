//! A table as it came from a file: named columns, numbered rows, and cells that are still the texts of the file.

use crate::found::{DateOrder, Decimal, Finding, Found};

/// What one file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The columns, in the order of the file. No two have the same name.
    pub columns: Vec<Column>,
    /// The rows, in the order of the file. Each has a cell for every column.
    pub rows: Vec<Row>,
    /// Rows that were not taken, each with its reason.
    pub refused: Vec<Refused>,
    /// What was detected, and what the options said.
    pub found: Found,
    /// What a person should know before these rows are used.
    pub notes: Vec<Note>,
}

impl Table {
    /// A table that is made by a program: texts only, rows numbered from 2 as in a file with a header.
    #[must_use]
    pub fn of_texts(columns: &[&str], rows: &[&[&str]]) -> Self {
        let columns = columns
            .iter()
            .zip(1..)
            .map(|(name, number)| Column::new(*name, number));
        let cells = |row: &&[&str]| row.iter().map(|text| Cell::Text((*text).to_owned())).collect();
        let rows = rows.iter().zip(2..).map(|(row, number)| Row {
            number,
            cells: cells(row),
        });
        Self {
            columns: columns.collect(),
            rows: rows.collect(),
            refused: Vec::new(),
            found: Found::default(),
            notes: Vec::new(),
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name: the header's text as it stands, or one that a note tells of.
    pub name: String,
    /// Its place in the file, counted from 1.
    pub number: u32,
    /// What marks the decimals of its numbers.
    pub decimal: Finding<Decimal>,
    /// In what order its dates are written.
    pub date_order: Finding<DateOrder>,
}

impl Column {
    /// A column of which nothing was detected.
    #[must_use]
    pub fn new(name: impl Into<String>, number: u32) -> Self {
        let (decimal, date_order) = (Finding::Nothing, Finding::Nothing);
        Self {
            name: name.into(),
            number,
            decimal,
            date_order,
        }
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line (CSV), row (XLSX) or item (JSON) of the file where it begins, counted from 1.
    pub number: u64,
    /// Its cells, one for each column.
    pub cells: Vec<Cell>,
}

/// A cell. Whatever its kind, it holds the text of the file; no number was rounded on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// The row has no such cell: it is short, or its object has no such member. Not an empty text.
    Missing,
    /// JSON's `null`.
    Null,
    /// An empty cell that may mean an empty text or nothing at all: one without quotes (CSV), one of a workbook.
    Empty,
    /// A text; an empty one where the file says that it is one.
    Text(String),
    /// A number, as the file spells it.
    Number(String),
    /// A yes or no.
    Boolean(bool),
    /// A day without zone or time, as `2026-03-29`.
    Date(String),
    /// A time of day or a duration, as `14:00:00`.
    Time(String),
    /// A day with a time, as `2026-03-29T14:00:00`; with its zone behind it where the file has one.
    DateTime(String),
    /// An object or a list, as JSON text.
    Json(String),
    /// A cell that holds an error instead of a value, as `#DIV/0!`.
    Error(String),
}

impl Cell {
    /// What the cell says, as text; nothing for [`Cell::Missing`] and [`Cell::Null`].
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Missing | Self::Null => None,
            Self::Empty => Some(""),
            Self::Boolean(true) => Some("true"),
            Self::Boolean(false) => Some("false"),
            Self::Text(text)
            | Self::Number(text)
            | Self::Date(text)
            | Self::Time(text)
            | Self::DateTime(text)
            | Self::Json(text)
            | Self::Error(text) => Some(text),
        }
    }

    /// Whether there is nothing to see in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text().is_none_or(|text| text.trim().is_empty())
    }
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number in the file, as in [`Row::number`].
    pub row: u64,
    /// The column it is about, if it is about one.
    pub column: Option<String>,
    /// The value it is about, if it is about one; never one that may be secret.
    pub value: Option<String>,
    /// Why, as a sentence.
    pub why: String,
}

/// What a note is about, for code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteCode {
    /// What was detected could have been something else.
    Guessed,
    /// Two columns have one name.
    DuplicateHeader,
    /// A column has no name.
    EmptyHeader,
    /// A name has blanks at its ends.
    BlanksInHeader,
    /// Rows have fewer cells than there are columns.
    ShortRows,
    /// Empty rows were skipped.
    EmptyRows,
    /// The guard against formulas was taken off.
    GuardRemoved,
    /// Cells hold formulas, of which the last result was taken.
    Formulas,
    /// Cells are merged.
    Merged,
    /// Cells hold errors.
    Errors,
    /// Numbers that the file shows as dates are none.
    NoDate,
    /// There are other sheets.
    OtherSheets,
    /// Values are `null`.
    Nulls,
    /// A column's dates or numbers are written in more than one way, or can be read in two.
    Ambiguous,
    /// Texts look alike and differ.
    LookAlike,
    /// Texts are the same.
    Repeated,
    /// The file was exported from something else than it is imported into.
    Foreign,
    /// Records stay that one might expect to go.
    Kept,
}

/// Something a person should know; nothing was refused for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is about, for code.
    pub code: NoteCode,
    /// The column it is about, if it is about one.
    pub column: Option<String>,
    /// The rows it is about, as in [`Row::number`]; empty where it is about all.
    pub rows: Vec<u64>,
    /// The sentence.
    pub sentence: String,
}

impl Note {
    /// A note of the whole file.
    #[must_use]
    pub fn new(code: NoteCode, sentence: impl Into<String>) -> Self {
        let (column, rows, sentence) = (None, Vec::new(), sentence.into());
        Self {
            code,
            column,
            rows,
            sentence,
        }
    }

    /// The same note, of a column.
    #[must_use]
    pub fn of(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// The same note, of some rows.
    #[must_use]
    pub fn rows(mut self, rows: Vec<u64>) -> Self {
        self.rows = rows;
        self
    }
}
