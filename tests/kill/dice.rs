//! Random moments that a seed repeats.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SEED: &str = "LEEWARD_KILL_SEED";

/// Sebastiano Vigna's SplitMix64.
pub(crate) struct Dice {
    seed: u64,
    state: u64,
}

impl Dice {
    /// From the seed that is given, or a fresh one.
    pub(crate) fn from_environment() -> Self {
        let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = given.unwrap_or_else(|| u64::from(since.subsec_nanos()));
        Self { seed, state: seed }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// A time between two, in milliseconds, to the microsecond.
    pub(crate) fn moment(&mut self, low_ms: u64, high_ms: u64) -> Duration {
        Duration::from_micros(self.between(low_ms * 1000, high_ms * 1000))
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
