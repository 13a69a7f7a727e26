//! Airflow's own exports, into the built-in collections.

use crate::{counts, file, fresh, known, planned, table, to, whys, written};
use leeward_exchange::{Known, Layout, PlanOptions, Present, plan};
use leeward_model::Collection;
use leeward_tables::NoteCode;
use serde_json::{Value, json};

fn variables() -> Layout {
    Layout::built_in(&Collection::variables())
}

fn variable(value: &str) -> Known {
    known(&json!({"value": value, "description": null}))
}

#[test]
fn v01_every_value_is_a_text_and_null_is_asked_about() {
    let plan = fresh(&variables(), &file("V01_airflow2_export.json"));
    let values: Vec<(String, Value)> = plan
        .planned
        .iter()
        .map(|one| (one.key.clone().unwrap(), to(one)["value"].clone()))
        .collect();
    let expected = [
        ("plain", "text"),
        ("number", "3"),
        ("rate", "3.1"),
        ("flag", "true"),
        ("list", r#"["a","b"]"#),
        ("object", r#"{"a":{"b":[1,2]}}"#),
        ("json_text", r#"{"a": 1}"#),
        ("empty", ""),
    ];
    assert_eq!(
        values,
        expected.map(|(key, value)| (key.to_owned(), json!(value)))
    );
    let [(9, "value", why)] = whys(&plan)[..] else {
        panic!("{:?}", plan.refused)
    };
    assert!(why.contains("is null"), "{why}");
}

#[test]
fn v01_json_that_says_the_same_is_unchanged() {
    let present = Present::from([
        ("list".to_owned(), variable(r#"[ "a", "b" ]"#)),
        ("rate".to_owned(), variable("3.1")),
        ("number".to_owned(), variable("4")),
    ]);
    let plan = planned(&variables(), &file("V01_airflow2_export.json"), &present);
    assert_eq!(counts(&plan), [5, 1, 0, 2]);
    let texts = table("key,value\nlist,\"[\"\"a\"\",\"\"b\"\"]\"\n");
    assert_eq!(
        counts(&planned(&variables(), &texts, &present)),
        [0, 1, 0, 0],
        "a text is meant as it is spelled"
    );
}

#[test]
fn v02_masks_are_refused_and_nothing_is_deleted_for_them() {
    let present = Present::from([
        (
            "db_password".to_owned(),
            Known {
                sealed: ["value".to_owned()].into(),
                ..Known::default()
            },
        ),
        ("other".to_owned(), variable("1")),
    ]);
    let options = PlanOptions {
        delete_rest: true,
        ..PlanOptions::default()
    };
    let plan = plan(
        &variables(),
        &file("V02_export_with_masks.json"),
        &present,
        options,
    )
    .unwrap();
    assert_eq!(counts(&plan), [1, 0, 0, 0]);
    assert_eq!(plan.refused.len(), 3);
    assert!(
        plan.refused
            .iter()
            .all(|one| one.why.contains("not in this file"))
    );
    assert!(plan.rest_notes.iter().any(|note| note.code == NoteCode::Kept));
}

#[test]
fn masks_and_secrets_of_other_files_are_refused_without_their_value() {
    let csv = "key,value,description\na,x***y,\nb,\"{\"\"password\"\": \"\"hunter2\"\"}\",\nsmtp_password,hunter2,\nd,1,pw=***\n";
    let plan = fresh(&variables(), &table(csv));
    assert_eq!(counts(&plan), [0; 4]);
    assert_eq!(
        plan.refused.iter().map(|one| one.row).collect::<Vec<_>>(),
        [2, 3, 4, 5]
    );
    assert!(!format!("{:?}", plan.refused).contains("hunter2"));
}

#[test]
fn a_sealed_variable_is_not_written_and_its_description_is() {
    let sealed = Known {
        sealed: ["value".to_owned()].into(),
        ..known(&json!({"description": "old"}))
    };
    let present = Present::from([("conf".to_owned(), sealed)]);
    let plan = planned(
        &variables(),
        &table("key,value,description\nconf,1,new\n"),
        &present,
    );
    assert_eq!(plan.refused.len(), 1);
    assert!(
        plan.refused[0].why.contains("holds a secret"),
        "{:?}",
        plan.refused
    );
    let plan = planned(
        &variables(),
        &table("key,value,description\nconf,,new\n"),
        &present,
    );
    assert_eq!(written(&plan), [json!({"description": "new"})]);
}

#[test]
fn v03_values_with_their_descriptions() {
    let plan = fresh(&variables(), &file("V03_airflow3_export.json"));
    assert_eq!(
        written(&plan),
        [
            json!({"value": "3.10", "description": "agreed with finance"}),
            json!({"value": "{\"value\": 1}", "description": null}),
            json!({"value": "{\"value\":\"is a member of this value\",\"other\":1}", "description": null}),
        ]
    );
}

#[test]
fn a_new_variable_needs_a_value() {
    let plan = fresh(&variables(), &table("key,description\na,x\n"));
    assert_eq!(
        whys(&plan),
        [(2, "value", "The value is required in a new record.")]
    );
    let plan = fresh(&variables(), &table("key,value\na,\n"));
    assert_eq!(
        written(&plan),
        [json!({"value": "", "description": null})],
        "an empty one is one"
    );
}

#[test]
fn what_begins_like_json_and_is_none_is_said() {
    let plan = fresh(
        &variables(),
        &table("key,value\na,{{ ds }}\nb,\"{'x': 1}\"\nc,[1]\n"),
    );
    assert_eq!(counts(&plan), [3, 0, 0, 0]);
    let note = plan
        .notes
        .iter()
        .find(|note| note.code == NoteCode::Guessed)
        .unwrap();
    assert_eq!(note.rows, [2, 3]);
}

#[test]
fn airflow_reads_its_own_form_again() {
    let records = Present::from([
        ("plain".to_owned(), variable("a \"text\"")),
        ("pair".to_owned(), variable(r#"{"value": 1, "description": "x"}"#)),
        (
            "told".to_owned(),
            known(&json!({"value": "", "description": "why"})),
        ),
    ]);
    let mut written = Vec::new();
    let exported = leeward_exchange::export(&variables(), &records);
    leeward_tables::write_variables(&exported.table, &mut written).unwrap();
    let text = String::from_utf8(written).unwrap();
    assert!(
        text.contains(r#""told": {"value": "", "description": "why"}"#),
        "{text}"
    );
    assert_eq!(
        counts(&planned(&variables(), &table(&text), &records)),
        [0, 0, 0, 3]
    );
    let fresh = fresh(&variables(), &table(&text));
    let values: Vec<Value> = written_values(&fresh);
    assert_eq!(
        values,
        [
            json!(r#"{"value": 1, "description": "x"}"#),
            json!("a \"text\""),
            json!("")
        ]
    );
}

fn written_values(plan: &leeward_exchange::Plan) -> Vec<Value> {
    plan.planned.iter().map(|one| to(one)["value"].clone()).collect()
}

#[test]
fn what_a_database_cannot_keep_is_refused() {
    let plan = fresh(&variables(), &table(r#"{"a": "x\u0000y", "b": ["x\u0000"]}"#));
    assert_eq!(counts(&plan), [1, 0, 0, 0], "JSON spells it out");
    assert!(plan.refused[0].why.contains("U+0000"), "{:?}", plan.refused);
}

#[test]
fn pools_have_numbers_and_switches() {
    let pools = Layout::built_in(&Collection::pools());
    let plan = fresh(
        &pools,
        &table("key,slots,include_deferred\nsmall,4,TRUE\nlarge,-1,\nwrong,four,no\n"),
    );
    assert_eq!(
        written(&plan),
        [
            json!({"slots": 4, "include_deferred": true, "description": null}),
            json!({"slots": -1, "include_deferred": false, "description": null}),
        ]
    );
    assert_eq!(
        whys(&plan),
        [
            (4, "slots", "The slots must be a whole number."),
            (
                4,
                "include_deferred",
                "The include_deferred must be true or false."
            ),
        ]
    );
}
