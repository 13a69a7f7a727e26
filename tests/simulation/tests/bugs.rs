//! Each checker is proven by two bugs that are put in on purpose: it must see them, in not too many histories.

use simulation::bugs::Bug;
use simulation::history::Options;
use simulation::invariant::Invariant;
use simulation::kind::Kind;
use simulation::many::cores;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A bug that is not seen in so many histories is not seen.
const HISTORIES: u64 = 1000;

/// Where bugs that take many histories were seen: looked at first, for the time that this saves. One that is not seen there
/// any more is looked for in all of them.
const SEEN_AT: &[(Bug, u64)] = &[
    (Bug::RepeatsWritesBlindly, 316),
    (Bug::SendsBackWhatWasRead, 91),
    (Bug::WritesWithoutMask, 81),
    (Bug::OneBadRecordStopsAll, 33),
    (Bug::ClaimsToHaveSeen, 16),
    (Bug::TriggersAgainUnderAnotherId, 12),
    (Bug::StoreRepeatsBatches, 39),
    (Bug::EachAttemptIsABatch, 44),
];

fn is_seen(invariant: Invariant, bug: Bug) -> Option<u64> {
    let options = Options {
        bug: Some(bug),
        target: Some(invariant),
        ..Options::default()
    };
    let sees = |seed: &u64| {
        Kind::of(invariant)
            .play(*seed, options)
            .violations
            .iter()
            .any(|found| found.invariant == invariant)
    };
    let first = SEEN_AT
        .iter()
        .find(|(known, _)| *known == bug)
        .map(|(_, seed)| *seed);
    first.into_iter().chain(1..=HISTORIES).find(sees)
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
    let found = looked_for(Kind::Records);
    let unseen: Vec<_> = found.iter().filter(|(_, seed)| seed.is_none()).collect();
    println!("{found:?}");
    assert!(unseen.is_empty(), "not seen: {unseen:?}");
}

#[test]
fn every_bug_about_data_models_is_caught() {
    let found = looked_for(Kind::Models);
    let unseen: Vec<_> = found.iter().filter(|(_, seed)| seed.is_none()).collect();
    println!("{found:?}");
    assert!(unseen.is_empty(), "not seen: {unseen:?}");
}

#[test]
fn every_bug_about_the_companion_is_caught() {
    let found = looked_for(Kind::Companion);
    let unseen: Vec<_> = found.iter().filter(|(_, seed)| seed.is_none()).collect();
    println!("{found:?}");
    assert!(unseen.is_empty(), "not seen: {unseen:?}");
}

/// The bugs of a kind's invariants, each with a seed at which its checker sees it.
fn looked_for(kind: Kind) -> Vec<(Bug, Option<u64>)> {
    let bugs: Vec<_> = Bug::ALL
        .iter()
        .filter(|(breaks, _)| Kind::of(*breaks) == kind)
        .collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let look = || {
        while let Some((invariant, bug)) = bugs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let seed = is_seen(*invariant, *bug);
            found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((*bug, seed));
        }
    };
    std::thread::scope(|scope| (0..cores()).for_each(|_| drop(scope.spawn(look))));
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}
