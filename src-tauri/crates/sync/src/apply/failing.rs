//! Writes that were answered and did not take effect: those on which Airflow fails every time (H35), and those that it
//! accepted and does not show yet (H34). What was lost on the way is told from what was answered, and this outlives the
//! process.

use crate::context::Context;
use crate::failure::Failure;
use crate::record::confirm::confirm;
use crate::record::park::reject_in;
use jiff::SignedDuration;
use leeward_airflow::AirflowError;
use leeward_model::{Problem, Remote};
use leeward_store::{Answered, Doubt, Intent, IntentOp, Ledger, Sent, SentOutcome, StoreError, StoredRecord};
use std::collections::{BTreeMap, BTreeSet};

/// A write on which Airflow failed so often, and which never showed, is refused.
pub(crate) const FAILURES_MAX: usize = 3;
/// A server that failed so often on a page may fail on one of its records: they go one by one. Once is the server's own
/// trouble, such as a database that was locked for a moment.
const PAGE_FAILURES_MAX: usize = 2;

const UNREADABLE: &str = "It was tried again and again. Airflow may be unable to decrypt what it holds there: tell whoever \
                          runs it, or take the change back.";
const ACCEPTED: &str = "Airflow accepted the change, and still shows what was there before.";

/// The outcome of a write is unknown; `answered`: how it was answered, by [`failed`] or as one that was accepted and
/// could not be read back.
pub(crate) fn in_doubt(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    error: &AirflowError,
    answered: Option<Answered>,
) -> Result<(), StoreError> {
    let doubt = Doubt {
        answered,
        reason: Some(Problem::from(error).what),
    };
    ledger.doubt(&intent.collection, &intent.key, &doubt, context.runtime.now())
}

/// How a write was answered that was answered with this error; `None` when that may not have been Airflow's word.
pub(crate) fn failed(error: &AirflowError, how: Answered) -> Option<Answered> {
    error.failed_there().then_some(how)
}

/// Whether the write is not to be seen at all: Airflow shows exactly what was read before it.
pub(crate) fn reads_as_before(context: &Context<'_>, intent: &Intent, read: &Remote) -> bool {
    let mut probe = StoredRecord::new(&intent.collection, &intent.key);
    *read == intent.before && !confirm(context, &mut probe, intent, read)
}

/// It was accepted, and reads as before: a cache or a replica may be behind. As for a lost answer, nothing else is sent
/// until it shows or the settle time is over; it would go out over what somebody else wrote meanwhile.
pub(crate) fn accepted_unseen(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
) -> Result<(), StoreError> {
    let doubt = Doubt {
        answered: Some(Answered::Accepted),
        reason: Some(ACCEPTED.to_owned()),
    };
    ledger.doubt(&intent.collection, &intent.key, &doubt, context.runtime.now())
}

/// How long a write is waited for: the settle time, and longer each time Airflow has failed on it, unless the analyst
/// has changed it since.
pub(crate) fn patience(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
) -> Result<SignedDuration, StoreError> {
    let settle = settle(context);
    let doubt = ledger.doubt_of(&intent.collection, &intent.key)?;
    if doubt.answered != Some(Answered::Failed) || ledger.has_newer_work(intent)? {
        return Ok(settle);
    }
    let before = failures(ledger, intent)?;
    if before + 1 >= FAILURES_MAX {
        return Ok(settle);
    }
    Ok(settle.saturating_mul(1 << before))
}

pub(crate) fn settle(context: &Context<'_>) -> SignedDuration {
    SignedDuration::try_from(context.settings.settle).unwrap_or(SignedDuration::MAX)
}

/// Nothing of the write can arrive any more, and it did not show: it is remembered with what is known of it. One on
/// which Airflow failed again and again is refused; one that made a record which is not there is for a person.
pub(crate) fn conclude(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    remote: &Remote,
) -> Result<(), StoreError> {
    let (collection, key) = (intent.collection.as_str(), intent.key.as_str());
    let doubt = ledger.doubt_of(collection, key)?;
    let outcome = match doubt.answered {
        Some(Answered::Accepted) => SentOutcome::Unseen,
        Some(Answered::Failed) if *remote == intent.before => SentOutcome::Failed,
        Some(Answered::FailedInPage) if *remote == intent.before => SentOutcome::FailedInPage,
        _ => SentOutcome::Lost,
    };
    ledger.finish_intent(collection, key, outcome, context.clock())?;
    match outcome {
        SentOutcome::Failed => refuse_if_hopeless(context, ledger, intent, &doubt),
        SentOutcome::Unseen if intent.op == IntentOp::Create => was_made(context, ledger, key),
        _ => Ok(()),
    }
}

