//! Runs that a mirror which is lost may have sent: the client that rebuilt this one knows them as not sent.

use crate::{Ledger, StoreError};
use std::collections::BTreeSet;
use ulid::Ulid;

const TO_LOOK_FOR: &str = "actions_to_look_for";

impl Ledger<'_> {
    /// The actions that must be looked for in Airflow before anything else is done about them.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn actions_to_look_for(&self) -> Result<BTreeSet<Ulid>, StoreError> {
        Ok(self.get_meta(TO_LOOK_FOR)?.unwrap_or_default())
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

    /// In a rebuild: every open action may have been sent, whatever the client's later entries say of it.
    pub(crate) fn look_for_open_actions(&self) -> Result<(), StoreError> {
        let open = self.open_actions()?;
        self.look_for(open.iter().map(|view| view.action.id))
    }

    /// In a rebuild: these actions may have been sent.
    pub(crate) fn look_for(&self, actions: impl IntoIterator<Item = Ulid>) -> Result<(), StoreError> {
        let known = self.actions_to_look_for()?;
        let mut ids = known.clone();
        ids.extend(actions);
        if ids == known {
            return Ok(());
        }
        self.set_meta(TO_LOOK_FOR, &ids)
    }
}
