//! Where things stand, as one function of the mirror: the tray, the screens and `leewardctl status` all show this.

mod line;

use crate::context::Context;
use jiff::{SignedDuration, Timestamp};
use leeward_model::{LinkState, Scan, Status, SyncProgress, TrayState};
use leeward_store::{Counts, Ledger, Observation, StoreError};
use std::collections::{BTreeMap, BTreeSet};

const LINK: &str = "link";
const TROUBLE: &str = "trouble";
const LAST_ANSWER: &str = "last_answer";
const NOT_ALLOWED: &str = "not_allowed";

/// An observation older than this no longer supports "in sync": the longest time between two full scans, and a margin
/// for one that takes long or must be tried again (docs/adr/0006-what-is-read-between-full-scans.md).
const RECENT: SignedDuration = SignedDuration::from_mins(20);
/// Times in the mirror are renewed at most so often, so that a quiet cycle writes nothing.
const GRAIN: SignedDuration = SignedDuration::from_mins(4);

/// What only this process knows.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// A cycle runs.
    pub syncing: bool,
    /// How far the cycle is, where it takes long.
    pub progress: Option<SyncProgress>,
    /// Sync is paused.
    pub paused: bool,
    /// It is paused because a person stopped a cycle, until they ask for one.
    pub stopped: bool,
    /// Nothing is sent before the analyst has looked at it.
    pub review: bool,
    /// When all of a collection was last read, where this process knows better than the mirror; by its name.
    pub observed_at: BTreeMap<String, Timestamp>,
    /// When Airflow last answered, where this process knows better than the mirror.
    pub answered_at: Option<Timestamp>,
    /// When this process last asked Airflow what changed and took over all of it, where it knows better than the mirror.
    pub checked_at: Option<Timestamp>,
    /// When something last arrived in Airflow, by this process.
    pub sent_at: Option<Timestamp>,
    /// The server's clock in its last answer to this process: this computer's may have been set back since everything
    /// was last read.
    pub server_clock: Option<Timestamp>,
}

/// Where an environment stands.
///
/// # Errors
/// Those of the mirror.
pub fn status(
    ledger: &Ledger<'_>,
    environment: &str,
    live: &Live,
    now: Timestamp,
) -> Result<Status, StoreError> {
    let counts = ledger.counts()?;
    let link: LinkState = ledger.get_meta(LINK)?.unwrap_or_default();
    let mut status = Status {
        environment: environment.to_owned(),
        pending: counts.pending,
        outbox: counts.outbox,
        unsent: counts.unsent + counts.outbox,
        conflicts: counts.conflicts,
        violations: counts.violations,
        held: counts.held,
        rejected: counts.rejected,
        rejected_actions: counts.rejected_actions,
        in_doubt: counts.in_doubt,
        reachable: matches!(
            link,
            LinkState::Online | LinkState::SignInNeeded | LinkState::Trouble | LinkState::NotAllowed
        ),
        signed_in: matches!(link, LinkState::Online | LinkState::NotAllowed),
        braked: counts.braked > 0,
        last_complete_observation: last_observation(ledger, &live.observed_at)?.at,
        not_allowed: not_allowed(ledger)?.into_iter().collect(),
        last_check: last_check(ledger)?.max(live.checked_at),
        link,
        trouble: ledger.get_meta::<Option<String>>(TROUBLE)?.flatten(),
        last_answer: ledger.get_meta(LAST_ANSWER)?.max(live.answered_at),
        review: live.review,
        to_review: if live.review { ledger.to_review()? } else { 0 },
        syncing: live.syncing,
        progress: live.progress,
        paused: live.paused,
        tray: TrayState::Pending,
        line: String::new(),
    };
    // What a client knows better, and has not brought yet, may be work that waits.
    let is_known = is_recently_read(ledger, &status, live, now)? && !ledger.is_rebuilding()?;
    status.tray = tray(&status, &counts, is_known);
    status.line = line::of(&status, live, now);
    Ok(status)
}

fn tray(status: &Status, counts: &Counts, is_known: bool) -> TrayState {
    if counts.conflicts + counts.violations > 0 {
        TrayState::Conflict
    } else if status.braked || counts.rejected > 0 || counts.held > 0 {
        TrayState::Error
    } else if status.link == LinkState::SignInNeeded {
        TrayState::SignIn
    } else if status.paused {
        TrayState::Paused
    } else if status.syncing {
        TrayState::Syncing
    } else {
        calm(status, counts, is_known)
    }
}

/// Nothing needs a person.
fn calm(status: &Status, counts: &Counts, is_known: bool) -> TrayState {
    match status.link {
        LinkState::Offline | LinkState::Unknown => TrayState::Offline,
        LinkState::Trouble | LinkState::NotAllowed => TrayState::Error,
        _ if counts.pending + counts.outbox + counts.in_doubt > 0 => TrayState::Pending,
        _ if is_known => TrayState::InSync,
        _ => TrayState::Offline,
    }
}

/// Whether everything was read a short time ago, by this computer's clock and, where it is known, by the server's.
fn is_recently_read(
    ledger: &Ledger<'_>,
    status: &Status,
    live: &Live,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let read = status.last_complete_observation;
    let there = last_observation(ledger, &live.observed_at)?
        .there
        .zip(live.server_clock);
    Ok(read.is_some_and(|at| is_recent(at, now)) && there.is_none_or(|(at, now)| is_recent(at, now)))
}

