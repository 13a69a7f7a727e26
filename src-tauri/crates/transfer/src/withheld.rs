//! What an import leaves as it is where the window keeps it, and could not keep or undo it rightly.

use crate::inexact::first_inexact;
use crate::planned::Planned;
use leeward_exchange::{Known, Planned as PlannedRecord};
use leeward_model::{Change, Value};
use leeward_tables::{Note, NoteCode, Refused};

/// Of what a sentence shows of a number, no more.
const NUMBER_MAX: usize = 60;

/// Takes from the plan what the window could not keep or not take back: a record in conflict, which is resolved first, and a
/// number that it would round, also in a value that an undo would have to put back. Such rows are refused, and such records
/// are not deleted with the rest.
pub(crate) fn withhold(planned: &mut Planned) {
    refuse_rows(planned);
    keep_rest(planned);
}

fn refuse_rows(planned: &mut Planned) {
    let mut kept = Vec::new();
    for record in std::mem::take(&mut planned.plan.planned) {
        match refusal(planned, &record) {
            Some(refused) => planned.plan.refused.push(refused),
            None => kept.push(record),
        }
    }
    planned.plan.planned = kept;
    planned.plan.refused.sort_by_key(|refused| refused.row);
}

fn keep_rest(planned: &mut Planned) {
    let (mut in_conflict, mut rounded, mut deleted) = (0, 0, Vec::new());
    for key in std::mem::take(&mut planned.plan.deleted) {
        let records = [planned.present.get(&key), planned.seen().get(&key)];
        if planned.in_conflict.contains(&key) {
            in_conflict += 1;
        } else if records.into_iter().flatten().any(has_inexact) {
            rounded += 1;
        } else {
            deleted.push(key);
        }
    }
    planned.plan.deleted = deleted;
    let notes = &mut planned.plan.rest_notes;
    notes.extend(stay(
        in_conflict,
        "they are in conflict, which is to be resolved first",
    ));
    notes.extend(stay(
        rounded,
        "they have a number that would be rounded here; leewardctl can delete them",
    ));
}

/// Why the row is refused, if it is.
fn refusal(planned: &Planned, record: &PlannedRecord) -> Option<Refused> {
    let key = record.key.as_ref();
    if key.is_some_and(|key| planned.in_conflict.contains(key)) {
        return Some(Refused {
            row: record.row,
            column: None,
            value: None,
            why: "It is in conflict: resolve that first.".to_owned(),
        });
    }
    let known = key.and_then(|key| planned.present.get(key));
    record.fields.iter().find_map(|(name, change)| {
        let why = inexact(change, known.and_then(|known| known.fields.get(name)))?;
        Some(Refused {
            row: record.row,
            column: Some(name.clone()),
            value: change.to.as_ref().map(ToString::to_string),
            why: format!("The {name} {why}."),
        })
    })
}

/// Why a change cannot be kept in the window, as the end of a sentence.
fn inexact(change: &Change, now: Option<&Value>) -> Option<String> {
    let first = |value: Option<&Value>| value.and_then(first_inexact).map(|number| short(&number));
    if let Some(number) = first(change.to.as_ref()) {
        return Some(format!(
            "must be JSON without {number}: write it as a text, in quotes"
        ));
    }
    let number = first(now).or_else(|| first(change.from.as_ref()))?;
    Some(format!(
        "has {number} now, which would be rounded here where this is undone: import the row with leewardctl"
    ))
}

fn has_inexact(known: &Known) -> bool {
    known.fields.values().any(|value| first_inexact(value).is_some())
}

fn short(number: &str) -> String {
    match number.char_indices().nth(NUMBER_MAX) {
        Some((end, _)) => format!("{}…", &number[..end]),
        None => number.to_owned(),
    }
}

fn stay(count: usize, why: &str) -> Option<Note> {
    let sentence = format!("{count} of the records that are not in the file stay: {why}.");
    (count > 0).then(|| Note::new(NoteCode::Kept, sentence))
}
