//! Which request meets which fault: a shuffled deck for each class of requests, so that a seed repeats a run, and every
//! fault meets every class.

use std::collections::BTreeMap;
use std::fmt;

use crate::dice::Dice;
use crate::proxy::Request;

/// One request in so many meets a fault, as long as there are any.
const READS_A_FAULT: u64 = 10;
/// The same, for what happens less often.
const WRITES_A_FAULT: u64 = 3;

/// What can happen to a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection breaks before the server has the request.
    CutBefore,
    /// The server does what was asked, and no byte of its answer arrives.
    CutAfter,
    /// The answer breaks off in the middle.
    CutMidway,
    /// The server does what was asked, and answers when nobody waits any more.
    LateAnswer,
    /// The request reaches the server when nobody waits for it any more.
    LateRequest,
    /// The server gets the request twice, and the second answer arrives.
    Repeated,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CutBefore,
        Self::CutAfter,
        Self::CutMidway,
        Self::LateAnswer,
        Self::LateRequest,
        Self::Repeated,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutBefore => "cut before the request",
            Self::CutAfter => "cut after the request",
            Self::CutMidway => "cut in the answer",
            Self::LateAnswer => "late answer",
            Self::LateRequest => "late request",
            Self::Repeated => "repeated",
        })
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Fetches a token.
    SignIn,
    /// Changes nothing.
    Read,
    /// Changes something.
    Write,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SignIn, Self::Read, Self::Write];

    pub(super) fn of(request: &Request) -> Self {
        match () {
            () if request.is_write() => Self::Write,
            () if request.path.starts_with("/auth/") => Self::SignIn,
            () => Self::Read,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn => "sign-in",
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// The faults to come, and those that were.
pub(super) struct Schedule {
    dice: Dice,
    decks: BTreeMap<Class, Vec<Fault>>,
    /// Faults that the next requests of their class meet for certain.
    certain: Vec<(Class, Fault)>,
    pub(super) injected: BTreeMap<(Class, Fault), usize>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            dice: Dice::seeded(0),
            decks: BTreeMap::new(),
            certain: Vec::new(),
            injected: BTreeMap::new(),
        }
    }
}

impl Schedule {
    pub(super) fn deal(&mut self, mut dice: Dice, classes: &[Class], times: usize) {
        for class in classes {
            let deck = self.decks.entry(*class).or_default();
            deck.extend(Fault::ALL.repeat(times));
            dice.shuffle(deck);
        }
        self.dice = dice;
    }

    pub(super) fn plan(&mut self, class: Class, fault: Fault) {
        self.certain.push((class, fault));
    }

    pub(super) fn left(&self) -> usize {
        self.certain.len() + self.decks.values().map(Vec::len).sum::<usize>()
    }

    /// The fault that the next request of this class meets.
    pub(super) fn draw(&mut self, class: Class) -> Option<Fault> {
        let certain = self.certain.iter().position(|(of, _)| *of == class);
        let fault = match certain {
            Some(at) => Some(self.certain.remove(at).1),
            None => self.dealt(class),
        }?;
        *self.injected.entry((class, fault)).or_default() += 1;
        Some(fault)
    }

    fn dealt(&mut self, class: Class) -> Option<Fault> {
        let deck = self.decks.get_mut(&class).filter(|deck| !deck.is_empty())?;
        let times = match class {
            Class::Read => READS_A_FAULT,
            Class::SignIn | Class::Write => WRITES_A_FAULT,
        };
        if self.dice.one_in(times) { deck.pop() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> Vec<Option<Fault>> {
        let mut schedule = Schedule::default();
        schedule.deal(Dice::seeded(seed), &[Class::Write], 2);
        (0..200).map(|_| schedule.draw(Class::Write)).collect()
    }

    #[test]
    fn a_seed_repeats_and_every_fault_comes() {
        let first = drawn(7);
        assert_eq!(first, drawn(7));
        assert_ne!(first, drawn(8));
        for fault in Fault::ALL {
            assert_eq!(first.iter().filter(|drawn| **drawn == Some(fault)).count(), 2);
        }
    }

    #[test]
    fn what_is_planned_meets_the_next_of_its_class() {
        let mut schedule = Schedule::default();
        schedule.plan(Class::Write, Fault::Repeated);
        assert_eq!(schedule.draw(Class::Read), None);
        assert_eq!(schedule.draw(Class::Write), Some(Fault::Repeated));
        assert_eq!((schedule.draw(Class::Write), schedule.left()), (None, 0));
    }

    #[test]
    fn nothing_happens_before_it_is_dealt_or_to_another_class() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.draw(Class::Write), None);
        schedule.deal(Dice::seeded(1), &[Class::Read], 1);
        assert!((0..100).all(|_| schedule.draw(Class::Write).is_none()));
        assert_eq!(schedule.left(), 6);
    }
}
