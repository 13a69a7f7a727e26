//! Whether a conf suits a DAG's params: one check for the form, `leewardctl` and the engine. Airflow makes the same one
//! when the run arrives; here the reason is told before that, in plain words, and without a value in it.

use leeward_model::ConfFault;
use serde_json::Value;

/// So many choices are named.
const CHOICES_MAX: usize = 8;

/// What keeps Airflow from starting a run with this conf: one fault a param at most. A param that the conf does not give
/// has the DAG's own value, as in Airflow. `params`: by name, each `{value, schema, description}`.
#[must_use]
pub fn conf_faults(params: &Value, conf: &Value) -> Vec<ConfFault> {
    let params = params.as_object().into_iter().flatten();
    params
        .filter_map(|(name, param)| fault(name, param, conf.get(name)))
        .collect()
}

/// A schema that cannot be read here, because it is written for Python or names another document, is left for Airflow
/// to judge.
fn fault(name: &str, param: &Value, given: Option<&Value>) -> Option<ConfFault> {
    let schema = param.get("schema").filter(|schema| schema.is_object())?;
    let value = given.or_else(|| param.get("value"))?;
    let validator = jsonschema::draft202012::new(schema).ok()?;
    let error = validator.validate(value).err()?;
    let path = error.schema_path().to_string();
    let at = place(name, &error.instance_path().to_string());
    let is_missing = value.is_null() && path == "/type";
    let says = if is_missing {
        format!("{at} is required: {}", types(schema.get("type")))
    } else {
        let keyword = path.rsplit('/').next().unwrap_or_default();
        format!("{at} {}", rule(keyword, schema.pointer(&path), error.instance()))
    };
    Some(ConfFault {
        param: name.to_owned(),
        says,
    })
}

/// `limits.low` for the JSON pointer `/low` within `limits`.
fn place(name: &str, pointer: &str) -> String {
    format!("{name}{}", pointer.replace('/', "."))
}

/// The rule in words, after the name of what breaks it.
fn rule(keyword: &str, limit: Option<&Value>, value: &Value) -> String {
    let number = limit.map(Value::to_string).unwrap_or_default();
    match keyword {
        "enum" => format!("must be {}", choices(limit)),
        "const" => format!("must be {}", limit.map(plain).unwrap_or_default()),
        "type" => format!("must be {}", types(limit)),
        "minimum" => format!("must be at least {number}"),
        "maximum" => format!("must be at most {number}"),
        "exclusiveMinimum" => format!("must be more than {number}"),
        "exclusiveMaximum" => format!("must be less than {number}"),
        "multipleOf" => format!("must be a multiple of {number}"),
        "minLength" => format!("must have at least {number} characters"),
        "maxLength" => format!("must have at most {number} characters"),
        "minItems" => format!("must have at least {number} items"),
        "maxItems" => format!("must have at most {number} items"),
        "uniqueItems" => "must not have the same item twice".into(),
        "pattern" => format!("must match the pattern {}", limit.map(plain).unwrap_or_default()),
        "required" => format!("lacks {}", missing(limit, value)),
        "additionalProperties" => "has a field that the DAG does not know".into(),
        _ => "does not suit the DAG".into(),
    }
}

fn choices(options: Option<&Value>) -> String {
    let options: Vec<_> = options.and_then(Value::as_array).into_iter().flatten().collect();
    let named: Vec<_> = options
        .iter()
        .take(CHOICES_MAX)
        .map(|option| plain(option))
        .collect();
    match options.len().saturating_sub(CHOICES_MAX) {
        0 => listed(&named),
        more => format!("one of {} and {more} more", named.join(", ")),
    }
}

fn types(types: Option<&Value>) -> String {
    let word = |kind: &Value| type_word(kind.as_str().unwrap_or_default());
    let words: Vec<String> = match types {
        Some(Value::Array(several)) => several.iter().map(word).collect(),
        Some(one) => vec![word(one)],
        None => Vec::new(),
    };
    listed(&words)
}

fn type_word(kind: &str) -> String {
    let word = match kind {
        "string" => "a text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a group of values",
        "null" => "empty",
        other => other,
    };
    word.to_owned()
}

fn missing(required: Option<&Value>, value: &Value) -> String {
    let names = required.and_then(Value::as_array).into_iter().flatten();
    let names = names.filter_map(Value::as_str);
    let missing: Vec<_> = names
        .filter(|name| value.get(name).is_none())
        .map(str::to_owned)
        .collect();
    missing.join(", ")
}

