//! An act: an action is queued.

use crate::{Ledger, StoreError, actions};
use leeward_model::Entry;

impl Ledger<'_> {
    /// Queues the action; one that was to go out "after my edits" waits for all work that is unfinished now.
    pub(super) fn act(&self, entry: &Entry) -> Result<(), StoreError> {
        let Some(action) = entry.action.clone() else {
            tracing::warn!(entry = %entry.id, "an act without an action was passed over");
            return Ok(());
        };
        let (id, after_edits) = (action.id, action.after_edits);
        if self.action(id)?.is_none() {
            self.insert_action(&actions::queued(action, entry.reason.clone(), entry.at))?;
            if after_edits {
                self.wait_for_all_work(id)?;
            }
        }
        self.touch_subject(entry)
    }
}
