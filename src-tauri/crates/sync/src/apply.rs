//! Apply, without compare-and-set: intent → read → plan again → write the dirty fields → read back → base.

use crate::binding::{self, Write, arrived, remote_of, write_of};
use crate::carry_out::{self, drop_overlay, settle};
use crate::cycle::{Cycle, Failure};
use crate::observe::{advance, see, take_remote};
use crate::{Notice, problem_of};
use leeward_airflow::{AirflowError, ErrorKind, Variable};
use leeward_merge::Op;
use leeward_model::{BaseField, Content, Fields, Remote, VARIABLES, Value, secret_id};
use leeward_store::{Intent, IntentOp, Ledger, StoreError, StoredRecord};
use std::collections::BTreeMap;
use std::time::Duration;

/// Pushes what is pending, one record after the other; a record that cannot be sent never holds up the others.
pub(crate) async fn apply(cycle: &Cycle<'_>) -> Result<(), Failure> {
    let active = cycle.engine.read(|ledger| ledger.active(VARIABLES))?;
    for record in active {
        if !record.in_doubt && record.rejected.is_none() {
            cycle.bear(push(cycle, &record.key).await)?;
        }
    }
    Ok(())
}

/// One record, guarded.
async fn push(cycle: &Cycle<'_>, key: &str) -> Result<(), Failure> {
    let Some(intended) = prepare(cycle, key)? else {
        return Ok(());
    };
    let began = cycle.engine.runtime.elapsed();
    let fresh = match cycle.engine.airflow.get_variable(key).await {
        Ok(fresh) => fresh,
        Err(error) => return refused_before_sending(cycle, key, error),
    };
    let Some((intent, op)) = prepare_again(cycle, key, intended, fresh.as_ref())? else {
        return Ok(());
    };
    let write = match write_of(key, &op, cycle.engine.replacements.as_ref()) {
        Ok(write) => write,
        Err(unsendable) => return reject(cycle, key, &unsendable.0),
    };
    send_and_verify(cycle, &intent, &write, began).await
}

/// `began` is when the look before the write was begun.
async fn send_and_verify(
    cycle: &Cycle<'_>,
    intent: &Intent,
    write: &Write,
    began: Duration,
) -> Result<(), Failure> {
    let answer = binding::send(cycle.engine.airflow.as_ref(), &intent.key, write).await;
    cycle.sent(intent, began);
    if let Err(error) = answer {
        return not_answered(cycle, intent, error).await;
    }
    match cycle.engine.airflow.get_variable(&intent.key).await {
        Ok(read) => Ok(verify(cycle, intent, read.as_ref())?),
        Err(error) => in_doubt(cycle, intent, &error),
    }
}

/// Plans the write and takes it down before anything is sent.
fn prepare(cycle: &Cycle<'_>, key: &str) -> Result<Option<(Intent, Op)>, Failure> {
    Ok(cycle.engine.write(|ledger| {
        let Some(mut record) = ledger.record(VARIABLES, key)? else {
            return Ok(None);
        };
        if record.in_doubt || record.rejected.is_some() {
            return Ok(None);
        }
        intend(cycle, ledger, &mut record)
    })?)
}

/// Carries out what concerns the mirror, and writes down the intent if a write remains.
fn intend(
    cycle: &Cycle<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
) -> Result<Option<(Intent, Op)>, StoreError> {
    let plan = carry_out::plan(&cycle.engine.collection, record, cycle.engine.runtime.now());
    advance(cycle, ledger, record)?;
    let Some(op) = plan.write() else { return Ok(None) };
    let intent = intent_of(record, op, cycle);
    ledger.put_intent(&intent)?;
    Ok(Some((intent, op.clone())))
}

fn intent_of(record: &StoredRecord, op: &Op, cycle: &Cycle<'_>) -> Intent {
    let (kind, fields) = match op {
        Op::Create { fields } => (IntentOp::Create, fields.clone()),
        Op::Update { fields } => (IntentOp::Update, fields.clone()),
        _ => (IntentOp::Delete, Fields::new()),
    };
    Intent {
        collection: record.collection.clone(),
        key: record.key.clone(),
        op: kind,
        fields,
        before: record.remote.clone(),
        rev: record.rev,
        sent_at: cycle.engine.runtime.now(),
        in_doubt_since: None,
    }
}

/// Airflow was read just now: if it moved since the plan was made, the plan is made again.
fn prepare_again(
    cycle: &Cycle<'_>,
    key: &str,
    intended: (Intent, Op),
    fresh: Option<&Variable>,
) -> Result<Option<(Intent, Op)>, Failure> {
    let remote = cycle.engine.read(|ledger| remote_of(ledger, fresh))?;
    if remote == intended.0.before {
        return Ok(Some(intended));
    }
    cycle.tally.retried.add(1);
    Ok(cycle.engine.write(|ledger| {
        ledger.clear_intent(VARIABLES, key)?;
        let Some(mut record) = ledger.record(VARIABLES, key)? else {
            return Ok(None);
        };
        see(cycle, ledger, &mut record, remote)?;
        intend(cycle, ledger, &mut record)
    })?)
}

/// The read before the write failed: nothing was sent.
fn refused_before_sending(cycle: &Cycle<'_>, key: &str, error: AirflowError) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::Unaddressable(_) | ErrorKind::Forbidden => reject(cycle, key, &problem_of(&error).what),
        _ => {
            cycle.engine.write(|ledger| ledger.clear_intent(VARIABLES, key))?;
            Err(error.into())
        }
    }
}