fn refuse_if_hopeless(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    doubt: &Doubt,
) -> Result<(), StoreError> {
    let times = failures(ledger, intent)?;
    let stands = ledger
        .record(&intent.collection, &intent.key)?
        .is_some_and(|record| record.overlay.is_some());
    if times < FAILURES_MAX || !stands || ledger.has_newer_work(intent)? {
        return Ok(());
    }
    let reason = doubt.reason.as_deref().unwrap_or_default();
    let why = format!(
        "{reason} It was tried {times} times, and each time Airflow held afterwards what it had before: it cannot take \
         this change."
    );
    reject_in(context, ledger, &intent.key, &why)
}

/// Airflow failed on the read that guards a write: the write was not sent. What cannot be read for a while and again can
/// never be sent safely: it is refused, and until then told as the cycle's trouble.
pub(crate) fn unread(context: &Context<'_>, key: &str, error: AirflowError) -> Result<(), Failure> {
    let now = context.clock();
    let refused = context.mirror.write(|ledger| {
        ledger.finish_intent(context.collection(), key, SentOutcome::Unread, now)?;
        let sent = ledger.sent_of(context.collection(), key)?;
        let unread = |sent: &&Sent| sent.outcome == SentOutcome::Unread;
        let failures: Vec<&Sent> = sent.iter().rev().take_while(unread).collect();
        let long = settle(context).saturating_mul(2);
        let is_long = failures
            .last()
            .is_some_and(|first| now.duration_since(first.sent_at) >= long);
        if !is_long || failures.len() < FAILURES_MAX {
            return Ok(false);
        }
        let why = format!("{} {UNREADABLE}", Problem::from(&error).what);
        reject_in(context, ledger, key, &why).map(|()| true)
    })?;
    if refused { Ok(()) } else { Err(error.into()) }
}

/// Airflow said that it made the record, and does not have it: somebody deleted it. It is not made anew unasked.
fn was_made(context: &Context<'_>, ledger: &Ledger<'_>, key: &str) -> Result<(), StoreError> {
    let Some(mut record) = ledger.record(context.collection(), key)? else {
        return Ok(());
    };
    if record.base.is_none() && record.overlay.is_some() {
        record.base = Some(BTreeMap::new());
        ledger.save(&record, context.runtime.now())?;
    }
    Ok(())
}

/// How often in a row Airflow failed on exactly this write, the one in flight not counted.
fn failures(ledger: &Ledger<'_>, intent: &Intent) -> Result<usize, StoreError> {
    let sent = ledger.sent_of(&intent.collection, &intent.key)?;
    let same = |sent: &&Sent| {
        sent.outcome == SentOutcome::Failed && sent.op == intent.op && sent.fields == intent.fields
    };
    let tried = sent
        .iter()
        .rev()
        .filter(|sent| sent.outcome != SentOutcome::Unread);
    Ok(tried.take_while(same).count())
}

/// Records on which the server failed, alone or in pages again and again: each of them goes alone, since it must not
/// hold up the others.
pub(crate) fn troubled(context: &Context<'_>, ledger: &Ledger<'_>) -> Result<BTreeSet<String>, StoreError> {
    let mut troubled = BTreeSet::new();
    for key in ledger.failed_keys(context.collection())? {
        let sent = ledger.sent_of(context.collection(), &key)?;
        let has_failed =
            |sent: &&Sent| matches!(sent.outcome, SentOutcome::Failed | SentOutcome::FailedInPage);
        let tried = sent
            .iter()
            .rev()
            .filter(|sent| sent.outcome != SentOutcome::Unread);
        let failures: Vec<&Sent> = tried.take_while(has_failed).collect();
        let alone = failures.iter().any(|sent| sent.outcome == SentOutcome::Failed);
        if alone || failures.len() >= PAGE_FAILURES_MAX {
            troubled.insert(key);
        }
    }
    Ok(troubled)
}
