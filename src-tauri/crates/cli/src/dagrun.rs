//! `dagrun`: trigger DAGs, look at their runs.

use crate::actions::{ActionJson, action};
use crate::args::DagrunCommand;
use crate::context::Context;
use crate::file;
use crate::output::{Exit, Output, table};
use crate::problem::{refused, usage};
use leeward_model::{
    Action, ActionKind, ConfFault, EntryKind, Problem, RunView, TriggerRun, Value, sensitive,
};
use leeward_store::Work;
use leeward_sync::{conf_faults, new_ulid};
use std::path::Path;

/// Airflow refuses longer notes.
const NOTE_LENGTH_MAX: usize = 1000;

const OBJECT: &str = r#"Give a JSON object, as in --conf '{"region": "de"}'."#;

/// The mirror keeps about this many runs.
const RUNS_MAX: u32 = 100_000;

pub(crate) fn run(context: &Context, output: &Output, command: DagrunCommand) -> Result<Exit, Problem> {
    match command {
        DagrunCommand::Trigger {
            dag,
            conf,
            conf_file,
            after_edits,
            note,
            reason,
        } => {
            let what = trigger_of(dag, given(conf.as_deref(), conf_file.as_deref())?, note)?;
            trigger(context, output, what, after_edits, reason)
        }
        DagrunCommand::List { dag, limit } => list(context, output, dag.as_deref(), limit),
    }
}

fn given(conf: Option<&str>, file: Option<&Path>) -> Result<Value, Problem> {
    match (conf, file) {
        (_, Some(path)) => file::json("--conf-file", path, OBJECT),
        (Some(text), None) => file::json_of("--conf", text, OBJECT),
        (None, None) => Ok(Value::Object(serde_json::Map::new())),
    }
}

fn trigger_of(dag_id: String, conf: Value, note: Option<String>) -> Result<TriggerRun, Problem> {
    if dag_id.trim().is_empty() {
        return Err(usage("The DAG's id is empty.", "Give the id that Airflow shows."));
    }
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > NOTE_LENGTH_MAX)
    {
        let what = format!("A run's note has at most {NOTE_LENGTH_MAX} characters.");
        return Err(usage(what, "Shorten it."));
    }
    if !conf.is_object() {
        return Err(usage("The conf is JSON, but no object.", OBJECT));
    }
    let secret = sensitive::sensitive_paths("", &conf.to_string());
    if !secret.is_empty() {
        return Err(refused(
            format!(
                "The conf would hold a secret at {}, and Leeward keeps no secrets among its work.",
                secret.join(", ")
            ),
            "Let the DAG read the secret from a connection or a variable.",
        ));
    }
    Ok(TriggerRun { dag_id, conf, note })
}

fn trigger(
    context: &Context,
    output: &Output,
    what: TriggerRun,
    after_edits: bool,
    reason: Option<String>,
) -> Result<Exit, Problem> {
    let id = new_ulid(context.runtime.as_ref());
    let dag_id = what.dag_id.clone();
    let cached = context.read(|ledger| ledger.dag(&dag_id))?;
    let params = cached.and_then(|dag| dag.params).unwrap_or_default();
    suits(&dag_id, &conf_faults(&params, &what.conf))?;
    let work = Work {
        action: Some(Action {
            id,
            what: ActionKind::TriggerRun(what),
            after_edits,
        }),
        reason,
        ..Work::new(new_ulid(context.runtime.as_ref()), EntryKind::Act)
    };
    let (view, known) = context.write(|ledger| {
        context.enter(ledger, work)?;
        let dags = ledger.dags()?;
        let known = dags.is_empty() || dags.iter().any(|dag| dag.dag_id == dag_id);
        Ok((action(ledger, id)?, known))
    })?;
    if !known {
        output.note(&format!("Airflow had no DAG {dag_id} when it was last read."));
    }
    output.show(&ActionJson::from(view), ActionJson::text);
    Ok(Exit::Done)
}

/// By the DAG's params as last read; Airflow would refuse the run, perhaps hours from now.
fn suits(dag_id: &str, faults: &[ConfFault]) -> Result<(), Problem> {
    if faults.is_empty() {
        return Ok(());
    }
    let says: Vec<_> = faults.iter().map(|fault| fault.says.as_str()).collect();
    Err(refused(
        format!("{dag_id} does not take this conf: {}.", says.join("; ")),
        "Correct it and queue the run again.",
    ))
}

fn list(context: &Context, output: &Output, dag: Option<&str>, limit: u32) -> Result<Exit, Problem> {
    let mut runs = context.read(|ledger| ledger.runs(RUNS_MAX))?;
    runs.retain(|run| dag.is_none_or(|dag| run.dag_id == dag));
    runs.truncate(limit as usize);
    if runs.is_empty() {
        output.note("No runs were seen.");
    }
    output.show(&runs, |runs| text(runs));
    Ok(Exit::Done)
}

fn text(runs: &[RunView]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = runs
        .iter()
        .map(|run| {
            let began = run.start_date.or(run.queued_at);
            [
                run.dag_id.clone(),
                run.run_id.clone(),
                run.state.clone(),
                began.map(|at| at.to_string()).unwrap_or_default(),
                if run.mine {
                    "mine".into()
                } else {
                    run.triggered_by.clone().unwrap_or_default()
                },
            ]
        })
        .collect();
    table(["dag", "run", "state", "began", "by"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::ProblemCode;

    #[test]
    fn a_conf_is_an_object_without_secrets() {
        let code = |conf: &str| {
            let conf = given(Some(conf), None);
            conf.and_then(|conf| trigger_of("d".into(), conf, None))
                .map_err(|problem| problem.code)
        };
        assert_eq!(code("[1]").unwrap_err(), ProblemCode::BadInput);
        assert_eq!(code("{").unwrap_err(), ProblemCode::BadInput);
        assert_eq!(code(r#"{"a": 1, "a": 2}"#).unwrap_err(), ProblemCode::BadInput);
        assert_eq!(code(r#"{"api_key": "x"}"#).unwrap_err(), ProblemCode::Rejected);
        let kept = code(r#"{"rate": 1.10}"#).unwrap();
        assert_eq!(kept.conf.to_string(), r#"{"rate":1.10}"#);
    }
}
