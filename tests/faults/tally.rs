//! What a scenario did, and what came of it.

use std::fmt;

use harness::account::Found;

/// Counts of a scenario, or of all.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Faults that really happened.
    pub(crate) faults: usize,
    /// Edits that were tried.
    pub(crate) edits: usize,
    /// Edits and runs that `leewardctl` acknowledged.
    pub(crate) acknowledged: usize,
    /// What was refused, and told as an error.
    pub(crate) refused: usize,
    /// Acknowledged, and not found.
    pub(crate) lost: Vec<String>,
    /// Found once more than it should be.
    pub(crate) doubled: Vec<String>,
}

impl Tally {
    /// Adds what a look found.
    pub(crate) fn found(&mut self, found: Found) {
        self.lost.extend(found.lost);
        self.doubled.extend(found.doubled);
    }

    /// Adds another scenario's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.faults += other.faults;
        self.edits += other.edits;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.lost.extend(other.lost.iter().cloned());
        self.doubled.extend(other.doubled.iter().cloned());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "faults injected {}, edits made {}, acknowledged {}, refused {}, lost {}, doubled {}",
            self.faults,
            self.edits,
            self.acknowledged,
            self.refused,
            self.lost.len(),
            self.doubled.len()
        )
    }
}
