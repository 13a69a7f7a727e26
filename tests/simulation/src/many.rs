//! Many histories, one after the other on each of some threads.

use crate::counters::Counters;
use crate::history::{Options, Outcome};
use crate::invariant::Invariant;
use crate::kind::Kind;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What is to be played.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Of this kind.
    pub kind: Kind,
    /// The first seed.
    pub first: u64,
    /// So many.
    pub seeds: u64,
    /// And on for at least so long.
    pub at_least: Option<Duration>,
    /// So many threads.
    pub jobs: usize,
}

/// What it came to.
#[derive(Debug, Default)]
pub struct Sum {
    /// Of which kind.
    pub kind: Kind,
    /// The first seed.
    pub first: u64,
    /// So many were played.
    pub seeds: u64,
    /// Those that did not hold.
    pub failed: Vec<u64>,
    /// Violations by invariant.
    pub by_invariant: BTreeMap<&'static str, u64>,
    /// The counts of all of them.
    pub counters: Counters,
    /// How long it took.
    pub took: Duration,
}

/// Progress is told so often.
const TELL: Duration = Duration::from_secs(20);

impl Sum {
    /// Whether every invariant held, and everything that can happen did.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failed.is_empty() && self.missing().is_empty()
    }

    /// What never happened in so many histories.
    #[must_use]
    pub fn missing(&self) -> Vec<&str> {
        if self.seeds < self.kind.everything() {
            return Vec::new();
        }
        self.counters.never().collect()
    }

    fn add(&mut self, outcome: &Outcome) {
        self.seeds += 1;
        self.counters.merge(&outcome.counters);
        if !outcome.violations.is_empty() {
            self.failed.push(outcome.seed);
        }
        let kinds: std::collections::BTreeSet<Invariant> =
            outcome.violations.iter().map(|v| v.invariant).collect();
        for kind in kinds {
            *self.by_invariant.entry(kind.name()).or_default() += 1;
        }
    }
}

/// The computer's cores.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Plays them.
pub fn play(wanted: Wanted, tell: impl Fn(String)) -> Sum {
    let began = Instant::now();
    let next = AtomicU64::new(wanted.first);
    let end = wanted.first + wanted.seeds;
    let goes_on = |seed: u64| seed < end || wanted.at_least.is_some_and(|time| began.elapsed() < time);
    let mut sum = Sum {
        kind: wanted.kind,
        first: wanted.first,
        counters: wanted.kind.counters(),
        ..Sum::default()
    };
    let mut told = Duration::ZERO;
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..wanted.jobs.max(1) {
            let (send, next, goes_on) = (send.clone(), &next, &goes_on);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if !goes_on(seed) || send.send(wanted.kind.play(seed, Options::default())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for outcome in receive {
            for violation in outcome.violations.iter().take(1) {
                tell(format!(
                    "seed {}: {}: {}",
                    outcome.seed,
                    violation.invariant.name(),
                    violation.what
                ));
            }
            sum.add(&outcome);
            if began.elapsed() > told + TELL {
                told = began.elapsed();
                tell(format!(
                    "{} histories in {} s, {} failed",
                    sum.seeds,
                    told.as_secs(),
                    sum.failed.len()
                ));
            }
        }
    });
    sum.failed.sort_unstable();
    sum.took = began.elapsed();
    sum
}
