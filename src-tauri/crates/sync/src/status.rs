//! Where things stand, as one function of the mirror: the tray, the screens and `leewardctl status` all show this.

use crate::engine::Engine;
use jiff::{SignedDuration, Timestamp};
use leeward_model::{LinkState, Status, TrayState};
use leeward_store::{Counts, Ledger, StoreError};

const LINK: &str = "link";
const TROUBLE: &str = "trouble";
const LAST_ANSWER: &str = "last_answer";
const LAST_OBSERVATION: &str = "last_complete_observation";
const LAST_OBSERVATION_THERE: &str = "last_complete_observation_by_the_server";

/// An observation older than this no longer supports "in sync": the longest time between two full scans, and a margin
/// for one that takes long or must be tried again (docs/adr/0006-what-is-read-between-full-scans.md).
const RECENT: SignedDuration = SignedDuration::from_mins(20);
/// Times in the mirror are renewed at most so often, so that a quiet cycle writes nothing.
const GRAIN: SignedDuration = SignedDuration::from_mins(4);

/// What only this process knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Live {
    /// A cycle runs.
    pub syncing: bool,
    /// Sync is paused.
    pub paused: bool,
    /// Nothing is sent before the analyst has looked at it.
    pub review: bool,
    /// When everything was last read, where this process knows better than the mirror.
    pub observed_at: Option<Timestamp>,
    /// When Airflow last answered, where this process knows better than the mirror.
    pub answered_at: Option<Timestamp>,
}

/// Where an environment stands.
///
/// # Errors
/// Those of the mirror.
pub fn status(
    ledger: &Ledger<'_>,
    environment: &str,
    live: Live,
    now: Timestamp,
) -> Result<Status, StoreError> {
    let counts = ledger.counts()?;
    let link: LinkState = ledger.get_meta(LINK)?.unwrap_or_default();
    let mut status = Status {
        environment: environment.to_owned(),
        pending: counts.pending,
        outbox: counts.outbox,
        conflicts: counts.conflicts,
        held: counts.held,
        rejected: counts.rejected,
        in_doubt: counts.in_doubt,
        reachable: matches!(
            link,
            LinkState::Online | LinkState::SignInNeeded | LinkState::Trouble
        ),
        signed_in: link == LinkState::Online,
        braked: counts.braked > 0,
        last_complete_observation: last_observation(ledger)?.max(live.observed_at),
        link,
        trouble: ledger.get_meta::<Option<String>>(TROUBLE)?.flatten(),
        last_answer: ledger.get_meta(LAST_ANSWER)?.max(live.answered_at),
        review: live.review,
        to_review: if live.review { ledger.to_review()? } else { 0 },
        syncing: live.syncing,
        paused: live.paused,
        tray: TrayState::Pending,
        line: String::new(),
    };
    status.tray = tray(&status, &counts, now);
    status.line = line(&status, now);
    Ok(status)
}

fn tray(status: &Status, counts: &Counts, now: Timestamp) -> TrayState {
    if counts.conflicts > 0 {
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
        calm(status, counts, now)
    }
}

/// Nothing needs a person.
fn calm(status: &Status, counts: &Counts, now: Timestamp) -> TrayState {
    let recent = status
        .last_complete_observation
        .is_some_and(|at| is_recent(at, now));
    match status.link {
        LinkState::Offline | LinkState::Unknown => TrayState::Offline,
        LinkState::Trouble => TrayState::Error,
        _ if counts.pending + counts.outbox + counts.in_doubt > 0 => TrayState::Pending,
        _ if recent => TrayState::InSync,
        _ => TrayState::Offline,
    }
}

/// A time that is still to come was told by a clock that has been set back since: it proves nothing.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(at);
    -GRAIN <= age && age <= RECENT
}

/// The status line. What needs a person comes first; what is kept here is always said.
fn line(status: &Status, now: Timestamp) -> String {
    let kept = kept(status);
    match status.tray {
        TrayState::Conflict => join(
            &plural(status.conflicts, "conflict needs you", "conflicts need you"),
            &kept,
        ),
        TrayState::Error => join(&trouble(status), &kept),
        TrayState::SignIn => join("Sign-in needed", &kept),
        TrayState::Paused => join("Paused", &kept),
        TrayState::Syncing => "Syncing…".into(),
        TrayState::Offline => join(&offline(status, now), &kept),
        TrayState::Pending => waiting(status),
        TrayState::InSync => format!("In sync, {}", ago(status.last_complete_observation, now)),
    }
}