/// The write was not answered with success.
async fn not_answered(cycle: &Cycle<'_>, intent: &Intent, error: AirflowError) -> Result<(), Failure> {
    if error.outcome_unknown() {
        return in_doubt(cycle, intent, &error);
    }
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotFound => look_again(cycle, &intent.key).await,
        ErrorKind::Rejected { .. }
        | ErrorKind::Forbidden
        | ErrorKind::Unaddressable(_)
        | ErrorKind::MaskRefused => reject(cycle, &intent.key, &problem_of(&error).what),
        _ => {
            cycle
                .engine
                .write(|ledger| ledger.clear_intent(VARIABLES, &intent.key))?;
            Err(error.into())
        }
    }
}

/// Somebody created or deleted it in between: nothing was written; look, and plan again in the next cycle.
async fn look_again(cycle: &Cycle<'_>, key: &str) -> Result<(), Failure> {
    cycle.engine.write(|ledger| ledger.clear_intent(VARIABLES, key))?;
    let fresh = cycle.engine.airflow.get_variable(key).await?;
    cycle.engine.write(|ledger| {
        let remote = remote_of(ledger, fresh.as_ref())?;
        take_remote(cycle, ledger, key, &remote)
    })?;
    Ok(())
}

/// The outcome is unknown: the intent stays, and nothing else is sent for this record until it is settled.
fn in_doubt(cycle: &Cycle<'_>, intent: &Intent, error: &AirflowError) -> Result<(), Failure> {
    let now = cycle.engine.runtime.now();
    let note = problem_of(error).what;
    cycle
        .engine
        .write(|ledger| ledger.mark_in_doubt(&intent.collection, &intent.key, &note, now))?;
    Ok(())
}

/// Airflow refused the change: parked with its reason until the analyst edits it or takes it back.
pub(crate) fn reject(cycle: &Cycle<'_>, key: &str, reason: &str) -> Result<(), Failure> {
    cycle.engine.write(|ledger| {
        ledger.clear_intent(VARIABLES, key)?;
        let Some(mut record) = ledger.record(VARIABLES, key)? else {
            return Ok(());
        };
        record.rejected = Some(reason.to_owned());
        ledger.save(&record, cycle.engine.runtime.now()).map(drop)
    })?;
    cycle.tally.notice(Notice::Rejected {
        collection: VARIABLES.into(),
        key: key.into(),
    });
    Ok(())
}

/// Moves the base for exactly those fields that were written and read back as sent; the rest is reconciled again.
pub(crate) fn verify(cycle: &Cycle<'_>, intent: &Intent, read: Option<&Variable>) -> Result<(), StoreError> {
    let arrived_secrets = cycle.engine.write(|ledger| {
        ledger.clear_intent(&intent.collection, &intent.key)?;
        let Some(mut record) = ledger.record(&intent.collection, &intent.key)? else {
            return Ok(Vec::new());
        };
        record.in_doubt = false;
        let read = remote_of(ledger, read)?;
        let all = confirm(&mut record, intent, &read);
        if all {
            record.remote = read;
        } else {
            see(cycle, ledger, &mut record, read)?;
        }
        if all {
            record.verified_rev = record.verified_rev.max(intent.rev);
            cycle.tally.pushed.add(1);
        }
        advance(cycle, ledger, &mut record)?;
        Ok(if all { secrets_of(intent) } else { Vec::new() })
    })?;
    arrived_secrets
        .iter()
        .for_each(|id| cycle.engine.replacements.forget(id));
    Ok(())
}

fn secrets_of(intent: &Intent) -> Vec<String> {
    intent
        .fields
        .values()
        .filter_map(secret_id)
        .map(str::to_owned)
        .collect()
}

/// Whether everything that was sent is now seen in Airflow.
pub(crate) fn confirm(record: &mut StoredRecord, intent: &Intent, read: &Remote) -> bool {
    match (read, intent.op) {
        (Remote::Absent, IntentOp::Delete) => {
            confirm_delete(record);
            true
        }
        (Remote::Present(remote), IntentOp::Create | IntentOp::Update) => {
            confirm_fields(record, intent, remote)
        }
        _ => false,
    }
}

/// Gone as meant. If the analyst has meanwhile made it anew, that is a creation now.
fn confirm_delete(record: &mut StoredRecord) {
    record.base = None;
    match record.overlay.as_mut() {
        Some(overlay) if !overlay.deleted => overlay.fields.values_mut().for_each(|field| field.base = None),
        _ => drop_overlay(record),
    }
}

fn confirm_fields(record: &mut StoredRecord, intent: &Intent, remote: &BTreeMap<String, Content>) -> bool {
    let mut all = true;
    for (name, sent) in &intent.fields {
        match remote.get(name).filter(|content| arrived(sent, Some(content))) {
            Some(content) => confirm_field(record, name, sent, content),
            None => all = false,
        }
    }
    all
}

fn confirm_field(record: &mut StoredRecord, name: &str, sent: &Value, content: &Content) {
    let base = match content {
        Content::Sealed(_) => BaseField::seen(content.clone()),
        Content::Value(_) => BaseField::written(content.clone(), sent.clone()),
    };
    record
        .base
        .get_or_insert_with(BTreeMap::new)
        .insert(name.to_owned(), base.clone());
    let Some(field) = record
        .overlay
        .as_mut()
        .and_then(|overlay| overlay.fields.get_mut(name))
    else {
        return;
    };
    if field.to.as_ref() == Some(sent) {
        settle(record, name);
    } else {
        // Edited again while the write was on its way: that edit survives, on the new base.
        field.base = Some(base);
    }
}
