//! What `airflow variables export` writes: a map of key to value (Airflow 2), or to a value with its description
//! (Airflow 3). What Airflow masked is not in such a file, and is never taken for a value.

use super::members::{Members, Stop, each};
use super::{nulls_note, place, value};
use crate::fault::{FaultCode, FileFault};
use crate::options::Options;
use crate::rows::{Budget, FoundRow, FoundRows};
use crate::table::{Cell, Refused};
use serde_json::value::RawValue;

/// Airflow's mask, and what it writes where masking failed.
const MASKS: &[&str] = &["***", "<redaction-failed>"];
/// The columns of the table.
const COLUMNS: [&str; 3] = ["key", "value", "description"];

/// Reads an export. A row's number is its entry's place in the map, from 1.
pub(crate) fn read(text: &str, options: &Options) -> Result<FoundRows, FileFault> {
    if text.trim_start().starts_with('[') {
        return Err(no_map());
    }
    let mut reader = MapReader::new(options);
    let member = |name: String, value| {
        let taken = reader.member(name, value);
        taken
            .map_err(|fault| reader.fault = Some(fault))
            .map_err(|()| Stop)
    };
    let done = each(text, Members(member));
    if let Some(fault) = reader.fault {
        return Err(fault);
    }
    match done {
        Ok(()) => Ok(reader.finish()),
        Err(error) if error.is_data() => Err(no_map()),
        Err(error) => Err(place::broken(text, &error)),
    }
}

struct MapReader<'o> {
    budget: Budget<'o>,
    found: FoundRows,
    nulls: Vec<u64>,
    number: u64,
    fault: Option<FileFault>,
}

impl<'o> MapReader<'o> {
    fn new(options: &'o Options) -> Self {
        let mut found = FoundRows::new("entry", Cell::Missing);
        found.header = (0..).zip(COLUMNS.map(str::to_owned)).collect();
        Self {
            budget: Budget::new(&options.limits),
            found,
            nulls: Vec::new(),
            number: 0,
            fault: None,
        }
    }

    fn member(&mut self, key: String, raw: &RawValue) -> Result<(), FileFault> {
        self.number += 1;
        self.budget.row(self.number)?;
        let described = Described::of(raw);
        let (cell, description) = (value::cell(described.value), described.description);
        let Some(cell) = cell else {
            self.refuse(&key, None, "holds half a character");
            return Ok(());
        };
        if is_masked(raw.get()) || cell.text().is_some_and(is_masked) {
            self.refuse(
                &key,
                Some(MASKS[0]),
                "is hidden by Airflow, so it is not in this file",
            );
            return Ok(());
        }
        if cell == Cell::Null {
            self.nulls.push(self.number);
        }
        let cells = [Cell::Text(key), cell, description];
        for (column, cell) in (0..).zip(&cells) {
            self.budget
                .cell(self.number, column, cell.text().map_or(0, str::len))?;
        }
        let cells = (0..).zip(cells).collect();
        self.found.rows.push(FoundRow {
            number: self.number,
            cells,
        });
        Ok(())
    }

    fn refuse(&mut self, key: &str, value: Option<&str>, why: &str) {
        let why = format!("The value of “{key}” {why}.");
        let (column, value) = (Some(COLUMNS[1].to_owned()), value.map(str::to_owned));
        self.found.refused.push(Refused {
            row: self.number,
            column,
            value,
            why,
        });
    }

    fn finish(mut self) -> FoundRows {
        self.found.notes.extend(nulls_note(self.nulls, "entry"));
        self.found
    }
}

/// A value with its description, or a value alone.
struct Described<'v> {
    value: &'v RawValue,
    description: Cell,
}

impl<'v> Described<'v> {
    /// Exactly the two members that Airflow 3 writes make a pair; an object with any other is a value as a whole.
    fn of(raw: &'v RawValue) -> Self {
        Self::pair(raw).unwrap_or(Self {
            value: raw,
            description: Cell::Missing,
        })
    }

    fn pair(raw: &'v RawValue) -> Option<Self> {
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        let member = |name, value| {
            members.push((name, value));
            if members.len() > 2 { Err(Stop) } else { Ok(()) }
        };
        each(raw.get(), Members(member)).ok()?;
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        let [(first, description), (second, value)] = members.as_slice() else {
            return None;
        };
        if (first.as_str(), second.as_str()) != (COLUMNS[2], COLUMNS[1]) {
            return None;
        }
        let description = match value::cell(description)? {
            Cell::Null => Cell::Missing,
            Cell::Text(text) => Cell::Text(text),
            _ => return None,
        };
        Some(Self { value, description })
    }
}

/// Whether a text may hold a mask, however JSON spells its asterisks.
fn is_masked(text: &str) -> bool {
    let holds = |text: &str| MASKS.iter().any(|mask| text.contains(mask));
    let spelled = || text.replace("\\u002a", "*").replace("\\u002A", "*");
    holds(text) || (text.contains("\\u002") && holds(&spelled()))
}

fn no_map() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is no export of Airflow's Variables.",
        "An export is a map: {\"key\": \"value\"}, or {\"key\": {\"value\": \"…\", \"description\": \"…\"}}.",
        "Write it in one of these forms, or say json for a list of objects.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_found_however_they_are_spelled() {
        for text in [
            "***",
            "pw=*** x",
            "a******b",
            r#"{"c": "\u002a**"}"#,
            "<redaction-failed>",
        ] {
            assert!(is_masked(text), "{text}");
        }
        assert!(!is_masked("a ** b"));
    }
}