fn trouble(status: &Status) -> String {
    if status.braked {
        "Stopped: please look at what vanished".into()
    } else if status.rejected > 0 {
        plural(status.rejected, "change was refused", "changes were refused")
    } else if status.held > 0 {
        plural(status.held, "run is held", "runs are held")
    } else {
        "Airflow has trouble".into()
    }
}

fn offline(status: &Status, now: Timestamp) -> String {
    match (status.link, status.last_answer) {
        (LinkState::Unknown, _) | (_, None) => "Not connected yet".into(),
        (LinkState::Online, Some(_)) => format!("Last read {}", ago(status.last_complete_observation, now)),
        (_, answered) => format!("Offline, Airflow last answered {}", ago(answered, now)),
    }
}

fn waiting(status: &Status) -> String {
    if status.in_doubt > 0 {
        return join("Checking whether the last change arrived", &kept(status));
    }
    if status.to_review > 0 {
        return plural(status.to_review, "change to review", "changes to review");
    }
    let changes = (status.pending > 0).then(|| plural(status.pending, "change", "changes"));
    let runs = (status.outbox > 0).then(|| plural(status.outbox, "run", "runs"));
    let parts: Vec<String> = changes.into_iter().chain(runs).collect();
    format!("{} waiting to be sent", parts.join(" and "))
}

fn kept(status: &Status) -> String {
    match status.pending + status.outbox {
        0 => String::new(),
        count => plural(count, "change kept here", "changes kept here"),
    }
}

fn join(first: &str, then: &str) -> String {
    if then.is_empty() {
        first.to_owned()
    } else {
        format!("{first}, {then}")
    }
}

fn plural(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn ago(then: Option<Timestamp>, now: Timestamp) -> String {
    let Some(then) = then else { return "never".into() };
    match now.duration_since(then).as_mins() {
        ..1 => "just now".into(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes @ 60..1440 => format!("{} h ago", minutes / 60),
        minutes => plural(
            u32::try_from(minutes / 1440).unwrap_or(u32::MAX),
            "day ago",
            "days ago",
        ),
    }
}

/// Airflow answered as it should. The time is written down when the link changes, or with a full observation.
pub(crate) fn note_answer(engine: &Engine) -> Result<(), StoreError> {
    let linked = engine.read(|ledger| {
        let trouble = ledger.get_meta::<Option<String>>(TROUBLE)?.flatten();
        Ok(ledger.get_meta(LINK)? == Some(LinkState::Online) && trouble.is_none())
    })?;
    if linked {
        return Ok(());
    }
    let now = engine.runtime.now();
    engine.write(|ledger| {
        ledger.set_meta(LINK, &LinkState::Online)?;
        ledger.set_meta(TROUBLE, &None::<String>)?;
        ledger.set_meta(LAST_ANSWER, &now)
    })
}

/// A cycle was stopped; `link` is `None` when that says nothing about the link.
pub(crate) fn note_trouble(engine: &Engine, link: Option<LinkState>, what: &str) -> Result<(), StoreError> {
    let answered = engine.memory().answered_at;
    engine.write(|ledger| {
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

/// When every record was last read, by the mirror.
pub(crate) fn last_observation(ledger: &Ledger<'_>) -> Result<Option<Timestamp>, StoreError> {
    ledger.get_meta(LAST_OBSERVATION)
}

/// Whether the time in the mirror is to be renewed by an observation at `now`.
pub(crate) fn is_stale(ledger: &Ledger<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let stored = last_observation(ledger)?;
    Ok(stored.is_none_or(|stored| now.duration_since(stored).abs() >= GRAIN))
}

/// When that was by the server's clock, where the server told it.
pub(crate) fn last_observation_there(ledger: &Ledger<'_>) -> Result<Option<Timestamp>, StoreError> {
    Ok(ledger.get_meta(LAST_OBSERVATION_THERE)?.flatten())
}

/// Every record was read, beginning at `now`; `there` is the server's clock.
pub(crate) fn note_observation(
    ledger: &Ledger<'_>,
    now: Timestamp,
    there: Option<Timestamp>,
) -> Result<(), StoreError> {
    ledger.set_meta(LAST_OBSERVATION, &now)?;
    ledger.set_meta(LAST_OBSERVATION_THERE, &there)?;
    ledger.set_meta(LAST_ANSWER, &now)
}

/// Whether the credentials were refused the last time.
pub(crate) fn needs_sign_in(ledger: &Ledger<'_>) -> Result<bool, StoreError> {
    Ok(ledger.get_meta(LINK)? == Some(LinkState::SignInNeeded))
}
