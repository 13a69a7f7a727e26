//! Files of tables: those that people import, hostile ones, and what is written coming back the same.
// Clippy's own exemption for tests does not reach the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod book;
mod header;
mod hostile;
mod json_files;
mod parquet_files;
mod round_trip;
mod text_files;
mod workbooks;

use leeward_tables::{Cell, FileFault, Note, NoteCode, Options, Table, read};

/// A file of `tests/fixtures`, read.
fn file_with(name: &str, options: &Options) -> Result<Table, FileFault> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    read(std::fs::File::open(path).unwrap(), options)
}

/// A file of `tests/fixtures`, read with nothing told.
fn file(name: &str) -> Table {
    file_with(name, &Options::default()).unwrap()
}

/// A text, read with nothing told.
fn text(text: &str) -> Table {
    read(text.as_bytes(), &Options::default()).unwrap()
}

fn fault_of(bytes: &[u8]) -> FileFault {
    read(bytes, &Options::default()).unwrap_err()
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

/// Each row as its number and its texts; `<missing>` for a cell that is not given, `<null>` for a null.
fn rows(table: &Table) -> Vec<(u64, Vec<&str>)> {
    table
        .rows
        .iter()
        .map(|row| (row.number, row.cells.iter().map(shown).collect()))
        .collect()
}

fn shown(cell: &Cell) -> &str {
    match cell {
        Cell::Missing => "<missing>",
        Cell::Null => "<null>",
        cell => cell.text().unwrap(),
    }
}

/// The texts of one column.
fn column<'t>(table: &'t Table, name: &str) -> Vec<&'t str> {
    let place = names(table).iter().position(|known| *known == name).unwrap();
    table
        .rows
        .iter()
        .map(|row| row.cells[place].text().unwrap())
        .collect()
}

fn note(table: &Table, code: NoteCode) -> &Note {
    let found = table.notes.iter().find(|note| note.code == code);
    assert!(found.is_some(), "no note {code:?} in {:?}", table.notes);
    found.unwrap()
}

fn codes(table: &Table) -> Vec<NoteCode> {
    table.notes.iter().map(|note| note.code).collect()
}
