//! Writing text with a delimiter.

use crate::fault::{FaultCode, FileFault};
use crate::guard::guard;
use crate::table::Table;
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
    let quotes = if is_instruction(first) {
        csv::QuoteStyle::Always
    } else {
        csv::QuoteStyle::Necessary
    };
    let mut header = writer(&mut *to, options, quotes);
    record(&mut header, 1, names.iter().copied())?;
    drop(header);
    let mut rows = writer(to, options, csv::QuoteStyle::Necessary);
    for (row, number) in table.rows.iter().zip(2..) {
        record(
            &mut rows,
            number,
            row.cells.iter().map(|cell| cell.text().unwrap_or_default()),
        )?;
    }
    rows.flush().map_err(|error| FileFault::io(&error))
}

/// A header that begins like the instruction that names the delimiter.
fn is_instruction(name: &str) -> bool {
    name.get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("sep="))
}

fn writer<W: Write>(to: W, options: CsvOptions, quotes: csv::QuoteStyle) -> csv::Writer<W> {
    let mut builder = csv::WriterBuilder::new();
    builder
        .delimiter(options.delimiter)
        .quote_style(quotes)
        .from_writer(to)
}

fn record<'t, W: Write>(
    to: &mut csv::Writer<W>,
    number: u64,
    texts: impl Iterator<Item = &'t str>,
) -> Result<(), FileFault> {
    for text in texts {
        if text.contains('\0') {
            return Err(zero_character(number));
        }
        to.write_field(guard(text)).map_err(|error| fault(&error))?;
    }
    to.write_record(None::<&[u8]>).map_err(|error| fault(&error))
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

fn fault(error: &csv::Error) -> FileFault {
    match error.kind() {
        csv::ErrorKind::Io(error) => FileFault::io(error),
        other => FileFault::io(&std::io::Error::other(format!("{other:?}"))),
    }
}
