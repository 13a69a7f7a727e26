//! What an import leaves as it is where the window keeps it, which asks nobody on the way.

use crate::planned::Planned;
use leeward_exchange::Planned as PlannedRecord;
use leeward_tables::{Note, NoteCode, Refused};

/// Takes records in conflict from the plan, which are resolved first: their rows are refused, and they are not deleted with
/// the rest.
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
    let all = planned.plan.deleted.len();
    let in_conflict = &planned.in_conflict;
    planned.plan.deleted.retain(|key| !in_conflict.contains(key));
    let stay = all - planned.plan.deleted.len();
    if stay > 0 {
        let why = "they are in conflict, which is to be resolved first";
        let sentence = format!("{stay} of the records that are not in the file stay: {why}.");
        planned.plan.rest_notes.push(Note::new(NoteCode::Kept, sentence));
    }
}

/// Why the row is refused, if it is.
fn refusal(planned: &Planned, record: &PlannedRecord) -> Option<Refused> {
    let is_in_conflict = record
        .key
        .as_ref()
        .is_some_and(|key| planned.in_conflict.contains(key));
    is_in_conflict.then(|| Refused {
        row: record.row,
        column: None,
        value: None,
        why: "It is in conflict: resolve that first.".to_owned(),
    })
}
