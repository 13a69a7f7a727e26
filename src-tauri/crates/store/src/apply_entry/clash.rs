//! Storing what an entry clashes with, so that nothing unseen is replaced and nothing is lost.

use crate::StoredRecord;
use jiff::Timestamp;
use leeward_model::{Against, Conflict, ConflictField, ConflictKind, Slot};

/// A new conflict of that kind.
pub(super) fn conflict(kind: ConflictKind, fields: Vec<ConflictField>, now: Timestamp) -> Conflict {
    Conflict {
        kind,
        fields,
        mine_deleted: false,
        airflow_deleted: false,
        found_at: now,
        decided: None,
        note: None,
    }
}

/// Who a clash on this field is with: another edit that was pending, or what a sync had brought.
pub(super) fn against(record: &StoredRecord, field: &str) -> Against {
    let pending = |overlay: &leeward_model::Overlay| overlay.deleted || overlay.fields.contains_key(field);
    if record.overlay.as_ref().is_some_and(pending) {
        Against::Local
    } else {
        Against::Airflow
    }
}

/// Whether the other side of the conflict is an edit on this computer.
pub(super) fn is_local(conflict: &Conflict) -> bool {
    conflict
        .fields
        .iter()
        .any(|field| field.against == Against::Local)
}

/// Adds clashes to the record's conflict. A field that was in conflict before keeps its other side; the pending value
/// that it had is kept as a decision to look at again.
pub(super) fn add(record: &mut StoredRecord, before: &StoredRecord, found: Conflict) {
    let Some(mut stored) = record.conflict.take() else {
        record.conflict = Some(found);
        return;
    };
    for field in found.fields {
        if stored.fields.iter().any(|known| known.name == field.name) {
            if against(before, &field.name) == Against::Local {
                keep_decision(&mut stored, &field.name, before.local(&field.name).cloned());
            }
        } else {
            stored.fields.push(field);
        }
    }
    record.conflict = Some(stored);
}

/// Adds what a client's conflict showed and nothing else holds: `others`, whose other side is an edit on this computer,
/// and a decision that waits to be looked at again.
pub(super) fn add_kept(record: &mut StoredRecord, kept: &Conflict, others: Vec<ConflictField>) {
    if record.conflict.is_none() && others.is_empty() {
        return;
    }
    let stored = record.conflict.get_or_insert_with(|| Conflict {
        fields: Vec::new(),
        ..kept.clone()
    });
    for other in others {
        match stored.fields.iter().find(|known| known.name == other.name) {
            Some(known) if known.airflow == other.airflow => {}
            Some(_) => keep_decision(stored, &other.name, other.airflow),
            None => stored.fields.push(other),
        }
    }
    stored.keep_all_of(kept);
    stored.note = stored.note.take().or_else(|| kept.note.clone());
    refresh_mine(record);
}

fn keep_decision(conflict: &mut Conflict, name: &str, value: Slot) {
    let Some(value) = value else { return };
    conflict.keep(name, value);
    conflict.note = Some("It was edited in two places on this computer; both edits are kept here.".into());
}

/// After more work on a record in conflict: the conflict shows what is now the analyst's side.
pub(super) fn refresh_mine(record: &mut StoredRecord) {
    let Some(mut conflict) = record.conflict.take() else {
        return;
    };
    for field in &mut conflict.fields {
        let mine = record.local(&field.name).cloned();
        if field.mine != mine {
            // It was made of another value; the next reconcile makes a new one.
            field.suggestion = None;
            field.mine = mine;
        }
    }
    conflict.mine_deleted = record.is_deleted();
    let one_side_deleted = conflict.mine_deleted || conflict.airflow_deleted;
    conflict.kind = match conflict.kind {
        _ if one_side_deleted => ConflictKind::EditDelete,
        ConflictKind::EditDelete => ConflictKind::Fields,
        kind => kind,
    };
    record.conflict = Some(conflict);
}