/// "a, b or c".
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A text without quotes; anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "empty".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn says(schema: &Value, value: &Value) -> Option<String> {
        let params = json!({"p": {"value": null, "schema": schema, "description": null}});
        let faults = conf_faults(&params, &json!({"p": value}));
        faults.into_iter().next().map(|fault| fault.says)
    }

    #[test]
    fn each_rule_is_told_in_plain_words() {
        let number = json!({"type": "number", "minimum": 0, "maximum": 50});
        let address = json!({"type": "object", "required": ["city"], "properties": {"city": {}, "zip": {"type": "string"}},
            "additionalProperties": false});
        for (schema, value, expected) in [
            (json!({"enum": ["EU", "US"]}), json!("XX"), "p must be EU or US"),
            (json!({"enum": [1, null]}), json!(2), "p must be 1 or empty"),
            (number.clone(), json!(51), "p must be at most 50"),
            (number.clone(), json!(-1), "p must be at least 0"),
            (number, json!("5"), "p must be a number"),
            (
                json!({"type": ["null", "object"]}),
                json!([]),
                "p must be empty or a group of values",
            ),
            (json!({"type": "string"}), json!(null), "p is required: a text"),
            (
                json!({"minLength": 2}),
                json!("a"),
                "p must have at least 2 characters",
            ),
            (
                json!({"pattern": "^[a-z]+$"}),
                json!("A"),
                "p must match the pattern ^[a-z]+$",
            ),
            (
                json!({"items": {"type": "integer"}}),
                json!([1, "x"]),
                "p.1 must be a whole number",
            ),
            (
                json!({"uniqueItems": true}),
                json!([1, 1]),
                "p must not have the same item twice",
            ),
            (address.clone(), json!({"zip": "1"}), "p lacks city"),
            (
                address.clone(),
                json!({"city": "x", "zip": 1}),
                "p.zip must be a text",
            ),
            (
                address,
                json!({"city": "x", "more": 1}),
                "p has a field that the DAG does not know",
            ),
            (json!({"not": {}}), json!(1), "p does not suit the DAG"),
        ] {
            assert_eq!(says(&schema, &value).as_deref(), Some(expected), "{schema}");
        }
    }

    #[test]
    fn what_suits_is_no_fault() {
        let number = json!({"type": "number", "minimum": 0, "maximum": 50});
        assert_eq!(says(&number, &json!(50)), None);
        assert_eq!(says(&json!({"type": ["null", "string"]}), &json!(null)), None);
    }

    #[test]
    fn numbers_are_compared_to_the_last_digit() {
        let big: Value = serde_json::from_str("9007199254740993").unwrap();
        let limit: Value = serde_json::from_str(r#"{"maximum": 9007199254740992}"#).unwrap();
        assert_eq!(
            says(&limit, &big).as_deref(),
            Some("p must be at most 9007199254740992")
        );
    }

    #[test]
    fn many_choices_are_not_all_named() {
        let choices: Vec<_> = (0..12).collect();
        let told = says(&json!({"enum": choices}), &json!("x")).unwrap();
        assert_eq!(told, "p must be one of 0, 1, 2, 3, 4, 5, 6, 7 and 4 more");
    }

    /// As in Airflow: what the conf does not give is the DAG's own value, and that must suit too.
    #[test]
    fn a_param_without_a_value_must_be_given() {
        let params = json!({"customer": {"value": null, "schema": {"type": "string"}},
            "region": {"value": "EU", "schema": {"enum": ["EU", "US"]}}});
        let faults = conf_faults(&params, &json!({}));
        let says: Vec<_> = faults.iter().map(|fault| fault.says.as_str()).collect();
        assert_eq!(says, ["customer is required: a text"]);
        assert_eq!(faults[0].param, "customer");
        assert!(conf_faults(&params, &json!({"customer": "x", "undeclared": 1})).is_empty());
    }

    #[test]
    fn what_cannot_be_judged_here_is_left_to_airflow() {
        for schema in [
            json!({"$ref": "https://example.invalid/schema.json"}),
            json!({"pattern": "(?P<open"}),
            json!("not a schema"),
            json!(null),
        ] {
            assert_eq!(says(&schema, &json!("x")), None, "{schema}");
        }
    }

    #[test]
    fn no_value_is_told() {
        for schema in [
            json!({"type": "number"}),
            json!({"const": 1}),
            json!({"maxLength": 1}),
        ] {
            assert!(!says(&schema, &json!("hunter2")).unwrap().contains("hunter2"));
        }
    }
}
