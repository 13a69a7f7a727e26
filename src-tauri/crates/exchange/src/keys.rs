//! Which record each row is about.

use crate::layout::{KeyColumns, Layout};
use crate::places::Places;
use crate::planned::Addressable;
use crate::present::Present;
use crate::row::{self, shown};
use leeward_model::Fields;
use leeward_schema::KeyFault;
use leeward_tables::{Cell, Note, NoteCode, Refused, Row, Table, keys_alike, looks};
use std::collections::{HashMap, HashSet};

/// The record that a row is about.
#[derive(Debug)]
pub(crate) enum RowKey {
    /// The one of this key.
    Of(String),
    /// A new one, whose key is made with it.
    New,
    /// Which one cannot be told.
    Refused(Refused),
}

/// The key of every row.
pub(crate) fn of_rows(
    layout: &Layout,
    table: &Table,
    places: &Places,
    addressable: Option<Addressable<'_>>,
) -> Vec<RowKey> {
    let of = |row: &Row| {
        let key = match layout.key {
            KeyColumns::Own => own(row, places),
            KeyColumns::Generated => generated(layout, row, places),
            KeyColumns::Fields(_) => of_fields(layout, row, places),
        };
        match (key, addressable) {
            (Ok(Some(key)), Some(addressable)) => match addressable(&key) {
                Ok(()) => RowKey::Of(key),
                Err(why) => RowKey::Refused(refused(
                    row,
                    layout.key_column(),
                    Some(&key),
                    format!("This key cannot be used: {why}."),
                )),
            },
            (Ok(Some(key)), None) => RowKey::Of(key),
            (Ok(None), _) => RowKey::New,
            (Err(refused), _) => RowKey::Refused(refused),
        }
    };
    table.rows.iter().map(of).collect()
}

fn refused(row: &Row, column: Option<&str>, value: Option<&str>, why: String) -> Refused {
    Refused {
        row: row.number,
        column: column.map(str::to_owned),
        value: value.map(shown),
        why,
    }
}

fn own(row: &Row, places: &Places) -> Result<Option<String>, Refused> {
    let cell = places.key.and_then(|place| row.cells.get(place));
    let text = cell.and_then(Cell::text).unwrap_or_default();
    if text.is_empty() {
        let why = "The row has no key, by which its record is found.";
        return Err(refused(row, Some(crate::KEY), None, why.into()));
    }
    Ok(Some(text.to_owned()))
}

fn generated(layout: &Layout, row: &Row, places: &Places) -> Result<Option<String>, Refused> {
    let cell = places.key.and_then(|place| row.cells.get(place));
    let text = cell.and_then(Cell::text).unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    let model = layout.model.as_ref();
    match model.map(|model| model.fields_of_key(text)) {
        Some(Err(_)) => {
            let why = "This is no key that was generated. Leave it empty for a new record.";
            Err(refused(row, Some(crate::GENERATED_KEY), Some(text), why.into()))
        }
        _ => Ok(Some(text.to_owned())),
    }
}

fn of_fields(layout: &Layout, row: &Row, places: &Places) -> Result<Option<String>, Refused> {
    let mut fields = Fields::new();
    let all = layout.columns.iter().zip(&places.places).zip(&places.spellings);
    for ((column, place), spelling) in all.filter(|((column, _), _)| column.in_key) {
        let cell = place
            .and_then(|place| row.cells.get(place))
            .unwrap_or(&Cell::Missing);
        let refuse = |why: String| refused(row, Some(&column.name), cell.text(), why);
        let missing = || {
            refuse(format!(
                "The row has no {}, by which its record is found.",
                column.name
            ))
        };
        let value = match column
            .read(cell, *spelling)
            .map_err(|why| refuse(format!("The {} {why}.", column.name)))?
        {
            row::Given::Value(value) => value,
            row::Given::Nothing | row::Given::Empty | row::Given::Json(_) => return Err(missing()),
        };
        fields.insert(column.name.clone(), value);
    }
    let Some(model) = &layout.model else {
        return Ok(None);
    };
    let first = layout.columns.iter().find(|column| column.in_key);
    let first = first.map(|column| column.name.as_str());
    model.key_of(&fields).map(Some).map_err(|fault| {
        let why = match fault {
            KeyFault::Empty => "The row has no key, by which its record is found.".to_owned(),
            fault => fault.to_string(),
        };
        refused(row, first, None, why)
    })
}

