//! Parquet: columns of typed values, read into the same cells as every other format.
//!
//! The columns are decoded by the `parquet` crate; the pages that it decodes are found, checked and unpacked here, so that
//! what a file says of its own sizes is never believed (see [`pages`]).

mod cells;
mod column;
mod header;
mod levels;
mod pages;
mod unpack;
mod write;

use crate::fault::{FaultCode, FileFault};
use crate::options::Options;
use crate::rows::{Budget, FoundRow, FoundRows};
use crate::table::{Cell, Note, NoteCode};
use bytes::Bytes;
use column::Column;
use pages::{Pages, Unpacked};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use std::panic::{AssertUnwindSafe, catch_unwind};
pub(crate) use write::write;
pub use write::{ParquetOptions, ParquetType};

/// Begins and ends every file.
pub(crate) const MAGIC: &[u8] = b"PAR1";
/// At the end of a file: the length of what describes it, and the magic.
const TAIL_BYTES: usize = 8;
/// The most bytes of what describes a file. In memory it takes some twenty times that.
const FOOTER_BYTES_MAX: usize = 8 << 20;

/// Reads all rows. A row's number is its place in the file, from 1.
pub(crate) fn read(bytes: Vec<u8>, options: &Options) -> Result<FoundRows, FileFault> {
    let bytes = Bytes::from(bytes);
    // The decoders of the library index what they trust: a damaged page must not end the program.
    let read = catch_unwind(AssertUnwindSafe(|| read_groups(&bytes, options)));
    read.unwrap_or_else(|_panic| Err(damaged()))
}

fn read_groups(bytes: &Bytes, options: &Options) -> Result<FoundRows, FileFault> {
    let metadata = metadata(bytes)?;
    let columns = column::all(metadata.file_metadata().schema_descr())?;
    let mut reader = Reader {
        bytes,
        unpacked: Unpacked::new(&options.limits),
        budget: Budget::new(&options.limits),
        found: FoundRows::new("row", Cell::Null),
    };
    reader.budget.columns(columns.len() as u64)?;
    let names = columns.iter().zip(0..);
    reader.found.header = names.map(|(column, place)| (place, column.name())).collect();
    reader.found.notes.extend(columns.iter().filter_map(float_note));
    for group in metadata.row_groups() {
        reader.group(group, &columns)?;
    }
    Ok(reader.found)
}

struct Reader<'f> {
    bytes: &'f Bytes,
    unpacked: Unpacked,
    budget: Budget<'f>,
    found: FoundRows,
}

impl Reader<'_> {
    /// The rows of a group, column by column.
    fn group(&mut self, group: &RowGroupMetaData, columns: &[Column]) -> Result<(), FileFault> {
        let rows = usize::try_from(group.num_rows()).map_err(|_| damaged())?;
        if group.num_columns() != columns.len() {
            return Err(damaged());
        }
        let first = self.found.rows.len();
        for ((column, chunk), place) in columns.iter().zip(group.columns()).zip(0..) {
            let pages = Pages::open(self.bytes.clone(), chunk, column.shape(), self.unpacked.clone())?;
            let mut at = first;
            column.each(pages, rows, &mut |cell| {
                self.put(place, at, cell)?;
                at += 1;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// One more cell; the first column brings the rows.
    fn put(&mut self, column: u32, at: usize, cell: Cell) -> Result<(), FileFault> {
        let number = at as u64 + 1;
        if at == self.found.rows.len() {
            self.budget.row(number)?;
            let cells = Vec::new();
            self.found.rows.push(FoundRow { number, cells });
        }
        let bytes = cell.text().map_or(0, str::len);
        self.budget.cell(number, column, bytes)?;
        self.found.rows[at].cells.push((column, cell));
        Ok(())
    }
}

/// What describes the file, from its end.
fn metadata(bytes: &Bytes) -> Result<ParquetMetaData, FileFault> {
    let Some((before, tail)) = bytes.split_last_chunk::<TAIL_BYTES>() else {
        return Err(damaged());
    };
    let (length, magic) = tail.split_at(MAGIC.len());
    let length = length
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    if magic == b"PARE" {
        return Err(encrypted());
    }
    if magic != MAGIC || length > before.len() {
        return Err(damaged());
    }
    if length > FOOTER_BYTES_MAX {
        let most = FOOTER_BYTES_MAX >> 20;
        let what = format!("What describes the columns of the file is larger than {most} MB.");
        return Err(FileFault::too_large(what));
    }
    let footer = &before[before.len() - length..];
    ParquetMetaDataReader::decode_metadata(footer).map_err(|error| fault(&error))
}

fn float_note(column: &Column) -> Option<Note> {
    let name = column.name();
    let sentence = format!(
        "“{name}” holds binary floating-point numbers, which are near a decimal and seldom one: the shortest text that \
         gives each of them back was taken."
    );
    column
        .is_float()
        .then(|| Note::new(NoteCode::Guessed, sentence).of(&name))
}

/// What the library says of a file, without its words: they are for programmers, and may hold a value.
fn fault(error: &ParquetError) -> FileFault {
    let own = match error {
        ParquetError::External(own) => own.downcast_ref::<FileFault>().cloned(),
        _ => None,
    };
    own.unwrap_or_else(damaged)
}

fn damaged() -> FileFault {
    FileFault::new(
        FaultCode::Syntax,
        "The file is no whole Parquet file.",
        "What it says of itself and what is in it do not agree.",
        "Fetch or write it again.",
    )
}

fn encrypted() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is an encrypted Parquet file.",
        "Its key is not known here.",
        "Write it without encryption.",
    )
}
