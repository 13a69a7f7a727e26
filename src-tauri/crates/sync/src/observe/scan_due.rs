//! When everything is read again. Between two full scans only what the event log points at is read.

use crate::context::Context;
use crate::event_log::news::News;
use crate::failure::Failure;
use crate::settings::FULL_SCAN_MAX;
use crate::status;
use jiff::{SignedDuration, Timestamp};
use leeward_store::{Ledger, StoreError};
use std::time::Duration;

/// Whether everything must be read, whatever the log points at.
pub(crate) fn is_due(context: &Context<'_>, news: &News) -> Result<bool, Failure> {
    Ok(context.is_asked_for()
        || news.is_vague(context)
        || is_time(context)?
        || context.mirror.read(|ledger| is_called_for(context, ledger))?)
}

/// Time since the last one: by the process's own time, by the wall clock, which tells of a sleep or a restart, and after
/// a restart by the server's. A clock that went back tells nothing, so everything is read.
fn is_time(context: &Context<'_>) -> Result<bool, Failure> {
    let (elapsed, now) = (context.runtime.elapsed(), context.runtime.now());
    let wait = context.settings.full_scan.min(FULL_SCAN_MAX);
    let mut memory = context.memory();
    let collection = memory.of(context.collection());
    let passed = collection
        .scanned
        .is_some_and(|at| elapsed.saturating_sub(at) >= wait);
    let asked_for = collection.scans_due.iter().any(|due| *due <= elapsed);
    let seen = collection.observed_at;
    drop(memory);
    let observation = context
        .mirror
        .read(|ledger| ledger.observation(context.collection()))?;
    let last = seen.max(observation.at);
    let there = (observation.there, context.airflow.server_clock());
    // The mirror's time of it is up to some minutes older than that of a later scan in this process.
    let set_back = match there {
        (Some(last), Some(now)) if seen.is_none() => is_long_ago(last, now, wait),
        _ => false,
    };
    Ok(passed || asked_for || set_back || last.is_none_or(|last| is_long_ago(last, now, wait)))
}

fn is_long_ago(last: Timestamp, now: Timestamp, wait: Duration) -> bool {
    let age = now.duration_since(last);
    age < SignedDuration::ZERO || SignedDuration::try_from(wait).is_ok_and(|wait| age >= wait)
}

/// What the mirror says: it was rebuilt, a person was or is to be asked, or the outcome of a write is unknown.
fn is_called_for(context: &Context<'_>, ledger: &Ledger<'_>) -> Result<bool, StoreError> {
    Ok(ledger.demanded_full_scan(context.collection())?.is_some()
        || ledger.has_brake(context.collection())?
        || status::needs_sign_in(ledger)?
        || has_intents(context, ledger)?)
}

fn has_intents(context: &Context<'_>, ledger: &Ledger<'_>) -> Result<bool, StoreError> {
    let intents = ledger.intents()?;
    Ok(intents
        .iter()
        .any(|intent| intent.collection == context.collection()))
}