/// For each row, its refusal where other rows have the same key: which of them counts, a person must say.
pub(crate) fn repeated(keys: &[RowKey], table: &Table) -> Vec<Option<Refused>> {
    let mut rows: HashMap<&str, Vec<u64>> = HashMap::new();
    for (key, row) in keys.iter().zip(&table.rows) {
        if let RowKey::Of(key) = key {
            rows.entry(key).or_default().push(row.number);
        }
    }
    let refusal = |(key, row): (&RowKey, &Row)| {
        let RowKey::Of(key) = key else { return None };
        let all = rows.get(key.as_str()).filter(|rows| rows.len() > 1)?;
        Some(Refused {
            row: row.number,
            column: None,
            value: Some(shown(key)),
            why: format!("This key stands in rows {}: choose one of them.", several(all)),
        })
    };
    keys.iter().zip(&table.rows).map(refusal).collect()
}

/// So many numbers of rows, the first of them named.
fn several(rows: &[u64]) -> String {
    const NAMED: usize = 10;
    let named: Vec<String> = rows.iter().take(NAMED).map(u64::to_string).collect();
    match (named.split_last(), rows.len() > NAMED) {
        (_, true) => format!("{} and {} more", named.join(", "), rows.len() - NAMED),
        (Some((last, before)), false) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => named.join(", "),
    }
}

/// Keys that look alike and differ, in the file and beside those that are there.
pub(crate) fn alike(layout: &Layout, table: &Table, places: &Places, present: &Present) -> Vec<Note> {
    let in_key: Vec<usize> = match &layout.key {
        KeyColumns::Own => places.key.into_iter().collect(),
        KeyColumns::Generated => Vec::new(),
        KeyColumns::Fields(_) => {
            let all = layout.columns.iter().zip(&places.places);
            all.filter(|(column, _)| column.in_key)
                .filter_map(|(_, place)| *place)
                .collect()
        }
    };
    let mut notes = match in_key.is_empty() {
        true => Vec::new(),
        false => keys_alike(table, &in_key),
    };
    // Keys of several fields are compared in the file alone: of those that are there, only the whole text is at hand.
    if let [place] = in_key.as_slice() {
        notes.extend(alike_there(table, *place, present));
    }
    notes
}

fn alike_there(table: &Table, place: usize, present: &Present) -> Vec<Note> {
    let texts = table
        .rows
        .iter()
        .filter_map(|row| Some((row.number, row.cells.get(place)?.text()?)));
    let new: Vec<(u64, &str)> = texts
        .filter(|(_, text)| !text.is_empty() && !present.contains_key(*text))
        .collect();
    if new.is_empty() {
        return Vec::new();
    }
    let wanted: HashSet<String> = new.iter().map(|(_, text)| looks(text)).collect();
    let mut there: HashMap<String, &str> = HashMap::new();
    for key in present.keys() {
        let look = looks(key);
        if wanted.contains(&look) {
            there.insert(look, key);
        }
    }
    let note = |(row, text): (u64, &str)| {
        let key = there.get(&looks(text))?;
        let sentence = format!(
            "The key “{text}” in row {row} looks like “{key}”, which is there, and is another one: they differ by \
             blanks, case, or characters that cannot be seen."
        );
        Some(Note::new(NoteCode::LookAlike, sentence).rows(vec![row]))
    };
    new.into_iter().filter_map(note).collect()
}
