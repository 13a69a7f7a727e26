//! What a read-back shows of a write: the base moves for what arrived, and for nothing else.

use crate::binding::remote_of;
use crate::carry_out::{drop_overlay, settle};
use crate::cycle::Cycle;
use crate::masks::{self, arrived};
use crate::observe::{advance, see};
use leeward_airflow::Variable;
use leeward_model::{BaseField, Content, Remote, Value, secret_id};
use leeward_store::{Intent, IntentOp, Ledger, SentOutcome, StoreError, StoredRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// Moves the base for exactly those fields that were written and read back as sent; the rest is reconciled again.
/// `window`: how long the race was open, where the write was sent just now.
pub(crate) fn verify(
    cycle: &Cycle<'_>,
    intent: &Intent,
    read: Option<&Variable>,
    window: Option<Duration>,
) -> Result<(), StoreError> {
    let all = cycle.engine.write(|ledger| {
        window.map_or(Ok(()), |window| ledger.note_write_window(window))?;
        verify_in(cycle, ledger, intent, read)
    })?;
    if all {
        let ids = intent.fields.values().filter_map(secret_id);
        ids.for_each(|id| cycle.engine.replacements.forget(id));
    }
    Ok(())
}

/// [`verify`] inside a transaction; `true` when all of it arrived.
pub(crate) fn verify_in(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    read: Option<&Variable>,
) -> Result<bool, StoreError> {
    let read = remote_of(ledger, read)?;
    verify_seen(cycle, ledger, intent, read)
}

/// [`verify_in`] by what was observed.
pub(crate) fn verify_seen(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    read: Remote,
) -> Result<bool, StoreError> {
    let now = cycle.clock();
    let (collection, key) = (intent.collection.as_str(), intent.key.as_str());
    let Some(mut record) = ledger.record(collection, key)? else {
        ledger.finish_intent(collection, key, SentOutcome::Unseen, now)?;
        return Ok(false);
    };
    record.in_doubt = false;
    let all = confirm(cycle, &mut record, intent, &read);
    masks::note_what_is_hidden(ledger, &mut record, intent)?;
    ledger.finish_intent(collection, key, outcome_of(all), now)?;
    if all && !shows_more(&record.remote, intent, &read) {
        record.remote = read;
    } else {
        see(cycle, ledger, &mut record, read)?;
    }
    if all {
        record.verified_rev = record.verified_rev.max(intent.rev);
        cycle.tally.pushed.add(1);
    }
    advance(cycle, ledger, &mut record)?;
    Ok(all)
}

/// Whether a field that was not written is another than it was: somebody else's change belongs into the history.
fn shows_more(before: &Remote, intent: &Intent, read: &Remote) -> bool {
    let Remote::Present(fields) = read else {
        return false;
    };
    let null = Content::Value(Value::Null);
    let was = |name: &String| match before {
        Remote::Present(before) => before.get(name).unwrap_or(&null),
        Remote::Absent | Remote::Unknown => &null,
    };
    let is_other =
        |(name, content): (&String, &Content)| !intent.fields.contains_key(name) && content != was(name);
    fields.iter().any(is_other)
}

fn outcome_of(all: bool) -> SentOutcome {
    if all {
        SentOutcome::Arrived
    } else {
        SentOutcome::Unseen
    }
}

/// Whether everything that was sent is now seen in Airflow.
pub(crate) fn confirm(cycle: &Cycle<'_>, record: &mut StoredRecord, intent: &Intent, read: &Remote) -> bool {
    match (read, intent.op) {
        (Remote::Absent, IntentOp::Delete) => {
            confirm_delete(record);
            true
        }
        (Remote::Present(remote), IntentOp::Create | IntentOp::Update) => {
            confirm_fields(cycle, record, intent, remote)
        }
        _ => false,
    }
}

/// Gone as meant. If the analyst has meanwhile made it anew, that is a creation now.
fn confirm_delete(record: &mut StoredRecord) {
    record.base = None;
    match record.overlay.as_mut() {
        Some(overlay) if !overlay.deleted => overlay.fields.values_mut().for_each(|field| field.base = None),
        _ => drop_overlay(record),
    }
}

fn confirm_fields(
    cycle: &Cycle<'_>,
    record: &mut StoredRecord,
    intent: &Intent,
    remote: &BTreeMap<String, Content>,
) -> bool {
    let replacements = cycle.engine.replacements.as_ref();
    let mut all = true;
    for (name, sent) in &intent.fields {
        match remote
            .get(name)
            .filter(|content| arrived(sent, Some(content), replacements))
        {
            Some(content) => confirm_field(record, name, sent, content),
            None => all = false,
        }
    }
    all
}

fn confirm_field(record: &mut StoredRecord, name: &str, sent: &Value, content: &Content) {
    let base = match content {
        Content::Sealed(_) => BaseField::seen(content.clone()),
        Content::Value(_) if secret_id(sent).is_some() => BaseField::seen(content.clone()),
        Content::Value(_) => BaseField::written(content.clone(), sent.clone()),
    };
    record
        .base
        .get_or_insert_with(BTreeMap::new)
        .insert(name.to_owned(), base.clone());
    let Some(field) = record
        .overlay
        .as_mut()
        .and_then(|overlay| overlay.fields.get_mut(name))
    else {
        return;
    };
    if field.to.as_ref() == Some(sent) {
        settle(record, name);
    } else {
        // Edited again while the write was on its way: that edit survives, on the new base.
        field.base = Some(base);
    }
}
