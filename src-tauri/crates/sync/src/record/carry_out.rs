//! A stored record and its plan: what is carried out in the mirror, and what that means for the record's work.

use jiff::Timestamp;
use leeward_merge::{Effects, Parts, Plan, Subject, reconcile};
use leeward_model::Collection;
use leeward_store::StoredRecord;

/// The plan for a stored record as it is now.
pub(crate) fn plan(collection: &Collection, record: &StoredRecord, now: Timestamp) -> Plan {
    let collection = collection.of_key(&record.key);
    reconcile(&Subject {
        collection: &collection,
        base: record.base.as_ref(),
        overlay: record.overlay.as_ref(),
        remote: &record.remote,
        conflict: record.conflict.as_ref(),
        now,
    })
}

/// Carries out every step that is not a write to Airflow.
pub(crate) fn carry_out(record: &mut StoredRecord, plan: &Plan) -> Effects {
    changed(record, |parts, effects| {
        for op in &plan.ops {
            tracing::trace!(target: "leeward::plan", step = %op);
            parts.carry_out(op, effects);
        }
    })
}

/// The field's edit is true in Airflow; with the last one, the record's work is verified.
pub(crate) fn settle(record: &mut StoredRecord, field: &str) {
    changed(record, |parts, effects| parts.settle(field, effects));
}

/// Nothing is pending any more: the record's work is verified up to its last edit.
pub(crate) fn drop_overlay(record: &mut StoredRecord) {
    changed(record, |parts, effects| parts.drop_overlay(effects));
}

fn changed(record: &mut StoredRecord, change: impl FnOnce(&mut Parts<'_>, &mut Effects)) -> Effects {
    let mut effects = Effects::default();
    let mut parts = Parts {
        base: &mut record.base,
        overlay: &mut record.overlay,
        conflict: &mut record.conflict,
    };
    change(&mut parts, &mut effects);
    if effects.work_done {
        record.end_parking();
    }
    if effects.verified {
        record.verified_rev = record.rev;
    }
    effects
}
