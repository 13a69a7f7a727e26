//! The full observation: read the whole collection, notice what changed, and take over what needs no write.

use crate::binding::Item;
use crate::context::Context;
use crate::failure::{Failure, is_one_things};
use crate::observe::brakes::{brakes, may_be_another_server};
use crate::record::advance::was_there;
use crate::record::confirm::take_remote;
use crate::record::in_flight::confirm_listed;
use crate::record::park::reject;
use crate::status;
use jiff::Timestamp;
use leeward_airflow::{AirflowError, ErrorKind};
use leeward_model::{BrakeView, Problem, Remote};
use leeward_store::{Ledger, Observation, RemoteMark, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Records a transaction: long enough to be quick, short enough that the window's pushes get their turn.
const BATCH: usize = 500;

/// What reading everything came to.
pub(crate) enum Observed {
    /// Everything was read.
    Whole,
    /// The collection is stopped: nothing may be concluded or written.
    Stopped,
    /// This user may not read it, and need not: the others are in sync without it.
    Forbidden,
    /// The listing could not be read as a whole, which says nothing of the single records.
    Unlisted(AirflowError),
}

/// Whether the trouble may be that of the listing alone.
fn is_the_listings(error: &AirflowError) -> bool {
    is_one_things(error) || matches!(error.kind(), ErrorKind::ScanShifted)
}

/// Reads everything.
pub(crate) async fn observe(context: &Context<'_>) -> Result<Observed, Failure> {
    // What was read first is as old as the beginning of the scan.
    let (began, now) = (context.runtime.elapsed(), context.runtime.now());
    let listing = match read_all(context).await {
        Ok(listing) => listing,
        Err(Failure::Airflow(error)) if is_the_listings(&error) => {
            return Ok(Observed::Unlisted(error));
        }
        Err(Failure::Airflow(error)) if *error.kind() == ErrorKind::Forbidden => {
            status::note_allowed(context, false)?;
            if is_needed(context)? {
                return Err(error.into());
            }
            forbidden(context, now, &error)?;
            return Ok(Observed::Forbidden);
        }
        Err(failure) => return Err(failure),
    };
    status::note_allowed(context, true)?;
    context.has_listed(listing.len());
    context.tally.observed.add(listing.len());
    let known = context
        .mirror
        .read(|ledger| ledger.remote_marks(context.collection()))?;
    let missing = missing(&known, &listing);
    if stopped(context, &known, &missing, listing.len())? {
        return Ok(Observed::Stopped);
    }
    take_over(context, &known, &listing)?;
    confirm_absent(context, &missing).await?;
    note(context, began, now)?;
    note_whole(context, true)?;
    Ok(Observed::Whole)
}

/// All of the collection that this user may see was read, from `began` on.
pub(crate) fn note(context: &Context<'_>, began: Duration, now: Timestamp) -> Result<(), StoreError> {
    let mut memory = context.memory();
    let collection = memory.of(context.collection());
    collection.scanned(began);
    collection.observed_at = Some(now);
    drop(memory);
    let observation = Observation {
        at: Some(now),
        there: context.airflow.server_clock(),
    };
    let stale = context.mirror.read(|ledger| {
        Ok(status::is_stale(ledger, context.collection(), observation)?
            || ledger.has_brake(context.collection())?)
    })?;
    if stale {
        context.mirror.write(|ledger| {
            ledger.clear_brake(context.collection())?;
            status::note_observation(ledger, context.collection(), observation)
        })?;
        context.tally.noted.add(1);
    }
    Ok(())
}

/// Whether this account was not allowed to read it when it was asked last, and need not be.
pub(crate) fn is_known_as_forbidden(context: &Context<'_>) -> Result<bool, StoreError> {
    Ok(!status::is_allowed(context)? && !is_needed(context)?)
}

/// Whether sync stops without it.
fn is_needed(context: &Context<'_>) -> Result<bool, StoreError> {
    Ok(context.is_main() && is_anything_known(context)?)
}

/// Whether anything of the collection is kept here: an account that could read it once, and no longer may, is trouble.
fn is_anything_known(context: &Context<'_>) -> Result<bool, StoreError> {
    context.mirror.read(|ledger| {
        let marks = ledger.remote_marks(context.collection())?;
        let is_there = known_count(context, ledger, &marks)? > 0;
        Ok(is_there || !ledger.active(context.collection())?.is_empty())
    })
}

/// What waits to be sent in a collection that this user may not read could never be sent safely: it is parked, with the
/// reason.
fn forbidden(context: &Context<'_>, now: Timestamp, error: &AirflowError) -> Result<(), Failure> {
    tracing::info!(collection = context.collection(), what = %error, "not read");
    for key in waiting(context)? {
        reject(context, &key, &Problem::from(error).what)?;
    }
    note_whole(context, false)?;
    Ok(note(context, context.runtime.elapsed(), now)?)
}

/// The keys of the records whose pending work is to be sent.
pub(crate) fn waiting(context: &Context<'_>) -> Result<Vec<String>, StoreError> {
    let mut active = context
        .mirror
        .read(|ledger| ledger.active(context.collection()))?;
    active.retain(|record| record.overlay.is_some() && !record.is_parked());
    Ok(active.into_iter().map(|record| record.key).collect())
}

/// Whether what is not here is not in Airflow either: what refers to records of the collection is judged by that.
pub(crate) fn note_whole(context: &Context<'_>, is_whole: bool) -> Result<(), StoreError> {
    // No data model can refer to a built-in one.
    if context.model().is_built_in() {
        return Ok(());
    }
    let was_whole = context
        .mirror
        .read(|ledger| ledger.is_whole(context.collection()))?;
    if was_whole == is_whole {
        return Ok(());
    }
    context.tally.noted.add(1);
    context
        .mirror
        .write(|ledger| ledger.note_whole(context.collection(), is_whole))
}

/// Reads the listing. Where nothing is known yet, so that nothing can have vanished, each page is taken over while the
/// next one is on its way.
async fn read_all(context: &Context<'_>) -> Result<Vec<Item>, Failure> {
    let is_first = context
        .mirror
        .read(|ledger| ledger.record_count(context.collection()))?
        == 0;
    let mut taken = Ok(());
    let mut count = Count::default();
    let mut look = |page: &[Item]| {
        context.has_read(count.with(page));
        if taken.is_ok() {
            taken = confirm_listed(context, page).map_err(Failure::from);
        }
        if is_first && taken.is_ok() {
            taken = take_over(context, &BTreeMap::new(), page);
        }
    };
    let scan = context.source().scan(context.airflow, &mut look);
    let listing = context.unless_stopped(scan).await??;
    taken.map(|()| listing)
}

/// How many records were read, for whoever waits: a listing that shifted is read again from its beginning.
#[derive(Default)]
struct Count {
    first: Option<String>,
    read: usize,
}

impl Count {
    fn with(&mut self, page: &[Item]) -> usize {
        let begins = page.first().map(Item::key);
        if self.first.as_deref() == begins {
            self.read = 0;
        }
        self.first = self.first.take().or_else(|| begins.map(str::to_owned));
        self.read += page.len();
        self.read
    }
}

/// Keys that were there, or of which nothing is known, and that the listing does not have.
fn missing(known: &BTreeMap<String, RemoteMark>, listing: &[Item]) -> Vec<String> {
    let listed: BTreeSet<&str> = listing.iter().map(Item::key).collect();
    let gone = |(key, remote): &(&String, &RemoteMark)| {
        **remote != RemoteMark::Absent && !listed.contains(key.as_str())
    };
    known.iter().filter(gone).map(|(key, _)| key.clone()).collect()
}

/// Whether so much vanished that a person must look first.
fn stopped(
    context: &Context<'_>,
    known: &BTreeMap<String, RemoteMark>,
    missing: &[String],
    seen: usize,
) -> Result<bool, Failure> {
    let now = context.runtime.now();
    let log_is_readable = context.memory().log_is_readable;
    let stopped = context.mirror.read(|ledger| {
        let vanished = vanished(context, ledger, missing)?;
        let known = known_count(context, ledger, known)?;
        let accepted = ledger.accepted(context.collection())?;
        let surprising: BTreeSet<String> = vanished
            .into_iter()
            .filter(|key| !accepted.contains(key))
            .collect();
        let gone = surprising.len();
        let why = if brakes(known, gone, if gone == 0 { 1 } else { seen }) {
            Some(TOO_MUCH)
        } else {
            (!log_is_readable && may_be_another_server(known, gone)).then_some(LESS_THAN_HALF)
        };
        Ok(why.map(|why| (why, surprising, known)))
    })?;
    let Some((why, vanished, known)) = stopped else {
        return Ok(false);
    };
    let brake = brake(context, why, vanished.len(), known, now);
    context
        .mirror
        .write(|ledger| ledger.set_brake(&brake, &vanished))?;
    Ok(true)
}

/// Of the missing ones, those that Airflow had: a record that was only created here is not missed.
fn vanished(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    missing: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut vanished = Vec::new();
    for key in missing {
        if ledger
            .record(context.collection(), key)?
            .is_some_and(|record| was_there(&record))
        {
            vanished.push(key.clone());
        }
    }
    Ok(vanished)
}

fn known_count(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    known: &BTreeMap<String, RemoteMark>,
) -> Result<usize, StoreError> {
    let mut count = 0;
    for (key, remote) in known {
        count += usize::from(match remote {
            RemoteMark::Present(_) => true,
            RemoteMark::Absent => false,
            RemoteMark::Unknown => ledger
                .record(context.collection(), key)?
                .is_some_and(|record| was_there(&record)),
        });
    }
    Ok(count)
}

const TOO_MUCH: &str = "in case this is the wrong server or an accident";
/// Where the event log cannot be read, this is how another server is noticed.
const LESS_THAN_HALF: &str = "because this may be another server: its event log cannot be read to tell";

fn brake(context: &Context<'_>, why: &str, vanished: usize, known: usize, now: Timestamp) -> BrakeView {
    let reason = format!(
        "{vanished} of {known} {} are not in Airflow's list any more. Leeward has stopped, {why}.",
        context.collection()
    );
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    BrakeView {
        collection: context.collection().into(),
        reason,
        vanished: count(vanished),
        known: count(known),
        since: now,
    }
}

/// Takes down what changed and carries out what needs no write.
fn take_over(
    context: &Context<'_>,
    known: &BTreeMap<String, RemoteMark>,
    listing: &[Item],
) -> Result<(), Failure> {
    for batch in listing.chunks(BATCH) {
        context.look_for_stop()?;
        let changed = context
            .mirror
            .read(|ledger| changed(context, ledger, known, batch))?;
        if !changed.is_empty() {
            context.mirror.write(|ledger| {
                changed
                    .iter()
                    .try_for_each(|(key, remote)| take_remote(context, ledger, key, remote))
            })?;
        }
    }
    Ok(())
}

fn changed(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    known: &BTreeMap<String, RemoteMark>,
    batch: &[Item],
) -> Result<Vec<(String, Remote)>, StoreError> {
    let mut changed = Vec::new();
    for item in batch {
        let remote = context.decode(ledger, Some(item))?;
        if known.get(item.key()) != Some(&RemoteMark::of(&remote)?) {
            changed.push((item.key().to_owned(), remote));
        }
    }
    Ok(changed)
}

/// Absence from a listing proves nothing (H7): each missing key is asked for by name.
async fn confirm_absent(context: &Context<'_>, missing: &[String]) -> Result<(), Failure> {
    for key in missing {
        context.tolerate(confirm_one(context, key).await)?;
    }
    Ok(())
}

pub(crate) async fn confirm_one(context: &Context<'_>, key: &str) -> Result<(), Failure> {
    if let Some(found) = read_one(context, key).await? {
        context.mirror.write(|ledger| {
            let remote = context.decode(ledger, found.as_ref())?;
            take_remote(context, ledger, key, &remote)
        })?;
    }
    Ok(())
}

/// Asks for one key by name; `None` when it cannot be read at all.
pub(crate) async fn read_one(context: &Context<'_>, key: &str) -> Result<Option<Option<Item>>, Failure> {
    match context.unless_stopped(context.get(key)).await? {
        Ok(found) => Ok(Some(found)),
        // Unreadable is not absent; a key that cannot be addressed cannot be asked for.
        Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::Unaddressable(_)) => {
            park_work(context, key, &error).map(|()| None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Pending work on a record that cannot be read could never be sent safely: it is parked, with the reason.
fn park_work(context: &Context<'_>, key: &str, error: &AirflowError) -> Result<(), Failure> {
    let record = context
        .mirror
        .read(|ledger| ledger.record(context.collection(), key))?;
    if record.is_some_and(|record| record.overlay.is_some() && !record.is_parked()) {
        reject(context, key, &Problem::from(error).what)?;
    }
    Ok(())
}
