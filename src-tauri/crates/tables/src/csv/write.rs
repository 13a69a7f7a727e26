//! Writing text with a delimiter.

use crate::fault::{FaultCode, FileFault};
use crate::guard::guard;
use crate::table::{Cell, Table};
use std::io::Write;

const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// How a text with a delimiter is written.
#[derive(Debug, Clone, Copy)]
pub struct CsvOptions {
    /// Begin with a byte order mark, by which Excel knows UTF-8.
    pub mark: bool,
    /// What separates cells.
    pub delimiter: u8,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            mark: false,
            delimiter: b',',
        }
    }
}

/// Writes a table; what a spreadsheet would run as a formula is guarded.
pub(crate) fn write(table: &Table, to: &mut impl Write, options: CsvOptions) -> Result<(), FileFault> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let first = names.first().copied().unwrap_or_default();
    // A name that begins like a mark would be taken for one.
    if options.mark || first.starts_with(BYTE_ORDER_MARK) {
        to.write_all(BYTE_ORDER_MARK.as_bytes())
            .map_err(|error| FileFault::io(&error))?;
    }
    let mut line = Line::new(options.delimiter);
    for name in names {
        line.text(name, 1, is_instruction(first))?;
    }
    line.end(to)?;
    for (row, number) in table.rows.iter().zip(2..) {
        for cell in &row.cells {
            match cell {
                // An empty text has quotes, which tell it from nothing.
                Cell::Text(text) => line.text(text, number, text.is_empty())?,
                cell => line.text(cell.text().unwrap_or_default(), number, false)?,
            }
        }
        line.end(to)?;
    }
    Ok(())
}

/// A header that begins like the instruction that names the delimiter.
fn is_instruction(name: &str) -> bool {
    name.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("sep="))
}

/// A line while it is made.
struct Line {
    delimiter: char,
    text: String,
    cells: usize,
}

impl Line {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter: char::from(delimiter),
            text: String::new(),
            cells: 0,
        }
    }

    /// One more cell, with quotes where it needs them.
    fn text(&mut self, text: &str, row: u64, in_quotes: bool) -> Result<(), FileFault> {
        if text.contains('\0') {
            return Err(zero_character(row));
        }
        if self.cells > 0 {
            self.text.push(self.delimiter);
        }
        self.cells += 1;
        let guarded = guard(text);
        if in_quotes || guarded.contains([self.delimiter, '"', '\r', '\n']) {
            self.text.push('"');
            self.text.push_str(&guarded.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(&guarded);
        }
        Ok(())
    }

    fn end(&mut self, to: &mut impl Write) -> Result<(), FileFault> {
        self.text.push('\n');
        let written = to.write_all(self.text.as_bytes());
        self.text.clear();
        self.cells = 0;
        written.map_err(|error| FileFault::io(&error))
    }
}

fn zero_character(row: u64) -> FileFault {
    let what = format!("A text in row {row} holds a zero character.");
    let why = "A text file with one is taken for a damaged file.";
    FileFault::new(
        FaultCode::Unwritable,
        what,
        why,
        "Export as JSON, or change the text.",
    )
    .at(row)
}
