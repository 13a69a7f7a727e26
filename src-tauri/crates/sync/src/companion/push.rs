//! The way to the companion: what is pending goes out in batches, one at a time for each collection.

use super::settle::{Settled, begin, settle};
use crate::apply::intent::planned;
use crate::apply::single::take_stock;
use crate::binding::{Change, Companion};
use crate::context::Context;
use crate::failure::Failure;
use crate::record::confirm::take_remote;
use crate::runtime::new_ulid;
use leeward_merge::Op;
use leeward_model::{Remote, Trigger, Value};
use leeward_store::{IntentOp, Ledger, StoreError, StoredBatch};
use serde_json::json;
use std::time::Duration;

/// The most changes in a batch; the companion takes no more.
const CHANGES_MAX: usize = 10_000;
/// The longest batch, in bytes of its JSON: what gateways usually let through is a mebibyte. A longer change goes alone.
const SIZE_MAX: usize = 900_000;
/// Whoever asked for the cycle waits so long for a batch.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest reason of a change, and the longest name of who sends it, in characters: the companion refuses the whole batch
/// for a longer one.
const REASON_MAX: usize = 10_000;
const NAME_MAX: usize = 250;
/// Batches of a collection in one cycle.
const BATCHES_MAX: usize = 100;

/// Settles the batch that is on its way, and sends what is pending. Who asked for the cycle waits for the outcomes; otherwise
/// they are looked for soon, as runs are.
pub(crate) async fn settle_and_apply(context: &Context<'_>, companion: &Companion) -> Result<(), Failure> {
    let patience = match context.trigger {
        Trigger::Asked => PATIENCE,
        _ => Duration::ZERO,
    };
    for _ in 0..BATCHES_MAX {
        if settle(context, companion, patience).await? != Settled::Done {
            return Ok(());
        }
        context.look_for_stop()?;
        let Some(batch) = make(context, companion)? else {
            return Ok(());
        };
        if !begin(context, batch).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Looks at batches that are on their way, and sends what waited for them.
pub(crate) async fn follow(context: &Context<'_>) -> Result<(), Failure> {
    for (collection, companion) in context.companion() {
        let has_one =
            |ledger: &Ledger<'_>| Ok::<_, StoreError>(ledger.batch(collection.collection())?.is_some());
        if context.mirror.read(has_one)? {
            collection.keep_apart(settle_and_apply(&collection, companion).await)?;
        }
    }
    Ok(())
}

/// Takes down the next batch before it is sent; `None` where nothing is to be sent.
fn make(context: &Context<'_>, companion: &Companion) -> Result<Option<StoredBatch>, Failure> {
    let name = context.collection();
    let (is_stopped, is_read) = context.mirror.read(|ledger| {
        let is_stopped = ledger.brakes()?.iter().any(|brake| brake.collection == name);
        let is_read = ledger.publication(name)?.store_id.is_some();
        Ok((is_stopped, is_read && ledger.demanded_full_scan(name)?.is_none()))
    })?;
    // Before anything was read, or after a rebuild, nothing can be said of a record, least of all that it is not there.
    if is_stopped || !is_read {
        return Ok(None);
    }
    let new = context.mirror.read(|ledger| ledger.unseen_work(name))?;
    if !new.is_empty() {
        // All that is published was read: what is in none of it is not there. If it is by now, the companion says so.
        context.mirror.write(|ledger| {
            new.iter()
                .try_for_each(|key| take_remote(context, ledger, key, &Remote::Absent))
        })?;
    }
    let writes = take_stock(context)?;
    if writes.is_empty() {
        return Ok(None);
    }
    let batch = context
        .mirror
        .write(|ledger| make_in(context, ledger, companion, &writes))?;
    if let Some(batch) = &batch {
        context.will_send(batch.conf["changes"].as_array().map_or(0, Vec::len));
    }
    Ok(batch)
}

fn make_in(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    companion: &Companion,
    writes: &[(String, Op)],
) -> Result<Option<StoredBatch>, StoreError> {
    let (mut changes, mut length) = (Vec::new(), 0);
    for (key, _) in writes {
        let Some(change) = intend(context, ledger, companion, key)? else {
            continue;
        };
        length += change.to_string().len();
        if !changes.is_empty() && (length > SIZE_MAX || changes.len() >= CHANGES_MAX) {
            ledger.clear_intent(context.collection(), key)?;
            break;
        }
        changes.push(change);
    }
    if changes.is_empty() {
        return Ok(None);
    }
    let batch = batch_of(context, ledger, companion, &changes)?;
    ledger.put_batch(&batch)?;
    Ok(Some(batch))
}

/// Takes down the write of one record; nothing where it waits for the version that the store has.
fn intend(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    companion: &Companion,
    key: &str,
) -> Result<Option<Value>, StoreError> {
    let name = context.collection();
    let version = ledger.row_version(name, key)?;
    if version.is_some_and(|known| known.is_behind) {
        return Ok(None);
    }
    let Some((intent, op)) = planned(context, ledger, key)? else {
        return Ok(None);
    };
    let reason = ledger.record(name, key)?.and_then(|record| record.reason);
    let reason = reason.map(|reason| clipped(&reason, REASON_MAX));
    Ok(Some(
        companion.change(&Change {
            id: new_ulid(context.runtime).to_string(),
            key,
            op: &op,
            base: version
                .filter(|_| intent.op != IntentOp::Create)
                .map(|known| known.version),
            reason: reason.as_deref(),
        }),
    ))
}

/// As much of a text as the companion takes; no database holds the character U+0000.
fn clipped(text: &str, length_max: usize) -> String {
    text.chars().filter(|one| *one != '\0').take(length_max).collect()
}

fn batch_of(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    companion: &Companion,
    changes: &[Value],
) -> Result<StoredBatch, StoreError> {
    let name = context.collection();
    let id = new_ulid(context.runtime).to_string();
    let user = context.airflow.user_name().unwrap_or_else(|| "leeward".into());
    let mut conf = json!({
        "leeward": 1,
        "batch": id,
        "client": {"id": ledger.store_id()?.to_string(), "name": clipped(&user, NAME_MAX)},
        "model": companion.version(),
        "changes": changes,
    });
    if let Some(store_id) = ledger.publication(name)?.store_id {
        conf["store_id"] = store_id.into();
    }
    Ok(StoredBatch {
        collection: name.into(),
        id,
        attempt: 1,
        conf,
        sent_at: context.runtime.now(),
        seen: false,
    })
}
