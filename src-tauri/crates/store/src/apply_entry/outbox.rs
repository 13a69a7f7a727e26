//! Take-back and release of actions.

use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{ActionState, ActionView, Entry};
use ulid::Ulid;

const ALREADY_SENT: &str = "It was already sent and cannot be taken back.";
const RELEASED: &str = "Released by hand: it no longer waits for edits.";

impl Ledger<'_> {
    /// A request: an action that was sent cannot be taken back, and says so.
    pub(super) fn take_back_action(&self, entry: &Entry, now: Timestamp) -> Result<(), StoreError> {
        if let Some(view) = self.subject(entry)? {
            if self.can_be_cancelled(&view)? {
                self.drop_waits(view.action.id)?;
                self.move_action(&view, ActionState::Cancelled, None, now)?;
            } else if view.state != ActionState::Cancelled {
                self.move_action(&view, view.state, Some(ALREADY_SENT), now)?;
            }
        }
        self.touch_subject(entry)
    }

    /// The action goes out now, whatever it waited for.
    pub(super) fn release(&self, entry: &Entry, now: Timestamp) -> Result<(), StoreError> {
        if let Some(view) = self.subject(entry)?
            && matches!(
                view.state,
                ActionState::Queued | ActionState::Waiting | ActionState::Held
            )
            && self.sent_at(view.action.id)?.is_none()
        {
            self.drop_waits(view.action.id)?;
            self.move_action(&view, ActionState::Queued, Some(RELEASED), now)?;
        }
        self.touch_subject(entry)
    }

    fn can_be_cancelled(&self, view: &ActionView) -> Result<bool, StoreError> {
        Ok(match view.state {
            ActionState::Queued | ActionState::Waiting | ActionState::Held => {
                self.sent_at(view.action.id)?.is_none()
            }
            ActionState::Rejected => true,
            ActionState::InDoubt | ActionState::Done | ActionState::Cancelled => false,
        })
    }

    fn subject(&self, entry: &Entry) -> Result<Option<ActionView>, StoreError> {
        match entry.key.parse::<Ulid>() {
            Ok(id) => self.action(id),
            Err(_) => Ok(None),
        }
    }

    fn move_action(
        &self,
        view: &ActionView,
        state: ActionState,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (run_id, run_state) = (view.run_id.as_deref(), view.run_state.as_deref());
        if view.state == state {
            return self.note_action(view.action.id, note);
        }
        self.set_action(view.action.id, state, note, run_id, run_state, now)
            .map(drop)
    }
}