/// A future timestamp means that the clock was moved back: it proves nothing.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(at);
    -GRAIN <= age && age <= RECENT
}

/// Airflow answered as it should. The time is written down when the link changes, or with a full observation.
pub(crate) fn note_answer(context: &Context<'_>) -> Result<(), StoreError> {
    let linked = context.mirror.read(|ledger| {
        let trouble = ledger.get_meta::<Option<String>>(TROUBLE)?.flatten();
        Ok(ledger.get_meta(LINK)? == Some(LinkState::Online) && trouble.is_none())
    })?;
    if linked {
        return Ok(());
    }
    let now = context.runtime.now();
    context.mirror.write(|ledger| {
        ledger.set_meta(LINK, &LinkState::Online)?;
        ledger.set_meta(TROUBLE, &None::<String>)?;
        ledger.set_meta(LAST_ANSWER, &now)
    })
}

/// Airflow answered in a cycle that a person stopped. It was not asked for everything, so that trouble which it answered
/// with before is not over.
pub(crate) fn note_link_is_up(context: &Context<'_>) -> Result<(), StoreError> {
    let link: LinkState = context
        .mirror
        .read(|ledger| ledger.get_meta(LINK))?
        .unwrap_or_default();
    match link {
        LinkState::Unknown | LinkState::Offline | LinkState::SignInNeeded => note_answer(context),
        LinkState::Online | LinkState::Trouble | LinkState::NotAllowed => Ok(()),
    }
}

/// A cycle met trouble; `link` is `None` when that says nothing about the link.
pub(crate) fn note_trouble(
    context: &Context<'_>,
    link: Option<LinkState>,
    what: &str,
) -> Result<(), StoreError> {
    let answered = context.memory().answered_at;
    context.mirror.write(|ledger| {
        if let Some(link) = link {
            ledger.set_meta(LINK, &link)?;
        }
        // From now on every process tells when the last answer was.
        if answered > ledger.get_meta(LAST_ANSWER)? {
            ledger.set_meta(LAST_ANSWER, &answered)?;
        }
        ledger.set_meta(TROUBLE, &Some(what))
    })
}

/// When all of every collection was last read, by the mirror or what this process knows better; by either clock `None` while
/// one never was.
fn last_observation(
    ledger: &Ledger<'_>,
    known: &BTreeMap<String, Timestamp>,
) -> Result<Observation, StoreError> {
    let collections = ledger.collections()?;
    let all = collections.iter().map(|name| {
        let stored = ledger.observation(name)?;
        let at = stored.at.max(known.get(name).copied());
        Ok::<_, StoreError>(Observation { at, ..stored })
    });
    let all = all.collect::<Result<Vec<_>, _>>()?;
    Ok(Observation {
        at: all.iter().map(|one| one.at).min().flatten(),
        there: all.iter().map(|one| one.there).min().flatten(),
    })
}

/// When the last cycle in the activity began, if nothing stood in its way: one that found nothing to do is known to its
/// process alone.
fn last_check(ledger: &Ledger<'_>) -> Result<Option<Timestamp>, StoreError> {
    let last = ledger.activities(1)?.into_iter().next();
    let cycle = last.filter(|cycle| cycle.trouble.is_none() && cycle.scan != Scan::None);
    Ok(cycle.map(|cycle| cycle.at))
}

fn not_allowed(ledger: &Ledger<'_>) -> Result<BTreeSet<String>, StoreError> {
    Ok(ledger.get_meta(NOT_ALLOWED)?.unwrap_or_default())
}

/// Whether this account may read the collection, as far as is known.
pub(crate) fn is_allowed(context: &Context<'_>) -> Result<bool, StoreError> {
    Ok(!context.mirror.read(not_allowed)?.contains(context.collection()))
}

/// Whether this account may read the collection. Written down where it is another than it was.
pub(crate) fn note_allowed(context: &Context<'_>, is_allowed: bool) -> Result<(), StoreError> {
    let mut names = context.mirror.read(not_allowed)?;
    let is_new = match is_allowed {
        true => names.remove(context.collection()),
        false => names.insert(context.collection().to_owned()),
    };
    if is_new {
        context
            .mirror
            .write(|ledger| ledger.set_meta(NOT_ALLOWED, &names))?;
        context.tally.noted.add(1);
    }
    Ok(())
}

/// Whether the mirror's times of the collection are to be renewed by this observation.
pub(crate) fn is_stale(
    ledger: &Ledger<'_>,
    collection: &str,
    observation: Observation,
) -> Result<bool, StoreError> {
    let is_old = |(stored, now): (Timestamp, Timestamp)| now.duration_since(stored).abs() >= GRAIN;
    let stored = ledger.observation(collection)?;
    Ok(stored.at.zip(observation.at).is_none_or(is_old)
        || stored.there.zip(observation.there).is_some_and(is_old))
}

/// All of the collection was read.
pub(crate) fn note_observation(
    ledger: &Ledger<'_>,
    collection: &str,
    observation: Observation,
) -> Result<(), StoreError> {
    ledger.note_observation(collection, observation)?;
    ledger.set_meta(LAST_ANSWER, &observation.at)
}

/// Whether the credentials were refused the last time.
pub(crate) fn needs_sign_in(ledger: &Ledger<'_>) -> Result<bool, StoreError> {
    Ok(ledger.get_meta(LINK)? == Some(LinkState::SignInNeeded))
}
