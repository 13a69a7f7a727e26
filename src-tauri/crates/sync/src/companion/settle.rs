//! What becomes of a batch that is on its way: its run is asked for by its id. A batch takes effect once, so whatever is
//! unclear is settled by sending it again.

use super::outcome::{self, Outcome};
use crate::binding::Companion;
use crate::context::Context;
use crate::failure::Failure;
use crate::record::park::reject_in;
use crate::runs::dag_view;
use jiff::SignedDuration;
use leeward_airflow::{AirflowError, ErrorKind, HealthStatus, RunState};
use leeward_model::{Problem, Trigger};
use leeward_store::{StoreError, StoredBatch, ingest_dag};
use std::time::Duration;

/// The task that returns the outcome, and the XCom that holds it.
const TASK: &str = "ingest";
const RETURNED: &str = "return_value";
/// The first pause between two looks at a run; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// Who waits for so long is told why.
const TELL_AFTER: Duration = Duration::from_secs(5);
/// A failed run is tried again after this time, and after twice as long each time.
const TRY_AGAIN: SignedDuration = SignedDuration::from_mins(2);
const TRY_AGAIN_MAX: SignedDuration = SignedDuration::from_hours(1);

/// How the collection's batches stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// None is on its way.
    Done,
    /// The outcome of one is not known.
    Open,
    /// One was withdrawn: nothing is sent before the next cycle, which knows more.
    Withdrawn,
}

/// What one look at a batch came to.
enum Look {
    /// Its outcome was taken over.
    Ended,
    /// Its run has not ended, or cannot be made use of.
    Waits(RunState),
    Withdrawn,
}

