//! Full-jitter exponential backoff (AWS Architecture Blog, "Exponential Backoff And Jitter").

use crate::runtime::Runtime;
use std::time::Duration;

const FIRST_MS: u64 = 2_000;
const LONGEST_MS: u64 = 300_000;

/// Counts failures in a row and says how long to wait.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A failure: the time to wait, between nothing and a limit that doubles up to five minutes.
    pub(crate) fn failed(&mut self, runtime: &dyn Runtime) -> Duration {
        let limit = FIRST_MS
            .saturating_mul(1 << self.failures.min(20))
            .min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(runtime.random() % (limit + 1))
    }

    /// It worked: the next failure starts from the beginning.
    pub(crate) fn worked(&mut self) {
        self.failures = 0;
    }
}
