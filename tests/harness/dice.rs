//! Random moments that a seed repeats.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The seed where none is given.
const USUAL: u64 = 1;

/// Sebastiano Vigna's SplitMix64.
#[derive(Debug, Clone)]
pub struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// From the seed that this environment variable gives; else always the same one, so that a run of everything judges
    /// the same tree alike. The word `fresh` draws a new one.
    pub fn from_environment(variable: &str) -> Self {
        let seed = match std::env::var(variable) {
            Ok(word) if word == "fresh" => fresh(),
            Ok(word) => word.parse().unwrap_or(USUAL),
            Err(_) => USUAL,
        };
        Self::seeded(seed)
    }

    /// From a seed.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// What repeats it.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low + 1)
    }

    /// A time between two, in milliseconds, to the microsecond.
    pub fn moment(&mut self, low_ms: u64, high_ms: u64) -> Duration {
        Duration::from_micros(self.between(low_ms * 1000, high_ms * 1000))
    }

    /// An index below `count`, which is at least 1.
    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(count).unwrap_or(u64::MAX)).unwrap_or_default()
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.number().is_multiple_of(times)
    }

    /// Puts things in a random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

fn fresh() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos())
}