/// Looks what became of the collection's batch, if it has one, and waits for it for so long.
pub(crate) async fn settle(
    context: &Context<'_>,
    companion: &Companion,
    patience: Duration,
) -> Result<Settled, Failure> {
    let began = context.runtime.elapsed();
    let (mut pause, mut is_told) = (PAUSE, false);
    loop {
        let Some(batch) = context.mirror.read(|ledger| ledger.batch(context.collection()))? else {
            return Ok(Settled::Done);
        };
        let state = match look(context, companion, batch).await? {
            Look::Ended => continue,
            Look::Withdrawn => return Ok(Settled::Withdrawn),
            Look::Waits(state) => state,
        };
        let waited = context.runtime.elapsed().saturating_sub(began);
        if !is_told && waited >= patience.min(TELL_AFTER) {
            note_wait(context, &state).await?;
            is_told = true;
        }
        if waited >= patience {
            return Ok(Settled::Open);
        }
        context.unless_stopped(context.runtime.sleep(pause)).await?;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

async fn look(context: &Context<'_>, companion: &Companion, batch: StoredBatch) -> Result<Look, Failure> {
    let (dag_id, run_id) = (ingest_dag(context.collection()), run_id(&batch));
    let run = context.airflow.get_dag_run(&dag_id, &run_id);
    match context.unless_stopped(run).await?? {
        None if batch.seen => {
            // Somebody deleted it: whether it had run is told by the next one.
            send_again(context, batch).await
        }
        None => {
            let may_arrive = may_arrive(context, &batch);
            send(context, batch, may_arrive).await
        }
        Some(run) if run.state == RunState::Success => ended(context, companion, batch).await,
        Some(run) if run.state == RunState::Failed => failed(context, batch, FAILED).await,
        Some(run) => Ok(Look::Waits(run.state)),
    }
}

fn run_id(batch: &StoredBatch) -> String {
    format!("leeward__{}__{}", batch.id, batch.attempt)
}

/// Starts the run of a new batch; whether it is on its way.
pub(crate) async fn begin(context: &Context<'_>, batch: StoredBatch) -> Result<bool, Failure> {
    Ok(!matches!(send(context, batch, false).await?, Look::Withdrawn))
}

/// Whether what was sent of this attempt before, and did not arrive, may arrive yet.
fn may_arrive(context: &Context<'_>, batch: &StoredBatch) -> bool {
    let waited = context.runtime.now().duration_since(batch.sent_at).abs();
    SignedDuration::try_from(context.settings.settle).is_ok_and(|settle| waited < settle)
}

/// Starts the run of this attempt. Whoever does not learn whether it started asks for it by its id the next time.
/// `may_arrive`: an earlier sending may start it yet, so that no answer to this one is the last word.
async fn send(context: &Context<'_>, batch: StoredBatch, may_arrive: bool) -> Result<Look, Failure> {
    let mut conf = batch.conf.clone();
    conf["attempt"] = batch.attempt.into();
    let dag_id = ingest_dag(context.collection());
    match context
        .airflow
        .trigger_dag_run(&dag_id, &run_id(&batch), &conf, None)
        .await
    {
        Ok(_) => {
            let seen = StoredBatch { seen: true, ..batch };
            context.mirror.write(|ledger| ledger.put_batch(&seen))?;
            Ok(Look::Waits(RunState::Queued))
        }
        Err(error) if error.outcome_unknown() => {
            let sent_at = context.runtime.now();
            let unclear = StoredBatch { sent_at, ..batch };
            context.mirror.write(|ledger| ledger.put_batch(&unclear))?;
            Err(error.into())
        }
        Err(error) if may_arrive => Err(error.into()),
        Err(error) => not_started(context, &batch, error),
    }
}

fn not_started(context: &Context<'_>, batch: &StoredBatch, error: AirflowError) -> Result<Look, Failure> {
    match error.kind() {
        // Under an earlier attempt it may have taken effect: its outcome is still to be told.
        ErrorKind::Forbidden | ErrorKind::Rejected { .. } if batch.attempt == 1 => {
            refuse(context, batch, &Problem::from(&error).what)?;
            Ok(Look::Ended)
        }
        // The listing of DAGs, which the cycle ends with, tells more.
        ErrorKind::NotFound if batch.attempt == 1 => {
            withdraw(context, batch)?;
            Ok(Look::Withdrawn)
        }
        _ => Err(error.into()),
    }
}

/// Sends the batch under the next run id.
async fn send_again(context: &Context<'_>, batch: StoredBatch) -> Result<Look, Failure> {
    let next = StoredBatch {
        attempt: batch.attempt.saturating_add(1),
        sent_at: context.runtime.now(),
        seen: false,
        ..batch
    };
    context.mirror.write(|ledger| ledger.put_batch(&next))?;
    context.tally.retried.add(1);
    send(context, next, false).await
}

const FAILED: &str = "failed, and nothing was changed. Its log in Airflow says why";
const TOLD_NOTHING: &str = "ended, and Airflow does not have what it returned";

/// The run failed, so that nothing was decided, or its outcome cannot be read: it is tried again after a while.
async fn failed(context: &Context<'_>, batch: StoredBatch, what: &str) -> Result<Look, Failure> {
    let doubled = 1_i32 << batch.attempt.saturating_sub(1).min(10);
    let wait = TRY_AGAIN.saturating_mul(doubled).min(TRY_AGAIN_MAX);
    let waited = context.runtime.now().duration_since(batch.sent_at).abs();
    let is_asked = context.trigger == Trigger::Asked && batch.sent_at < context.began_at;
    if is_asked || waited >= wait {
        return send_again(context, batch).await;
    }
    let note = format!("The run {} {what}. Leeward tries again.", run_id(&batch));
    context
        .mirror
        .write(|ledger| ledger.note_in_flight(context.collection(), Some(&note)))?;
    Ok(Look::Waits(RunState::Failed))
}

async fn ended(context: &Context<'_>, companion: &Companion, batch: StoredBatch) -> Result<Look, Failure> {
    let (dag_id, run_id) = (ingest_dag(context.collection()), run_id(&batch));
    let text = match context
        .airflow
        .xcom_object(&dag_id, &run_id, TASK, &[RETURNED])
        .await
    {
        Err(error) if *error.kind() == ErrorKind::Forbidden => {
            let note = format!("The run {run_id} has ended, and this account may not read its XComs. {ASK}");
            context
                .mirror
                .write(|ledger| ledger.note_in_flight(context.collection(), Some(&note)))?;
            return Ok(Look::Waits(RunState::Success));
        }
        text => text?,
    };
    let Some(outcome) = text.as_deref().and_then(Outcome::read) else {
        return failed(context, batch, TOLD_NOTHING).await;
    };
    if outcome.is_refused() {
        return refused_whole(context, companion, &batch, &outcome).await;
    }
    let known = context
        .mirror
        .read(|ledger| ledger.publication(context.collection()))?
        .store_id;
    if known.is_some() && outcome.store_id.is_some() && known != outcome.store_id {
        // A person has let another store take its place since: its numbers, and what it has, say nothing here.
        withdraw(context, &batch)?;
        return Ok(Look::Withdrawn);
    }
    outcome::take(context, companion, &batch, &outcome)?;
    Ok(Look::Ended)
}

const ASK: &str = "Ask whoever runs Airflow.";

/// Nothing of it was decided. What comes of another store, or another data model, than it was made for is planned anew once
/// that is known here; anything else is told on its records.
async fn refused_whole(
    context: &Context<'_>,
    companion: &Companion,
    batch: &StoredBatch,
    outcome: &Outcome,
) -> Result<Look, Failure> {
    let is_other_store =
        outcome.store_id.is_some() && outcome.store_id.as_deref() != batch.conf["store_id"].as_str();
    // An older one: a worker that does not have the newer file yet. Where nobody has, the DAG says so.
    if outcome.model != companion.version() {
        withdraw(context, batch)?;
        let dag = context.airflow.get_dag(&ingest_dag(context.collection())).await?;
        if let Some(dag) = dag {
            let view = dag_view(dag);
            context.mirror.write(|ledger| ledger.put_dag(&view))?;
        }
        return Ok(Look::Withdrawn);
    }
    if is_other_store {
        // What is published next tells of it, and a person is asked then.
        withdraw(context, batch)?;
        return Ok(Look::Withdrawn);
    }
    let why = outcome
        .why
        .as_deref()
        .unwrap_or("The companion refused the change, and did not say why.");
    refuse(context, batch, why)?;
    Ok(Look::Ended)
}

/// The records of the batch wait for their analyst, with the reason; those that were changed again since, or taken back, are
/// as before.
fn refuse(context: &Context<'_>, batch: &StoredBatch, why: &str) -> Result<(), StoreError> {
    context.mirror.write(|ledger| {
        for key in keys(batch) {
            match ledger.intent(context.collection(), key)? {
                Some(intent) if ledger.has_newer_work(&intent)? => {
                    ledger.clear_intent(context.collection(), key)?;
                }
                Some(_) => reject_in(context, ledger, key, why)?,
                None => {}
            }
        }
        ledger.end_batch(context.collection())
    })
}

/// The records of the batch are pending as before.
fn withdraw(context: &Context<'_>, batch: &StoredBatch) -> Result<(), StoreError> {
    context.mirror.write(|ledger| {
        keys(batch).try_for_each(|key| ledger.clear_intent(context.collection(), key))?;
        ledger.end_batch(context.collection())
    })
}

fn keys(batch: &StoredBatch) -> impl Iterator<Item = &str> {
    let changes = batch.conf["changes"].as_array().into_iter().flatten();
    changes.filter_map(|change| change["key"].as_str())
}

/// Says beside the records why nothing goes on, where that can be told.
async fn note_wait(context: &Context<'_>, state: &RunState) -> Result<(), Failure> {
    let dag_id = ingest_dag(context.collection());
    let note = match state {
        RunState::Queued => why_queued(context, &dag_id).await?,
        RunState::Running => Some(format!("Airflow applies it: a run of {dag_id} is under way.")),
        // Said already.
        _ => return Ok(()),
    };
    Ok(context
        .mirror
        .write(|ledger| ledger.note_in_flight(context.collection(), note.as_deref()))?)
}

async fn why_queued(context: &Context<'_>, dag_id: &str) -> Result<Option<String>, Failure> {
    let dag = context.unless_stopped(context.airflow.get_dag(dag_id)).await??;
    if dag.is_some_and(|dag| dag.is_paused) {
        return Ok(Some(format!(
            "Waits in Airflow: the DAG {dag_id} is paused. The change is applied once somebody unpauses it there."
        )));
    }
    let health = context.unless_stopped(context.airflow.health()).await??;
    let is_down = health.scheduler == HealthStatus::Unhealthy;
    Ok(Some(match is_down {
        true => format!("Waits in Airflow: its scheduler does not run. {ASK}"),
        false => format!("Waits in Airflow for a run of {dag_id}."),
    }))
}
