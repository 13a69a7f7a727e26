//! Writes that were sent and not seen to have arrived yet, and what a listing shows of them.

use crate::binding::Item;
use crate::context::Context;
use crate::record::confirm::{took_effect, verify};
use leeward_store::{Intent, StoreError};
use std::collections::BTreeMap;

/// The collection's writes in flight; at the beginning of a cycle all are from an earlier one.
pub(crate) fn in_flight(context: &Context<'_>) -> Result<Vec<Intent>, StoreError> {
    let mut intents = context.mirror.read(|ledger| ledger.intents())?;
    intents.retain(|intent| intent.collection == context.collection());
    Ok(intents)
}

/// Confirms what a page of the listing shows as it was sent, whatever becomes of the rest of the listing, and also where the
/// collection is stopped. Whoever deletes it later meets it as seen: it is not made anew. Nothing is concluded from what the
/// page does not show.
pub(crate) fn confirm_listed(context: &Context<'_>, page: &[Item]) -> Result<(), StoreError> {
    let intents = in_flight(context)?;
    if intents.is_empty() {
        return Ok(());
    }
    let shown: BTreeMap<&str, &Item> = page.iter().map(|item| (item.key(), item)).collect();
    for intent in &intents {
        match shown.get(intent.key.as_str()) {
            Some(item) if has_arrived(context, intent, item)? => verify(context, intent, Some(item), None)?,
            _ => {}
        }
    }
    Ok(())
}

fn has_arrived(context: &Context<'_>, intent: &Intent, item: &Item) -> Result<bool, StoreError> {
    context.mirror.read(|ledger| {
        let remote = context.decode(ledger, Some(item))?;
        took_effect(context, ledger, intent, &remote)
    })
}
