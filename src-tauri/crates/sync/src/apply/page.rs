//! Apply, many records at once: intents → read the page → plan again → write its dirty fields in one request → read
//! back. Each record keeps an outcome of its own; what Airflow refuses as a whole is sent again one by one, so that the
//! record it is about is found.

use crate::apply::divide::{Page, suits_a_page};
use crate::apply::failing;
use crate::apply::intent::{Planned, is_other_now, planned};
use crate::binding::{Item, PageWrite};
use crate::context::Context;
use crate::failure::Failure;
use crate::observe::read_set::{self, NotListed, ReadSet};
use crate::record::advance::see;
use crate::record::confirm::verify_seen;
use crate::record::park::reject;
use leeward_airflow::{AirflowError, ErrorKind};
use leeward_model::Remote;
use leeward_store::{Answered, Intent, IntentOp, Ledger, SentOutcome, StoreError};
use std::time::Duration;

/// Of a write that could not be read back.
pub(crate) const ACCEPTED: Option<Answered> = Some(Answered::Accepted);

/// A page that was taken down, and not sent.
pub(crate) struct Ready {
    pub(crate) writes: Vec<Planned>,
    pub(crate) near: Option<u64>,
}

/// A page that was sent and answered.
pub(crate) struct Sent {
    pub(crate) writes: Vec<Planned>,
    pub(crate) near: Option<u64>,
    pub(crate) window: Duration,
    pub(crate) without_errors: bool,
}

/// What each record of the page holds now, just before it is written.
pub(crate) async fn look(context: &Context<'_>, ready: &Ready) -> Result<ReadSet, AirflowError> {
    let keys = ready.writes.iter().map(|(intent, _)| guarded(intent));
    read_set::look(context, keys, ready.near).await
}

/// Plans again by what was seen, and writes. `None` when nothing of it is known to have been answered; `left` takes the
/// keys that have to be sent one by one. `began`: when the look was begun.
pub(crate) async fn write(
    context: &Context<'_>,
    ready: Ready,
    before: &ReadSet,
    began: Duration,
    left: &mut Vec<String>,
) -> Result<Option<Sent>, Failure> {
    let Ready { mut writes, near } = ready;
    left.extend(prepare_again(context, &mut writes, before)?);
    let (bulk, unsendable) = bulk_of(context, &mut writes, before);
    for (key, reason) in unsendable {
        reject(context, &key, &reason)?;
    }
    let sent = context.source().send_page(context.airflow, bulk).await;
    let window = context.sent(writes.iter().map(|(intent, _)| intent), began);
    match sent {
        Ok(outcome) => Ok(Some(Sent {
            writes,
            near,
            window,
            without_errors: outcome.without_errors,
        })),
        Err(error) => {
            left.extend(not_answered(context, &writes, window, error)?);
            Ok(None)
        }
    }
}

/// What each record of the page holds after it was written.
pub(crate) async fn look_back(context: &Context<'_>, sent: &Sent) -> Result<ReadSet, AirflowError> {
    let keys = sent
        .writes
        .iter()
        .map(|(intent, _)| (intent.key.as_str(), NotListed::ConfirmByKey));
    read_set::look(context, keys, sent.near).await
}

/// A creation fails where the key exists, so its absence need not be proven first.
fn guarded(intent: &Intent) -> (&str, NotListed) {
    let unlisted = match intent.op {
        IntentOp::Create => NotListed::Absent,
        IntentOp::Update | IntentOp::Delete => NotListed::ConfirmByKey,
    };
    (&intent.key, unlisted)
}

/// Plans the writes and takes them down, all in one transaction, before anything is sent.
pub(crate) fn prepare(context: &Context<'_>, page: &Page) -> Result<Ready, StoreError> {
    let writes = context.mirror.write(|ledger| {
        let mut writes = Vec::new();
        for key in &page.keys {
            writes.extend(plan_for_page(context, ledger, key)?);
        }
        Ok(writes)
    })?;
    Ok(Ready {
        writes,
        near: page.near,
    })
}

