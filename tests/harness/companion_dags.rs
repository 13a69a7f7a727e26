//! A folder of DAGs with the companion in it, as a data engineer has one, and its runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::airflow_server::{Database, STORE_CONNECTION, Writer};
use crate::{wait, workspace};

/// The DAG that publishes.
pub const PUBLISH: &str = "leeward_publish";

/// So long a run may take on a busy machine.
const RUN_LIMIT: Duration = Duration::from_secs(180);

/// Publishing once a year: in the suites, publications come of changes and of being asked for.
const DAG_FILE: &str = r#"# Leeward's DAGs in Airflow.
from leeward_companion import leeward_dags

globals().update(leeward_dags(folder="collections", conn_id=CONNECTION, publish="0 0 1 1 *"))
"#;

/// A folder for DAGs with the companion, and these data models by collection. Its database is a file in Airflow's folder.
///
/// # Errors
/// Those of the file system.
pub fn folder(models: &[(&str, &str)]) -> Result<TempDir> {
    folder_beside(Database::Sqlite, models)
}

/// The same, with the companion's database beside that of an Airflow on such a one.
///
/// # Errors
/// Those of the file system.
pub fn folder_beside(database: Database, models: &[(&str, &str)]) -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("leeward-dags-").tempdir()?;
    let connection = match database {
        Database::Sqlite => "None".to_owned(),
        Database::Postgres => format!("{STORE_CONNECTION:?}"),
    };
    fs::write(
        folder.path().join("leeward.py"),
        DAG_FILE.replace("CONNECTION", &connection),
    )?;
    copy(
        &workspace::root().join("airflow/leeward_companion"),
        &folder.path().join("leeward_companion"),
    )?;
    fs::create_dir(folder.path().join("collections"))?;
    for (name, model) in models {
        put_model(folder.path(), name, model)?;
    }
    Ok(folder)
}

/// Puts a data model beside the DAGs.
///
/// # Errors
/// Those of the file system.
pub fn put_model(folder: &Path, collection: &str, model: &str) -> Result<()> {
    Ok(fs::write(
        folder.join(format!("collections/{collection}.json")),
        model,
    )?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "py") {
            fs::copy(&path, to.join(path.file_name().context("a file without a name")?))?;
        }
    }
    Ok(())
}

/// Waits until Airflow has read so many DAGs.
///
/// # Errors
/// When it does not, in time.
pub fn wait_for_dags(writer: &Writer, count: usize) -> Result<()> {
    wait::until("the companion's DAGs", RUN_LIMIT, || {
        Ok((writer.count_dags()? >= count).then_some(()))
    })
}

/// Runs a DAG to its end.
///
/// # Errors
/// When it fails, or does not end in time.
pub fn run(writer: &Writer, dag_id: &str, run_id: &str, conf: &Value) -> Result<()> {
    run_within(RUN_LIMIT, writer, dag_id, run_id, conf)
}

/// The same with another limit.
///
/// # Errors
/// When it fails, or does not end in time.
pub fn run_within(limit: Duration, writer: &Writer, dag_id: &str, run_id: &str, conf: &Value) -> Result<()> {
    let path = format!("/api/v2/dags/{dag_id}/dagRuns");
    let body = json!({"dag_run_id": run_id, "logical_date": null, "conf": conf});
    let (status, answer) = writer.call("POST", &path, Some(&body))?;
    ensure!(status < 300, "{status}: {answer}");
    wait::until("a run to end", limit, || {
        let (_, run) = writer.call("GET", &format!("{path}/{run_id}"), None)?;
        ensure!(run["state"] != "failed", "{dag_id} failed");
        Ok((run["state"] == "success").then_some(()))
    })
}
