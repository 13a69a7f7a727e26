//! Apply, without compare-and-set: intent → read → plan again → write the dirty fields → read back → base.

use crate::apply::intent::{Planned, intend, is_free, is_other_now, planned};
use crate::apply::{divide, failing, pages};
use crate::binding::{Item, Write};
use crate::context::Context;
use crate::failure::Failure;
use crate::record::advance::{advance, see};
use crate::record::carry_out;
use crate::record::confirm::{take_remote, verify};
use crate::record::park::reject;
use crate::record::review::Review;
use leeward_airflow::{AirflowError, ErrorKind};
use leeward_merge::Op;
use leeward_model::Problem;
use leeward_store::{Answered, Intent, Ledger, SentOutcome, StoreError};
use std::time::Duration;

/// So many records that need no write are looked at in one transaction.
const BATCH: usize = 500;
/// Writes are remembered for so long: late arrivals are recognised by them.
const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Pushes what is pending, page by page, and one by one what does not suit a page; a record that cannot be sent never
/// holds up the others. One request at a time: an Airflow on SQLite does not bear several writers (H13).
pub(crate) async fn apply(context: &Context<'_>) -> Result<(), Failure> {
    let writes = take_stock(context)?;
    if writes.is_empty() {
        return Ok(());
    }
    let now = context.clock();
    context
        .mirror
        .write(|ledger| ledger.forget_sent(now - REMEMBERED))?;
    context.will_send(writes.len());
    let (pages, mut single) = divide::divide(context, writes).await?;
    single.extend(pages::push(context, pages).await?);
    for key in single {
        context.look_for_stop()?;
        context.tolerate(push(context, &key).await)?;
        context.has_sent();
    }
    Ok(())
}

/// What is to be written, by key in order; what needs no write is carried out.
pub(crate) fn take_stock(context: &Context<'_>) -> Result<Vec<(String, Op)>, Failure> {
    let now = context.runtime.now();
    let (mut writes, mut others) = (Vec::new(), Vec::new());
    let (active, review) = context
        .mirror
        .read(|ledger| Ok((ledger.active(context.collection())?, Review::of(context, ledger)?)))?;
    for record in active {
        if !is_free(&record) {
            continue;
        }
        match carry_out::plan(context.model(), &record, now).write() {
            Some(op) if !review.holds(&record) && record.violation.is_none() => {
                writes.push((record.key, op.clone()));
            }
            _ => others.push(record.key),
        }
    }
    for batch in others.chunks(BATCH) {
        context.mirror.write(|ledger| {
            batch
                .iter()
                .try_for_each(|key| without_write(context, ledger, key))
        })?;
    }
    Ok(writes)
}

fn without_write(context: &Context<'_>, ledger: &Ledger<'_>, key: &str) -> Result<(), StoreError> {
    match ledger.record(context.collection(), key)?.filter(is_free) {
        Some(mut record) => advance(context, ledger, &mut record),
        None => Ok(()),
    }
}

/// One record, guarded.
async fn push(context: &Context<'_>, key: &str) -> Result<(), Failure> {
    let Some(intended) = context.mirror.write(|ledger| planned(context, ledger, key))? else {
        return Ok(());
    };
    let began = context.runtime.elapsed();
    let fresh = match context.get(key).await {
        Ok(fresh) => fresh,
        Err(error) => return refused_before_sending(context, key, error),
    };
    let Some((intent, op)) = prepare_again(context, key, intended, fresh.as_ref())? else {
        return Ok(());
    };
    let write = match context
        .binding()
        .encode(key, &op, fresh.as_ref(), context.replacements)
    {
        Ok(write) => write,
        Err(unsendable) => return reject(context, key, &unsendable.0),
    };
    send_and_verify(context, &intent, &write, began).await
}

/// `began`: when the read that guards the write was begun, by [`crate::Runtime::elapsed`].
async fn send_and_verify(
    context: &Context<'_>,
    intent: &Intent,
    write: &Write,
    began: Duration,
) -> Result<(), Failure> {
    let sent = write.send(context.airflow).await;
    let window = context.sent([intent], began);
    if let Err(error) = sent {
        context.mirror.write(|ledger| ledger.note_write_window(window))?;
        return not_answered(context, intent, error).await;
    }
    match context.get(&intent.key).await {
        Ok(read) if reads_as_before(context, intent, read.as_ref())? => {
            Ok(context.mirror.write(|ledger| {
                ledger.note_write_window(window)?;
                failing::accepted_unseen(context, ledger, intent)
            })?)
        }
        Ok(read) => Ok(verify(context, intent, read.as_ref(), Some(window))?),
        Err(error) => in_doubt(context, intent, &error, Some(Answered::Accepted)),
    }
}

