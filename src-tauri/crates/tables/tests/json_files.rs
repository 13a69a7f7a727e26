//! JSON, and what Airflow exports.

use crate::{codes, fault_of, file, file_with, names, note, rows, text};
use leeward_tables::{Cell, FaultCode, Format, NoteCode, Options, Table, read};

fn variables(name: &str) -> Table {
    let table = file(name);
    assert_eq!(table.found.format, Some(Format::AirflowVariables));
    assert_eq!(names(&table), ["key", "value", "description"]);
    table
}

#[test]
fn v01_all_values_of_airflow_2() {
    let table = variables("V01_airflow2_export.json");
    let values: Vec<(&str, &Cell)> = table
        .rows
        .iter()
        .map(|row| (row.cells[0].text().unwrap(), &row.cells[1]))
        .collect();
    let text = |text: &str| Cell::Text(text.to_owned());
    assert_eq!(
        values,
        [
            ("plain", &text("text")),
            ("number", &Cell::Number("3".to_owned())),
            ("rate", &Cell::Number("3.1".to_owned())),
            ("flag", &Cell::Boolean(true)),
            ("list", &Cell::Json(r#"["a","b"]"#.to_owned())),
            ("object", &Cell::Json(r#"{"a":{"b":[1,2]}}"#.to_owned())),
            ("json_text", &text(r#"{"a": 1}"#)),
            ("empty", &text("")),
            ("nothing", &Cell::Null),
        ]
    );
    assert_eq!(note(&table, NoteCode::Nulls).rows, [9]);
}

#[test]
fn v02_masks_are_never_taken() {
    let table = variables("V02_export_with_masks.json");
    assert_eq!(rows(&table), [(1, vec!["region", "EU", "<missing>"])]);
    let whys: Vec<(u64, &str)> = table
        .refused
        .iter()
        .map(|refused| (refused.row, refused.why.as_str()))
        .collect();
    assert_eq!(
        whys,
        [
            (
                2,
                "The value of “db_password” is hidden by Airflow, so it is not in this file."
            ),
            (
                3,
                "The value of “settings” is hidden by Airflow, so it is not in this file."
            ),
            (
                4,
                "The value of “connect” is hidden by Airflow, so it is not in this file."
            ),
        ]
    );
    assert!(
        table
            .refused
            .iter()
            .all(|refused| refused.value.as_deref() == Some("***"))
    );
}

#[test]
fn v03_values_with_descriptions_of_airflow_3() {
    let table = variables("V03_airflow3_export.json");
    assert_eq!(
        rows(&table),
        [
            (1, vec!["rate", "3.10", "agreed with finance"]),
            (2, vec!["mapping", r#"{"value": 1}"#, "<missing>"]),
            (
                3,
                vec![
                    "odd",
                    r#"{"value":"is a member of this value","other":1}"#,
                    "<missing>"
                ]
            ),
        ]
    );
}

#[test]
fn v04_a_list_is_no_export() {
    let told = Options {
        format: Some(Format::AirflowVariables),
        ..Options::default()
    };
    let fault = file_with("V04_not_a_map.json", &told).unwrap_err();
    assert_eq!(fault.code, FaultCode::Format);
    assert!(
        fault.why.contains(r#"{"key": "value"}"#),
        "the form that is expected: {fault}"
    );
    let table = file("V04_not_a_map.json");
    assert_eq!(
        table.found.format,
        Some(Format::Json),
        "as a list of objects it is a table"
    );
    assert_eq!(rows(&table), [(1, vec!["rate", "3.10"]), (2, vec!["limit", "5"])]);
}

#[test]
fn v06_what_python_prints_is_no_json() {
    let fault = file_with("V06_python_repr.json", &Options::default()).unwrap_err();
    assert_eq!((fault.code, fault.row), (FaultCode::Syntax, Some(1)));
    assert_eq!(
        fault.what,
        "The file is written as Python prints a value, not as JSON (line 1, column 2)."
    );
    let fault = fault_of(b"[{\"a\": 1,\n  \"b\": True}]");
    assert!(fault.what.contains("Python") && fault.row == Some(2), "{fault}");
}

#[test]
fn numbers_are_kept_as_they_are_spelled() {
    let table = text(r#"[{"n": 0.10}, {"n": 1E5}, {"n": 1234567890123456789}, {"n": -0.0, "more": [1.0]}]"#);
    assert_eq!(
        rows(&table),
        [
            (1, vec!["0.10", "<missing>"]),
            (2, vec!["1E5", "<missing>"]),
            (3, vec!["1234567890123456789", "<missing>"]),
            (4, vec!["-0.0", "[1.0]"]),
        ]
    );
}

#[test]
fn items_that_are_no_rows_are_refused() {
    let table = text(r#"[{"a": "1"}, 7, {"a": "2", "a": "3"}, {"a": "\ud800"}, {"a": null}, {"a": "4"}]"#);
    assert_eq!(rows(&table), [(1, vec!["1"]), (6, vec!["4"])]);
    let refused: Vec<u64> = table.refused.iter().map(|refused| refused.row).collect();
    assert_eq!(refused, [2, 3, 4]);
    assert_eq!(codes(&table), [NoteCode::Nulls, NoteCode::EmptyRows]);
}

#[test]
fn broken_json_is_told_with_its_place() {
    let fault = fault_of(b"[{\"a\": 1},\n{\"a\": ]");
    assert_eq!((fault.code, fault.row), (FaultCode::Syntax, Some(2)));
    assert_eq!(fault_of(b"{\"a\": 1").code, FaultCode::Syntax);
    assert_eq!(fault_of(b"[{\"a\": 1}] []").code, FaultCode::Syntax);
    let told = Options {
        format: Some(Format::Json),
        ..Options::default()
    };
    assert_eq!(
        read(&b"{\"a\": 1}"[..], &told).unwrap_err().code,
        FaultCode::Format
    );
    assert_eq!(read(&b"7"[..], &told).unwrap_err().code, FaultCode::Format);
}
