//! One truth about where things stand: the tray, the screens and `leewardctl status` all show this.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the link to Airflow stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Not tried yet.
    #[default]
    Unknown,
    /// The last cycle reached Airflow.
    Online,
    /// Airflow did not answer.
    Offline,
    /// Airflow wants a sign-in.
    SignInNeeded,
    /// It answered, but not as Airflow does, or with trouble of its own.
    Trouble,
    /// This account is not allowed what is needed, such as to read a collection of which work is kept here.
    NotAllowed,
}

/// The tray's one state, by urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TrayState {
    /// Nothing pending and a recent complete observation.
    InSync,
    /// A cycle runs.
    Syncing,
    /// Airflow does not answer.
    Offline,
    /// Changes wait.
    Pending,
    /// A person must decide.
    Conflict,
    /// Sign-in is needed.
    SignIn,
    /// Sync is paused.
    Paused,
    /// Something is wrong that the analyst should read.
    Error,
}

/// Counts and flags, a function of the mirror alone (`syncing` and `paused` are the process's own).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Status {
    /// The environment's name.
    pub environment: String,
    /// Records with edits that wait to be sent and can be. One in conflict, refused or in a violation is counted there, not
    /// here.
    pub pending: u32,
    /// Actions that are not final, those held included.
    pub outbox: u32,
    /// Records and actions that are not in Airflow yet, whatever keeps them here.
    pub unsent: u32,
    /// Records in conflict.
    pub conflicts: u32,
    /// Rules of data models that are broken, each by the records that break it together.
    pub violations: u32,
    /// Actions held.
    pub held: u32,
    /// Records and actions that Airflow refused.
    pub rejected: u32,
    /// Of them, the actions.
    pub rejected_actions: u32,
    /// Records and actions whose outcome is unknown.
    pub in_doubt: u32,
    /// The last attempt reached an Airflow.
    pub reachable: bool,
    /// The last attempt was signed in.
    pub signed_in: bool,
    /// A collection is stopped until a person has looked.
    pub braked: bool,
    /// When every collection was last read to the end (RFC 3339).
    #[ts(type = "string | null")]
    pub last_complete_observation: Option<jiff::Timestamp>,
    /// When Airflow was last asked what changed, and all of it was taken over (RFC 3339): later than the last complete
    /// observation where only what its event log points at was read.
    #[ts(type = "string | null")]
    pub last_check: Option<jiff::Timestamp>,
    /// Collections that this account may not read, in order of their names.
    pub not_allowed: Vec<String>,
    /// How the link stands.
    pub link: LinkState,
    /// What went wrong last, in plain words.
    pub trouble: Option<String>,
    /// When Airflow last answered (RFC 3339).
    #[ts(type = "string | null")]
    pub last_answer: Option<jiff::Timestamp>,
    /// Nothing is sent before the analyst has looked at it and said "send".
    pub review: bool,
    /// Changes and actions that wait for that.
    pub to_review: u32,
    /// A cycle runs in this process.
    pub syncing: bool,
    /// How far that cycle is; only where it takes more than a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub progress: Option<SyncProgress>,
    /// Sync is paused in this process.
    pub paused: bool,
    /// The tray's state.
    pub tray: TrayState,
    /// The status line: the same words on every screen and in the tray.
    pub line: String,
}

impl Status {
    /// What "Pending" counts, on the rail and in the tray: records and actions that wait to be sent and can be.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.pending + self.outbox.saturating_sub(self.held)
    }
}

/// How far a cycle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct SyncProgress {
    /// Records read until now.
    pub read: u32,
    /// Records written until now, and read back.
    pub sent: u32,
    /// Of how many: those written, and those that are about to be. None until it is known what is to be written.
    pub to_send: u32,
}

/// What one cycle did; the JSON of `leewardctl sync`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct CycleSummary {
    /// Records read.
    pub observed: u32,
    /// Records whose remote values were taken over.
    pub pulled: u32,
    /// Records written to Airflow and verified, deletes included.
    pub pushed: u32,
    /// Records in which both sides' changes were merged.
    pub merged: u32,
    /// Records in conflict after the cycle.
    pub conflicts: u32,
    /// Rules of data models that are broken after the cycle.
    pub violations: u32,
    /// Actions held after the cycle.
    pub held: u32,
    /// Records and actions rejected after the cycle.
    pub rejected: u32,
    /// Records and actions in doubt after the cycle.
    pub in_doubt: u32,
    /// Requests sent.
    #[ts(type = "number")]
    pub requests: u64,
    /// How long it took, in milliseconds.
    #[ts(type = "number")]
    pub duration_ms: u64,
    /// A person stopped it before it was done. What was read and sent until then counts; the next one goes on. Written only
    /// where it is so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub stopped: bool,
}

impl CycleSummary {
    /// What this cycle and the one right after it did; how things stand is as after the later one.
    #[must_use]
    pub fn and(&self, later: &Self) -> Self {
        Self {
            observed: self.observed + later.observed,
            pulled: self.pulled + later.pulled,
            pushed: self.pushed + later.pushed,
            merged: self.merged + later.merged,
            requests: self.requests + later.requests,
            duration_ms: self.duration_ms + later.duration_ms,
            ..later.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_adds_up_and_what_is_left_does_not() {
        let cycle = |pushed, conflicts| CycleSummary {
            observed: 7,
            pushed,
            conflicts,
            requests: 2,
            ..CycleSummary::default()
        };
        let total = CycleSummary::default().and(&cycle(1, 1)).and(&cycle(2, 0));
        assert_eq!(
            (total.observed, total.pushed, total.conflicts, total.requests),
            (14, 3, 0, 4)
        );
    }
}
