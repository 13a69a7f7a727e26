//! Apply, without compare-and-set: intent → read → plan again → write the dirty fields → read back → base.

use crate::binding::{self, Write, remote_of, write_of};
use crate::carry_out;
use crate::cycle::{Cycle, Failure};
use crate::observe::{advance, see, take_remote};
use crate::page::Planned;
use crate::review::Review;
use crate::verify::verify;
use crate::{Notice, divide, failing, pages, problem_of};
use leeward_airflow::{AirflowError, ErrorKind, Variable};
use leeward_merge::Op;
use leeward_model::{Fields, VARIABLES};
use leeward_store::{Answered, Intent, IntentOp, Ledger, SentOutcome, StoreError, StoredRecord};
use std::time::Duration;

/// So many records that need no write are looked at in one transaction.
const BATCH: usize = 500;
/// Writes are remembered for so long: late arrivals are recognised by them.
const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Pushes what is pending, page by page, and one by one what does not suit a page; a record that cannot be sent never
/// holds up the others. One request at a time: an Airflow on SQLite does not bear several writers (H13).
pub(crate) async fn apply(cycle: &Cycle<'_>) -> Result<(), Failure> {
    let writes = take_stock(cycle)?;
    if writes.is_empty() {
        return Ok(());
    }
    let now = cycle.clock();
    cycle
        .engine
        .write(|ledger| ledger.forget_sent(now - REMEMBERED))?;
    let (pages, mut single) = divide::divide(cycle, writes).await?;
    single.extend(pages::push(cycle, pages).await?);
    for key in single {
        cycle.bear(push(cycle, &key).await)?;
    }
    Ok(())
}

/// What is to be written, by key in order; what needs no write is carried out.
fn take_stock(cycle: &Cycle<'_>) -> Result<Vec<(String, Op)>, Failure> {
    let engine = cycle.engine;
    let now = engine.runtime.now();
    let (mut writes, mut others) = (Vec::new(), Vec::new());
    let (active, review) =
        engine.read(|ledger| Ok((ledger.active(VARIABLES)?, Review::of(cycle, ledger)?)))?;
    for record in active {
        if !is_free(&record) {
            continue;
        }
        match carry_out::plan(&engine.collection, &record, now).write() {
            Some(op) if !review.holds(&record) => writes.push((record.key, op.clone())),
            _ => others.push(record.key),
        }
    }
    for batch in others.chunks(BATCH) {
        engine.write(|ledger| batch.iter().try_for_each(|key| without_write(cycle, ledger, key)))?;
    }
    Ok(writes)
}

/// Neither in flight nor parked.
fn is_free(record: &StoredRecord) -> bool {
    !record.in_doubt && record.rejected.is_none()
}

fn without_write(cycle: &Cycle<'_>, ledger: &Ledger<'_>, key: &str) -> Result<(), StoreError> {
    match ledger.record(VARIABLES, key)?.filter(is_free) {
        Some(mut record) => advance(cycle, ledger, &mut record),
        None => Ok(()),
    }
}

/// One record, guarded.
async fn push(cycle: &Cycle<'_>, key: &str) -> Result<(), Failure> {
    let Some(intended) = cycle.engine.write(|ledger| planned(cycle, ledger, key))? else {
        return Ok(());
    };
    let began = cycle.engine.runtime.elapsed();
    let fresh = match cycle.engine.airflow.get_variable(key).await {
        Ok(fresh) => fresh,
        Err(error) => return refused_before_sending(cycle, key, error),
    };
    let Some((intent, op)) = prepare_again(cycle, key, intended, fresh.as_ref())? else {
        return Ok(());
    };
    let write = match write_of(key, &op, fresh.as_ref(), cycle.engine.replacements.as_ref()) {
        Ok(write) => write,
        Err(unsendable) => return reject(cycle, key, &unsendable.0),
    };
    send_and_verify(cycle, &intent, &write, began).await
}

/// `began`: when the read that guards the write was begun, by [`crate::Runtime::elapsed`].
async fn send_and_verify(
    cycle: &Cycle<'_>,
    intent: &Intent,
    write: &Write,
    began: Duration,
) -> Result<(), Failure> {
    let engine = cycle.engine;
    let sent = binding::send(engine.airflow.as_ref(), &intent.key, write).await;
    let window = cycle.sent([intent], began);
    if let Err(error) = sent {
        engine.write(|ledger| ledger.note_write_window(window))?;
        return not_answered(cycle, intent, error).await;
    }
    match engine.airflow.get_variable(&intent.key).await {
        Ok(read) if reads_as_before(cycle, intent, read.as_ref())? => Ok(engine.write(|ledger| {
            ledger.note_write_window(window)?;
            failing::accepted_unseen(cycle, ledger, intent)
        })?),
        Ok(read) => Ok(verify(cycle, intent, read.as_ref(), Some(window))?),
        Err(error) => in_doubt(cycle, intent, &error, Some(Answered::Accepted)),
    }
}

fn reads_as_before(cycle: &Cycle<'_>, intent: &Intent, read: Option<&Variable>) -> Result<bool, StoreError> {
    let remote = cycle.engine.read(|ledger| remote_of(ledger, read))?;
    Ok(failing::reads_as_before(cycle, intent, &remote))
}

/// Plans the record's write and takes it down, before anything is sent.
pub(crate) fn planned(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    key: &str,
) -> Result<Option<Planned>, StoreError> {
    match ledger.record(VARIABLES, key)?.filter(is_free) {
        Some(mut record) if !ledger.is_rebuilding()? => intend(cycle, ledger, &mut record),
        _ => Ok(None),
    }
}

