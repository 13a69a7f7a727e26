//! Observation between two full scans: the keys that the event log points at are read by name, and so are those of
//! pending work that Airflow was never asked for, such as a creation.
//!
//! A row is written before its operation (H9), so a key is read again, twice, after a while. A task that sets a
//! Variable leaves no row: only a full scan sees that.

use crate::binding::Item;
use crate::context::Context;
use crate::event_log::news::News;
use crate::failure::{Failure, is_one_things};
use crate::memory::Author;
use crate::observe::brakes::is_worth_a_scan;
use crate::observe::full_scan::read_one;
use crate::record::advance::was_there;
use crate::record::confirm::take_remote;
use jiff::Timestamp;
use leeward_model::Remote;
use leeward_store::{Ledger, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;

/// An operation that the log told of has happened by then, unless the server is slow.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// So many keys are read by name before a full scan is weighed.
const KEYS_FEW: usize = 10;
/// Records in a page of a full scan.
const PAGE: usize = 100;

/// What the hints came to.
pub(crate) enum Hinted {
    /// What they pointed at was read.
    Read,
    /// They point at too much: everything must be read.
    NeedScan,
}

type Keys = BTreeMap<String, Option<Author>>;
type Found = Vec<(String, Option<Item>)>;

/// The keys to be read now: those in new rows, those whose time to be read again has come, and those of new work: what is
/// in Airflow under such a key must be known before anything is sent, and no row will ever point at it.
pub(crate) fn keys(context: &Context<'_>, news: &News) -> Result<Keys, StoreError> {
    let unseen = context
        .mirror
        .read(|ledger| ledger.unseen_work(context.collection()))?;
    let mut keys: Keys = unseen.into_iter().map(|key| (key, None)).collect();
    keys.extend(
        context
            .memory()
            .of(context.collection())
            .due_looks(context.runtime.elapsed()),
    );
    keys.extend(
        news.keys(context)
            .into_iter()
            .map(|(key, author)| (key, Some(author))),
    );
    Ok(keys)
}

/// Reads the keys by name and takes over what they hold.
pub(crate) async fn observe(context: &Context<'_>, keys: &Keys) -> Result<Hinted, Failure> {
    if is_too_many(context, keys.len())? {
        return Ok(Hinted::NeedScan);
    }
    let began = context.runtime.elapsed();
    let found = read_all(context, keys).await?;
    context.tally.observed.add(found.len());
    if is_worth_a_scan(context.mirror.read(|ledger| vanished(context, ledger, &found))?) {
        return Ok(Hinted::NeedScan);
    }
    take_over(context, &found)?;
    // Also what this account may not read: it would be due for ever.
    context
        .memory()
        .of(context.collection())
        .looked(keys.keys(), began);
    Ok(Hinted::Read)
}

/// More single reads than a full scan has pages are not worth it.
fn is_too_many(context: &Context<'_>, keys: usize) -> Result<bool, Failure> {
    if keys <= KEYS_FEW {
        return Ok(false);
    }
    let known = context
        .mirror
        .read(|ledger| ledger.record_count(context.collection()))?;
    Ok(keys > KEYS_FEW.max(known / PAGE))
}

/// Trouble with one key is borne; it is read again in a later cycle.
async fn read_all(context: &Context<'_>, keys: &Keys) -> Result<Found, Failure> {
    let mut found = Vec::new();
    for (key, author) in keys {
        match read_one(context, key).await {
            Ok(read) => found.extend(read.map(|read| (key.clone(), read))),
            Err(Failure::Airflow(error)) if is_one_things(&error) => {
                look_later(context, key, author.as_ref());
                context.tolerate(Err(error.into()))?;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

fn vanished(context: &Context<'_>, ledger: &Ledger<'_>, found: &Found) -> Result<usize, StoreError> {
    let mut vanished = 0;
    for (key, _) in found.iter().filter(|(_, variable)| variable.is_none()) {
        vanished += usize::from(
            ledger
                .record(context.collection(), key)?
                .is_some_and(|record| was_there(&record)),
        );
    }
    Ok(vanished)
}

/// A transaction is begun only where something changed.
fn take_over(context: &Context<'_>, found: &Found) -> Result<(), Failure> {
    let changed = context.mirror.read(|ledger| changed(context, ledger, found))?;
    if changed.is_empty() {
        return Ok(());
    }
    context.mirror.write(|ledger| {
        changed
            .iter()
            .try_for_each(|(key, remote)| take_remote(context, ledger, key, remote))
    })?;
    Ok(())
}

fn changed<'f>(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    found: &'f Found,
) -> Result<Vec<(&'f str, Remote)>, StoreError> {
    let mut changed = Vec::new();
    for (key, variable) in found {
        let remote = context.decode(ledger, variable.as_ref())?;
        let stored = ledger.record(context.collection(), key)?;
        let is_new = stored.map_or(remote != Remote::Absent, |record| record.remote != remote);
        if is_new {
            changed.push((key.as_str(), remote));
        }
    }
    Ok(changed)
}

fn look_later(context: &Context<'_>, key: &str, author: Option<&Author>) {
    let due = context.runtime.elapsed() + LOOK_AGAIN;
    context
        .memory()
        .of(context.collection())
        .look_again(key, author, &[due]);
}

/// What the new rows were about is read again later: its change may come after its row.
pub(crate) fn look_again(context: &Context<'_>, news: &News) {
    let keys = news.keys(context);
    if news.is_vague(context) || keys.len() > PAGE {
        let newest = news.fresh.iter().map(|event| event.row.when).max();
        let times = times(context, newest);
        context.memory().of(context.collection()).scans_due.extend(times);
        return;
    }
    for (key, author) in &keys {
        let times = times(context, Some(author.when));
        context
            .memory()
            .of(context.collection())
            .look_again(key, Some(author), &times);
    }
}

/// When to look again for what a row of that time tells. What has long happened by the server's clock is not waited for.
fn times(context: &Context<'_>, row: Option<Timestamp>) -> Vec<Duration> {
    let now = context.runtime.elapsed();
    let age = row
        .zip(context.airflow.server_clock())
        .map(|(row, clock)| clock.duration_since(row));
    // A clock that is behind its own rows, or does not tell, makes no row old.
    let age = age
        .and_then(|age| Duration::try_from(age).ok())
        .unwrap_or_default();
    let waits = [LOOK_AGAIN, LOOK_AGAIN.max(context.settings.settle)];
    let left = waits
        .iter()
        .filter_map(|wait| wait.checked_sub(age).filter(|left| !left.is_zero()));
    left.map(|left| now + left).collect()
}
