//! Feeding one parser: each input is timed, a panic is caught and counted, memory is limited.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use harness::dice::Dice;
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::hostile::hostile;
use crate::parsers::Parser;

/// The variable that names the file which holds the number of the input in work.
pub(crate) const PROGRESS: &str = "LEEWARD_FUZZ_PROGRESS";
/// No input may take longer.
const SLOW: Duration = Duration::from_secs(1);
/// All that the process may have, its code and the inputs included: more is an end.
const MEMORY_MB: u64 = 256;
/// Panics and slow inputs that are told one by one.
const TOLD_MAX: u64 = 5;

/// What became of a parser's inputs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) inputs: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) panics: u64,
    pub(crate) slow: u64,
    pub(crate) slowest_us: u64,
    pub(crate) peak_kb: u64,
}

impl Outcome {
    /// Whether all were fed, some got through, and none did harm.
    pub(crate) fn is_good(&self, wanted: u64) -> bool {
        self.inputs == wanted && self.accepted > 0 && self.panics == 0 && self.slow == 0
    }

    /// For the process that waits.
    pub(crate) fn line(&self) -> String {
        let Self {
            inputs,
            accepted,
            refused,
            panics,
            slow,
            slowest_us,
            peak_kb,
        } = self;
        format!("{inputs} {accepted} {refused} {panics} {slow} {slowest_us} {peak_kb}")
    }

    pub(crate) fn from_line(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map(str::parse);
        let mut number = || numbers.next()?.ok();
        Some(Self {
            inputs: number()?,
            accepted: number()?,
            refused: number()?,
            panics: number()?,
            slow: number()?,
            slowest_us: number()?,
            peak_kb: number()?,
        })
    }

    /// For people.
    pub(crate) fn row(&self, name: &str) -> String {
        format!(
            "{name:<18}{:>10}{:>10}{:>10}{:>9}{:>8}{:>11}{:>9}",
            self.inputs,
            self.accepted,
            self.refused,
            self.panics,
            self.slow,
            format!("{}.{:02}", self.slowest_us / 1000, self.slowest_us % 1000 / 10),
            self.peak_kb / 1024
        )
    }

    /// Sums, and the worst of each.
    pub(crate) fn add(&mut self, other: &Self) {
        self.inputs += other.inputs;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.panics += other.panics;
        self.slow += other.slow;
        self.slowest_us = self.slowest_us.max(other.slowest_us);
        self.peak_kb = self.peak_kb.max(other.peak_kb);
    }
}

/// Feeds `count` inputs from number `from`. Each is made of the seed and its number alone.
pub(crate) fn feed(parser: Parser, seed: u64, from: u64, count: u64) -> Result<Outcome> {
    limit_memory()?;
    tell_where();
    let progress = std::env::var_os(PROGRESS).map(File::create).transpose()?;
    let (name, seeds) = (parser.name, parser.seeds);
    let mut feed = (parser.open)();
    let mut outcome = Outcome::default();
    for number in from..from + count {
        if let Some(progress) = &progress {
            progress.write_all_at(&number.to_le_bytes(), 0)?;
        }
        let input = hostile(&mut Dice::seeded(mixed(seed, number)), &seeds);
        let began = processor_time();
        let result = catch_unwind(AssertUnwindSafe(|| feed(&input)));
        outcome.note(name, number, result.ok(), processor_time().saturating_sub(began));
    }
    outcome.peak_kb = peak_kb()?;
    Ok(outcome)
}

impl Outcome {
    /// `accepted` is `None` for a panic.
    fn note(&mut self, name: &str, number: u64, accepted: Option<bool>, took: Duration) {
        self.inputs += 1;
        match accepted {
            Some(true) => self.accepted += 1,
            Some(false) => self.refused += 1,
            None => self.panics += 1,
        }
        self.slowest_us = self
            .slowest_us
            .max(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let is_slow = took > SLOW;
        self.slow += u64::from(is_slow);
        if (accepted.is_none() && self.panics <= TOLD_MAX) || (is_slow && self.slow <= TOLD_MAX) {
            let what = if is_slow { "was slow" } else { "panicked" };
            eprintln!("{name}: input {number} {what} ({} ms)", took.as_millis());
        }
    }
}

/// What this thread has had of the processor: how long the parser works, not how busy the machine is.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// The first panics are told with their places; a million would say no more.
fn tell_where() {
    let told = AtomicU64::new(0);
    set_hook(Box::new(move |panic| {
        if told.fetch_add(1, Ordering::Relaxed) < TOLD_MAX {
            eprintln!("{panic}");
        }
    }));
}

/// Inputs with neighbouring numbers must not be alike.
fn mixed(seed: u64, number: u64) -> u64 {
    Dice::seeded(seed ^ number.wrapping_mul(0xD129_0549_67A5_4F31)).number()
}

fn limit_memory() -> Result<()> {
    let limit = Rlimit {
        current: Some(MEMORY_MB * 1024 * 1024),
        maximum: Some(MEMORY_MB * 1024 * 1024),
    };
    setrlimit(Resource::As, limit).context("limiting the memory")
}

/// The most that was ever resident.
fn peak_kb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no peak in /proc/self/status")?.parse()?)
}

/// The input that a dead process was working on.
pub(crate) fn last_input(progress: &Path) -> Result<u64> {
    let bytes = std::fs::read(progress)?;
    Ok(bytes.try_into().map_or(0, u64::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_comes_through_the_pipe() {
        let mut outcome = Outcome::default();
        outcome.note("p", 0, Some(true), Duration::from_millis(2));
        outcome.note("p", 1, Some(false), Duration::from_millis(1));
        assert!(outcome.is_good(2) && !outcome.is_good(3));
        assert_eq!(Outcome::from_line(&outcome.line()), Some(outcome));
        assert_eq!(Outcome::from_line("killed"), None);
    }

    #[test]
    fn harm_is_noticed() {
        for (accepted, took) in [(None, 0), (Some(true), 1001)] {
            let mut outcome = Outcome::default();
            outcome.note("p", 0, Some(true), Duration::ZERO);
            outcome.note("p", 1, accepted, Duration::from_millis(took));
            assert!(!outcome.is_good(2));
        }
        assert!(!Outcome::default().is_good(0));
    }
}
