//! How a file is to be read. Whatever is not said here is detected, and told in [`Found`](crate::Found).

use crate::found::{DateOrder, Decimal, Format};

/// What to do with rows in which a cell is hidden by a merged one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Merged {
    /// Refuse them: whether the value is meant for them, nobody can tell.
    #[default]
    Refuse,
    /// Give every hidden cell the value of the merged one.
    Fill,
}

/// What to do with the apostrophe that guards texts against being run as formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guard {
    /// Take it off where it guards, and say so.
    #[default]
    Remove,
    /// Leave it: the file comes from elsewhere, and the apostrophes are its own.
    Keep,
}

/// How a file is to be read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Its format.
    pub format: Option<Format>,
    /// The sheet, by its name; also one that is hidden. Else the first that is not.
    pub sheet: Option<String>,
    /// What separates cells.
    pub delimiter: Option<char>,
    /// The encoding, by a label of the WHATWG's list, as `utf-8` or `windows-1252`.
    pub encoding: Option<String>,
    /// What marks decimals.
    pub decimal: Option<Decimal>,
    /// In what order dates are written.
    pub date_order: Option<DateOrder>,
    /// What to do with merged cells.
    pub merged: Merged,
    /// What to do with guarded texts.
    pub guard: Guard,
    /// How much a file may hold.
    pub limits: Limits,
}

/// How much a file may hold. What is larger is refused with a reason, before memory is taken for it.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of a workbook or Parquet file when unpacked, all of its parts together.
    pub unpacked_bytes: u64,
    /// Columns.
    pub columns: u32,
    /// Rows, those that are refused or skipped counted in.
    pub rows: u64,
    /// Cells: rows times columns.
    pub cells: u64,
    /// Bytes of text in one cell.
    pub cell_bytes: usize,
    /// Bytes of text in all cells together: a workbook may name one long text a million times.
    pub text_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 256 << 20,
            unpacked_bytes: 1 << 30,
            columns: 16_384,
            rows: 1_048_576,
            cells: 5_000_000,
            cell_bytes: 1 << 20,
            text_bytes: 256 << 20,
        }
    }
}
