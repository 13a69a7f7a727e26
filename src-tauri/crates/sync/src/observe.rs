//! Observe: read the whole collection, notice what changed, and take over what needs no write.

use crate::apply::reject;
use crate::binding::remote_of;
use crate::brakes::brakes;
use crate::carry_out::{self, Effects};
use crate::cycle::{Cycle, Failure};
use crate::status;
use crate::{Notice, problem_of};
use jiff::Timestamp;
use leeward_airflow::{AirflowError, ErrorKind, Variable};
use leeward_model::{BrakeView, Content, Fields, Remote, Source, VARIABLES};
use leeward_store::{Ledger, NewHistory, StoreError, StoredRecord};
use std::collections::{BTreeMap, BTreeSet};

/// Records a transaction: long enough to be quick, short enough that the window's pushes get their turn.
const BATCH: usize = 500;

/// Reads everything. `false` when the collection is stopped: then nothing may be concluded or written.
pub(crate) async fn observe(cycle: &Cycle<'_>) -> Result<bool, Failure> {
    let engine = cycle.engine;
    let listing = engine.airflow.list_variables().await?;
    cycle.tally.observed.add(listing.len());
    let known = engine.read(|ledger| ledger.remote_map(VARIABLES))?;
    let missing = missing(&known, &listing);
    if stopped(cycle, &known, &missing, listing.len())? {
        return Ok(false);
    }
    take_over(cycle, &known, &listing)?;
    confirm_absent(cycle, &missing).await?;
    let now = engine.runtime.now();
    engine.write(|ledger| {
        ledger.clear_brake(VARIABLES)?;
        status::note_observation(ledger, now)
    })?;
    Ok(true)
}

/// Keys that were there, or of which nothing is known, and that the listing does not have.
fn missing(known: &BTreeMap<String, Remote>, listing: &[Variable]) -> Vec<String> {
    let listed: BTreeSet<&str> = listing.iter().map(|variable| variable.key.as_str()).collect();
    let gone =
        |(key, remote): &(&String, &Remote)| **remote != Remote::Absent && !listed.contains(key.as_str());
    known.iter().filter(gone).map(|(key, _)| key.clone()).collect()
}

/// Whether so much vanished that a person must look first.
fn stopped(
    cycle: &Cycle<'_>,
    known: &BTreeMap<String, Remote>,
    missing: &[String],
    seen: usize,
) -> Result<bool, Failure> {
    let engine = cycle.engine;
    let now = engine.runtime.now();
    let stopped = engine.read(|ledger| {
        let vanished = vanished(ledger, missing)?;
        let known = known_count(ledger, known)?;
        let accepted = ledger.accepted(VARIABLES)?;
        let surprising: BTreeSet<String> = vanished
            .into_iter()
            .filter(|key| !accepted.contains(key))
            .collect();
        Ok(brakes(
            known,
            surprising.len(),
            if surprising.is_empty() { 1 } else { seen },
        )
        .then_some((surprising, known)))
    })?;
    let Some((vanished, known)) = stopped else {
        return Ok(false);
    };
    let brake = brake(vanished.len(), known, now);
    engine.write(|ledger| ledger.set_brake(&brake, &vanished))?;
    Ok(true)
}

/// Of the missing ones, those that Airflow had: a record that was only created here is not missed.
fn vanished(ledger: &Ledger<'_>, missing: &[String]) -> Result<Vec<String>, StoreError> {
    let mut vanished = Vec::new();
    for key in missing {
        if ledger
            .record(VARIABLES, key)?
            .is_some_and(|record| was_there(&record))
        {
            vanished.push(key.clone());
        }
    }
    Ok(vanished)
}

fn was_there(record: &StoredRecord) -> bool {
    record.base.is_some() || matches!(record.remote, Remote::Present(_))
}

fn known_count(ledger: &Ledger<'_>, known: &BTreeMap<String, Remote>) -> Result<usize, StoreError> {
    let mut count = 0;
    for (key, remote) in known {
        count += usize::from(match remote {
            Remote::Present(_) => true,
            Remote::Absent => false,
            Remote::Unknown => ledger
                .record(VARIABLES, key)?
                .is_some_and(|record| was_there(&record)),
        });
    }
    Ok(count)
}

fn brake(vanished: usize, known: usize, now: Timestamp) -> BrakeView {
    let reason = format!(
        "{vanished} of {known} Variables are not in Airflow's list any more. Leeward has stopped, in case this is the \
         wrong server or an accident."
    );
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    BrakeView {
        collection: VARIABLES.into(),
        reason,
        vanished: count(vanished),
        known: count(known),
        since: now,
    }
}

/// Takes down what changed and carries out what needs no write.
fn take_over(
    cycle: &Cycle<'_>,
    known: &BTreeMap<String, Remote>,
    listing: &[Variable],
) -> Result<(), Failure> {
    for batch in listing.chunks(BATCH) {
        let changed = cycle.engine.read(|ledger| changed(ledger, known, batch))?;
        if !changed.is_empty() {
            cycle.engine.write(|ledger| {
                changed
                    .iter()
                    .try_for_each(|(key, remote)| take_remote(cycle, ledger, key, remote))
            })?;
        }
    }
    Ok(())
}

