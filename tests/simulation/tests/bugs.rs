//! Each checker is proven by two bugs that are put in on purpose: it must see them, in not too many histories.

use simulation::bugs::Bug;
use simulation::history::{Options, play};
use simulation::truth::Invariant;

/// A bug that is not seen in so many histories is not seen.
const HISTORIES: u64 = 400;

fn is_seen(invariant: Invariant, bug: Bug) -> Option<u64> {
    let options = Options {
        bug: Some(bug),
        target: Some(invariant),
        ..Options::default()
    };
    let sees = |seed: &u64| {
        play(*seed, options)
            .violations
            .iter()
            .any(|found| found.invariant == invariant)
    };
    (1..=HISTORIES).find(sees)
}

#[test]
fn every_invariant_has_two_bugs() {
    for invariant in Invariant::ALL {
        let of_it = Bug::ALL.iter().filter(|(breaks, _)| *breaks == invariant);
        assert_eq!(of_it.count(), 2, "{}", invariant.name());
    }
}

#[test]
fn every_bug_is_caught_by_the_checker_of_its_invariant() {
    let mut unseen = Vec::new();
    for (invariant, bug) in Bug::ALL {
        match is_seen(*invariant, *bug) {
            Some(seed) => println!("{:<22} sees {bug:?} at seed {seed}", invariant.name()),
            None => unseen.push(format!("{} does not see {bug:?}", invariant.name())),
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}
