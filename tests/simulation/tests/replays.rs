//! The same seed is the same history; and seeds that once failed are played again.

use simulation::history::Options;
use simulation::kind::Kind;

#[test]
fn a_seed_replays() {
    for kind in Kind::ALL {
        let play = |seed| kind.play(seed, Options::default());
        for seed in [1, 2, 7, 1_000_003] {
            let (first, again) = (play(seed), play(seed));
            assert_eq!(first.hash, again.hash, "{kind:?} {seed}");
            assert_eq!(first.counters, again.counters, "{kind:?} {seed}");
        }
        assert_ne!(play(1).hash, play(2).hash);
    }
}

/// One a line: the seed, and what it found.
const REGRESSIONS: [(Kind, &str); 3] = [
    (Kind::Records, include_str!("../regressions.txt")),
    (Kind::Models, include_str!("../regressions-models.txt")),
    (Kind::Companion, include_str!("../regressions-companion.txt")),
];

#[test]
fn what_once_failed_holds() {
    let told = |(kind, text): (Kind, &'static str)| text.lines().map(move |line| (kind, line));
    let seeds = REGRESSIONS.into_iter().flat_map(told);
    for (kind, line) in seeds.filter(|(_, line)| !line.starts_with('#') && !line.is_empty()) {
        let (seed, found) = line.split_once(' ').unwrap();
        let outcome = kind.play(seed.parse().unwrap(), Options::default());
        assert!(
            outcome.violations.is_empty(),
            "{kind:?} {seed} ({found}): {:?}",
            outcome.violations
        );
    }
}
