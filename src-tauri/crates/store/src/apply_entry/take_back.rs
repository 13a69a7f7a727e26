//! A take-back of a record's pending work: its conflict, if any, is settled as Airflow's.

use super::{clash, settle};
use crate::StoredRecord;
use leeward_model::{BaseField, Content, Fields, Remote, Value};
use std::collections::BTreeMap;

/// Drops all pending work. While a write is in flight, what remains is its undoing: it may still arrive.
pub(super) fn apply(record: &mut StoredRecord) {
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
