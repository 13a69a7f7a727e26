//! What is due, and when.

use super::backoff::Backoff;
use leeward_model::{Status, Trigger};
use leeward_store::PartChanges;
use std::time::Duration;

/// When things are due, in [`crate::Runtime::elapsed`] time.
#[derive(Default)]
pub(crate) struct Agenda {
    pub(crate) cycle: Duration,
    pub(crate) trigger: Trigger,
    pub(crate) follow: Duration,
    /// Only while Airflow is away.
    pub(crate) probe: Option<Duration>,
    pub(crate) retell: Duration,
    pub(crate) seen_version: Option<i64>,
    pub(crate) backoff: Backoff,
    pub(crate) needs_sign_in: bool,
    /// The last cycle was not allowed what it needed.
    pub(crate) is_not_allowed: bool,
    pub(crate) told: Option<Status>,
    /// As of the last time that the listener was told what changed.
    pub(crate) told_changes: Option<PartChanges>,
    /// Until when nothing is done because the window has not spoken.
    pub(crate) window_by: Option<Duration>,
}

/// What the schedule asks for.
pub(crate) enum Due {
    Cycle(Trigger),
    Probe,
    Follow,
    Nothing,
}

impl Agenda {
    /// Whether the window may still say its first word.
    pub(crate) fn waits_for_window(&mut self, now: Duration) -> bool {
        match self.window_by {
            Some(by) if now < by => true,
            Some(_) => {
                tracing::warn!("the window has not spoken with the mirror; it is not waited for any longer");
                self.window_by = None;
                false
            }
            None => false,
        }
    }

    pub(crate) fn due(&self, now: Duration) -> Due {
        if self.cycle <= now && !self.needs_sign_in {
            Due::Cycle(self.trigger)
        } else if self.probe.is_some_and(|at| at <= now) {
            Due::Probe
        } else if self.follow <= now {
            Due::Follow
        } else {
            Due::Nothing
        }
    }
}
