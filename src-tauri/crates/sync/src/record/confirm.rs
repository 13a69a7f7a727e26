//! What a read-back shows of a write: the base moves for what arrived, and for nothing else.

use crate::binding::Item;
use crate::context::Context;
use crate::record::advance::{advance, see};
use crate::record::carry_out::{drop_overlay, settle};
use crate::record::masks::{self, arrived};
use leeward_model::{BaseField, Content, Remote, Value, secret_id};
use leeward_store::{Intent, IntentOp, Ledger, SentOutcome, StoreError, StoredRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// Moves the base for exactly those fields that were written and read back as sent; the rest is reconciled again.
/// `window`: how long the race was open, where the write was sent just now.
pub(crate) fn verify(
    context: &Context<'_>,
    intent: &Intent,
    read: Option<&Item>,
    window: Option<Duration>,
) -> Result<(), StoreError> {
    let all = context.mirror.write(|ledger| {
        window.map_or(Ok(()), |window| ledger.note_write_window(window))?;
        verify_in(context, ledger, intent, read)
    })?;
    if all {
        let ids = intent.fields.values().filter_map(secret_id);
        ids.for_each(|id| context.replacements.forget(id));
    }
    Ok(())
}

/// [`verify`] inside a transaction; `true` when all of it arrived.
pub(crate) fn verify_in(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    read: Option<&Item>,
) -> Result<bool, StoreError> {
    let read = context.decode(ledger, read)?;
    verify_seen(context, ledger, intent, read)
}

/// [`verify_in`] by what was observed.
pub(crate) fn verify_seen(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    read: Remote,
) -> Result<bool, StoreError> {
    let now = context.clock();
    let (collection, key) = (intent.collection.as_str(), intent.key.as_str());
    let Some(mut record) = ledger.record(collection, key)? else {
        ledger.finish_intent(collection, key, SentOutcome::Unseen, now)?;
        return Ok(false);
    };
    record.in_doubt = false;
    let all = confirm(context, &mut record, intent, &read);
    masks::note_what_is_hidden(ledger, &mut record, intent)?;
    ledger.finish_intent(collection, key, outcome_of(all), now)?;
    if all && !shows_more(&record.remote, intent, &read) {
        record.remote = read;
    } else {
        see(context, ledger, &mut record, read)?;
    }
    if all {
        record.verified_rev = record.verified_rev.max(intent.rev);
        context.tally.pushed.add(1);
    }
    advance(context, ledger, &mut record)?;
    Ok(all)
}

/// The companion has applied the write: `after` is what the record was then. Where a later version of it is known already
/// (`is_newest` is false), that stays what was last observed.
pub(crate) fn applied(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    after: Remote,
    is_newest: bool,
) -> Result<(), StoreError> {
    let (collection, key) = (intent.collection.as_str(), intent.key.as_str());
    ledger.clear_intent(collection, key)?;
    let Some(mut record) = ledger.record(collection, key)? else {
        return Ok(());
    };
    let all = confirm(context, &mut record, intent, &after);
    if all && is_newest && !shows_more(&record.remote, intent, &after) {
        record.remote = after;
    } else if is_newest {
        see(context, ledger, &mut record, after)?;
    }
    if all {
        record.verified_rev = record.verified_rev.max(intent.rev);
        context.tally.pushed.add(1);
    }
    advance(context, ledger, &mut record)
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
pub(crate) fn confirm(
    context: &Context<'_>,
    record: &mut StoredRecord,
    intent: &Intent,
    read: &Remote,
) -> bool {
    match (read, intent.op) {
        (Remote::Absent, IntentOp::Delete) => {
            confirm_delete(record);
            true
        }
        (Remote::Present(remote), IntentOp::Create | IntentOp::Update) => {
            confirm_fields(context, record, intent, remote)
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
    context: &Context<'_>,
    record: &mut StoredRecord,
    intent: &Intent,
    remote: &BTreeMap<String, Content>,
) -> bool {
    let replacements = context.replacements;
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

/// Puts a fresh observation into a record and carries out what it means for the mirror.
pub(crate) fn take_remote(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    remote: &Remote,
) -> Result<(), StoreError> {
    let mut record = ledger
        .record(context.collection(), key)?
        .unwrap_or_else(|| StoredRecord::new(context.collection(), key));
    see(context, ledger, &mut record, remote.clone())?;
    // While a write is in flight its outcome is settled first (`doubt`): until then only the observation is noted; but
    // one that shows that the write arrived settles it, since it may not be there to be seen again.
    if record.in_doubt {
        learn(ledger, &mut record)?;
        ledger.save(&record, context.runtime.now())?;
        return settle_if_seen(context, ledger, key, remote);
    }
    advance(context, ledger, &mut record)
}

/// A record whose write is in doubt was observed as it was sent: the write arrived. A replaced secret is left to
/// [`settle`], which also empties the keychain.
fn settle_if_seen(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    remote: &Remote,
) -> Result<(), StoreError> {
    let Some(intent) = ledger.intent(context.collection(), key)? else {
        return Ok(());
    };
    let is_plain = intent.fields.values().all(|value| secret_id(value).is_none());
    let shows = matches!(remote, Remote::Present(_)) && is_plain;
    if shows && took_effect(context, ledger, &intent, remote)? {
        verify_seen(context, ledger, &intent, remote.clone())?;
    }
    Ok(())
}

/// A record whose creation is in doubt is there, with other values: somebody changed ours, or made one too. Records its
/// existence only, so that it is not made anew unasked should it be gone later; leaves the fields' bases unset, since
/// nobody here has been shown them.
fn learn(ledger: &Ledger<'_>, record: &mut StoredRecord) -> Result<(), StoreError> {
    if record.base.is_some() || !matches!(record.remote, Remote::Present(_)) {
        return Ok(());
    }
    let intent = ledger.intent(&record.collection, &record.key)?;
    if intent.is_some_and(|intent| intent.op == IntentOp::Create) {
        record.base = Some(BTreeMap::new());
    }
    Ok(())
}

/// Whether what is read now shows that the write arrived, whole.
pub(crate) fn took_effect(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    remote: &Remote,
) -> Result<bool, StoreError> {
    let replaces_secret = intent.fields.values().any(|value| secret_id(value).is_some());
    if replaces_secret && matches!(intent.before, Remote::Present(_)) {
        return is_the_new_secret(context, ledger, intent, remote);
    }
    if masks::shows_no_difference(intent, remote) {
        return Ok(false);
    }
    let mut probe = StoredRecord::new(&intent.collection, &intent.key);
    Ok(confirm(context, &mut probe, intent, remote))
}

/// Where Airflow shows secrets (older versions do, H27) a replaced one can be recognised by its seal. Where it does not,
/// the old and the new look the same: it is sent again after the settle time, which changes nothing if it had arrived.
fn is_the_new_secret(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    remote: &Remote,
) -> Result<bool, StoreError> {
    let Remote::Present(remote) = remote else {
        return Ok(false);
    };
    let replacements = context.replacements;
    for (name, value) in &intent.fields {
        let seen = remote.get(name);
        let same = match (secret_id(value), seen) {
            (Some(id), Some(shown @ Content::Value(_))) => masks::is_shown(id, shown, replacements),
            (Some(id), _) => match replacements.get(id) {
                Ok(Some(secret)) => seen == Some(&ledger.seal(secret.reveal())?),
                _ => false,
            },
            (None, _) => masks::arrived(value, seen, replacements),
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}
