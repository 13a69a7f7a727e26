//! Review before sending: how far the analyst has looked at what is pending and said "send". It is kept in the mirror, so
//! that neither a restart nor another process sends what nobody has looked at.

use crate::{Ledger, StoreError, StoredRecord, records};
use leeward_model::ActionState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use ulid::Ulid;

const APPROVED: &str = "approved";

/// What may be sent where changes are reviewed first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// Work on records up to this revision.
    rev: u64,
    /// The actions that were open then.
    actions: BTreeSet<Ulid>,
}

impl Approved {
    /// Whether all the work on this record may be sent. What was done since has not been looked at.
    #[must_use]
    pub fn covers(&self, record: &StoredRecord) -> bool {
        record.rev <= self.rev
    }

    /// Whether this action may be sent.
    #[must_use]
    pub fn covers_action(&self, id: Ulid) -> bool {
        self.actions.contains(&id)
    }
}

impl Ledger<'_> {
    /// The analyst says "send": everything that is pending now may go out, and nothing that comes later.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn approve_pending(&self) -> Result<(), StoreError> {
        let open = self.open_actions()?;
        let actions = open.iter().map(|view| view.action.id).collect();
        let rev = self.rev()?;
        self.set_meta(APPROVED, &Approved { rev, actions })
    }

    /// What may be sent; nothing before the analyst first said so.
    ///
    /// # Errors
    /// `Corrupt`; those of SQLite.
    pub fn approved(&self) -> Result<Approved, StoreError> {
        Ok(self.get_meta(APPROVED)?.unwrap_or_default())
    }

    /// Changes and actions that could be sent, were it not for the review.
    ///
    /// # Errors
    /// `Corrupt`; those of SQLite.
    pub fn to_review(&self) -> Result<u32, StoreError> {
        let approved = self.approved()?;
        let sql = format!(
            "SELECT COUNT(*) FROM records WHERE {} AND overlay IS NOT NULL AND conflict IS NULL \
             AND (rejected IS NULL OR refused_of IS NOT NULL) AND NOT {} AND rev > ?1",
            records::HAS_WORK,
            records::VIOLATES
        );
        let mut select = self.tx.prepare_cached(&sql)?;
        let changes: u32 = select.query_row([crate::columns::signed(approved.rev)], |row| row.get(0))?;
        let waits = |state| matches!(state, ActionState::Queued | ActionState::Waiting);
        let open = self.open_actions()?;
        let runs = open
            .iter()
            .filter(|view| waits(view.state) && !approved.covers_action(view.action.id));
        Ok(changes + u32::try_from(runs.count()).unwrap_or(u32::MAX))
    }
}
