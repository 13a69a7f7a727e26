//! Apply, many records at once: intents → read the page → plan again → write its dirty fields in one request → read
//! back. Each record keeps an outcome of its own; what Airflow refuses as a whole is sent again one by one, so that the
//! record it is about is found.

use crate::apply::{planned, reject};
use crate::binding::{Write, remote_of, write_of};
use crate::cycle::{Cycle, Failure};
use crate::observe::see;
use crate::problem_of;
use crate::sight::{self, MANY, Sight, Unlisted};
use crate::verify::verify_in;
use leeward_airflow::{AirflowError, BulkWrite, ErrorKind, check_key};
use leeward_merge::Op;
use leeward_model::{Fields, Remote, VARIABLES, secret_id};
use leeward_store::{Intent, IntentOp, Ledger, RemoteMark, SentOutcome, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Of what is written in one request: gateways commonly refuse bodies over 1 MB.
const PAGE_BYTES_MAX: usize = 512 * 1024;
/// A server that failed so often on a page may fail on one of its records: they go one by one. Once is the server's own
/// trouble, such as a database that was locked for a moment.
const FAILED_OFTEN: u32 = 2;

/// From so many writes on it is worth to know where in the listing they stand.
const CROWD: usize = 50;

/// A write that is to be sent: what is taken down of it, and what is asked for.
pub(crate) type Planned = (Intent, Op);

/// What is to be written in one request.
#[derive(Debug)]
pub(crate) struct Page {
    /// In order.
    pub(crate) keys: Vec<String>,
    /// Where in Airflow's listing they stand, if they stand together.
    pub(crate) near: Option<u64>,
}

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

/// Sorts what is to be written into pages, and into what has to go one by one.
pub(crate) async fn divide(
    cycle: &Cycle<'_>,
    writes: Vec<(String, Op)>,
) -> Result<(Vec<Page>, Vec<String>), StoreError> {
    let troubled = troubled(cycle);
    let (many, mut single): (Vec<_>, Vec<_>) = writes
        .into_iter()
        .partition(|(key, op)| suits_a_page(key, op) && !troubled.contains(key));
    let page = if many.len() < MANY {
        None
    } else {
        page_of(cycle).await
    };
    let mut pages = match page {
        Some(page) => pages(&many, page),
        None => many.into_iter().map(|(key, _)| vec![key]).collect(),
    };
    let rest: Vec<Vec<String>> = pages.extract_if(.., |page| page.len() < MANY).collect();
    let mut single: Vec<String> = single
        .drain(..)
        .map(|(key, _)| key)
        .chain(rest.concat())
        .collect();
    single.sort();
    Ok((with_places(cycle, pages, page.unwrap_or_default())?, single))
}

/// Says of each page where its records stand in the listing by key. Airflow may sort otherwise; then they are looked for
/// by name.
fn with_places(cycle: &Cycle<'_>, pages: Vec<Vec<String>>, page_max: usize) -> Result<Vec<Page>, StoreError> {
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    if pages.iter().map(Vec::len).sum::<usize>() >= CROWD {
        let marks = cycle.engine.read(|ledger| ledger.remote_marks(VARIABLES))?;
        let listed = marks
            .into_iter()
            .filter(|(_, mark)| matches!(mark, RemoteMark::Present(_)));
        places.extend(listed.zip(0..).map(|((key, _), place)| (key, place)));
    }
    let near = |keys: &[String]| {
        let places: Option<Vec<u64>> = keys.iter().map(|key| places.get(key).copied()).collect();
        let places = places?;
        let (first, last) = (places.iter().min()?, places.iter().max()?);
        let fits = usize::try_from(last - first).is_ok_and(|span| span < page_max);
        fits.then_some(*first)
    };
    let page = |keys: Vec<String>| Page {
        near: near(&keys),
        keys,
    };
    Ok(pages.into_iter().map(page).collect())
}

/// Records of pages on which the server failed again and again: one of them may be why, and must not hold up the
/// others.
fn troubled(cycle: &Cycle<'_>) -> BTreeSet<String> {
    let memory = cycle.engine.memory();
    let often = memory
        .failed_in_page
        .iter()
        .filter(|(_, times)| **times >= FAILED_OFTEN);
    often.map(|(key, _)| key.clone()).collect()
}

/// How many records go into one request; `None` where bulk updates would overwrite more than was asked for (H28), or
/// where that cannot be found out now.
async fn page_of(cycle: &Cycle<'_>) -> Option<usize> {
    match cycle.engine.airflow.bulk_ability().await {
        Ok(ability) => ability.masks.then_some(ability.page),
        Err(error) => {
            tracing::info!(what = %error, "written one by one");
            None
        }
    }
}

/// Deletes, and secrets on their way, go one by one; so does what Airflow could not find again.
fn suits_a_page(key: &str, op: &Op) -> bool {
    let plain = |fields: &Fields| fields.values().all(|value| secret_id(value).is_none());
    check_key(key).is_ok() && matches!(op, Op::Create { fields } | Op::Update { fields, .. } if plain(fields))
}

fn pages(writes: &[(String, Op)], page_max: usize) -> Vec<Vec<String>> {
    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for (key, op) in writes {
        let more = key.len() + bytes_of(op);
        if pages
            .last()
            .is_none_or(|page| page.len() >= page_max || bytes + more > PAGE_BYTES_MAX)
        {
            pages.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(page) = pages.last_mut() {
            page.push(key.clone());
        }
    }
    pages
}

fn bytes_of(op: &Op) -> usize {
    match op {
        Op::Create { fields } | Op::Update { fields, .. } => {
            fields.values().map(|value| value.to_string().len()).sum()
        }
        _ => 0,
    }
}

/// What each record of the page holds now, just before it is written.
pub(crate) async fn look(cycle: &Cycle<'_>, ready: &Ready) -> Result<Sight, AirflowError> {
    let keys = ready.writes.iter().map(|(intent, _)| guarded(intent));
    sight::look(cycle, keys, ready.near).await
}

/// Plans again by what was seen, and writes. `None` when nothing of it is known to have been answered; `left` takes the
/// keys that have to be sent one by one. `began`: when the look was begun.
pub(crate) async fn write(
    cycle: &Cycle<'_>,
    ready: Ready,
    before: &Sight,
    began: Duration,
    left: &mut Vec<String>,
) -> Result<Option<Sent>, Failure> {
    let Ready { mut writes, near } = ready;
    left.extend(prepare_again(cycle, &mut writes, before)?);
    let (bulk, unsendable) = bulk_of(cycle, &mut writes);
    for (key, reason) in unsendable {
        reject(cycle, &key, &reason)?;
    }
    let sent = cycle.engine.airflow.write_variables(&bulk).await;
    let window = cycle.sent(writes.iter().map(|(intent, _)| intent), began);
    match sent {
        Ok(outcome) => {
            let answered = keys_of(&writes);
            cycle
                .engine
                .memory()
                .failed_in_page
                .retain(|key, _| !answered.contains(key));
            Ok(Some(Sent {
                writes,
                near,
                window,
                without_errors: outcome.without_errors,
            }))
        }
        Err(error) => {
            left.extend(not_answered(cycle, &writes, window, error)?);
            Ok(None)
        }
    }
}

/// What each record of the page holds after it was written.
pub(crate) async fn look_back(cycle: &Cycle<'_>, sent: &Sent) -> Result<Sight, AirflowError> {
    let keys = sent
        .writes
        .iter()
        .map(|(intent, _)| (intent.key.as_str(), Unlisted::Ask));
    sight::look(cycle, keys, sent.near).await
}

/// A creation fails where the key exists, so its absence need not be proven first.
fn guarded(intent: &Intent) -> (&str, Unlisted) {
    let unlisted = match intent.op {
        IntentOp::Create => Unlisted::Absent,
        IntentOp::Update | IntentOp::Delete => Unlisted::Ask,
    };
    (&intent.key, unlisted)
}

/// Plans the writes and takes them down, all in one transaction, before anything is sent.
pub(crate) fn prepare(cycle: &Cycle<'_>, page: &Page) -> Result<Ready, StoreError> {
    let writes = cycle.engine.write(|ledger| {
        let mut writes = Vec::new();
        for key in &page.keys {
            writes.extend(plan_for_page(cycle, ledger, key)?);
        }
        Ok(writes)
    })?;
    Ok(Ready {
        writes,
        near: page.near,
    })
}

/// What no longer suits a page is left for the next cycle.
fn plan_for_page(cycle: &Cycle<'_>, ledger: &Ledger<'_>, key: &str) -> Result<Option<Planned>, StoreError> {
    let Some((intent, op)) = planned(cycle, ledger, key)? else {
        return Ok(None);
    };
    if !suits_a_page(key, &op) {
        ledger.clear_intent(VARIABLES, key)?;
        return Ok(None);
    }
    Ok(Some((intent, op)))
}

/// The page was read just now: what moved since the plan was made is planned again. Returns the keys that could not be
/// read by themselves, which are for one by one to judge.
fn prepare_again(cycle: &Cycle<'_>, page: &mut Vec<Planned>, sight: &Sight) -> Result<Vec<String>, Failure> {
    let (remotes, stands) = cycle
        .engine
        .read(|ledger| Ok((remotes_of(ledger, page, sight)?, all_may_be_sent(ledger, page)?)))?;
    if !stands {
        // The mirror was rebuilt meanwhile: the next cycle sees what is left to send.
        clear_all(cycle, page)?;
        page.clear();
        return Ok(Vec::new());
    }
    let same = |(planned, remote): (&Planned, &Option<Remote>)| remote.as_ref() == Some(&planned.0.before);
    if page.iter().zip(&remotes).all(same) {
        return Ok(Vec::new());
    }
    let (again, left) = cycle.engine.write(|ledger| {
        let (mut again, mut left) = (Vec::new(), Vec::new());
        for ((intent, op), remote) in page.iter().zip(&remotes) {
            match remote {
                Some(remote) if *remote == intent.before => again.push((intent.clone(), op.clone())),
                Some(remote) => again.extend(replan(cycle, ledger, &intent.key, remote)?),
                None => {
                    ledger.clear_intent(VARIABLES, &intent.key)?;
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
    ledger: &Ledger<'_>,
    page: &[Planned],
    sight: &Sight,
) -> Result<Vec<Option<Remote>>, StoreError> {
    let remote = |(intent, _): &Planned| match sight.get(&intent.key) {
        Some(Ok(read)) => remote_of(ledger, read.as_ref()).map(Some),
        _ => Ok(None),
    };
    page.iter().map(remote).collect()
}

fn replan(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    remote: &Remote,
) -> Result<Option<Planned>, StoreError> {
    ledger.clear_intent(VARIABLES, key)?;
    if let Some(mut record) = ledger.record(VARIABLES, key)? {
        see(cycle, ledger, &mut record, remote.clone())?;
        ledger.save(&record, cycle.engine.runtime.now())?;
    }
    plan_for_page(cycle, ledger, key)
}

/// The request; records whose part of it cannot be made are taken out of the page, with the reason.
fn bulk_of(cycle: &Cycle<'_>, page: &mut Vec<Planned>) -> (BulkWrite, Vec<(String, String)>) {
    let (mut bulk, mut unsendable) = (BulkWrite::default(), Vec::new());
    page.retain(
        |(intent, op)| match write_of(&intent.key, op, cycle.engine.replacements.as_ref()) {
            Ok(Write::Create(variable)) => {
                bulk.creates.push(variable);
                true
            }
            Ok(Write::Patch(patch)) => {
                bulk.updates.push((intent.key.clone(), patch));
                true
            }
            Ok(Write::Delete) => false,
            Err(reason) => {
                unsendable.push((intent.key.clone(), reason.0));
                false
            }
        },
    );
    (bulk, unsendable)
}

/// The page is not sent after all.
pub(crate) fn clear(cycle: &Cycle<'_>, ready: &Ready) -> Result<(), StoreError> {
    clear_all(cycle, &ready.writes)
}

fn clear_all(cycle: &Cycle<'_>, page: &[Planned]) -> Result<(), StoreError> {
    cycle.engine.write(|ledger| {
        let clear = |(intent, _): &Planned| ledger.clear_intent(VARIABLES, &intent.key);
        page.iter().try_for_each(clear)
    })
}

/// The read before the write failed as a whole: nothing was sent. Returns the keys to be sent one by one.
pub(crate) fn not_begun(
    cycle: &Cycle<'_>,
    ready: &Ready,
    error: AirflowError,
) -> Result<Vec<String>, Failure> {
    let keys = keys_of(&ready.writes);
    clear(cycle, ready)?;
    match error.kind() {
        ErrorKind::Forbidden | ErrorKind::Rejected { .. } => Ok(keys),
        _ => Err(error.into()),
    }
}

/// Takes down what was read back, and what that means for each record. Returns the keys whose write is not to be seen
/// and that Airflow named as failed: they are sent one by one.
pub(crate) fn take_over(cycle: &Cycle<'_>, sent: &Sent, sight: &Sight) -> Result<Vec<String>, StoreError> {
    cycle.engine.write(|ledger| {
        ledger.note_write_window(sent.window)?;
        let mut unseen = Vec::new();
        for (intent, _) in &sent.writes {
            let arrived = match sight.get(&intent.key) {
                Some(Ok(read)) => verify_in(cycle, ledger, intent, read.as_ref())?,
                Some(Err(error)) => mark_in_doubt(cycle, ledger, intent, error).map(|()| true)?,
                None => true,
            };
            if !arrived && !sent.without_errors {
                unseen.push(intent.key.clone());
            }
        }
        Ok(unseen)
    })
}

/// The request was not answered with success. Returns the keys to be sent one by one.
fn not_answered(
    cycle: &Cycle<'_>,
    page: &[Planned],
    window: Duration,
    error: AirflowError,
) -> Result<Vec<String>, Failure> {
    if error.outcome_unknown() {
        if matches!(error.kind(), ErrorKind::ServerTrouble { .. }) {
            let mut memory = cycle.engine.memory();
            let keys = keys_of(page).into_iter();
            keys.for_each(|key| *memory.failed_in_page.entry(key).or_default() += 1);
        }
        all_in_doubt(cycle, page, window, &error)?;
        return Ok(Vec::new());
    }
    let keys = keys_of(page);
    let refused = matches!(
        error.kind(),
        ErrorKind::Rejected { .. }
            | ErrorKind::Forbidden
            | ErrorKind::Unaddressable(_)
            | ErrorKind::MaskRefused
    );
    let now = cycle.clock();
    cycle.engine.write(|ledger| {
        keys.iter().try_for_each(|key| match refused {
            true => ledger.finish_intent(VARIABLES, key, SentOutcome::Refused, now),
            false => ledger.clear_intent(VARIABLES, key),
        })
    })?;
    if refused { Ok(keys) } else { Err(error.into()) }
}

/// It cannot be told what became of the page.
pub(crate) fn all_in_doubt(
    cycle: &Cycle<'_>,
    page: &[Planned],
    window: Duration,
    error: &AirflowError,
) -> Result<(), StoreError> {
    cycle.engine.write(|ledger| {
        ledger.note_write_window(window)?;
        let mark = |(intent, _): &Planned| mark_in_doubt(cycle, ledger, intent, error);
        page.iter().try_for_each(mark)
    })
}

fn mark_in_doubt(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    intent: &Intent,
    error: &AirflowError,
) -> Result<(), StoreError> {
    let note = problem_of(error).what;
    ledger.mark_in_doubt(&intent.collection, &intent.key, &note, cycle.engine.runtime.now())
}

fn keys_of(page: &[Planned]) -> Vec<String> {
    page.iter().map(|(intent, _)| intent.key.clone()).collect()
}
