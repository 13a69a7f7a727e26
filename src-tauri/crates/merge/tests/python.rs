//! Canonical equality against Python's own `json`, through a fixture that Python wrote.

use leeward_merge::{canonically_equal, verifies};
use leeward_model::{Content, Value};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    text: String,
    /// What Airflow 3 gives back; `None` where the text is no JSON.
    read: Option<String>,
    /// The same with sorted keys: equal for two texts exactly when they mean the same.
    sorted: Option<String>,
}

fn rows() -> Vec<Row> {
    let rows: Vec<Row> = serde_json::from_str(include_str!("fixtures/python_json.json")).unwrap();
    assert!(rows.len() >= 190, "the fixture was cut short: {}", rows.len());
    rows
}

#[test]
fn what_python_reads_back_is_recognised_as_what_was_sent() {
    for row in rows() {
        let read = row.read.as_deref().unwrap_or(&row.text);
        let sent = Value::from(row.text.as_str());
        assert!(
            verifies(&sent, &Content::Value(read.into())),
            "{:?} reads back as {read:?}",
            row.text
        );
    }
}

#[test]
fn only_what_python_reads_is_json() {
    for row in rows() {
        let is_json = canonically_equal(&row.text, &row.text);
        assert_eq!(is_json, row.read.is_some(), "{:?}", row.text);
    }
}

#[test]
fn two_texts_are_equal_exactly_when_they_are_to_python() {
    let rows = rows();
    for a in &rows {
        for b in &rows {
            let expected = a.sorted.is_some() && a.sorted == b.sorted;
            let (a, b) = (&a.text, &b.text);
            assert_eq!(canonically_equal(a, b), expected, "{a:?} and {b:?}");
        }
    }
}
