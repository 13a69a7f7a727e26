//! Rows as a format's reader finds them, counted against the limits while they come.

use crate::fault::FileFault;
use crate::options::Limits;
use crate::table::{Cell, Note, Refused};

/// A row with the cells that it has, each with the number of its column from 0.
#[derive(Debug)]
pub(crate) struct FoundRow {
    pub(crate) number: u64,
    pub(crate) cells: Vec<(u32, Cell)>,
}

/// All that a reader found in a file.
#[derive(Debug)]
pub(crate) struct FoundRows {
    /// The names of columns, each with the number of its column from 0.
    pub(crate) header: Vec<(u32, String)>,
    pub(crate) rows: Vec<FoundRow>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) notes: Vec<Note>,
    /// What stands where a row has no cell.
    pub(crate) absent: Cell,
    /// What a row is called: line, row or item.
    pub(crate) word: &'static str,
}

impl FoundRows {
    pub(crate) fn new(word: &'static str, absent: Cell) -> Self {
        let (header, rows, refused, notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            header,
            rows,
            refused,
            notes,
            absent,
            word,
        }
    }
}

/// Counts what was taken from a file, and refuses what would be too much.
#[derive(Debug)]
pub(crate) struct Budget<'l> {
    limits: &'l Limits,
    rows: u64,
    cells: u64,
    text_bytes: u64,
}

impl<'l> Budget<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Self {
        let (rows, cells, text_bytes) = (0, 0, 0);
        Self {
            limits,
            rows,
            cells,
            text_bytes,
        }
    }

    /// One more row.
    pub(crate) fn row(&mut self, number: u64) -> Result<(), FileFault> {
        self.rows += 1;
        if self.rows <= self.limits.rows {
            return Ok(());
        }
        let what = format!("The file has more than {} rows.", self.limits.rows);
        Err(FileFault::too_large(what).at(number))
    }

    /// One more cell, of so many bytes, in the column with this number from 0.
    pub(crate) fn cell(&mut self, row: u64, column: u32, bytes: usize) -> Result<(), FileFault> {
        self.columns(u64::from(column) + 1)
            .map_err(|fault| fault.at(row))?;
        self.cells += 1;
        self.text_bytes += bytes as u64;
        if bytes > self.limits.cell_bytes {
            let what = format!(
                "The cell in column {} of line or row {row} holds {bytes} bytes; {} are the most.",
                column + 1,
                self.limits.cell_bytes
            );
            return Err(FileFault::too_large(what).at(row));
        }
        if self.cells > self.limits.cells {
            let what = format!("The file has more than {} cells.", self.limits.cells);
            return Err(FileFault::too_large(what).at(row));
        }
        if self.text_bytes > self.limits.text_bytes {
            let what = format!(
                "The texts of the file are more than {} bytes.",
                self.limits.text_bytes
            );
            return Err(FileFault::too_large(what).at(row));
        }
        Ok(())
    }

    /// How many columns there may be.
    pub(crate) fn most_columns(&self) -> usize {
        self.limits.columns as usize
    }

    /// So many columns.
    pub(crate) fn columns(&self, columns: u64) -> Result<(), FileFault> {
        if columns <= u64::from(self.limits.columns) {
            return Ok(());
        }
        let what = format!("The file has more than {} columns.", self.limits.columns);
        Err(FileFault::too_large(what))
    }

    /// So many rows with a cell for every column.
    pub(crate) fn cells(&self, rows: usize, columns: usize) -> Result<(), FileFault> {
        if rows as u64 * columns as u64 <= self.limits.cells {
            return Ok(());
        }
        let what = format!(
            "The file has {rows} rows of {columns} columns, more than {} cells.",
            self.limits.cells
        );
        Err(FileFault::too_large(what))
    }
}
