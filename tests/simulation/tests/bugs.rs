//! Each checker is proven by two bugs that are put in on purpose: it must see them, in not too many histories.

use simulation::bugs::Bug;
use simulation::history::{Options, play};
use simulation::invariant::Invariant;
use simulation::many::cores;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bug that is not seen in so many histories is not seen.
const HISTORIES: u64 = 1000;

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
    let (next, unseen) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let look = || {
        while let Some((invariant, bug)) = Bug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            match is_seen(*invariant, *bug) {
                Some(seed) => println!("{:<22} sees {bug:?} at seed {seed}", invariant.name()),
                None => unseen
                    .lock()
                    .unwrap()
                    .push(format!("{} does not see {bug:?}", invariant.name())),
            }
        }
    };
    std::thread::scope(|scope| (0..cores()).for_each(|_| drop(scope.spawn(look))));
    let unseen = unseen.into_inner().unwrap();
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}
