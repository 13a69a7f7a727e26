//! Carries out the steps of a plan that concern the mirror alone.

use jiff::Timestamp;
use leeward_merge::{Op, Plan, Subject, reconcile};
use leeward_model::{Against, BaseField, Collection, Conflict, ConflictKind, Overlay, OverlayField};
use leeward_store::StoredRecord;
use std::collections::BTreeMap;

/// What carrying out a plan changed, for the cycle's account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// A value of Airflow's was taken over.
    pub(crate) taken: bool,
    /// Both sides' changes were merged.
    pub(crate) merged: bool,
    /// A conflict was stored that was not there before.
    pub(crate) new_conflict: bool,
}

/// The plan for a stored record as it is now.
pub(crate) fn plan(collection: &Collection, record: &StoredRecord, now: Timestamp) -> Plan {
    reconcile(&Subject {
        collection,
        base: record.base.as_ref(),
        overlay: record.overlay.as_ref(),
        remote: &record.remote,
        conflict: record.conflict.as_ref(),
        now,
    })
}

/// Carries out every step that is not a write to Airflow.
pub(crate) fn carry_out(record: &mut StoredRecord, plan: &Plan) -> Effects {
    let mut effects = Effects::default();
    for op in &plan.ops {
        step(record, op, &mut effects);
    }
    effects
}

fn step(record: &mut StoredRecord, op: &Op, effects: &mut Effects) {
    tracing::trace!(target: "leeward::plan", step = %op);
    match op {
        Op::Take { field, base } => {
            effects.taken = true;
            set_base(record, field, base);
        }
        Op::Settle { field, base } => {
            set_base(record, field, base);
            settle(record, field);
        }
        Op::Drop { field } => {
            effects.taken = true;
            drop_base(record, field);
            settle(record, field);
        }
        Op::Rebase { field, base, overlay } => {
            effects.merged = true;
            set_base(record, field, base);
            set_overlay(record, field, overlay);
        }
        Op::Forget => {
            effects.taken = record.overlay.is_none();
            record.base = None;
            drop_overlay(record);
        }
        Op::DropOverlay => drop_overlay(record),
        Op::Conflict(conflict) => {
            effects.new_conflict = record.conflict.is_none();
            record.conflict = Some((**conflict).clone());
        }
        Op::ClearConflict => clear_conflict(record),
        Op::Create { .. } | Op::Update { .. } | Op::Delete => {}
    }
}

fn set_base(record: &mut StoredRecord, field: &str, base: &BaseField) {
    record
        .base
        .get_or_insert_with(BTreeMap::new)
        .insert(field.to_owned(), base.clone());
}

fn drop_base(record: &mut StoredRecord, field: &str) {
    if let Some(base) = &mut record.base {
        base.remove(field);
    }
}

fn set_overlay(record: &mut StoredRecord, field: &str, overlay: &OverlayField) {
    record
        .overlay
        .get_or_insert_with(Overlay::default)
        .fields
        .insert(field.to_owned(), overlay.clone());
}

/// The field's edit is true in Airflow; with the last one, the record's work is verified.
pub(crate) fn settle(record: &mut StoredRecord, field: &str) {
    let Some(overlay) = record.overlay.as_mut() else {
        return;
    };
    overlay.fields.remove(field);
    if overlay.fields.is_empty() && !overlay.deleted {
        drop_overlay(record);
    }
}

/// Nothing is pending any more: the record's work is verified up to its last edit.
pub(crate) fn drop_overlay(record: &mut StoredRecord) {
    let was_deleted = record.is_deleted();
    record.overlay = None;
    record.rejected = None;
    clear_conflict(record);
    if was_deleted {
        forget_decisions(record);
    }
    if record.conflict.is_none() {
        record.verified_rev = record.rev;
    }
}

/// What clashed with Airflow is settled. Another edit of this computer, or a decision that was not carried out, may be
/// kept in the conflict alone: that waits for its person, whatever Airflow has.
fn clear_conflict(record: &mut StoredRecord) {
    let Some(mut conflict) = record.conflict.take() else {
        return;
    };
    let names = conflict.fields.iter().map(|field| &field.name);
    let undone: Vec<String> = names
        .filter(|name| is_undone(record, &conflict, name))
        .cloned()
        .collect();
    conflict
        .fields
        .retain(|field| field.against == Against::Local || undone.contains(&field.name));
    if conflict.fields.is_empty() {
        return;
    }
    for field in &mut conflict.fields {
        field.mine = record.local(&field.name).cloned();
        if field.against == Against::Airflow {
            field.airflow = record.base_of(&field.name).and_then(BaseField::local).cloned();
        }
    }
    conflict.airflow_deleted = record.base.is_none();
    conflict.mine_deleted = false;
    conflict.kind = if conflict.airflow_deleted {
        ConflictKind::EditDelete
    } else {
        ConflictKind::Fields
    };
    record.conflict = Some(conflict);
}

/// Whether a decision on the field is kept that has not come true.
fn is_undone(record: &StoredRecord, conflict: &Conflict, name: &str) -> bool {
    conflict.kept(name).any(|kept| record.local(name) != Some(kept))
}

/// A delete was meant after them.
fn forget_decisions(record: &mut StoredRecord) {
    if let Some(conflict) = &mut record.conflict {
        conflict.fields.retain(|field| field.against == Against::Local);
        conflict.decided = None;
    }
    record.conflict.take_if(|conflict| conflict.fields.is_empty());
}
