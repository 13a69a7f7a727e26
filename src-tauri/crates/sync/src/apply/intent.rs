//! Intents: a write is planned and written down before anything is sent, so that it is found again after a crash.

use crate::context::Context;
use crate::record::advance::advance;
use crate::record::carry_out;
use crate::record::review::Review;
use leeward_merge::Op;
use leeward_model::Fields;
use leeward_store::{Intent, IntentOp, Ledger, StoreError, StoredRecord};

/// A write that is to be sent: what is taken down of it, and what is asked for.
pub(crate) type Planned = (Intent, Op);

/// Neither in flight nor parked.
pub(crate) fn is_free(record: &StoredRecord) -> bool {
    !record.in_doubt && !record.is_parked()
}

/// Plans the record's write and takes it down, before anything is sent.
pub(crate) fn planned(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    key: &str,
) -> Result<Option<Planned>, StoreError> {
    match ledger.record(context.collection(), key)?.filter(is_free) {
        Some(mut record) if !ledger.is_rebuilding()? => intend(context, ledger, &mut record),
        _ => Ok(None),
    }
}

/// Whether the write is not to be sent as it was planned, because of what happened here since: the record was worked on, or
/// breaks a rule together with another one by now.
pub(crate) fn is_other_now(ledger: &Ledger<'_>, intent: &Intent) -> Result<bool, StoreError> {
    Ok(ledger.has_newer_work(intent)? || ledger.violates(&intent.collection, &intent.key)?)
}

/// Carries out what concerns the mirror, and writes down the intent if a write remains.
pub(crate) fn intend(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
) -> Result<Option<Planned>, StoreError> {
    advance(context, ledger, record)?;
    let plan = carry_out::plan(context.model(), record, context.runtime.now());
    let Some(op) = plan.write() else { return Ok(None) };
    if Review::of(context, ledger)?.holds(record) || ledger.violates(&record.collection, &record.key)? {
        return Ok(None);
    }
    let intent = intent_of(record, op, context);
    ledger.put_intent(&intent)?;
    Ok(Some((intent, op.clone())))
}

fn intent_of(record: &StoredRecord, op: &Op, context: &Context<'_>) -> Intent {
    let (kind, fields) = match op {
        Op::Create { fields } => (IntentOp::Create, fields.clone()),
        Op::Update { fields, .. } => (IntentOp::Update, fields.clone()),
        _ => (IntentOp::Delete, Fields::new()),
    };
    Intent {
        collection: record.collection.clone(),
        key: record.key.clone(),
        op: kind,
        fields,
        before: record.remote.clone(),
        rev: record.rev,
        sent_at: context.runtime.now(),
        in_doubt_since: None,
        server_at: context.airflow.server_clock(),
    }
}
