//! How often each part beside records and actions has changed, so that only what changed is read again. Kept in the mirror,
//! since another process may be the one that changes it.

use crate::{Ledger, StoreError};
use leeward_model::MirrorPart;
use std::collections::BTreeMap;

/// How often each part has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartChanges(BTreeMap<MirrorPart, u64>);

impl PartChanges {
    /// The parts that have changed since.
    #[must_use]
    pub fn since(&self, before: &Self) -> Vec<MirrorPart> {
        MirrorPart::ALL
            .into_iter()
            .filter(|part| self.0.get(part) != before.0.get(part))
            .collect()
    }
}

impl Ledger<'_> {
    /// How often each part has changed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn part_changes(&self) -> Result<PartChanges, StoreError> {
        let count = |part| Ok((part, self.get_meta(name(part))?.unwrap_or_default()));
        let counts: Result<_, StoreError> = MirrorPart::ALL.into_iter().map(count).collect();
        Ok(PartChanges(counts?))
    }

    /// Counts a change of the part.
    pub(crate) fn part_changed(&self, part: MirrorPart) -> Result<(), StoreError> {
        let count: u64 = self.get_meta(name(part))?.unwrap_or_default();
        self.set_meta(name(part), &(count + 1))
    }
}

fn name(part: MirrorPart) -> &'static str {
    match part {
        MirrorPart::Dags => "dags_changes",
        MirrorPart::Runs => "runs_changes",
        MirrorPart::Brakes => "brakes_changes",
        MirrorPart::Collections => "collections_changes",
        MirrorPart::Violations => "violations_changes",
    }
}