/// What no longer suits a page is left for the next cycle.
fn plan_for_page(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
) -> Result<Option<Planned>, StoreError> {
    let Some((intent, op)) = planned(context, ledger, key)? else {
        return Ok(None);
    };
    if !suits_a_page(context, key, &op) {
        ledger.clear_intent(context.collection(), key)?;
        return Ok(None);
    }
    Ok(Some((intent, op)))
}

/// The page was read just now: what moved since the plan was made, or was worked on meanwhile, is planned again. Returns
/// the keys that could not be read by themselves, which are for one by one to judge.
fn prepare_again(
    context: &Context<'_>,
    page: &mut Vec<Planned>,
    read_set: &ReadSet,
) -> Result<Vec<String>, Failure> {
    let (remotes, stands, newer) = context.mirror.read(|ledger| {
        let newer = page.iter().map(|(intent, _)| is_other_now(ledger, intent));
        let newer = newer.collect::<Result<Vec<_>, _>>()?;
        Ok((
            remotes_of(context, ledger, page, read_set)?,
            all_may_be_sent(ledger, page)?,
            newer,
        ))
    })?;
    if !stands {
        // The mirror was rebuilt meanwhile: the next cycle sees what is left to send.
        clear_all(context, page)?;
        page.clear();
        return Ok(Vec::new());
    }
    let stays = |intent: &Intent, remote: &Remote, is_newer: bool| !is_newer && *remote == intent.before;
    let seen = || page.iter().zip(&remotes).zip(&newer);
    if seen()
        .all(|((planned, remote), newer)| remote.as_ref().is_some_and(|it| stays(&planned.0, it, *newer)))
    {
        return Ok(Vec::new());
    }
    let (again, left) = context.mirror.write(|ledger| {
        let (mut again, mut left) = (Vec::new(), Vec::new());
        for (((intent, op), remote), newer) in seen() {
            match remote {
                Some(remote) if stays(intent, remote, *newer) => again.push((intent.clone(), op.clone())),
                Some(remote) => again.extend(replan(context, ledger, &intent.key, remote)?),
                None => {
                    ledger.clear_intent(context.collection(), &intent.key)?;
                    left.push(intent.key.clone());
                }
            }
        }
        Ok::<_, StoreError>((again, left))
    })?;
    *page = again;
    Ok(left)
}

