//! Keeping a plan: one entry of this client's log for each record, all of them in one transaction.

use crate::context::{Context, Failure};
use crate::progress::Progress;
use leeward_exchange::{Plan, Present};
use leeward_model::{Change, EntryKind, Slot};
use leeward_store::{Ledger, Work};
use leeward_sync::{Runtime, new_ulid};
use std::collections::BTreeMap;
use std::io::Stderr;

/// Enters all of a plan's work. Returns how many of its records are in conflict then.
pub(super) fn keep(
    context: &Context,
    ledger: &Ledger<'_>,
    collection: &str,
    plan: &Plan,
    seen: &Present,
    progress: &mut Progress<Stderr>,
) -> Result<usize, Failure> {
    let all = plan.planned.len() + plan.deleted.len();
    let (mut done, mut conflicts) = (0, 0);
    let mut enter = |work: Work| -> Result<(), Failure> {
        let key = work.key.clone();
        context.enter(ledger, work)?;
        let record = ledger.record(collection, &key)?;
        conflicts += usize::from(record.is_some_and(|record| record.conflict.is_some()));
        done += 1;
        progress.say(
            || format!("Keeping the file: {done} of {all} records so far…"),
            now(context),
        );
        Ok(())
    };
    let work = |kind, key: &str, fields| Work {
        collection: collection.to_owned(),
        key: key.to_owned(),
        fields,
        ..Work::new(new_ulid(context.runtime.as_ref()), kind)
    };
    for planned in &plan.planned {
        let made = || new_ulid(context.runtime.as_ref()).to_string();
        let key = planned.key.clone().unwrap_or_else(made);
        enter(work(EntryKind::Edit, &key, planned.fields.clone()))?;
    }
    for key in &plan.deleted {
        enter(work(EntryKind::Delete, key, seen_fields(seen, key)))?;
    }
    Ok(conflicts)
}

/// The time that a person waits by.
pub(super) fn now(context: &Context) -> std::time::Duration {
    context.runtime.elapsed()
}

/// What a delete carries: the record that was seen.
fn seen_fields(seen: &Present, key: &str) -> BTreeMap<String, Change> {
    let fields = seen
        .get(key)
        .map(|known| known.fields.clone())
        .unwrap_or_default();
    let change = |(name, from)| {
        (
            name,
            Change {
                from: Slot::Some(from),
                to: None,
            },
        )
    };
    fields.into_iter().map(change).collect()
}
