//! The same seed is the same history; and seeds that once failed are played again.

use simulation::history::{Options, play};

#[test]
fn a_seed_replays() {
    for seed in [1, 2, 7, 1_000_003] {
        let (first, again) = (play(seed, Options::default()), play(seed, Options::default()));
        assert_eq!(first.hash, again.hash, "seed {seed}");
        assert_eq!(first.counters, again.counters, "seed {seed}");
    }
    assert_ne!(play(1, Options::default()).hash, play(2, Options::default()).hash);
}

/// One a line: the seed, and what it found.
const REGRESSIONS: &str = include_str!("../regressions.txt");

#[test]
fn what_once_failed_holds() {
    let seeds = REGRESSIONS
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in seeds {
        let (seed, found) = line.split_once(' ').unwrap();
        let outcome = play(seed.parse().unwrap(), Options::default());
        assert!(
            outcome.violations.is_empty(),
            "{seed} ({found}): {:?}",
            outcome.violations
        );
    }
}
