//! Runs that a mirror which is lost may have sent: the client that rebuilt this one knows them as not sent.

use crate::{Ledger, StoreError};
use jiff::Timestamp;
use std::collections::BTreeSet;
use ulid::Ulid;

const TO_LOOK_FOR: &str = "actions_to_look_for";
const SINCE: &str = "actions_looked_for_since";

impl Ledger<'_> {
    /// The actions that must be looked for in Airflow before anything else is done about them.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn actions_to_look_for(&self) -> Result<BTreeSet<Ulid>, StoreError> {
        Ok(self.get_meta(TO_LOOK_FOR)?.unwrap_or_default())
    }

    /// Since when they are looked for, by the clock of the caller; the first `now` after a rebuild stands.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn actions_looked_for_since(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        if let Some(Some(since)) = self.get_meta::<Option<Timestamp>>(SINCE)? {
            return Ok(since);
        }
        self.set_meta(SINCE, &now)?;
        Ok(now)
    }

    /// Airflow has said whether it has it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn action_was_looked_for(&self, id: Ulid) -> Result<(), StoreError> {
        let mut ids = self.actions_to_look_for()?;
        if ids.remove(&id) {
            self.set_meta(TO_LOOK_FOR, &ids)?;
        }
        Ok(())
    }

    /// Every open action may have been sent: in a rebuild, whatever the client's later entries say of it; and where a
    /// process begins, since the mirror may have been put back from an older copy.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn look_for_open_actions(&self) -> Result<(), StoreError> {
        let open = self.open_actions()?;
        self.look_for(open.iter().map(|view| view.action.id))
    }

    /// In a rebuild: these actions may have been sent.
    pub(crate) fn look_for(&self, actions: impl IntoIterator<Item = Ulid>) -> Result<(), StoreError> {
        let mut ids = self.actions_to_look_for()?;
        ids.extend(actions);
        if ids.is_empty() {
            return Ok(());
        }
        self.set_meta(SINCE, &None::<Timestamp>)?;
        self.set_meta(TO_LOOK_FOR, &ids)
    }
}