fn reads_as_before(context: &Context<'_>, intent: &Intent, read: Option<&Item>) -> Result<bool, StoreError> {
    let remote = context.mirror.read(|ledger| context.decode(ledger, read))?;
    Ok(failing::reads_as_before(context, intent, &remote))
}

/// Airflow was read just now: if it moved since the plan was made, or the record was worked on meanwhile, the plan is
/// made again. Where the mirror was rebuilt meanwhile, the next cycle sees what is left to send.
fn prepare_again(
    context: &Context<'_>,
    key: &str,
    intended: Planned,
    fresh: Option<&Item>,
) -> Result<Option<Planned>, Failure> {
    let intent = &intended.0;
    let (remote, stands, is_other_now) = context.mirror.read(|ledger| {
        let remote = context.decode(ledger, fresh)?;
        Ok((remote, ledger.may_be_sent(intent)?, is_other_now(ledger, intent)?))
    })?;
    if stands && !is_other_now && remote == intent.before {
        return Ok(Some(intended));
    }
    context.tally.retried.add(1);
    Ok(context.mirror.write(|ledger| {
        ledger.clear_intent(context.collection(), key)?;
        if !stands {
            return Ok(None);
        }
        let Some(mut record) = ledger.record(context.collection(), key)? else {
            return Ok(None);
        };
        see(context, ledger, &mut record, remote)?;
        intend(context, ledger, &mut record)
    })?)
}

/// The read before the write failed: nothing was sent.
fn refused_before_sending(context: &Context<'_>, key: &str, error: AirflowError) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::Unaddressable(_) | ErrorKind::Forbidden => {
            reject(context, key, &Problem::from(&error).what)
        }
        _ if error.failed_there() => failing::unread(context, key, error),
        _ => {
            context
                .mirror
                .write(|ledger| ledger.clear_intent(context.collection(), key))?;
            Err(error.into())
        }
    }
}

/// The write was not answered with success.
async fn not_answered(context: &Context<'_>, intent: &Intent, error: AirflowError) -> Result<(), Failure> {
    if error.outcome_unknown() {
        let answered = failing::failed(&error, Answered::Failed);
        return in_doubt(context, intent, &error, answered);
    }
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotFound => look_again(context, intent).await,
        ErrorKind::Rejected { .. }
        | ErrorKind::Forbidden
        | ErrorKind::Unaddressable(_)
        | ErrorKind::MaskRefused
        | ErrorKind::HiddenValueAtRisk => {
            refused(context, &intent.key)?;
            reject(context, &intent.key, &Problem::from(&error).what)
        }
        _ => {
            context
                .mirror
                .write(|ledger| ledger.clear_intent(context.collection(), &intent.key))?;
            Err(error.into())
        }
    }
}

/// Somebody created or deleted it in between: nothing was written; look, and plan again in the next cycle.
async fn look_again(context: &Context<'_>, intent: &Intent) -> Result<(), Failure> {
    let key = intent.key.as_str();
    refused(context, key)?;
    let fresh = context.get(key).await?;
    context.mirror.write(|ledger| {
        let remote = context.decode(ledger, fresh.as_ref())?;
        take_remote(context, ledger, key, &remote)
    })?;
    Ok(())
}

/// It was sent and answered, and nothing was written.
fn refused(context: &Context<'_>, key: &str) -> Result<(), StoreError> {
    let now = context.clock();
    context
        .mirror
        .write(|ledger| ledger.finish_intent(context.collection(), key, SentOutcome::Refused, now))
}

/// The outcome is unknown: the intent stays, and nothing else is sent for this record until it is settled.
fn in_doubt(
    context: &Context<'_>,
    intent: &Intent,
    error: &AirflowError,
    answered: Option<Answered>,
) -> Result<(), Failure> {
    Ok(context
        .mirror
        .write(|ledger| failing::in_doubt(context, ledger, intent, error, answered))?)
}
