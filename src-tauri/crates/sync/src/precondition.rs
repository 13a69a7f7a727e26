//! What must be so before a run is started: its DAG is there, and its conf suits the params that the DAG has now. Airflow
//! checks the same; here the reason is told without a request that fails, and without a value in it.

use crate::cycle::{Cycle, Failure};
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
pub(crate) async fn check(cycle: &Cycle<'_>, trigger: &TriggerRun) -> Result<Ready, Failure> {
    match cycle.engine.airflow.get_dag(&trigger.dag_id).await {
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
    let given = conf.as_object().into_iter().flatten();
    let broken =
        given.filter_map(|(name, value)| Some((name, broken_rule(&dag.params[name.as_str()], value)?)));
    let broken: Vec<String> = broken
        .map(|(name, rule)| format!("the parameter {name} does not satisfy its rule '{rule}'"))
        .collect();
    if !broken.is_empty() {
        let what = broken.join("; ");
        return Ready::Never(format!(
            "The DAG's parameters have changed, or this does not suit them: {what}."
        ));
    }
    Ready::Go {
        note: dag.is_paused.then_some(PAUSED),
    }
}

/// The keyword of the param's schema that the value breaks. A schema that cannot be read here, because it is written for
/// Python or names another document, is left for Airflow to judge.
fn broken_rule(param: &Value, value: &Value) -> Option<String> {
    let schema = param.get("schema").filter(|schema| schema.is_object())?;
    let validator = jsonschema::draft202012::new(schema).ok()?;
    let error = validator.validate(value).err()?;
    let path = error.schema_path().to_string();
    Some(path.rsplit('/').next().unwrap_or_default().to_owned())
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

    fn rule(schema: &Value, value: &Value) -> Option<String> {
        match judge(&dag(schema), &json!({"p": value})) {
            Ready::Go { .. } => None,
            Ready::Never(why) => Some(why.split(['\'', ';']).rev().nth(1).expect("a rule").to_owned()),
        }
    }

    #[test]
    fn each_param_is_held_to_its_schema() {
        let number = json!({"type": "number", "minimum": 0, "maximum": 50});
        assert_eq!(rule(&number, &json!(50)), None);
        assert_eq!(rule(&number, &json!(51)), Some("maximum".into()));
        assert_eq!(rule(&number, &json!("5")), Some("type".into()));
        assert_eq!(
            rule(&json!({"enum": ["a", "b"]}), &json!("c")),
            Some("enum".into())
        );
        assert_eq!(rule(&json!({"type": ["null", "string"]}), &json!(null)), None);
        let big: Value = serde_json::from_str("9007199254740993").expect("a number");
        let limit: Value = serde_json::from_str(r#"{"maximum": 9007199254740992}"#).expect("a schema");
        assert_eq!(rule(&limit, &big), Some("maximum".into()), "to the last digit");
    }

    #[test]
    fn what_cannot_be_judged_here_is_left_to_airflow() {
        for schema in [
            json!({"$ref": "https://example.invalid/schema.json"}),
            json!({"pattern": "(?P<open"}),
            json!("not a schema"),
            json!(null),
        ] {
            assert_eq!(rule(&schema, &json!("x")), None, "{schema}");
        }
        assert_eq!(
            judge(&dag(&json!({})), &json!({"undeclared": 1})),
            Ready::Go { note: None }
        );
    }

    #[test]
    fn no_value_is_told() {
        let why = judge(&dag(&json!({"type": "number"})), &json!({"p": "hunter2"}));
        assert!(matches!(why, Ready::Never(why) if !why.contains("hunter2") && why.contains("parameter p")));
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
