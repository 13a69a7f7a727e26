//! Counts of a cycle in progress.

use crate::listener::Notice;
use leeward_model::Scan;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a cycle did so far.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) observed: Counter,
    pub(crate) pulled: Counter,
    pub(crate) pushed: Counter,
    pub(crate) merged: Counter,
    /// Runs that Airflow has.
    pub(crate) started: Counter,
    /// Writes that were planned or sent again.
    pub(crate) retried: Counter,
    /// New conflicts.
    pub(crate) conflicts: Counter,
    /// Records that another writer may have changed within our write window.
    pub(crate) overwritten: Counter,
    /// Facts of the mirror's own that were written.
    pub(crate) noted: Counter,
    rest: Mutex<Rest>,
}

#[derive(Default)]
struct Rest {
    notices: Vec<Notice>,
    scan: Scan,
    window: Option<Duration>,
}

/// A count that only goes up.
#[derive(Default)]
pub(crate) struct Counter(AtomicU32);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0
            .fetch_add(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    pub(crate) fn notice(&self, notice: Notice) {
        self.rest().notices.push(notice);
    }

    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut self.rest().notices)
    }

    /// How much is looked at; the most, over all collections, counts.
    pub(crate) fn scan(&self, scan: Scan) {
        let mut rest = self.rest();
        rest.scan = rest.scan.max(scan);
    }

    pub(crate) fn scanned(&self) -> Scan {
        self.rest().scan
    }

    /// From the look before a write to its answer; the longest counts.
    pub(crate) fn window(&self, window: Duration) {
        let mut rest = self.rest();
        rest.window = rest.window.max(Some(window));
    }

    pub(crate) fn longest_window(&self) -> Option<Duration> {
        self.rest().window
    }

    /// Whether nothing was found to do.
    pub(crate) fn is_quiet(&self) -> bool {
        let counters = [
            &self.pulled,
            &self.pushed,
            &self.merged,
            &self.retried,
            &self.conflicts,
            &self.overwritten,
            &self.noted,
        ];
        counters.iter().all(|counter| counter.count() == 0)
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
