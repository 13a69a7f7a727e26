//! What was found out about a file, or told by the options: shown before anything is imported.

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text with a delimiter: comma, semicolon, tab or bar.
    Csv,
    /// A workbook of a spreadsheet.
    Xlsx,
    /// Typed columns.
    Parquet,
    /// A list of objects.
    Json,
    /// What `airflow variables export` of Airflow 2 and 3 writes.
    AirflowVariables,
}

/// What marks the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimal {
    /// `1,234.50`
    Point,
    /// `1.234,50`
    Comma,
}

/// In what order a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// `31/12/2026`
    DayMonthYear,
    /// `12/31/2026`
    MonthDayYear,
    /// `2026-12-31`
    YearMonthDay,
}

/// What the cells say about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Finding<T> {
    /// No cell has to do with it.
    #[default]
    Nothing,
    /// Every cell that has to do with it says the same, and one of them says it for certain.
    Sure(T),
    /// Each of them can be read in two ways: a person must say which.
    Ambiguous,
    /// They contradict each other, or are written in more than one way: a person must look.
    Mixed,
    /// The options said so.
    Told(T),
}

impl<T: Copy> Finding<T> {
    /// The answer, if there is one.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Sure(value) | Self::Told(value) => Some(value),
            Self::Nothing | Self::Ambiguous | Self::Mixed => None,
        }
    }
}

impl<T: Copy + PartialEq> Finding<T> {
    /// What two columns say together.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, one) | (one, Self::Nothing) => one,
            (Self::Ambiguous, one) | (one, Self::Ambiguous) => one,
            (one, other) if one == other => one,
            _ => Self::Mixed,
        }
    }
}

/// What was found out about a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The format; nothing for a table that came from no file.
    pub format: Option<Format>,
    /// The encoding of its text, by its name in the WHATWG's list. Workbooks have none.
    pub encoding: Option<&'static str>,
    /// What separates its cells (CSV); nothing where there is one column only.
    pub delimiter: Option<char>,
    /// The sheet that was read (XLSX).
    pub sheet: Option<String>,
    /// The sheets that are there to be seen (XLSX).
    pub sheets: Vec<String>,
    /// What marks decimals, in all columns together; each column has its own.
    pub decimal: Finding<Decimal>,
    /// In what order dates are written, in all columns together; each column has its own.
    pub date_order: Finding<DateOrder>,
}
