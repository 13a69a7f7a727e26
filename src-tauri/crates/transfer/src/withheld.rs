//! What an import leaves as it is where the window keeps it, and could not keep or undo it rightly.

use crate::inexact::first_inexact;
use crate::planned::Planned;
use leeward_exchange::{Known, Planned as PlannedRecord, Present};
use leeward_model::{Change, Value};
use leeward_tables::{Note, NoteCode, Refused};

/// Of what a sentence shows of a number, no more.
const NUMBER_MAX: usize = 60;

/// Takes from the plan what the window would round: a row with such a number is refused, also where it is in a value that
/// an undo would have to put back; a record with one is not deleted with the rest.
pub(crate) fn withhold(planned: &mut Planned) {
    let Planned {
        plan, present, base, ..
    } = planned;
    let (refused, kept) = std::mem::take(&mut plan.planned)
        .into_iter()
        .map(|record| (inexact_field(&record, present), record))
        .partition::<Vec<_>, _>(|(refused, _)| refused.is_some());
    plan.planned = kept.into_iter().map(|(_, record)| record).collect();
    plan.refused
        .extend(refused.into_iter().filter_map(|(refused, _)| refused));
    plan.refused.sort_by_key(|refused| refused.row);

    let seen = base.as_ref().unwrap_or(present);
    let is_rounded = |key: &String| {
        let both = [present.get(key), seen.get(key)];
        both.into_iter().flatten().any(has_inexact)
    };
    let all = plan.deleted.len();
    plan.deleted.retain(|key| !is_rounded(key));
    let why = "they have a number that would be rounded here; leewardctl can delete them";
    plan.rest_notes.extend(stay(all - plan.deleted.len(), why));
}

/// Why the row is refused, if it is.
fn inexact_field(record: &PlannedRecord, present: &Present) -> Option<Refused> {
    let known = record.key.as_ref().and_then(|key| present.get(key));
    record.fields.iter().find_map(|(name, change)| {
        let why = inexact(change, known.and_then(|known| known.fields.get(name)))?;
        let value = change.to.as_ref().map(ToString::to_string);
        Some(Refused {
            row: record.row,
            column: Some(name.clone()),
            value,
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
