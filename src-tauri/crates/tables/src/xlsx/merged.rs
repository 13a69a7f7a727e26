//! Merged cells: one value over several rows or columns, of which the others are hidden.

use crate::fault::FileFault;
use crate::options::{Limits, Merged};
use crate::rows::{FoundRow, FoundRows};
use crate::table::{Cell, Note, NoteCode, Refused};
use std::collections::{HashMap, HashSet};

/// How many ranges a sentence names.
const NAMED: usize = 10;

/// A merged range; rows from 1, columns from 0, both ends included.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Range {
    name: String,
    rows: (u64, u64),
    columns: (u32, u32),
}

impl Range {
    /// From its name, as `A2:A3`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let (first, last) = name.split_once(':')?;
        let row = |cell: &str| {
            cell.trim_start_matches(|letter: char| letter.is_ascii_alphabetic())
                .parse()
                .ok()
        };
        let (rows, columns) = ((row(first)?, row(last)?), (column_of(first)?, column_of(last)?));
        Some(Self {
            name: name.to_owned(),
            rows,
            columns,
        })
    }
}

/// The column of a cell's name, from 0: `B7` is in 1.
pub(crate) fn column_of(name: &str) -> Option<u32> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(4).fold(0, |sum, letter| {
        sum * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    number.checked_sub(1)
}

/// Names the ranges in a note, and refuses or fills the rows in which they hide cells. The header's are named only.
pub(crate) fn settle(
    found: &mut FoundRows,
    ranges: &[Range],
    merged: Merged,
    limits: &Limits,
) -> Result<(), FileFault> {
    if ranges.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = ranges
        .iter()
        .take(NAMED)
        .map(|range| range.name.as_str())
        .collect();
    let more = ranges.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let done = match merged {
        Merged::Refuse => "Rows that lack a value by it are refused",
        Merged::Fill => "Every cell of a range was given its value",
    };
    let sentence = format!("Cells are merged: {}{more}. {done}.", named.join(", "));
    found.notes.push(Note::new(NoteCode::Merged, sentence));
    let hidden = hidden(found, ranges, limits)?;
    match merged {
        Merged::Refuse => refuse(found, &hidden, ranges),
        Merged::Fill => fill(found, &hidden),
    }
    Ok(())
}

/// A cell that a range hides: the place of its row, its column, the range's place and its value.
struct Hidden {
    row: usize,
    column: u32,
    range: usize,
    value: Cell,
}

/// The cells that are hidden in columns with a name, in rows that hold something.
fn hidden(found: &FoundRows, ranges: &[Range], limits: &Limits) -> Result<Vec<Hidden>, FileFault> {
    let rows = &found.rows;
    let places: HashMap<u64, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (row.number, place))
        .collect();
    let mut hidden = Vec::new();
    for (range, merged) in ranges.iter().enumerate() {
        let anchor = places
            .get(&merged.rows.0)
            .and_then(|place| cell(&rows[*place], merged.columns.0));
        let Some(value) = anchor.filter(|cell| !cell.is_blank()) else {
            continue;
        };
        let from = rows.partition_point(|row| row.number < merged.rows.0);
        let until = rows.partition_point(|row| row.number <= merged.rows.1);
        for (row, found_row) in rows.iter().enumerate().take(until).skip(from) {
            let columns = found.header.iter().filter(|(column, name)| {
                let is_anchor = found_row.number == merged.rows.0 && *column == merged.columns.0;
                (merged.columns.0..=merged.columns.1).contains(column)
                    && !is_anchor
                    && !name.trim().is_empty()
            });
            let of = |column| Hidden {
                row,
                column,
                range,
                value: value.clone(),
            };
            hidden.extend(columns.map(|(column, _)| of(*column)));
            if hidden.len() as u64 > limits.cells / 8 {
                return Err(FileFault::too_large(
                    "The merged cells of the sheet are too many.".to_owned(),
                ));
            }
        }
    }
    Ok(hidden)
}

fn cell(row: &FoundRow, column: u32) -> Option<&Cell> {
    row.cells
        .iter()
        .find(|(known, _)| *known == column)
        .map(|(_, cell)| cell)
}

fn refuse(found: &mut FoundRows, hidden: &[Hidden], ranges: &[Range]) {
    let mut gone = HashSet::new();
    for cell in hidden {
        let number = found.rows[cell.row].number;
        if !gone.insert(number) {
            continue;
        }
        let named = found.header.iter().find(|(column, _)| *column == cell.column);
        let column = named.map(|(_, name)| name.clone());
        let why = format!(
            "Row {number} has no cell of its own in “{}”: {} is merged, and whether its value is meant for this row \
             cannot be told. Unmerge it, or have merged cells filled.",
            column.as_deref().unwrap_or_default(),
            ranges[cell.range].name
        );
        found.refused.push(Refused {
            row: number,
            column,
            value: None,
            why,
        });
    }
    found.rows.retain(|row| !gone.contains(&row.number));
}

fn fill(found: &mut FoundRows, hidden: &[Hidden]) {
    for Hidden {
        row, column, value, ..
    } in hidden
    {
        let cells = &mut found.rows[*row].cells;
        match cells.binary_search_by_key(column, |(known, _)| *known) {
            Ok(place) => cells[place].1 = value.clone(),
            Err(place) => cells.insert(place, (*column, value.clone())),
        }
    }
}
