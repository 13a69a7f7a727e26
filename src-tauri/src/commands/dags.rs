//! DAGs and runs: answered from the mirror's cache, refreshed behind it.

use super::{Answer, Open};
use crate::events;
use crate::problems::not_found;
use crate::workspace::Workspace;
use leeward_model::{ConfFault, DagView, LinkState, MirrorPart, Problem, RunView, Value};
use leeward_sync::conf_faults;
use serde_json::Map;
use std::sync::Arc;
use tauri::AppHandle;

/// Runs that a screen gets; older ones are in Airflow.
const RUNS_MAX: u32 = 500;

/// All DAGs, as last read.
#[tauri::command]
pub(crate) async fn dags(open: Open<'_>, env: String) -> Answer<Vec<DagView>> {
    open.get(&env)?.read(|ledger| ledger.dags()).await
}

/// One DAG with its params: as last read, and read again behind the answer. Waited for only where its params were
/// never read.
#[tauri::command]
pub(crate) async fn dag(app: AppHandle, open: Open<'_>, env: String, dag_id: String) -> Answer<DagView> {
    let workspace = open.get(&env)?;
    let id = dag_id.clone();
    let cached = workspace.read(move |ledger| ledger.dag(&id)).await?;
    let online = workspace.status().await?.link == LinkState::Online;
    match cached {
        Some(cached) if cached.params.is_some() => {
            if online {
                refresh_behind(app, workspace, cached.clone());
            }
            Ok(cached)
        }
        cached if online => workspace
            .engine
            .refresh_dag(&dag_id)
            .await
            .or_else(|problem| cached.ok_or(problem)),
        cached => cached.ok_or_else(|| unknown(&dag_id)),
    }
}

/// What keeps Airflow from starting a run with this conf, by the DAG's params as last read. Nothing where they never were.
#[tauri::command]
pub(crate) async fn conf_check(
    open: Open<'_>,
    env: String,
    dag_id: String,
    conf: Map<String, Value>,
) -> Answer<Vec<ConfFault>> {
    let dag = open.get(&env)?.read(move |ledger| ledger.dag(&dag_id)).await?;
    let params = dag.and_then(|dag| dag.params);
    Ok(params.map_or_else(Vec::new, |params| conf_faults(&params, &Value::Object(conf))))
}

/// Runs, newest first, those queued here flagged.
#[tauri::command]
pub(crate) async fn runs(open: Open<'_>, env: String) -> Answer<Vec<RunView>> {
    open.get(&env)?.read(|ledger| ledger.runs(RUNS_MAX)).await
}

/// Only a difference is told: the window asks again when it is.
fn refresh_behind(app: AppHandle, workspace: Arc<Workspace>, shown: DagView) {
    tauri::async_runtime::spawn(async move {
        match workspace.engine.refresh_dag(&shown.dag_id).await {
            Ok(now) if now != shown => tell(&app, &workspace),
            Ok(_) => {}
            Err(problem) => tracing::info!(%problem, dag = shown.dag_id, "the DAG was not read again"),
        }
    });
}

fn tell(app: &AppHandle, workspace: &Workspace) {
    events::mirror_changed(app, &workspace.environment.name, &[MirrorPart::Dags]);
}

fn unknown(dag_id: &str) -> Problem {
    not_found(format!("The DAG {dag_id} was not read from Airflow yet."))
}
