//! Review before sending: in an environment that asks for it, nothing leaves before the analyst has said "send".

use crate::context::Context;
use leeward_store::{Approved, Ledger, StoreError, StoredRecord};
use ulid::Ulid;

/// What holds back what nobody has looked at; nothing where the environment does not ask for a review.
pub(crate) struct Review(Option<Approved>);

impl Review {
    pub(crate) fn of(context: &Context<'_>, ledger: &Ledger<'_>) -> Result<Self, StoreError> {
        let reviews = context.settings.review;
        Ok(Self(reviews.then(|| ledger.approved()).transpose()?))
    }

    pub(crate) fn holds(&self, record: &StoredRecord) -> bool {
        self.0.as_ref().is_some_and(|approved| !approved.covers(record))
    }

    pub(crate) fn holds_action(&self, id: Ulid) -> bool {
        self.0
            .as_ref()
            .is_some_and(|approved| !approved.covers_action(id))
    }
}
