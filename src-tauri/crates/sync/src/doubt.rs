//! In doubt: writes whose outcome is unknown, after a lost answer or a crash. Settled by looking.

use crate::apply::failing;
use crate::binding::Item;
use crate::context::Context;
use crate::failure::Failure;
use crate::observe::read_set::{self, NotListed};
use crate::record::confirm::{take_remote, took_effect, verify};
use crate::record::in_flight::in_flight;
use crate::sent_ago;
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::AirflowError;
use leeward_store::{Intent, IntentOp, Ledger, StoreError};

const NOTE: &str = "It is not known yet whether the last change reached Airflow; Leeward is looking.";
/// So many are looked at together.
const PAGE: usize = 100;

/// Settles every intent of the collection that is found: all are from an earlier cycle, since a cycle clears its own.
pub(crate) async fn settle(context: &Context<'_>) -> Result<(), Failure> {
    for page in in_flight(context)?.chunks(PAGE) {
        context.tolerate(look(context, page).await)?;
    }
    Ok(())
}

async fn look(context: &Context<'_>, page: &[Intent]) -> Result<(), Failure> {
    let keys = page
        .iter()
        .map(|intent| (intent.key.as_str(), NotListed::ConfirmByKey));
    let look = read_set::look(context, keys, None);
    let mut read_set = context.unless_stopped(look).await??;
    for intent in page {
        let settled = match read_set.remove(&intent.key) {
            Some(read) => settle_one(context, intent, read),
            None => Ok(()),
        };
        context.tolerate(settled)?;
    }
    Ok(())
}

fn settle_one(
    context: &Context<'_>,
    intent: &Intent,
    read: Result<Option<Item>, AirflowError>,
) -> Result<(), Failure> {
    let read = read?;
    let remote = context
        .mirror
        .read(|ledger| context.decode(ledger, read.as_ref()))?;
    let now = context.runtime.now();
    let took_effect = context.mirror.read(|ledger| {
        Ok(took_effect(context, ledger, intent, &remote)? && !is_anybodys(context, ledger, intent)?)
    })?;
    if took_effect {
        return Ok(verify(context, intent, read.as_ref(), None)?);
    }
    context.mirror.write(|ledger| {
        ledger.mark_in_doubt(
            &intent.collection,
            &intent.key,
            &note(ledger, intent)?,
            since(intent),
        )?;
        if now < since(intent) {
            ledger.restart_doubt(&intent.collection, &intent.key, now)?;
        } else if sent_ago::at_least(context, since(intent), intent.server_at)
            >= failing::patience(context, ledger, intent)?
        {
            // Nothing of it can arrive any more, by all that is known: what Airflow has now is what counts.
            failing::conclude(context, ledger, intent, &remote)?;
        }
        take_remote(context, ledger, &intent.key, &remote)
    })?;
    Ok(())
}

/// The last reason that is known stays beside the state.
fn note(ledger: &Ledger<'_>, intent: &Intent) -> Result<String, StoreError> {
    let doubt = ledger.doubt_of(&intent.collection, &intent.key)?;
    Ok(doubt
        .reason
        .map_or_else(|| NOTE.to_owned(), |reason| format!("{reason} {NOTE}")))
}

/// A delete that was taken back meanwhile is undone when it shows; long after it was sent, what shows may as well be
/// another's delete, which must not be undone unasked.
fn is_anybodys(context: &Context<'_>, ledger: &Ledger<'_>, intent: &Intent) -> Result<bool, StoreError> {
    if intent.op != IntentOp::Delete {
        return Ok(false);
    }
    let record = ledger.record(&intent.collection, &intent.key)?;
    let taken_back = record.is_some_and(|record| record.overlay.is_some() && !record.is_deleted());
    let long = SignedDuration::try_from(context.settings.settle).is_ok_and(|settle| {
        sent_ago::about(context, since(intent), intent.server_at) >= settle.saturating_mul(2)
    });
    Ok(taken_back && long)
}

fn since(intent: &Intent) -> Timestamp {
    intent.in_doubt_since.unwrap_or(intent.sent_at)
}
