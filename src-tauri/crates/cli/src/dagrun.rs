//! `dagrun`: trigger DAGs, look at their runs.

use crate::actions::{ActionJson, action};
use crate::args::DagrunCommand;
use crate::context::Context;
use crate::output::{Exit, Output, table};
use crate::problem::{refused, usage};
use leeward_model::{Action, ActionKind, EntryKind, Problem, RunView, TriggerRun, Value, sensitive};
use leeward_store::Work;
use leeward_sync::new_ulid;

/// Airflow refuses longer notes.
const NOTE_LENGTH_MAX: usize = 1000;

/// The mirror keeps about this many runs.
const RUNS_MAX: u32 = 100_000;

pub(crate) fn run(context: &Context, output: &Output, command: DagrunCommand) -> Result<Exit, Problem> {
    match command {
        DagrunCommand::Trigger {
            dag,
            conf,
            after_edits,
            note,
            reason,
        } => {
            let what = trigger_of(dag, &conf, note)?;
            trigger(context, output, what, after_edits, reason)
        }
        DagrunCommand::List { dag, limit } => list(context, output, dag.as_deref(), limit),
    }
}

fn trigger_of(dag_id: String, conf: &str, note: Option<String>) -> Result<TriggerRun, Problem> {
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > NOTE_LENGTH_MAX)
    {
        let what = format!("A run's note has at most {NOTE_LENGTH_MAX} characters.");
        return Err(usage(what, "Shorten it."));
    }
    let conf: Value = serde_json::from_str(conf).map_err(|e| no_object(&e.to_string()))?;
    if !conf.is_object() {
        return Err(no_object("it is JSON, but no object"));
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

fn no_object(why: &str) -> Problem {
    usage(
        format!("The conf is not a JSON object: {why}."),
        r#"Give it as in --conf '{"region": "de"}'."#,
    )
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
        let code = |conf: &str| trigger_of("d".into(), conf, None).map_err(|problem| problem.code);
        assert_eq!(code("[1]").unwrap_err(), ProblemCode::BadInput);
        assert_eq!(code("{").unwrap_err(), ProblemCode::BadInput);
        assert_eq!(code(r#"{"api_key": "x"}"#).unwrap_err(), ProblemCode::Rejected);
        let kept = code(r#"{"rate": 1.10}"#).unwrap();
        assert_eq!(kept.conf.to_string(), r#"{"rate":1.10}"#);
    }
}
