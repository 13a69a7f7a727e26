//! One pass over everything: the order of its steps, and its end.

use crate::context::Context;
use crate::event_log::news::{self, Look, News};
use crate::event_log::server;
use crate::failure::Failure;
use crate::listener::Notice;
use crate::observe::full_scan::{self, Observed};
use crate::observe::hints::{self, Hinted};
use crate::observe::{scan_due, unlisted};
use crate::{account, apply, companion, doubt, outbox, overwritten, runs, status};
use leeward_model::{CycleSummary, LinkState, Problem, ProblemCode, Scan};
use leeward_store::StoreError;

/// Everything: observe, settle what is in doubt, apply, the outbox, the runs.
pub(crate) async fn run(context: &Context<'_>) -> Result<(CycleSummary, Vec<Notice>), Problem> {
    let feed_before = context.mirror.read(|ledger| ledger.last_feed())?;
    let outcome = steps(context).await.and_then(|()| context.first_tolerated());
    if matches!(outcome, Err(Failure::Stopped)) {
        context.count_what_was_read();
    }
    note_sent(context);
    let linked = note_link(context, outcome);
    account::note(context, linked.as_ref().err(), feed_before)?;
    let stopped = match linked {
        Ok(()) => false,
        Err(problem) if problem.code == ProblemCode::Stopped => true,
        Err(problem) => return Err(problem),
    };
    if !stopped {
        context.memory().checked_at = Some(context.began_at);
    }
    let summary = CycleSummary {
        stopped,
        ..account::summary(context)?
    };
    tracing::info!(environment = %context.environment(), ?summary, "cycle done");
    Ok((summary, context.tally.take_notices()))
}

/// Only the batches on their way, the outbox and the runs under way.
pub(crate) async fn follow(context: &Context<'_>) -> Result<Vec<Notice>, Problem> {
    let outcome = follow_steps(context)
        .await
        .and_then(|()| context.first_tolerated());
    note_sent(context);
    note_link(context, outcome)?;
    Ok(context.tally.take_notices())
}

async fn follow_steps(context: &Context<'_>) -> Result<(), Failure> {
    companion::follow(context).await?;
    outbox_steps(context).await
}

async fn steps(context: &Context<'_>) -> Result<(), Failure> {
    let news = match context.unless_stopped(news::read(context)).await?? {
        Look::AnotherServer => return Ok(()),
        Look::Unreadable => {
            context.memory().forget_sent();
            None
        }
        Look::News(news) => Some(overwritten::judge(context, news)?),
    };
    let seen = observe_all(context, news.as_ref()).await?;
    companion::observe(context).await?;
    let is_open = |seen: Seen| !matches!(seen, Seen::Stopped | Seen::Forbidden);
    let open = seen.iter().filter(|(_, seen)| is_open(*seen));
    let open: Vec<_> = open.map(|(collection, _)| collection).collect();
    for collection in &open {
        context.look_for_stop()?;
        collection.keep_apart(settle_and_apply(collection).await)?;
    }
    for (collection, companion) in context.companion() {
        context.look_for_stop()?;
        collection.keep_apart(companion::settle_and_apply(&collection, companion).await)?;
    }
    context.look_for_stop()?;
    // Who may read no collection may still run DAGs.
    if !open.is_empty() || seen.iter().all(|(_, seen)| *seen == Seen::Forbidden) {
        outbox_steps(context).await?;
        overwritten::look(context).await?;
    }
    context.unless_stopped(runs::refresh(context)).await?
}

async fn settle_and_apply(context: &Context<'_>) -> Result<(), Failure> {
    doubt::settle(context).await?;
    apply::single::apply(context).await
}

/// Observes every collection.
async fn observe_all<'e>(
    context: &Context<'e>,
    news: Option<&News>,
) -> Result<Vec<(Context<'e>, Seen)>, Failure> {
    // Where no row tells of records, any row will do by which to know the server; it must be older than the scans.
    let any = match news {
        Some(news) if news.newest.is_none() && server::known_mark(context)?.is_none() => {
            news::any_row(context).await?
        }
        _ => None,
    };
    let (mut all, mut is_news_followed, mut is_whole) = (Vec::new(), true, true);
    let mut is_any_read = false;
    for collection in context.collections() {
        if !works_by_its_model(&collection)? {
            (is_news_followed, is_whole) = (false, false);
            continue;
        }
        let seen = collection.keep_apart(observe(&collection, news).await)?;
        is_any_read |= seen.is_some();
        let seen = seen.unwrap_or(Seen::Stopped);
        is_news_followed &= matches!(seen, Seen::Hinted | Seen::Whole | Seen::Forbidden);
        is_whole &= matches!(seen, Seen::Whole | Seen::Forbidden);
        all.push((collection, seen));
    }
    if !is_any_read {
        // The trouble is the server's: it is left alone.
        context.first_tolerated()?;
    }
    // What the rows led to has been read, and anything older than the mark.
    if let Some(news) = news.filter(|_| is_news_followed) {
        news.keep(context)?;
    }
    if is_whole {
        any.iter().try_for_each(|row| server::put_mark(context, row))?;
    }
    Ok(all)
}