/// Carries out what concerns the mirror, and writes down the intent if a write remains.
fn intend(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
) -> Result<Option<Planned>, StoreError> {
    advance(cycle, ledger, record)?;
    let plan = carry_out::plan(&cycle.engine.collection, record, cycle.engine.runtime.now());
    let Some(op) = plan.write() else { return Ok(None) };
    if Review::of(cycle, ledger)?.holds(record) {
        return Ok(None);
    }
    let intent = intent_of(record, op, cycle);
    ledger.put_intent(&intent)?;
    Ok(Some((intent, op.clone())))
}

fn intent_of(record: &StoredRecord, op: &Op, cycle: &Cycle<'_>) -> Intent {
    let (kind, fields) = match op {
        Op::Create { fields } => (IntentOp::Create, fields.clone()),
        Op::Update { fields, .. } => (IntentOp::Update, fields.clone()),
        _ => (IntentOp::Delete, Fields::new()),
    };
    Intent {
        collection: record.collection.clone(),
        key: record.key.clone(),
        op: kind,
        fields,
        before: record.remote.clone(),
        rev: record.rev,
        sent_at: cycle.engine.runtime.now(),
        in_doubt_since: None,
        server_at: cycle.engine.airflow.server_clock(),
    }
}

/// Airflow was read just now: if it moved since the plan was made, or the record was worked on meanwhile, the plan is
/// made again. Where the mirror was rebuilt meanwhile, the next cycle sees what is left to send.
fn prepare_again(
    cycle: &Cycle<'_>,
    key: &str,
    intended: Planned,
    fresh: Option<&Variable>,
) -> Result<Option<Planned>, Failure> {
    let intent = &intended.0;
    let (remote, stands, is_newer) = cycle.engine.read(|ledger| {
        let remote = remote_of(ledger, fresh)?;
        Ok((
            remote,
            ledger.may_be_sent(intent)?,
            ledger.has_newer_work(intent)?,
        ))
    })?;
    if stands && !is_newer && remote == intent.before {
        return Ok(Some(intended));
    }
    cycle.tally.retried.add(1);
    Ok(cycle.engine.write(|ledger| {
        ledger.clear_intent(VARIABLES, key)?;
        if !stands {
            return Ok(None);
        }
        let Some(mut record) = ledger.record(VARIABLES, key)? else {
            return Ok(None);
        };
        see(cycle, ledger, &mut record, remote)?;
        intend(cycle, ledger, &mut record)
    })?)
}

/// The read before the write failed: nothing was sent.
fn refused_before_sending(cycle: &Cycle<'_>, key: &str, error: AirflowError) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::Unaddressable(_) | ErrorKind::Forbidden => reject(cycle, key, &problem_of(&error).what),
        _ if error.failed_there() => failing::unread(cycle, key, error),
        _ => {
            cycle.engine.write(|ledger| ledger.clear_intent(VARIABLES, key))?;
            Err(error.into())
        }
    }
}

/// The write was not answered with success.
async fn not_answered(cycle: &Cycle<'_>, intent: &Intent, error: AirflowError) -> Result<(), Failure> {
    if error.outcome_unknown() {
        let answered = failing::failed(&error, Answered::Failed);
        return in_doubt(cycle, intent, &error, answered);
    }
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotFound => look_again(cycle, intent).await,
        ErrorKind::Rejected { .. }
        | ErrorKind::Forbidden
        | ErrorKind::Unaddressable(_)
        | ErrorKind::MaskRefused
        | ErrorKind::HiddenValueAtRisk => {
            refused(cycle, &intent.key)?;
            reject(cycle, &intent.key, &problem_of(&error).what)
        }
        _ => {
            cycle
                .engine
                .write(|ledger| ledger.clear_intent(VARIABLES, &intent.key))?;
            Err(error.into())
        }
    }
}

/// Somebody created or deleted it in between: nothing was written; look, and plan again in the next cycle.
async fn look_again(cycle: &Cycle<'_>, intent: &Intent) -> Result<(), Failure> {
    let key = intent.key.as_str();
    refused(cycle, key)?;
    let fresh = cycle.engine.airflow.get_variable(key).await?;
    cycle.engine.write(|ledger| {
        let remote = remote_of(ledger, fresh.as_ref())?;
        take_remote(cycle, ledger, key, &remote)
    })?;
    Ok(())
}

/// It was sent and answered, and nothing was written.
fn refused(cycle: &Cycle<'_>, key: &str) -> Result<(), StoreError> {
    let now = cycle.clock();
    cycle
        .engine
        .write(|ledger| ledger.finish_intent(VARIABLES, key, SentOutcome::Refused, now))
}

/// The outcome is unknown: the intent stays, and nothing else is sent for this record until it is settled.
fn in_doubt(
    cycle: &Cycle<'_>,
    intent: &Intent,
    error: &AirflowError,
    answered: Option<Answered>,
) -> Result<(), Failure> {
    Ok(cycle
        .engine
        .write(|ledger| failing::in_doubt(cycle, ledger, intent, error, answered))?)
}

/// Airflow refused the change: parked with its reason until the analyst edits it or takes it back.
pub(crate) fn reject(cycle: &Cycle<'_>, key: &str, reason: &str) -> Result<(), Failure> {
    Ok(cycle
        .engine
        .write(|ledger| reject_in(cycle, ledger, key, reason))?)
}

/// [`reject`] inside a transaction.
pub(crate) fn reject_in(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    reason: &str,
) -> Result<(), StoreError> {
    ledger.clear_intent(VARIABLES, key)?;
    if let Some(mut record) = ledger.record(VARIABLES, key)? {
        record.rejected = Some(reason.to_owned());
        ledger.save(&record, cycle.engine.runtime.now())?;
    }
    cycle.tally.notice(Notice::Rejected {
        collection: VARIABLES.into(),
        key: key.into(),
    });
    Ok(())
}
