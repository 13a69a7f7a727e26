//! What the tray shows: a function of the environments' statuses.

use leeward_model::{Screen, Status, TrayState};
use std::collections::BTreeMap;

/// Said before any environment is connected.
const NOTHING_YET: &str = "Not connected to Airflow yet";

/// All that the tray shows; it is touched only when this differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Face {
    pub(crate) state: TrayState,
    pub(crate) line: String,
    pub(crate) connected: bool,
    /// `None` until it is known.
    pub(crate) pending: Option<u32>,
    /// Conflicts and broken rules, as the rail of the window counts them; `None` until it is known.
    pub(crate) conflicts: Option<u32>,
    unsent: u32,
}

impl Face {
    /// The most urgent environment's state and words, and what all of them have together.
    pub(crate) fn of(statuses: &BTreeMap<String, Status>) -> Self {
        let first = statuses.values().max_by_key(|status| urgency(status.tray));
        let sum = |count: fn(&Status) -> u32| statuses.values().map(count).sum();
        Self {
            state: first.map_or(TrayState::Offline, |status| status.tray),
            line: first.map_or_else(|| NOTHING_YET.into(), |status| line(status, statuses)),
            connected: first.is_some(),
            pending: first.map(|_| sum(Status::waiting)),
            conflicts: first.map(|_| sum(to_settle)),
            unsent: sum(|status| status.unsent),
        }
    }

    pub(crate) fn pending_label(&self) -> String {
        format!("Pending ({})", count(self.pending))
    }

    pub(crate) fn conflicts_label(&self) -> String {
        format!("Conflicts ({})", count(self.conflicts))
    }

    pub(crate) fn quit_label(&self) -> String {
        match self.unsent {
            0 => "Quit".into(),
            count => format!("Quit ({}, kept here)", unsent_words(count)),
        }
    }

    /// What is not in Airflow yet, in words; `None` when nothing is.
    pub(crate) fn unsent_words(&self) -> Option<String> {
        (self.unsent > 0).then(|| unsent_words(self.unsent))
    }
}

/// The environment that a click on "Pending" or "Conflicts" is about.
pub(crate) fn environment_for(screen: Screen, statuses: &BTreeMap<String, Status>) -> Option<String> {
    let count = |status: &Status| match screen {
        Screen::Conflicts => to_settle(status),
        _ => status.waiting(),
    };
    let chosen = statuses.values().max_by_key(|status| count(status))?;
    Some(chosen.environment.clone())
}

/// What the screen of the conflicts has to settle.
fn to_settle(status: &Status) -> u32 {
    status.conflicts + status.violations
}

fn count(known: Option<u32>) -> String {
    known.map_or_else(|| "–".into(), |count| count.to_string())
}

fn unsent_words(count: u32) -> String {
    let noun = if count == 1 { "change" } else { "changes" };
    format!("{count} {noun} unsent")
}

/// The status line in its own words; with several environments it says which one speaks, and which others are paused.
fn line(status: &Status, statuses: &BTreeMap<String, Status>) -> String {
    if statuses.len() == 1 {
        return status.line.clone();
    }
    let others = statuses.values().filter(|other| other.paused);
    let paused: String = others
        .filter(|other| other.environment != status.environment)
        .map(|other| format!(", {} paused", other.environment))
        .collect();
    format!("{}: {}{paused}", status.environment, status.line)
}

fn urgency(state: TrayState) -> u8 {
    match state {
        TrayState::InSync => 0,
        TrayState::Syncing => 1,
        TrayState::Paused => 2,
        TrayState::Pending => 3,
        TrayState::Offline => 4,
        TrayState::Error => 5,
        TrayState::SignIn => 6,
        TrayState::Conflict => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::LinkState;

    fn status(environment: &str, tray: TrayState, pending: u32, conflicts: u32) -> Status {
        Status {
            environment: environment.into(),
            pending,
            outbox: 0,
            unsent: pending + conflicts,
            conflicts,
            violations: 0,
            held: 0,
            rejected: 0,
            rejected_actions: 0,
            in_doubt: 0,
            reachable: true,
            signed_in: true,
            braked: false,
            last_complete_observation: None,
            last_check: None,
            not_allowed: Vec::new(),
            link: LinkState::Online,
            trouble: None,
            last_answer: None,
            review: false,
            to_review: 0,
            syncing: false,
            progress: None,
            paused: false,
            tray,
            line: format!("line of {environment}"),
        }
    }

    fn statuses(list: &[Status]) -> BTreeMap<String, Status> {
        list.iter()
            .map(|status| (status.environment.clone(), status.clone()))
            .collect()
    }

    #[test]
    fn nothing_is_connected_at_first() {
        let face = Face::of(&BTreeMap::new());
        assert!(!face.connected);
        assert_eq!(face.line, NOTHING_YET);
        assert_eq!(face.quit_label(), "Quit");
        let labels = (face.pending_label(), face.conflicts_label());
        assert_eq!(labels, ("Pending (–)".into(), "Conflicts (–)".into()));
    }

    #[test]
    fn pending_is_what_waits_and_can_be_sent() {
        let mut status = status("prod", TrayState::Conflict, 2, 3);
        (status.outbox, status.held, status.unsent) = (4, 1, 9);
        let face = Face::of(&statuses(&[status]));
        let labels = (face.pending_label(), face.conflicts_label());
        assert_eq!(labels, ("Pending (5)".into(), "Conflicts (3)".into()));
        assert_eq!(face.quit_label(), "Quit (9 changes unsent, kept here)");
    }

    #[test]
    fn broken_rules_are_counted_with_the_conflicts() {
        let calm = status("a", TrayState::InSync, 0, 1);
        let mut broken = status("b", TrayState::Conflict, 0, 0);
        broken.violations = 2;
        let several = statuses(&[calm, broken]);
        assert_eq!(Face::of(&several).conflicts_label(), "Conflicts (3)");
        assert_eq!(environment_for(Screen::Conflicts, &several).as_deref(), Some("b"));
    }

    #[test]
    fn a_paused_environment_is_told_beside_a_more_urgent_one() {
        let mut paused = status("b", TrayState::Paused, 0, 0);
        paused.paused = true;
        let face = Face::of(&statuses(&[status("a", TrayState::Conflict, 0, 1), paused]));
        assert_eq!(face.line, "a: line of a, b paused");
    }

    #[test]
    fn one_environment_speaks_in_its_own_words() {
        let face = Face::of(&statuses(&[status("prod", TrayState::Pending, 3, 0)]));
        assert_eq!(face.line, "line of prod");
        assert_eq!(face.pending_label(), "Pending (3)");
        assert_eq!(face.quit_label(), "Quit (3 changes unsent, kept here)");
    }

    #[test]
    fn the_most_urgent_environment_speaks_and_counts_are_summed() {
        let several = statuses(&[
            status("a", TrayState::Offline, 1, 0),
            status("b", TrayState::Conflict, 1, 1),
            status("c", TrayState::InSync, 0, 0),
        ]);
        let face = Face::of(&several);
        assert_eq!(face.state, TrayState::Conflict);
        assert_eq!(face.line, "b: line of b");
        assert_eq!((face.pending, face.conflicts), (Some(2), Some(1)));
        assert_eq!(environment_for(Screen::Conflicts, &several).as_deref(), Some("b"));
    }

    #[test]
    fn one_change_is_not_changes() {
        let face = Face::of(&statuses(&[status("prod", TrayState::Pending, 1, 0)]));
        assert_eq!(face.quit_label(), "Quit (1 change unsent, kept here)");
    }
}
