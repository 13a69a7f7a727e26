//! DAGs and runs: read for the screens, and the analyst's own runs followed to their end.

use crate::Notice;
use crate::cycle::{Cycle, Failure};
use leeward_airflow::{Dag, DagRun, RunState};
use leeward_model::{ActionKind, ActionState, ActionView, DagView, RunView};
use leeward_store::StoreError;

/// The newest runs that are kept for the screens.
const RUNS: usize = 100;
/// DAGs whose params are read in one cycle.
const PARAMS_A_CYCLE: usize = 20;
/// A run that Airflow no longer has: cleaned up, or deleted by somebody.
const REMOVED: &str = "removed";

/// Reads DAGs and the newest runs. Trouble here (no right to read them, say) never stops the sync of the records.
pub(crate) async fn refresh(cycle: &Cycle<'_>) -> Result<(), Failure> {
    let engine = cycle.engine;
    match engine.airflow.list_dags().await {
        Ok(dags) => {
            let views: Vec<_> = dags.into_iter().map(dag_view).collect();
            engine.write(|ledger| ledger.put_dags(&views))?;
        }
        Err(error) => tracing::info!(what = %error, "DAGs not read"),
    }
    read_params(cycle).await?;
    match engine.airflow.list_dag_runs(None, RUNS).await {
        Ok(runs) => {
            let views: Vec<_> = runs.iter().map(run_view).collect();
            engine.write(|ledger| ledger.put_runs(&views))?;
        }
        Err(error) => tracing::info!(what = %error, "runs not read"),
    }
    Ok(())
}

/// A listing has no params: those of DAGs that were never opened are read too, a few a cycle, so that a run can be
/// queued with them offline.
async fn read_params(cycle: &Cycle<'_>) -> Result<(), Failure> {
    let engine = cycle.engine;
    let dags = engine.read(|ledger| ledger.dags())?;
    for unread in dags
        .iter()
        .filter(|dag| dag.params.is_none())
        .take(PARAMS_A_CYCLE)
    {
        match engine.airflow.get_dag(&unread.dag_id).await {
            Ok(Some(dag)) => {
                let view = dag_view(dag);
                engine.write(|ledger| ledger.put_dag(&view))?;
            }
            Ok(None) => {}
            Err(error) => tracing::info!(what = %error, "params not read"),
        }
    }
    Ok(())
}

/// Asks for each of the analyst's own runs that is not known to have ended.
pub(crate) async fn follow(cycle: &Cycle<'_>) -> Result<(), Failure> {
    let actions = cycle.engine.read(|ledger| ledger.actions())?;
    for action in actions.iter().filter(|action| is_under_way(action)) {
        cycle.bear(follow_one(cycle, action).await)?;
    }
    Ok(())
}

async fn follow_one(cycle: &Cycle<'_>, action: &ActionView) -> Result<(), Failure> {
    let ActionKind::TriggerRun(trigger) = &action.action.what;
    let Some(run_id) = action.run_id.as_deref() else {
        return Ok(());
    };
    let run = cycle.engine.airflow.get_dag_run(&trigger.dag_id, run_id).await?;
    Ok(note(cycle, action, run.as_ref())?)
}

/// Whether an action's run is to be followed.
pub(crate) fn is_under_way(action: &ActionView) -> bool {
    let ended = |state: &str| state == REMOVED || RunState::from(state.to_owned()).is_final();
    action.state == ActionState::Done && !action.run_state.as_deref().is_some_and(ended)
}

fn note(cycle: &Cycle<'_>, action: &ActionView, run: Option<&DagRun>) -> Result<(), StoreError> {
    let state = run.map_or(REMOVED, |run| run.state.as_str());
    let now = cycle.engine.runtime.now();
    let moved = cycle.engine.write(|ledger| {
        if let Some(run) = run {
            ledger.put_runs(&[run_view(run)])?;
        }
        let run_id = action.run_id.as_deref();
        ledger.set_action(
            action.action.id,
            ActionState::Done,
            None,
            run_id,
            Some(state),
            now,
        )
    })?;
    if let Some(run) = run.filter(|run| moved && run.state.is_final()) {
        let (dag_id, run_id) = (run.dag_id.clone(), run.run_id.clone());
        cycle.tally.notice(Notice::RunEnded {
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