/// Whether the collection has the data model that Airflow was seen to have in this cycle: the Variables are read first. The
/// next cycle, which begins at once, has it.
fn works_by_its_model(context: &Context<'_>) -> Result<bool, Failure> {
    if context.model().is_built_in() {
        return Ok(true);
    }
    Ok(context
        .mirror
        .read(|ledger| ledger.works_by_its_model(context.collection()))?)
}

/// What was seen of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// What the event log points at.
    Hinted,
    /// All of it.
    Whole,
    /// Its listing cannot be read: single records alone, and not all that the event log points at.
    InPart,
    /// Nothing may be concluded or written.
    Stopped,
    /// This user may not read it.
    Forbidden,
}

/// Looks at what the event log points at in the collection, or at all of it.
async fn observe(context: &Context<'_>, news: Option<&News>) -> Result<Seen, Failure> {
    if let Some(news) = news {
        let keys = hints::keys(context, news)?;
        context.know_authors(&keys);
        let is_due = scan_due::is_due(context, news)?;
        let is_forbidden = full_scan::is_known_as_forbidden(context)?;
        if is_forbidden && !is_due && full_scan::waiting(context)?.is_empty() {
            // Who may not list it may not read its records either: asking again and again helps nobody.
            context.memory().of(context.collection()).looks.clear();
            return Ok(Seen::Forbidden);
        }
        if !is_due && !is_forbidden && matches!(hints::observe(context, &keys).await?, Hinted::Read) {
            context.tally.scan(Scan::Hinted);
            hints::look_again(context, news);
            return Ok(Seen::Hinted);
        }
    }
    context.tally.scan(Scan::Full);
    let demand = context
        .mirror
        .read(|ledger| ledger.demanded_full_scan(context.collection()))?;
    match full_scan::observe(context).await? {
        Observed::Whole => {}
        Observed::Stopped => return Ok(Seen::Stopped),
        Observed::Forbidden => return Ok(Seen::Forbidden),
        Observed::Unlisted(error) => {
            let is_followed = unlisted::go_on(context, news, error).await?;
            return Ok(if is_followed { Seen::Hinted } else { Seen::InPart });
        }
    }
    if let Some(demand) = demand {
        context
            .mirror
            .write(|ledger| ledger.complete_full_scan(context.collection(), demand))?;
    }
    if let Some(news) = news {
        hints::look_again(context, news);
    }
    Ok(Seen::Whole)
}

async fn outbox_steps(context: &Context<'_>) -> Result<(), Failure> {
    if !is_stopped(context)? {
        outbox::send::send_due(context).await?;
    }
    runs::follow(context).await
}

/// Whether so much of the first collection is gone, or the event log is so different, that this may be another server. A
/// brake on another collection holds no run.
fn is_stopped(context: &Context<'_>) -> Result<bool, StoreError> {
    let brakes = context.mirror.read(|ledger| ledger.brakes())?;
    Ok(brakes
        .iter()
        .any(|brake| brake.collection == context.collection()))
}

/// The status line tells when something last arrived.
fn note_sent(context: &Context<'_>) {
    if context.tally.pushed.count() + context.tally.started.count() > 0 {
        context.memory().sent_at = Some(context.runtime.now());
    }
}

/// Writes down how the link stands, so that every process tells the same.
fn note_link(context: &Context<'_>, outcome: Result<(), Failure>) -> Result<(), Problem> {
    let Err(failure) = outcome else {
        context.memory().answered_at = Some(context.runtime.now());
        return Ok(status::note_answer(context)?);
    };
    if matches!(failure, Failure::Stopped) {
        // That says nothing of the link; what was read or written by then does.
        if context.has_got_anywhere() {
            context.memory().answered_at = Some(context.runtime.now());
            status::note_link_is_up(context)?;
        }
        return Err(failure.into());
    }
    let problem = Problem::from(failure);
    let link = link_of(problem.code);
    let told = match link {
        // What can be done about it is said at once: nothing but asking somebody helps.
        Some(LinkState::NotAllowed) => format!("{} {}", problem.what, problem.next),
        _ => problem.what.clone(),
    };
    tracing::warn!(environment = %context.environment(), code = ?problem.code, what = %problem.what, "cycle stopped");
    status::note_trouble(context, link, &told)?;
    Err(problem)
}

fn link_of(code: ProblemCode) -> Option<LinkState> {
    match code {
        ProblemCode::Unreachable => Some(LinkState::Offline),
        ProblemCode::SignInNeeded => Some(LinkState::SignInNeeded),
        ProblemCode::Forbidden => Some(LinkState::NotAllowed),
        ProblemCode::Storage | ProblemCode::Internal => None,
        _ => Some(LinkState::Trouble),
    }
}
