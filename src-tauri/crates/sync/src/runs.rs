//! DAGs and runs: read for the screens, and the analyst's own runs followed to their end.

use crate::context::Context;
use crate::failure::Failure;
use crate::listener::Notice;
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{AirflowError, Dag, DagRun, RunState};
use leeward_model::{ActionKind, ActionState, ActionView, DagView, RunView, Scan};
use leeward_store::{StoreError, offers_collection};

/// The newest runs that are kept for the screens.
const RUNS: usize = 100;
/// The runs among which the last sign of life is looked for.
const RUNS_KNOWN: u32 = 200;
/// Runs are asked for from so long before the last sign of life that is known.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// DAGs whose params are read in one cycle.
const PARAMS_A_CYCLE: usize = 20;
/// A run that Airflow no longer has: cleaned up, or deleted by somebody.
pub(crate) const REMOVED: &str = "removed";

/// Reads the runs that changed; with a full scan, and when none are known, the DAGs and the newest runs. Trouble here
/// (no right to read them, say) never stops the sync of the records.
pub(crate) async fn refresh(context: &Context<'_>) -> Result<(), Failure> {
    let known = context.mirror.read(|ledger| ledger.runs(RUNS_KNOWN))?;
    let since = known.iter().filter_map(last_seen).max();
    let full = context.tally.scanned() != Scan::Hinted;
    if full {
        context.memory().params_asked.clear();
        read_dags(context).await?;
    }
    read_params(context).await?;
    match since.and_then(|since| since.checked_sub(OVERLAP).ok()) {
        Some(since) if !full => take(context, context.airflow.dag_runs_changed(since).await, &known),
        _ => take(context, context.airflow.list_dag_runs(None, RUNS).await, &known),
    }
}

async fn read_dags(context: &Context<'_>) -> Result<(), Failure> {
    match context.airflow.list_dags().await {
        Ok(dags) => {
            let views: Vec<_> = dags.into_iter().map(dag_view).collect();
            context.mirror.write(|ledger| ledger.put_dags(&views))?;
        }
        Err(error) => tracing::info!(what = %error, "DAGs not read"),
    }
    Ok(())
}

/// The last sign of life that the run shows, by the server's clock.
fn last_seen(run: &RunView) -> Option<Timestamp> {
    run.end_date.max(run.start_date).max(run.queued_at)
}

/// A transaction is begun only where a run is new or another than before.
fn take(
    context: &Context<'_>,
    runs: Result<Vec<DagRun>, AirflowError>,
    known: &[RunView],
) -> Result<(), Failure> {
    let runs = match runs {
        Ok(runs) => runs,
        Err(error) => {
            tracing::info!(what = %error, "runs not read");
            return Ok(());
        }
    };
    let same = |view: &RunView| {
        known.iter().any(|known| {
            RunView {
                mine: false,
                ..known.clone()
            } == *view
        })
    };
    let views: Vec<_> = runs.iter().map(run_view).filter(|view| !same(view)).collect();
    if !views.is_empty() {
        context.mirror.write(|ledger| ledger.put_runs(&views))?;
    }
    Ok(())
}

/// A listing has no params: those of DAGs that were never opened are read too, a few a cycle and each once between
/// two full scans, so that a run can be queued with them offline. Those of the companion come first: they hold the data
/// models, and their collections are there with them. Where such a collection stands still, its DAG is asked every time: its
/// file may have been mended.
async fn read_params(context: &Context<'_>) -> Result<(), Failure> {
    let (dags, standing_still) = context
        .mirror
        .read(|ledger| Ok::<_, StoreError>((ledger.dags()?, ledger.dags_standing_still()?)))?;
    let unread: Vec<_> = {
        let mut memory = context.memory();
        let unasked = |dag: &&DagView| dag.params.is_none() && !memory.params_asked.contains(&dag.dag_id);
        let mut unread: Vec<_> = dags
            .iter()
            .filter(|dag| unasked(dag) || standing_still.contains(&dag.dag_id))
            .collect();
        unread.sort_by_key(|dag| !offers_collection(dag));
        unread.truncate(PARAMS_A_CYCLE);
        memory
            .params_asked
            .extend(unread.iter().map(|dag| dag.dag_id.clone()));
        unread
    };
    for unread in unread {
        match context.airflow.get_dag(&unread.dag_id).await {
            Ok(Some(dag)) => {
                let view = dag_view(dag);
                context.mirror.write(|ledger| ledger.put_dag(&view))?;
            }
            Ok(None) => {}
            Err(error) => tracing::info!(what = %error, "params not read"),
        }
    }
    Ok(())
}

/// Asks for each of the analyst's own runs that is not known to have ended.
pub(crate) async fn follow(context: &Context<'_>) -> Result<(), Failure> {
    let actions = context.mirror.read(|ledger| ledger.actions())?;
    for action in actions.iter().filter(|action| is_under_way(action)) {
        context.tolerate(follow_one(context, action).await)?;
    }
    Ok(())
}

async fn follow_one(context: &Context<'_>, action: &ActionView) -> Result<(), Failure> {
    let ActionKind::TriggerRun(trigger) = &action.action.what;
    let Some(run_id) = action.run_id.as_deref() else {
        return Ok(());
    };
    let run = context.airflow.get_dag_run(&trigger.dag_id, run_id).await?;
    Ok(note(context, action, run.as_ref())?)
}

/// Nothing more happens to a run that is in one of these states.
pub(crate) const ENDED: [&str; 3] = ["success", "failed", REMOVED];

/// Whether an action's run is to be followed.
fn is_under_way(action: &ActionView) -> bool {
    let ended = |state: &str| ENDED.contains(&state);
    action.state == ActionState::Done && !action.run_state.as_deref().is_some_and(ended)
}

fn note(context: &Context<'_>, action: &ActionView, run: Option<&DagRun>) -> Result<(), StoreError> {
    let state = run.map_or(REMOVED, |run| run.state.as_str());
    let now = context.runtime.now();
    let moved = context.mirror.write(|ledger| {
        if let Some(run) = run {
            ledger.put_runs(&[run_view(run)])?;
        }
        // What was said when it was sent (that its DAG is paused) holds until it starts.
        let note = action
            .note
            .as_deref()
            .filter(|_| state == RunState::Queued.as_str());
        let (id, run_id) = (action.action.id, action.run_id.as_deref());
        ledger.set_action(id, ActionState::Done, note, run_id, Some(state), now)
    })?;
    if let Some(run) = run.filter(|run| moved && run.state.is_final()) {
        let (dag_id, run_id) = (run.dag_id.clone(), run.run_id.clone());
        context.tally.notice(Notice::RunEnded {
            dag_id,
            run_id,
            state: state.to_owned(),
        });
    }
    Ok(())
}

pub(crate) fn dag_view(dag: Dag) -> DagView {
    DagView {
        dag_id: dag.dag_id,
        name: dag.display_name,
        description: dag.description,
        is_paused: dag.is_paused,
        tags: dag.tags,
        schedule: dag.timetable_summary,
        next_run: dag.next_run,
        params: Some(dag.params).filter(|params| !params.is_null()),
    }
}

fn run_view(run: &DagRun) -> RunView {
    RunView {
        dag_id: run.dag_id.clone(),
        run_id: run.run_id.clone(),
        state: run.state.as_str().to_owned(),
        conf: run.conf.clone(),
        queued_at: run.queued_at,
        start_date: run.start_date,
        end_date: run.end_date,
        triggered_by: run.triggering_user_name.clone(),
        note: run.note.clone(),
        mine: false,
    }
}
