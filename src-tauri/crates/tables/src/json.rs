//! JSON: a list of objects, one a row.

mod members;
mod place;
mod value;
mod variables;
mod write;

use crate::fault::{FaultCode, FileFault};
use crate::options::Options;
use crate::rows::{Budget, FoundRow, FoundRows};
use crate::say::{at_rows, count};
use crate::table::{Cell, Note, NoteCode, Refused};
use members::{Items, Members, Stop};
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
pub(crate) use variables::read as read_variables;
pub(crate) use write::{write, write_variables};

/// Reads a list of objects. A row's number is its object's place in the list, from 1.
pub(crate) fn read(text: &str, options: &Options) -> Result<FoundRows, FileFault> {
    if text.trim_start().starts_with('{') {
        return Err(no_list());
    }
    let mut reader = ListReader::new(options);
    let item = |value| {
        reader
            .item(value)
            .map_err(|fault| reader.fault = Some(fault))
            .map_err(|()| Stop)
    };
    let done = members::each(text, Items(item));
    if let Some(fault) = reader.fault {
        return Err(fault);
    }
    match done {
        Ok(()) => Ok(reader.finish()),
        Err(error) if error.is_data() => Err(no_list()),
        Err(error) => Err(place::broken(text, &error)),
    }
}

struct ListReader<'o> {
    budget: Budget<'o>,
    found: FoundRows,
    columns: HashMap<String, u32>,
    nulls: Vec<u64>,
    number: u64,
    fault: Option<FileFault>,
}

impl<'o> ListReader<'o> {
    fn new(options: &'o Options) -> Self {
        let (columns, nulls, number, fault) = (HashMap::new(), Vec::new(), 0, None);
        let found = FoundRows::new("item", Cell::Missing);
        Self {
            budget: Budget::new(&options.limits),
            found,
            columns,
            nulls,
            number,
            fault,
        }
    }

    fn item(&mut self, value: &RawValue) -> Result<(), FileFault> {
        self.number += 1;
        self.budget.row(self.number)?;
        if !value.get().starts_with('{') {
            self.refuse(None, "It is no object with a member for each column.");
            return Ok(());
        }
        let (mut members, most) = (Vec::new(), self.budget.most_columns());
        let member = |name, value| {
            members.push((name, value));
            if members.len() > most { Err(Stop) } else { Ok(()) }
        };
        let done = members::each(value.get(), Members(member));
        self.budget
            .columns(members.len() as u64)
            .map_err(|fault| fault.at(self.number))?;
        if done.is_err() {
            self.refuse(None, "One of its names holds half a character.");
            return Ok(());
        }
        self.row(members)
    }

    fn row(&mut self, members: Vec<(String, &RawValue)>) -> Result<(), FileFault> {
        let number = self.number;
        let mut seen = HashSet::new();
        if let Some((twice, _)) = members.iter().find(|(name, _)| !seen.insert(name)) {
            self.refuse(
                Some(twice.clone()),
                "It has two members of one name, and only one can be meant.",
            );
            return Ok(());
        }
        let mut cells = Vec::with_capacity(members.len());
        for (name, value) in members {
            let Some(cell) = value::cell(value) else {
                self.refuse(Some(name), "Its text holds half a character.");
                return Ok(());
            };
            if cell == Cell::Null {
                self.nulls.push(number);
            }
            let column = self.column(name);
            self.budget
                .cell(number, column, cell.text().map_or(0, str::len))?;
            cells.push((column, cell));
        }
        self.found.rows.push(FoundRow { number, cells });
        Ok(())
    }

    /// The number of a column, which is there from the first object on that has it.
    fn column(&mut self, name: String) -> u32 {
        let next = u32::try_from(self.columns.len()).unwrap_or(u32::MAX);
        let found = &mut self.found;
        *self.columns.entry(name).or_insert_with_key(|name| {
            found.header.push((next, name.clone()));
            next
        })
    }

    fn refuse(&mut self, column: Option<String>, why: &str) {
        let why = format!("Item {} was not taken. {why}", self.number);
        self.found.refused.push(Refused {
            row: self.number,
            column,
            value: None,
            why,
        });
    }

    fn finish(mut self) -> FoundRows {
        self.found.notes.extend(nulls_note(self.nulls, "item"));
        self.found
    }
}

fn nulls_note(rows: Vec<u64>, word: &str) -> Option<Note> {
    let sentence = format!(
        "{} null ({}). Say whether that is to be empty or not given.",
        count(rows.len(), "value is", "values are"),
        at_rows(word, &rows)
    );
    (!rows.is_empty()).then(|| Note::new(NoteCode::Nulls, sentence).rows(rows))
}

fn no_list() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is no list of objects.",
        "A row is an object with a member for each column: [{\"sku\": \"A-1\", \"price\": 3.10}].",
        "Write it in this form, or say airflow-variables for an export of Airflow's Variables.",
    )
}
