//! In doubt: writes whose outcome is unknown, after a lost answer or a crash. Settled by looking.

use crate::binding::remote_of;
use crate::cycle::{Cycle, Failure};
use crate::failing;
use crate::masks;
use crate::observe::take_remote;
use crate::sight::{self, Unlisted};
use crate::verify::{confirm, verify, verify_seen};
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{AirflowError, Variable};
use leeward_model::{Content, Remote, VARIABLES, secret_id};
use leeward_store::{Intent, IntentOp, Ledger, StoreError, StoredRecord};
use std::collections::BTreeMap;

const NOTE: &str = "It is not known yet whether the last change reached Airflow; Leeward is looking.";
/// So many are looked at together.
const PAGE: usize = 100;

/// Settles every intent that is found: all are from an earlier cycle, since a cycle clears its own.
pub(crate) async fn settle(cycle: &Cycle<'_>) -> Result<(), Failure> {
    let intents = cycle.engine.read(|ledger| ledger.intents())?;
    for page in intents.chunks(PAGE) {
        cycle.bear(look(cycle, page).await)?;
    }
    Ok(())
}

async fn look(cycle: &Cycle<'_>, page: &[Intent]) -> Result<(), Failure> {
    let keys = page.iter().map(|intent| (intent.key.as_str(), Unlisted::Ask));
    let mut sight = sight::look(cycle, keys, None).await?;
    for intent in page {
        let settled = match sight.remove(&intent.key) {
            Some(read) => settle_one(cycle, intent, read),
            None => Ok(()),
        };
        cycle.bear(settled)?;
    }
    Ok(())
}

fn settle_one(
    cycle: &Cycle<'_>,
    intent: &Intent,
    read: Result<Option<Variable>, AirflowError>,
) -> Result<(), Failure> {
    let (engine, read) = (cycle.engine, read?);
    let remote = engine.read(|ledger| remote_of(ledger, read.as_ref()))?;
    let now = engine.runtime.now();
    let took_effect = engine.read(|ledger| {
        Ok(took_effect(cycle, ledger, intent, &remote)? && !is_anybodys(cycle, ledger, intent, now)?)
    })?;
    if took_effect {
        return Ok(verify(cycle, intent, read.as_ref(), None)?);
    }
    engine.write(|ledger| {
        ledger.mark_in_doubt(
            &intent.collection,
            &intent.key,
            &note(ledger, intent)?,
            since(intent),
        )?;
        if now < since(intent) {
            ledger.restart_doubt(&intent.collection, &intent.key, now)?;
        } else if waited(cycle, intent, now) >= failing::patience(cycle, ledger, intent)? {
            // Nothing of it can arrive any more, by all that is known: what Airflow has now is what counts.
            failing::conclude(cycle, ledger, intent, &remote)?;
        }
        take_remote(cycle, ledger, &intent.key, &remote)
    })?;
    Ok(())
}

/// The last reason that is known stays beside the state.
fn note(ledger: &Ledger<'_>, intent: &Intent) -> Result<String, StoreError> {
    let doubt = ledger.doubt_of(&intent.collection, &intent.key)?;
    Ok(doubt
        .reason
        .map_or_else(|| NOTE.to_owned(), |reason| format!("{reason} {NOTE}")))
}

/// A record whose write is in doubt was observed as it was sent: the write arrived. A replaced secret is left to
/// [`settle`], which also empties the keychain.
pub(crate) fn settle_if_seen(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    remote: &Remote,
) -> Result<(), StoreError> {
    let Some(intent) = ledger.intent(VARIABLES, key)? else {
        return Ok(());
    };
    let is_plain = intent.fields.values().all(|value| secret_id(value).is_none());
    let shows = matches!(remote, Remote::Present(_)) && is_plain;
    if shows && took_effect(cycle, ledger, &intent, remote)? {
        verify_seen(cycle, ledger, &intent, remote.clone())?;
    }
    Ok(())
}

/// A record whose creation is in doubt is there, with other values: somebody changed ours, or made one too. That it is
/// there is known from now on, so that it is not made anew unasked should it be gone later; of its fields, which nobody
/// here has been shown, nothing is.
pub(crate) fn learn(ledger: &Ledger<'_>, record: &mut StoredRecord) -> Result<(), StoreError> {
    if record.base.is_some() || !matches!(record.remote, Remote::Present(_)) {
        return Ok(());
    }
    let intent = ledger.intent(VARIABLES, &record.key)?;
    if intent.is_some_and(|intent| intent.op == IntentOp::Create) {
        record.base = Some(BTreeMap::new());
    }
    Ok(())
}

/// Whether what is read now shows that the write arrived, whole.
fn took_effect(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    remote: &Remote,
) -> Result<bool, StoreError> {
    let replaces_secret = intent.fields.values().any(|value| secret_id(value).is_some());
    if replaces_secret && matches!(intent.before, Remote::Present(_)) {
        return is_the_new_secret(cycle, ledger, intent, remote);
    }
    if masks::shows_no_difference(intent, remote) {
        return Ok(false);
    }
    let mut probe = StoredRecord::new(&intent.collection, &intent.key);
    Ok(confirm(cycle, &mut probe, intent, remote))
}

/// A delete that was taken back meanwhile is undone when it shows; long after it was sent, what shows may as well be
/// another's delete, which must not be undone unasked.
fn is_anybodys(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if intent.op != IntentOp::Delete {
        return Ok(false);
    }
    let record = ledger.record(&intent.collection, &intent.key)?;
    let taken_back = record.is_some_and(|record| record.overlay.is_some() && !record.is_deleted());
    let long = SignedDuration::try_from(cycle.engine.settings.settle).is_ok_and(|settle| {
        let waited = waited(cycle, intent, now);
        waited >= settle.saturating_mul(2)
    });
    Ok(taken_back && long)
}

/// Where Airflow shows secrets (older versions do, H27) a replaced one can be recognised by its seal. Where it does not,
/// the old and the new look the same: it is sent again after the settle time, which changes nothing if it had arrived.
fn is_the_new_secret(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    remote: &Remote,
) -> Result<bool, StoreError> {
    let Remote::Present(remote) = remote else {
        return Ok(false);
    };
    let replacements = cycle.engine.replacements.as_ref();
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

fn since(intent: &Intent) -> Timestamp {
    intent.in_doubt_since.unwrap_or(intent.sent_at)
}

/// How long ago it was sent: by the server's clock, which nobody sets back and forth, and where it tells none by this
/// computer's.
fn waited(cycle: &Cycle<'_>, intent: &Intent, now: Timestamp) -> SignedDuration {
    match (intent.server_at, cycle.engine.airflow.server_clock()) {
        (Some(sent), Some(told)) => told.duration_since(sent),
        _ => now.duration_since(since(intent)),
    }
}
