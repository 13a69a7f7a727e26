//! What must be so before a run is started: its DAG is there, and its conf suits the params that the DAG has now.

use crate::context::Context;
use crate::failure::Failure;
use crate::outbox::params::conf_faults;
use leeward_airflow::{Dag, ErrorKind};
use leeward_model::TriggerRun;
use serde_json::Value;

const PAUSED: &str = "The DAG is paused: the run waits in Airflow until somebody resumes it.";

/// Whether a run may be started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// It may.
    Go {
        /// What the analyst should know.
        note: Option<&'static str>,
    },
    /// It would fail, whenever it is sent; why, in plain words.
    Never(String),
}

/// Reads the DAG as it is now. One that this user may not read is left for Airflow to judge.
pub(crate) async fn check(context: &Context<'_>, trigger: &TriggerRun) -> Result<Ready, Failure> {
    match context.airflow.get_dag(&trigger.dag_id).await {
        Ok(Some(dag)) => Ok(judge(&dag, &trigger.conf)),
        Ok(None) => Ok(Ready::Never(no_dag(&trigger.dag_id))),
        Err(error) if matches!(error.kind(), ErrorKind::Forbidden) => Ok(Ready::Go { note: None }),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn no_dag(dag_id: &str) -> String {
    format!("Airflow has no DAG {dag_id} (any more).")
}

fn judge(dag: &Dag, conf: &Value) -> Ready {
    let faults = conf_faults(&dag.params, conf);
    if !faults.is_empty() {
        let says: Vec<_> = faults.into_iter().map(|fault| fault.says).collect();
        return Ready::Never(format!("{}.", says.join("; ")));
    }
    Ready::Go {
        note: dag.is_paused.then_some(PAUSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn dag(schema: &Value) -> Dag {
        Dag {
            dag_id: "d".into(),
            display_name: "d".into(),
            description: None,
            doc_md: None,
            is_paused: false,
            tags: Vec::new(),
            timetable_summary: None,
            next_run: None,
            owners: Vec::new(),
            has_import_errors: false,
            params: json!({"p": {"value": 1, "schema": schema, "description": null}}),
        }
    }

    #[test]
    fn a_conf_that_does_not_suit_is_refused_with_every_reason() {
        let mut dag = dag(&json!({"enum": [1, 2]}));
        dag.params["q"] = json!({"value": "x", "schema": {"type": "string"}});
        let why = Ready::Never("p must be 1 or 2; q must be a text.".into());
        assert_eq!(judge(&dag, &json!({"p": 3, "q": 4})), why);
        let undeclared = json!({"p": 2, "undeclared": 1});
        assert_eq!(judge(&dag, &undeclared), Ready::Go { note: None });
    }

    #[test]
    fn a_paused_dag_is_said() {
        let paused = Dag {
            is_paused: true,
            ..dag(&json!({}))
        };
        assert_eq!(judge(&paused, &json!({})), Ready::Go { note: Some(PAUSED) });
    }
}
