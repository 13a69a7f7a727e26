//! The status line: one sentence for the window, the tray and `leewardctl`.

use crate::status::Live;
use jiff::Timestamp;
use leeward_model::{LinkState, Status, SyncProgress, TrayState};

const JUST_NOW: &str = "just now";

/// What needs a person comes first; that sync is paused, and what is kept here, is always said. Nothing is counted
/// twice: what is in conflict or refused is not among what is kept.
pub(super) fn of(status: &Status, live: &Live, now: Timestamp) -> String {
    let (sent_at, is_stopped) = (live.sent_at, live.stopped);
    let first = match status.tray {
        TrayState::Conflict | TrayState::Error => needs_a_person(status),
        TrayState::SignIn => "Sign-in needed".into(),
        TrayState::Paused => return join([paused(is_stopped).into(), kept(status)]),
        TrayState::Syncing => return syncing(status.progress),
        TrayState::Offline => offline(status, now),
        TrayState::Pending => return waiting(status),
        TrayState::InSync => return in_sync(status, sent_at, now),
    };
    let paused = if status.paused { paused(is_stopped) } else { "" };
    join([first, away(status).into(), paused.to_lowercase(), kept(status)])
}

fn paused(is_stopped: bool) -> &'static str {
    if is_stopped {
        "Stopped until you sync again"
    } else {
        "Paused"
    }
}

/// What needs a person hides the state of the link, which they may need to know to settle it.
fn away(status: &Status) -> &'static str {
    match (status.tray, status.link) {
        (TrayState::Conflict | TrayState::Error, LinkState::Offline) => "Airflow is away",
        (TrayState::Conflict | TrayState::Error, LinkState::SignInNeeded) => "sign-in needed",
        (TrayState::Conflict, LinkState::NotAllowed) => "a permission is missing",
        _ => "",
    }
}

/// How far it is, where it takes long.
fn syncing(progress: Option<SyncProgress>) -> String {
    let SyncProgress { read, sent, to_send } = progress.unwrap_or_default();
    match (read, to_send) {
        (0, 0) => "Syncing…".into(),
        (_, 0) => format!("Syncing: {} read…", plural(read, "record", "records")),
        _ => format!("Syncing: sent {sent} of {to_send}…"),
    }
}

fn needs_a_person(status: &Status) -> String {
    let conflicts = some(status.conflicts, "conflict needs you", "conflicts need you");
    let violations = some(
        status.violations,
        "broken rule needs you",
        "broken rules need you",
    );
    let held = some(status.held, "run waits for you", "runs wait for you");
    let stopped = if status.braked {
        "stopped: please look at what vanished"
    } else {
        ""
    };
    let needs = join([conflicts, violations, stopped.into(), refused(status), held]);
    if !needs.is_empty() {
        return capital(&needs);
    }
    match (status.link, not_allowed(status)) {
        (LinkState::NotAllowed, None) => "Your account lacks a permission".into(),
        (LinkState::NotAllowed, Some(names)) => format!("Your account may not read {names}"),
        _ => "Airflow has trouble".into(),
    }
}

/// The collections that this account may not read, if there are any.
fn not_allowed(status: &Status) -> Option<String> {
    let names: Vec<_> = status.not_allowed.iter().map(|name| capital(name)).collect();
    (!names.is_empty()).then(|| names.join(" and "))
}

fn refused(status: &Status) -> String {
    let runs = status.rejected_actions;
    let what = things(status.rejected.saturating_sub(runs), runs);
    match status.rejected {
        0 => String::new(),
        1 => format!("{what} was refused"),
        _ => format!("{what} were refused"),
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
        return join(["Checking whether the last change arrived".into(), kept(status)]);
    }
    if status.to_review > 0 {
        return plural(status.to_review, "change to review", "changes to review");
    }
    format!("{} waiting to be sent", things_waiting(status))
}

/// Everything was read at one time, and what Airflow's event log points at at a later one. Both are told: a change by a
/// task is in no log. What was sent since is told for as long as nothing fresher is.
fn in_sync(status: &Status, sent_at: Option<Timestamp>, now: Timestamp) -> String {
    let read = status.last_complete_observation;
    // A later time than now, of a clock that was set back, says nothing.
    let since = |at: Option<Timestamp>| at.filter(|at| Some(*at) > read && *at <= now);
    let told = |at: Option<Timestamp>| at.map(|at| ago(Some(at), now));
    let (sent, checked) = (since(sent_at), since(status.last_check));
    let is_newest = sent > checked || told(sent) == told(checked);
    let in_sync = match not_allowed(status) {
        None => "In sync".into(),
        Some(names) => format!("In sync except {names} (not allowed)"),
    };
    match (told(sent), told(checked), ago(read, now)) {
        (Some(sent), ..) if is_newest => format!("{in_sync}, sent to Airflow {sent}"),
        (_, Some(checked), read) if checked != read => {
            format!("{in_sync}, checked {checked}, all read {read}")
        }
        (_, _, read) if read == JUST_NOW => format!("{in_sync}, {read}"),
        (_, _, read) => format!("{in_sync}, all read {read}"),
    }
}

fn kept(status: &Status) -> String {
    match things_waiting(status) {
        none if none.is_empty() => none,
        things => format!("{things} kept here"),
    }
}

fn things_waiting(status: &Status) -> String {
    things(status.pending, status.waiting() - status.pending)
}

/// "2 changes and 1 run".
fn things(changes: u32, runs: u32) -> String {
    let parts = [some(changes, "change", "changes"), some(runs, "run", "runs")];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" and ")
}

fn join<const N: usize>(parts: [String; N]) -> String {
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// Nothing for none.
fn some(count: u32, one: &str, many: &str) -> String {
    match count {
        0 => String::new(),
        _ => plural(count, one, many),
    }
}

fn plural(count: u32, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The window tells times in the same words (`ago` in `ui/src/lib/words/time.ts`): shared vectors hold both to them.
fn ago(then: Option<Timestamp>, now: Timestamp) -> String {
    let Some(then) = then else { return "never".into() };
    match now.duration_since(then).as_mins() {
        ..1 => JUST_NOW.into(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes @ 60..1440 => format!("{} h ago", minutes / 60),
        minutes => plural(
            u32::try_from(minutes / 1440).unwrap_or(u32::MAX),
            "day ago",
            "days ago",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const VECTORS: &str = include_str!("../../../../../tests/vectors/ago.json");

    #[test]
    fn a_long_cycle_counts_what_there_is_to_count() {
        let line = |read, sent, to_send| syncing(Some(SyncProgress { read, sent, to_send }));
        assert_eq!(syncing(None), "Syncing…");
        assert_eq!(line(0, 0, 0), "Syncing…");
        assert_eq!(line(1, 0, 0), "Syncing: 1 record read…");
        assert_eq!(line(1, 0, 5), "Syncing: sent 0 of 5…");
        assert_eq!(line(0, 2, 5), "Syncing: sent 2 of 5…");
    }

    #[test]
    fn times_are_told_as_in_the_window() {
        let vectors: Vec<(i64, String)> = serde_json::from_str(VECTORS).unwrap();
        for (seconds, words) in vectors {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
            assert_eq!(ago(Some(Timestamp::UNIX_EPOCH), now), words, "{seconds}");
        }
    }
}