fn changed(
    ledger: &Ledger<'_>,
    known: &BTreeMap<String, Remote>,
    batch: &[Variable],
) -> Result<Vec<(String, Remote)>, StoreError> {
    let mut changed = Vec::new();
    for variable in batch {
        let remote = remote_of(ledger, Some(variable))?;
        if known.get(&variable.key) != Some(&remote) {
            changed.push((variable.key.clone(), remote));
        }
    }
    Ok(changed)
}

/// Absence from a listing proves nothing (H7): each missing key is asked for by name.
async fn confirm_absent(cycle: &Cycle<'_>, missing: &[String]) -> Result<(), Failure> {
    for key in missing {
        cycle.bear(confirm_one(cycle, key).await)?;
    }
    Ok(())
}

async fn confirm_one(cycle: &Cycle<'_>, key: &str) -> Result<(), Failure> {
    let found = match cycle.engine.airflow.get_variable(key).await {
        Ok(found) => found,
        // Unreadable is not absent; a key that cannot be addressed cannot be asked for.
        Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::Unaddressable(_)) => {
            return park_work(cycle, key, &error);
        }
        Err(error) => return Err(error.into()),
    };
    cycle.engine.write(|ledger| {
        let remote = remote_of(ledger, found.as_ref())?;
        take_remote(cycle, ledger, key, &remote)
    })?;
    Ok(())
}

/// Pending work on a record that cannot be read could never be sent safely: it is parked, with the reason.
fn park_work(cycle: &Cycle<'_>, key: &str, error: &AirflowError) -> Result<(), Failure> {
    let record = cycle.engine.read(|ledger| ledger.record(VARIABLES, key))?;
    if record.is_some_and(|record| record.overlay.is_some() && record.rejected.is_none()) {
        reject(cycle, key, &problem_of(error).what)?;
    }
    Ok(())
}

/// Puts a fresh observation into a record and carries out what it means for the mirror.
pub(crate) fn take_remote(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    remote: &Remote,
) -> Result<(), StoreError> {
    let mut record = ledger
        .record(VARIABLES, key)?
        .unwrap_or_else(|| StoredRecord::new(VARIABLES, key));
    see(cycle, ledger, &mut record, remote.clone())?;
    // While a write is in flight its outcome is settled first (`doubt`): until then only the observation is noted.
    if record.in_doubt {
        return ledger.save(&record, cycle.engine.runtime.now()).map(drop);
    }
    advance(cycle, ledger, &mut record)
}

/// Puts what was read into the record, and a value that another writer left into its history.
pub(crate) fn see(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
    remote: Remote,
) -> Result<(), StoreError> {
    if record.remote == remote {
        return Ok(());
    }
    let was_known = was_there(record);
    record.remote = remote;
    match shown(&record.remote) {
        None if !was_known => Ok(()),
        fields => append(
            ledger,
            record,
            Source::Airflow,
            fields.as_ref(),
            cycle.engine.runtime.now(),
        ),
    }
}

/// What may be kept of a remote: sealed fields are missing.
fn shown(remote: &Remote) -> Option<Fields> {
    let Remote::Present(fields) = remote else {
        return None;
    };
    let value = |(name, content): (&String, &Content)| Some((name.clone(), content.value()?.clone()));
    Some(fields.iter().filter_map(value).collect())
}

fn append(
    ledger: &Ledger<'_>,
    record: &StoredRecord,
    source: Source,
    fields: Option<&Fields>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (collection, key) = (record.collection.as_str(), record.key.as_str());
    ledger.append_history(&NewHistory {
        collection,
        key,
        at,
        source,
        author: None,
        reason: None,
        fields,
        run: None,
    })
}

/// Plans for the record as it is, carries out what concerns the mirror, and saves it.
pub(crate) fn advance(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
) -> Result<(), StoreError> {
    let now = cycle.engine.runtime.now();
    let plan = carry_out::plan(&cycle.engine.collection, record, now);
    let effects = carry_out::carry_out(record, &plan);
    if effects.taken {
        record.changed_at = Some(now);
    }
    ledger.save(record, now)?;
    account(cycle, ledger, record, effects, now)
}

fn account(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    record: &StoredRecord,
    effects: Effects,
    now: Timestamp,
) -> Result<(), StoreError> {
    cycle.tally.pulled.add(usize::from(effects.taken));
    cycle.tally.merged.add(usize::from(effects.merged));
    if effects.new_conflict {
        let (collection, key) = (record.collection.clone(), record.key.clone());
        cycle.tally.notice(Notice::Conflict { collection, key });
    }
    if effects.merged {
        append(ledger, record, Source::Merge, record.local_fields().as_ref(), now)?;
    }
    Ok(())
}
