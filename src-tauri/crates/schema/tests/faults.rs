//! What is told of model files that are wrong.

use crate::made::{EXAMPLE, file};
use crate::vectors::rows;
use leeward_schema::{DataModel, ModelFault};
use serde_json::{Value, from_str, json};

const FAULTS: &str = include_str!("../../../../tests/vectors/model/faults.json");

fn faults(text: &str) -> Vec<ModelFault> {
    DataModel::read(text).err().unwrap_or_default()
}

fn pointers(faults: &[ModelFault]) -> Vec<&str> {
    let mut pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    pointers.sort_unstable();
    pointers
}

/// The example with one place of it changed.
fn changed(row: &Value) -> Value {
    let mut model: Value = from_str(EXAMPLE).unwrap();
    let (parent, name) = row["at"].as_str().unwrap().rsplit_once('/').unwrap();
    let parent = model.pointer_mut(parent).unwrap();
    match (parent, row.get("put")) {
        (Value::Object(members), Some(put)) => {
            members.insert(name.to_owned(), put.clone());
        }
        (Value::Object(members), None) => {
            members.remove(name).unwrap();
        }
        (Value::Array(items), Some(put)) => items[name.parse::<usize>().unwrap()] = put.clone(),
        _ => panic!("{row}"),
    }
    model
}

#[test]
fn every_fault_is_told_with_its_place() {
    for row in rows(FAULTS) {
        let found = faults(&changed(&row).to_string());
        let mut expected: Vec<&str> = row["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pointer| pointer.as_str().unwrap())
            .collect();
        expected.sort_unstable();
        assert_eq!(pointers(&found), expected, "{row} {found:?}");
        for fault in found {
            assert!(
                !fault.what.is_empty() && fault.instead.ends_with(['.', ')']),
                "{fault}"
            );
        }
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let mut model = file(
        &json!({"a": {"type": "number"}, "B": {"type": "string", "minLength": -1, "const": 1}}),
        0,
        &json!([]),
    );
    model["x-leeward"]["unique"] = json!([["a", "b"]]);
    let found = faults(&model.to_string());
    let expected = [
        "/properties/B",
        "/properties/B/const",
        "/properties/B/minLength",
        "/properties/a/type",
        "/x-leeward/unique/0/1",
        "/x-leeward/version",
    ];
    assert_eq!(pointers(&found), expected, "{found:?}");
}

#[test]
fn a_fault_reads_as_sentences() {
    let model = file(&json!({"smtp_password": {"type": "string"}}), 1, &json!([]));
    let found = faults(&model.to_string());
    assert_eq!(
        found[0].to_string(),
        "/properties/smtp_password has a name that Airflow takes for that of a secret: it hides such values, and \
         they could not be read back. Call it something without \"password\"."
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn what_stands_twice_is_told() {
    let text = r#"{"type": "object", "type": "object", "properties": {"a": {}, "id": {"type": "string"}, "a": {}},
        "required": ["id"], "x-leeward": {"collection": "c", "version": 1, "key": ["id"], "key": "ulid"}}"#;
    assert_eq!(
        pointers(&faults(text)),
        ["/properties/a", "/type", "/x-leeward/key"]
    );
}

#[test]
fn what_is_no_json_is_told_with_line_and_column() {
    let found = faults("{\n  \"type\" 1}");
    assert_eq!(pointers(&found), [""]);
    assert!(found[0].what.contains("line 2 column 10"), "{}", found[0]);
    for text in ["", "[]", "null", "{} {}", "{\"a\": NaN}", &"[".repeat(200_000)] {
        assert!(!faults(text).is_empty(), "{}", text.len());
    }
}

#[test]
fn a_large_file_is_refused_unread() {
    let large = "[".repeat(100_000_000);
    let found = faults(&large);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].what, "has 100000000 bytes");
}

#[test]
fn a_file_that_grows_when_it_is_written_is_refused() {
    let choices: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    let fields: serde_json::Map<String, Value> = (0..40)
        .map(|n| (format!("f{n}"), json!({ "enum": choices })))
        .collect();
    let text = file(&fields.into(), 1, &json!([])).to_string();
    assert!(text.len() < 256 * 1024, "{}", text.len());
    assert_eq!(pointers(&faults(&text)), [""]);
}

#[test]
fn counts_are_bounded() {
    let many: serde_json::Map<String, Value> = (0..200).map(|n| (format!("f{n}"), json!({}))).collect();
    assert!(pointers(&faults(&file(&many.into(), 1, &json!([])).to_string())).contains(&"/properties"));
    let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    let choice = file(&json!({"f": {"enum": many}}), 1, &json!([]));
    assert_eq!(pointers(&faults(&choice.to_string())), ["/properties/f/enum"]);
    let steps = vec![json!({"version": 2, "drop": "a"}); 1001];
    let steps = file(&json!({}), 2, &steps.into());
    assert_eq!(pointers(&faults(&steps.to_string())), ["/x-leeward/changes"]);
}