fn all_may_be_sent(ledger: &Ledger<'_>, page: &[Planned]) -> Result<bool, StoreError> {
    for (intent, _) in page {
        if !ledger.may_be_sent(intent)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What each of the page's records is now; `None` where it could not be read.
fn remotes_of(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    page: &[Planned],
    read_set: &ReadSet,
) -> Result<Vec<Option<Remote>>, StoreError> {
    let remote = |(intent, _): &Planned| match read_set.get(&intent.key) {
        Some(Ok(read)) => context.decode(ledger, read.as_ref()).map(Some),
        _ => Ok(None),
    };
    page.iter().map(remote).collect()
}

fn replan(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    remote: &Remote,
) -> Result<Option<Planned>, StoreError> {
    ledger.clear_intent(context.collection(), key)?;
    if let Some(mut record) = ledger.record(context.collection(), key)? {
        see(context, ledger, &mut record, remote.clone())?;
        ledger.save(&record, context.runtime.now())?;
    }
    plan_for_page(context, ledger, key)
}

/// The request; records whose part of it cannot be made are taken out of the page, with the reason.
fn bulk_of(
    context: &Context<'_>,
    page: &mut Vec<Planned>,
    read_set: &ReadSet,
) -> (PageWrite, Vec<(String, String)>) {
    let (mut bulk, mut unsendable) = (PageWrite::new(), Vec::new());
    let read = |key: &str| read_set.get(key)?.as_ref().ok()?.as_ref();
    page.retain(|(intent, op)| {
        let key = intent.key.as_str();
        match context.binding().encode(key, op, read(key), context.replacements) {
            Ok(write) if write.is_delete() => false,
            Ok(write) => {
                bulk.push(write);
                true
            }
            Err(reason) => {
                unsendable.push((key.to_owned(), reason.0));
                false
            }
        }
    });
    (bulk, unsendable)
}

/// The page is not sent after all.
pub(crate) fn clear(context: &Context<'_>, ready: &Ready) -> Result<(), StoreError> {
    clear_all(context, &ready.writes)
}

fn clear_all(context: &Context<'_>, page: &[Planned]) -> Result<(), StoreError> {
    context.mirror.write(|ledger| {
        let clear = |(intent, _): &Planned| ledger.clear_intent(context.collection(), &intent.key);
        page.iter().try_for_each(clear)
    })
}

/// The read before the write failed as a whole: nothing was sent. Returns the keys to be sent one by one.
pub(crate) fn not_begun(
    context: &Context<'_>,
    ready: &Ready,
    error: AirflowError,
) -> Result<Vec<String>, Failure> {
    let keys = keys_of(&ready.writes);
    clear(context, ready)?;
    match error.kind() {
        ErrorKind::Forbidden | ErrorKind::Rejected { .. } => Ok(keys),
        _ => Err(error.into()),
    }
}

/// Takes down what was read back, and what that means for each record. Returns the keys whose write is not to be seen
/// and that Airflow named as failed: they are sent one by one.
pub(crate) fn take_over(
    context: &Context<'_>,
    sent: &Sent,
    read_set: &ReadSet,
) -> Result<Vec<String>, StoreError> {
    context.mirror.write(|ledger| {
        ledger.note_write_window(sent.window)?;
        let mut unseen = Vec::new();
        for (intent, _) in &sent.writes {
            let arrived = match read_set.get(&intent.key) {
                Some(Ok(read)) => take_over_one(context, ledger, sent, intent, read.as_ref())?,
                Some(Err(error)) => {
                    failing::in_doubt(context, ledger, intent, error, ACCEPTED).map(|()| true)?
                }
                None => true,
            };
            if !arrived && !sent.without_errors {
                unseen.push(intent.key.clone());
            }
        }
        Ok(unseen)
    })
}

/// `false` when it is not to be seen. One that was accepted without a word and reads as before may only be seen later.
fn take_over_one(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    sent: &Sent,
    intent: &Intent,
    read: Option<&Item>,
) -> Result<bool, StoreError> {
    let remote = context.decode(ledger, read)?;
    if sent.without_errors && failing::reads_as_before(context, intent, &remote) {
        return failing::accepted_unseen(context, ledger, intent).map(|()| true);
    }
    verify_seen(context, ledger, intent, remote)
}

/// The request was not answered with success. Returns the keys to be sent one by one.
fn not_answered(
    context: &Context<'_>,
    page: &[Planned],
    window: Duration,
    error: AirflowError,
) -> Result<Vec<String>, Failure> {
    if error.outcome_unknown() {
        let answered = failing::failed(&error, Answered::FailedInPage);
        all_in_doubt(context, page, window, &error, answered)?;
        return Ok(Vec::new());
    }
    let keys = keys_of(page);
    let refused = matches!(
        error.kind(),
        ErrorKind::Rejected { .. }
            | ErrorKind::Forbidden
            | ErrorKind::Unaddressable(_)
            | ErrorKind::MaskRefused
            | ErrorKind::HiddenValueAtRisk
    );
    let now = context.clock();
    context.mirror.write(|ledger| {
        keys.iter().try_for_each(|key| match refused {
            true => ledger.finish_intent(context.collection(), key, SentOutcome::Refused, now),
            false => ledger.clear_intent(context.collection(), key),
        })
    })?;
    if refused { Ok(keys) } else { Err(error.into()) }
}

/// It cannot be told what became of the page.
pub(crate) fn all_in_doubt(
    context: &Context<'_>,
    page: &[Planned],
    window: Duration,
    error: &AirflowError,
    answered: Option<Answered>,
) -> Result<(), StoreError> {
    context.mirror.write(|ledger| {
        ledger.note_write_window(window)?;
        let mark = |(intent, _): &Planned| failing::in_doubt(context, ledger, intent, error, answered);
        page.iter().try_for_each(mark)
    })
}

fn keys_of(page: &[Planned]) -> Vec<String> {
    page.iter().map(|(intent, _)| intent.key.clone()).collect()
}
