//! In doubt: writes whose outcome is unknown, after a lost answer or a crash. Settled by looking.

use crate::apply::{confirm, verify};
use crate::binding::remote_of;
use crate::cycle::{Cycle, Failure};
use crate::observe::take_remote;
use jiff::Timestamp;
use leeward_airflow::Variable;
use leeward_model::{Remote, secret_id};
use leeward_store::{Intent, StoredRecord};

const NOTE: &str = "It is not known yet whether the last change reached Airflow; Leeward is looking.";

/// Settles every intent that is found: all are from an earlier cycle, since a cycle clears its own.
pub(crate) async fn settle(cycle: &Cycle<'_>) -> Result<(), Failure> {
    for intent in cycle.engine.read(|ledger| ledger.intents())? {
        cycle.bear(look(cycle, &intent).await)?;
    }
    Ok(())
}

async fn look(cycle: &Cycle<'_>, intent: &Intent) -> Result<(), Failure> {
    let read = cycle.engine.airflow.get_variable(&intent.key).await?;
    settle_one(cycle, intent, read.as_ref())
}

fn settle_one(cycle: &Cycle<'_>, intent: &Intent, read: Option<&Variable>) -> Result<(), Failure> {
    let engine = cycle.engine;
    let remote = engine.read(|ledger| remote_of(ledger, read))?;
    if took_effect(intent, &remote) {
        return Ok(verify(cycle, intent, read)?);
    }
    let now = engine.runtime.now();
    engine.write(|ledger| {
        ledger.mark_in_doubt(
            &intent.collection,
            &intent.key,
            NOTE,
            intent.in_doubt_since.unwrap_or(intent.sent_at),
        )?;
        if !is_settled(intent, now, engine.settings.settle) {
            return Ok(());
        }
        // Nothing of it can arrive any more: what Airflow has now is what counts.
        ledger.clear_intent(&intent.collection, &intent.key)?;
        take_remote(cycle, ledger, &intent.key, &remote)
    })?;
    Ok(())
}

/// Whether what is read now shows that the write arrived, whole. A replaced secret cannot be read: unless it was
/// created, it is sent again after the settle time.
fn took_effect(intent: &Intent, remote: &Remote) -> bool {
    let replaces_secret = intent.fields.values().any(|value| secret_id(value).is_some());
    if replaces_secret && matches!(intent.before, Remote::Present(_)) {
        return false;
    }
    let mut probe = StoredRecord::new(&intent.collection, &intent.key);
    confirm(&mut probe, intent, remote)
}

/// Whether the time is over in which a write may still take effect. A clock that went back starts it anew.
fn is_settled(intent: &Intent, now: Timestamp, settle: std::time::Duration) -> bool {
    let since = intent.in_doubt_since.unwrap_or(intent.sent_at);
    let waited = now.duration_since(since);
    jiff::SignedDuration::try_from(settle).is_ok_and(|settle| waited >= settle)
}
