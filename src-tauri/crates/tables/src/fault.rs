//! Why a file cannot be read, or a table cannot be written: what, why, and what to do next.

use std::fmt;

/// What is wrong, for code; the sentences beside it are for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    /// The file could not be read or written at all.
    Io,
    /// It is of a format that is not read here, or not of the one that was named.
    Format,
    /// Its bytes are no text of the encoding, or hold what no text holds.
    Encoding,
    /// It breaks the rules of its format.
    Syntax,
    /// It is larger than one of the [`Limits`](crate::Limits).
    TooLarge,
    /// There is no table in it.
    Empty,
    /// The sheet that was named is not in the workbook.
    Sheet,
    /// An option is none that is known.
    Option,
    /// A text cannot be written in the format.
    Unwritable,
}

/// A file that is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// What is wrong, for code.
    pub code: FaultCode,
    /// The line or row of the file that it is about, counted from 1.
    pub row: Option<u64>,
    /// What was found, as a sentence.
    pub what: String,
    /// Why that is refused, as a sentence.
    pub why: String,
    /// What to do next, as a sentence.
    pub next: String,
}

impl FileFault {
    /// A fault of the whole file.
    #[must_use]
    pub fn new(code: FaultCode, what: impl Into<String>, why: &str, next: &str) -> Self {
        let (why, next) = (why.to_owned(), next.to_owned());
        let what = what.into();
        Self {
            code,
            row: None,
            what,
            why,
            next,
        }
    }

    /// The same fault, of one line or row.
    #[must_use]
    pub fn at(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// A file that could not be read or written, with the system's words.
    pub(crate) fn io(error: &std::io::Error) -> Self {
        Self::new(
            FaultCode::Io,
            format!("The file could not be read or written: {error}."),
            "The computer refused it.",
            "Check that it is still there and not open in another program, and try again.",
        )
    }

    /// A file that is larger than a limit: `what` says which.
    pub(crate) fn too_large(what: String) -> Self {
        Self::new(
            FaultCode::TooLarge,
            what,
            "The limit keeps one file from taking all memory of the computer.",
            "Split the file, or leave out what is not needed, and import the parts.",
        )
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.what, self.why, self.next)
    }
}

impl std::error::Error for FileFault {}
