//! A take-back of a record's pending work: its conflict, if any, is settled as Airflow's. Work that was not shown when it
//! was decided, such as an edit made elsewhere a moment ago, is not meant.

use super::{clash, settle};
use crate::StoredRecord;
use jiff::Timestamp;
use leeward_model::{
    Against, BaseField, ConflictField, ConflictKind, Content, Entry, Fields, Overlay, OverlayField, Remote,
    Value, secret_id,
};
use std::collections::BTreeMap;

const TYPED_UNSEEN: &str = "You took this new record back while it was on its way to Airflow. Meanwhile it was edited \
                            elsewhere on this computer; nothing of that is removed unasked.";

/// Drops the pending work that was shown; all of it, where the entry does not tell.
pub(super) fn apply(record: &mut StoredRecord, entry: &Entry, now: Timestamp) {
    let unseen = entry.mine.as_ref().and_then(|shown| unseen(record, entry, shown));
    if let Some(unseen) = &unseen
        && record.in_doubt
        && record.base.is_none()
    {
        return ask_before_undoing(record, entry, unseen, now);
    }
    drop_all(record);
    let Some(unseen) = unseen else { return };
    let overlay = record.overlay.get_or_insert_default();
    overlay.deleted = unseen.deleted;
    overlay.fields.extend(unseen.fields);
}

/// A creation may arrive, so taking it back is deleting it. What was typed over it unseen would go with it: whether to
/// delete or to keep that is a question.
fn ask_before_undoing(record: &mut StoredRecord, entry: &Entry, unseen: &Overlay, now: Timestamp) {
    if unseen.deleted {
        return;
    }
    let before = record.clone();
    let shown = |name: &String| entry.mine.as_ref().and_then(|mine| mine.get(name)).cloned();
    let fields = unseen.fields.iter().map(|(name, typed)| ConflictField {
        name: name.clone(),
        base: shown(name),
        mine: None,
        airflow: typed.to.clone(),
        sealed: false,
        paths: Vec::new(),
        against: Against::Local,
        suggestion: None,
    });
    let mut conflict = clash::conflict(ConflictKind::EditDelete, fields.collect(), now);
    conflict.mine_deleted = true;
    conflict.note = Some(TYPED_UNSEEN.into());
    record.overlay = Some(settle::delete_overlay(record));
    clash::add(record, &before, conflict);
    clash::refresh_mine(record);
}

/// Pending work that was not shown.
fn unseen(record: &StoredRecord, entry: &Entry, shown: &Fields) -> Option<Overlay> {
    let pending = record.overlay.as_ref();
    if let Some(delete) = pending.filter(|overlay| overlay.deleted) {
        return (!entry.deleted).then(|| delete.clone());
    }
    let fields = pending.into_iter().flat_map(|overlay| &overlay.fields);
    let is_unseen = |name: &String, edited: &OverlayField| {
        let is_secret = edited.to.as_ref().is_some_and(|to| secret_id(to).is_some());
        !is_secret && said(edited.to.as_ref()) != said(shown.get(name))
    };
    let mut kept: BTreeMap<String, OverlayField> = fields
        .filter(|(name, edited)| is_unseen(name, edited))
        .map(|(name, edited)| (name.clone(), edited.clone()))
        .collect();
    for other in other_edits(record) {
        let was_shown = entry.fields.get(&other.name).map(|change| &change.from) == Some(&other.airflow);
        if !was_shown {
            let base = record.base_of(&other.name).cloned();
            let to = other.airflow.clone();
            kept.entry(other.name.clone())
                .or_insert(OverlayField { to, base });
        }
    }
    (!kept.is_empty()).then_some(Overlay {
        fields: kept,
        deleted: false,
    })
}

/// A field that is null needs no mention: a window shows a new record before the mirror has filled it in.
fn said(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

/// Edits of this computer that stand in the conflict alone.
fn other_edits(record: &StoredRecord) -> impl Iterator<Item = &ConflictField> {
    let fields = record.conflict.iter().flat_map(|conflict| &conflict.fields);
    fields.filter(|field| field.against == Against::Local)
}

/// While a write is in flight, what remains is its undoing: it may still arrive.
fn drop_all(record: &mut StoredRecord) {
    let conflict = record.conflict.take();
    if record.in_doubt {
        return undo(record);
    }
    record.overlay = None;
    let shown_as_gone =
        conflict.is_some_and(|conflict| conflict.airflow_deleted && !clash::is_local(&conflict));
    match record.remote.clone() {
        Remote::Present(remote) => record.base = Some(rebased(record, remote)),
        Remote::Absent if shown_as_gone => record.base = None,
        // Not yet believed to be gone (a brake may hold it): that is for the reconcile to decide.
        Remote::Absent | Remote::Unknown => {}
    }
}

/// The base as Airflow has it now; what was not changed there keeps the analyst's formatting.
fn rebased(record: &StoredRecord, remote: BTreeMap<String, Content>) -> BTreeMap<String, BaseField> {
    let rebase = |(name, seen): (String, Content)| {
        let kept = record.base_of(&name).filter(|base| base.seen == seen).cloned();
        (name, kept.unwrap_or_else(|| BaseField::seen(seen)))
    };
    remote.into_iter().map(rebase).collect()
}

fn undo(record: &mut StoredRecord) {
    if record.base.is_none() {
        record.overlay = Some(settle::delete_overlay(record));
        return;
    }
    let before: Fields = record
        .names()
        .into_iter()
        .filter_map(|name| before(record, name))
        .collect();
    record.overlay = None;
    for (name, value) in before {
        let base = record.base_of(&name).cloned();
        settle::set(record, &name, Some(value), base);
    }
}

fn before(record: &StoredRecord, name: String) -> Option<(String, Value)> {
    let value = record.base_of(&name)?.local()?.clone();
    Some((name, value))
}
