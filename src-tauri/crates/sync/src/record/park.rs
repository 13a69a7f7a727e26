//! Parking: a record whose change Airflow refused waits for its analyst, and holds up nothing else.

use crate::context::Context;
use crate::failure::Failure;
use crate::listener::Notice;
use leeward_store::{Ledger, StoreError};

/// Airflow refused the change: parked with its reason until the analyst edits it or takes it back.
pub(crate) fn reject(context: &Context<'_>, key: &str, reason: &str) -> Result<(), Failure> {
    Ok(context
        .mirror
        .write(|ledger| reject_in(context, ledger, key, reason))?)
}

/// [`reject`] inside a transaction.
pub(crate) fn reject_in(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
    reason: &str,
) -> Result<(), StoreError> {
    ledger.clear_intent(context.collection(), key)?;
    if let Some(mut record) = ledger.record(context.collection(), key)? {
        record.rejected = Some(reason.to_owned());
        record.refused_of = None;
        ledger.save(&record, context.runtime.now())?;
    }
    context.tally.notice(Notice::Rejected {
        collection: context.collection().into(),
        key: key.into(),
    });
    Ok(())
}
