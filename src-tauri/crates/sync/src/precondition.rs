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
    let broken = given.filter_map(|(name, value)| broken_rule(name, &dag.params[name.as_str()], value));
    let broken: Vec<String> = broken.collect();
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

/// What the value of a param must be and is not, as a sentence without the value. A schema that cannot be read here,
/// because it is written for Python or names another document, is left for Airflow to judge.
fn broken_rule(name: &str, param: &Value, value: &Value) -> Option<String> {
    let schema = param.get("schema").filter(|schema| schema.is_object())?;
    let validator = jsonschema::draft202012::new(schema).ok()?;
    let error = validator.validate(value).err()?;
    let path = error.schema_path().to_string();
    let limit = schema.pointer(&path).unwrap_or(&Value::Null);
    let keyword = path.rsplit('/').next().unwrap_or_default();
    let inside = error.instance_path().to_string().replace('/', " › ");
    Some(format!("{name}{inside} {}", in_words(keyword, limit)))
}

/// A rule of JSON Schema as the end of a sentence.
fn in_words(keyword: &str, limit: &Value) -> String {
    match keyword {
        "enum" => format!("must be {}", one_of(limit.as_array(), told)),
        "const" => format!("must be {}", told(limit)),
        "type" if limit.is_array() => format!("must be {}", one_of(limit.as_array(), kind)),
        "type" => format!("must be {}", kind(limit)),
        "minimum" => format!("must be at least {limit}"),
        "maximum" => format!("must be at most {limit}"),
        "exclusiveMinimum" => format!("must be more than {limit}"),
        "exclusiveMaximum" => format!("must be less than {limit}"),
        "minLength" => format!("must have at least {limit} characters"),
        "maxLength" => format!("must have at most {limit} characters"),
        "pattern" => format!("must match {}", told(limit)),
        other => format!("does not keep the DAG's rule \u{201c}{other}\u{201d}"),
    }
}

/// "a, b or c".
fn one_of(items: Option<&Vec<Value>>, word: fn(&Value) -> String) -> String {
    let words: Vec<String> = items.into_iter().flatten().map(word).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => "nothing".into(),
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "empty".into(),
        other => other.to_string(),
    }
}

fn kind(name: &Value) -> String {
    let word = match name.as_str().unwrap_or_default() {
        "null" => "empty",
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "a whole number",
        "string" => "a text",
        "array" => "a list",
        "object" => "a group of values",
        other => other,
    };
    word.into()
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
            Ready::Never(why) => Some(why.rsplit(": p ").next().expect("a rule").to_owned()),
        }
    }

    #[test]
    fn each_param_is_held_to_its_schema() {
        let number = json!({"type": "number", "minimum": 0, "maximum": 50});
        assert_eq!(rule(&number, &json!(50)), None);
        assert_eq!(rule(&number, &json!(51)), Some("must be at most 50.".into()));
        assert_eq!(rule(&number, &json!("5")), Some("must be a number.".into()));
        assert_eq!(
            rule(&json!({"enum": ["EU", "US", null]}), &json!("XX")),
            Some("must be EU, US or empty.".into())
        );
        assert_eq!(rule(&json!({"type": ["null", "string"]}), &json!(null)), None);
        assert_eq!(
            rule(&json!({"type": ["null", "object"]}), &json!("x")),
            Some("must be empty or a group of values.".into())
        );
        let big: Value = serde_json::from_str("9007199254740993").expect("a number");
        let limit: Value = serde_json::from_str(r#"{"maximum": 9007199254740992}"#).expect("a schema");
        let wanted = "must be at most 9007199254740992.";
        assert_eq!(rule(&limit, &big), Some(wanted.into()), "to the last digit");
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
        assert!(
            matches!(why, Ready::Never(why) if !why.contains("hunter2") && why.contains("p must be a number"))
        );
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
