//! A delete: explicit, and only of what was seen.

use super::{clash, settle};
use crate::StoredRecord;
use jiff::Timestamp;
use leeward_model::{
    Against, BaseField, ConflictField, ConflictKind, Content, Entry, Overlay, OverlayField, Slot,
};
use std::collections::BTreeMap;

/// Applies a delete of the record that the entry carries. Where it is another by now, that is a stored conflict.
pub(super) fn apply(record: &mut StoredRecord, entry: &Entry, now: Timestamp) {
    if record.base.is_none() && record.overlay.is_none() {
        return delete_unread(record, entry);
    }
    if record.is_deleted() {
        return;
    }
    let unseen: Vec<String> = record
        .names()
        .into_iter()
        .filter(|name| differs(record, entry, name))
        .collect();
    if is_gone_in_airflow(record) {
        // Both agree. An edit that was not shown was not meant: it goes on waiting for its person.
        if unseen.is_empty() {
            (record.base, record.overlay, record.conflict) = (None, None, None);
        }
        return;
    }
    if unseen.is_empty() && !has_other_edit(record) {
        delete_as_seen(record);
    } else {
        delete_unseen(record, entry, &unseen, now);
    }
}

/// Whether a conflict holds another edit of this computer, which nothing else does: the delete says nothing of it.
fn has_other_edit(record: &StoredRecord) -> bool {
    record.conflict.as_ref().is_some_and(clash::is_local)
}

/// Nothing is known here: it is gone, or (in a new mirror) not yet read. The delete stands on what was shown; the next
/// reading of Airflow finds that it is done, or sends it, or finds a conflict.
fn delete_unread(record: &mut StoredRecord, entry: &Entry) {
    let seen = |name: &String| {
        (
            name.clone(),
            OverlayField {
                to: None,
                base: shown_base(entry, name),
            },
        )
    };
    let fields: BTreeMap<_, _> = entry.fields.keys().map(seen).collect();
    if fields.values().any(|field| field.base.is_some()) {
        record.overlay = Some(Overlay {
            fields,
            deleted: true,
        });
    }
}

fn shown_base(entry: &Entry, name: &str) -> Option<BaseField> {
    shown(entry, name).map(|shown| BaseField::seen(Content::Value(shown)))
}

/// Airflow's side of the conflict is a delete.
fn is_gone_in_airflow(record: &StoredRecord) -> bool {
    let is_gone = |conflict: &leeward_model::Conflict| conflict.airflow_deleted && !clash::is_local(conflict);
    record.conflict.as_ref().is_some_and(is_gone)
}

/// A secret was never shown; a field that is null needs no mention.
fn differs(record: &StoredRecord, entry: &Entry, name: &str) -> bool {
    if record.is_sealed(name) {
        return false;
    }
    let local = record.local(name).filter(|local| !local.is_null());
    shown(entry, name).as_ref().filter(|shown| !shown.is_null()) != local
}

fn shown(entry: &Entry, name: &str) -> Slot {
    entry.fields.get(name)?.from.clone()
}

fn delete_as_seen(record: &mut StoredRecord) {
    if record.base.is_none() && !record.in_doubt {
        // It never got to Airflow: there is nothing to delete there.
        record.overlay = None;
        record.conflict = None;
        return;
    }
    record.overlay = Some(settle::delete_overlay(record));
    clash::refresh_mine(record);
}

fn delete_unseen(record: &mut StoredRecord, entry: &Entry, unseen: &[String], now: Timestamp) {
    let before = record.clone();
    let mut overlay = settle::delete_overlay(record);
    for name in unseen {
        let base = shown_base(entry, name);
        overlay
            .fields
            .insert(name.clone(), OverlayField { to: None, base });
    }
    record.overlay = Some(overlay);
    let mut conflict = clash::conflict(ConflictKind::EditDelete, clashing(&before, entry, unseen), now);
    conflict.mine_deleted = true;
    clash::add(record, &before, conflict);
    clash::refresh_mine(record);
}

/// The fields that were not seen and, where the clash is with another edit here, all that it had pending.
fn clashing(before: &StoredRecord, entry: &Entry, unseen: &[String]) -> Vec<ConflictField> {
    let is_local = unseen
        .iter()
        .any(|name| clash::against(before, name) == Against::Local);
    let pending = |name: &String| is_local && clash::against(before, name) == Against::Local;
    let names = before
        .names()
        .into_iter()
        .filter(|name| unseen.contains(name) || pending(name));
    names
        .map(|name| ConflictField {
            base: shown(entry, &name),
            mine: None,
            airflow: before.local(&name).cloned(),
            paths: Vec::new(),
            against: clash::against(before, &name),
            name,
            sealed: false,
            suggestion: None,
        })
        .collect()
}
