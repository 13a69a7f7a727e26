//! From what a reader found to a table: names of columns, rows without gaps, and notes on what was not in order.

use crate::detect::detect;
use crate::fault::{FaultCode, FileFault};
use crate::found::Found;
use crate::options::Options;
use crate::rows::{Budget, FoundRow, FoundRows};
use crate::say::{at_rows, count};
use crate::table::{Cell, Column, Note, NoteCode, Row, Table};
use std::collections::{HashMap, HashSet};

/// Makes the table.
pub(crate) fn assemble(rows: FoundRows, found: Found, options: &Options) -> Result<Table, FileFault> {
    let (word, absent) = (rows.word, rows.absent);
    let (full, blank): (Vec<FoundRow>, Vec<FoundRow>) = rows
        .rows
        .into_iter()
        .partition(|row| row.cells.iter().any(|(_, cell)| !cell.is_blank()));
    let mut notes = rows.notes;
    let columns = named(&rows.header, &used(&rows.header, &full), &mut notes);
    if columns.is_empty() {
        return Err(no_table());
    }
    Budget::new(&options.limits).cells(full.len(), columns.len())?;
    notes.extend(blank_note(&blank, word));
    let places = places(&columns);
    let full = full
        .into_iter()
        .map(|row| padded(row, &places, columns.len(), &absent))
        .collect();
    let mut table = Table {
        columns,
        rows: full,
        refused: rows.refused,
        found,
        notes,
    };
    detect(&mut table, options, word);
    Ok(table)
}

/// The columns that have a name or hold something, by their numbers from 0.
fn used(header: &[(u32, String)], rows: &[FoundRow]) -> Vec<u32> {
    let named = header.iter().filter(|(_, name)| !name.trim().is_empty());
    let cells = rows.iter().flat_map(|row| &row.cells);
    let filled = cells
        .filter(|(_, cell)| !cell.is_blank())
        .map(|(column, _)| *column);
    let mut used = Vec::new();
    for column in named.map(|(column, _)| *column).chain(filled) {
        let column = column as usize;
        if used.len() <= column {
            used.resize(column + 1, false);
        }
        used[column] = true;
    }
    (0..)
        .zip(used)
        .filter(|(_, is_used)| *is_used)
        .map(|(column, _)| column)
        .collect()
}

fn named(header: &[(u32, String)], used: &[u32], notes: &mut Vec<Note>) -> Vec<Column> {
    let mut taken: HashSet<String> = header.iter().map(|(_, name)| name.clone()).collect();
    // For each name that was seen, the last number that one of its columns got.
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut columns = Vec::new();
    let mut names = header.iter().peekable();
    for number in used {
        while names.next_if(|(column, _)| column < number).is_some() {}
        let name = names
            .peek()
            .filter(|(column, _)| column == number)
            .map_or("", |(_, name)| name);
        let unique = if name.trim().is_empty() {
            unnamed(*number, &mut taken, notes)
        } else if let Some(last) = seen.get_mut(name) {
            repeated(name, *number, last, &mut taken, notes)
        } else {
            seen.insert(name, 1);
            notes.extend(blanks_note(name));
            name.to_owned()
        };
        columns.push(Column::new(unique, number + 1));
    }
    columns
}

fn unnamed(number: u32, taken: &mut HashSet<String>, notes: &mut Vec<Note>) -> String {
    let number = number + 1;
    let (name, _) = free(&format!("column {number}"), 1, taken);
    let sentence = format!("Column {number} has cells and no name; it is called “{name}” here.");
    notes.push(Note::new(NoteCode::EmptyHeader, sentence).of(&name));
    name
}

fn repeated(
    name: &str,
    number: u32,
    last: &mut u32,
    taken: &mut HashSet<String>,
    notes: &mut Vec<Note>,
) -> String {
    let (unique, suffix) = free(name, *last + 1, taken);
    *last = suffix;
    let sentence = format!(
        "Two columns are called “{name}”; the one at place {} is called “{unique}” here.",
        number + 1
    );
    notes.push(Note::new(NoteCode::DuplicateHeader, sentence).of(&unique));
    unique
}

/// The first name that is free of `name`, `name (2)`, and so on from this number.
fn free(name: &str, from: u32, taken: &mut HashSet<String>) -> (String, u32) {
    let mut number = from;
    loop {
        let tried = if number == 1 {
            name.to_owned()
        } else {
            format!("{name} ({number})")
        };
        if taken.insert(tried.clone()) {
            return (tried, number);
        }
        number += 1;
    }
}

fn blanks_note(name: &str) -> Option<Note> {
    let sentence = format!("The column name “{name}” has blanks at its ends.");
    (name.trim() != name).then(|| Note::new(NoteCode::BlanksInHeader, sentence).of(name))
}

fn blank_note(blank: &[FoundRow], word: &str) -> Option<Note> {
    let rows: Vec<u64> = blank.iter().map(|row| row.number).collect();
    let skipped = count(rows.len(), "empty row was", "empty rows were");
    let sentence = format!("{skipped} skipped ({}).", at_rows(word, &rows));
    (!rows.is_empty()).then(|| Note::new(NoteCode::EmptyRows, sentence).rows(rows))
}

/// The place of each column in the table, by its number from 0.
fn places(columns: &[Column]) -> Vec<Option<usize>> {
    let last = columns.last().map_or(0, |column| column.number as usize);
    let mut places = vec![None; last];
    for (place, column) in columns.iter().enumerate() {
        places[column.number as usize - 1] = Some(place);
    }
    places
}

fn padded(row: FoundRow, places: &[Option<usize>], width: usize, absent: &Cell) -> Row {
    let mut cells = vec![absent.clone(); width];
    for (column, cell) in row.cells {
        if let Some(Some(place)) = places.get(column as usize) {
            cells[*place] = cell;
        }
    }
    Row {
        number: row.number,
        cells,
    }
}

fn no_table() -> FileFault {
    FileFault::new(
        FaultCode::Empty,
        "There is no table in the file.",
        "A table begins with a row of column names, and there is none.",
        "Check that it is the right file, and the right sheet of it.",
    )
}
