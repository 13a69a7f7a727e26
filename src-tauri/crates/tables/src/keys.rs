//! Texts of key columns that a person would take for one another, or that are the same: told before anything is imported,
//! so that none overwrites another.

use crate::say::at_rows;
use crate::table::{Note, NoteCode, Row, Table};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Between the parts of a key of several columns. No text of a file holds it.
const BETWEEN: char = '\0';

/// A note for each key that stands in more than one row.
///
/// `key` has the places of the key's columns in the table.
#[must_use]
pub fn repeated_keys(table: &Table, key: &[usize]) -> Vec<Note> {
    let groups = grouped(&table.rows, |row| key_of(row, key));
    let note = |rows: Vec<&Row>| {
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        let shown = key_of(rows.first()?, key).replace(BETWEEN, ", ");
        let sentence = format!(
            "The key “{shown}” stands in {}. Choose one.",
            at_rows("row", &numbers)
        );
        Some(Note::new(NoteCode::Repeated, sentence).rows(numbers))
    };
    groups.into_iter().filter_map(note).collect()
}

/// A note for each group of keys that look alike and are not the same: they differ in blanks, in letters of no width, in
/// case, or in how a letter with an accent is made.
///
/// `key` has the places of the key's columns in the table.
#[must_use]
pub fn keys_alike(table: &Table, key: &[usize]) -> Vec<Note> {
    let groups = grouped(&table.rows, |row| looks(&key_of(row, key)));
    let note = |rows: Vec<&Row>| {
        let first = key_of(rows.first()?, key);
        if rows.iter().all(|row| key_of(row, key) == first) {
            return None;
        }
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        let sentence = format!(
            "Keys that look like “{}” and differ stand in {}: by blanks, case, or characters that cannot be seen.",
            first.replace(BETWEEN, ", "),
            at_rows("row", &numbers)
        );
        Some(Note::new(NoteCode::LookAlike, sentence).rows(numbers))
    };
    groups.into_iter().filter_map(note).collect()
}

/// The rows that have the same text of some kind, where they are more than one, in the order of the first of them.
fn grouped(rows: &[Row], text: impl Fn(&Row) -> String) -> Vec<Vec<&Row>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        let place = *places.entry(text(row)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}

fn key_of(row: &Row, key: &[usize]) -> String {
    let part = |place: &usize| {
        row.cells
            .get(*place)
            .and_then(|cell| cell.text())
            .unwrap_or_default()
    };
    let parts: Vec<&str> = key.iter().map(part).collect();
    parts.join(&BETWEEN.to_string())
}

/// What a person sees of a text: without what differs in blanks, letters of no width, case, or how a letter with an accent
/// is made.
#[must_use]
pub fn looks(text: &str) -> String {
    let seen = text
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|letter| !is_unseen(*letter));
    let seen: String = seen.collect();
    let parts = seen
        .split(BETWEEN)
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    parts.collect::<Vec<_>>().join(&BETWEEN.to_string())
}

/// Characters of no width: joiners, marks of direction, soft hyphens, the byte order mark.
fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}
