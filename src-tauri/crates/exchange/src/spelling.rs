//! How the texts of a column are spelled in the file.

use leeward_tables::{DateOrder, Decimal, Finding, Format};

/// How the texts of a column are to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelling {
    pub(crate) format: Option<Format>,
    pub(crate) delimiter: Option<char>,
    pub(crate) decimal: Finding<Decimal>,
    pub(crate) date_order: Finding<DateOrder>,
}

impl Spelling {
    /// Whether the file has the types of JSON, and texts that are spelled as the data model has them.
    pub(crate) fn is_json(self) -> bool {
        matches!(self.format, Some(Format::Json | Format::AirflowVariables))
    }

    /// Whether `null` in the file is no value, rather than JSON's null.
    pub(crate) fn is_null_no_value(self) -> bool {
        self.format == Some(Format::Parquet)
    }
}
