//! Nothing sensitive is ever stored.

use crate::support::{Desk, edit, entry, now, resolve, text, variable};
use leeward_model::{BaseField, Content, EntryKind, RecordState, VARIABLES, Value, secret_ref};
use serde_json::json;

/// Every byte that the mirror has on disk, the write-ahead log included.
fn on_disk(desk: &Desk) -> Vec<u8> {
    let files = std::fs::read_dir(desk.dir.path()).unwrap();
    files
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_refused_secret_leaves_no_trace() {
    let mut desk = Desk::new();
    desk.confirmed("conf", &variable(r#"{"port": 1}"#));
    let mut entry = edit(
        "conf",
        &[(
            "value",
            text(r#"{"port": 1}"#),
            json!(r#"{"port": 1, "password": "hunter2"}"#),
        )],
    );
    entry.reason = Some("it is correct-horse".into());
    desk.push(entry);
    desk.edit("api_token", &[("value", None, json!("battery-staple"))]);
    let view = desk.view("conf");
    assert_eq!(view.state, RecordState::Rejected);
    assert!(view.note.unwrap().contains("/password"), "it names the place");
    assert_eq!(view.fields["value"], json!(r#"{"port": 1}"#));
    let bytes = on_disk(&desk);
    assert!(holds(&bytes, "/password"), "the search finds what is there");
    for secret in ["hunter2", "battery-staple", "correct-horse"] {
        assert!(!holds(&bytes, secret), "{secret}");
    }
}

#[test]
fn a_refused_secret_is_not_repeated_as_what_was_shown() {
    let mut desk = Desk::new();
    desk.confirmed("conf", &variable("{}"));
    let secret = r#"{"password": "hunter2"}"#;
    desk.edit("conf", &[("value", text("{}"), json!(secret))]);
    desk.edit("conf", &[("value", text(secret), json!(r#"{"a": 1}"#))]);
    assert_eq!(
        (desk.state("conf"), desk.local("conf", "value")),
        (RecordState::Pending, text(r#"{"a": 1}"#))
    );
    assert!(!holds(&on_disk(&desk), "hunter2"));
}

#[test]
fn a_refused_secret_in_a_decision_leaves_the_conflict() {
    let mut desk = Desk::new();
    desk.confirmed("conf", &variable("9"));
    desk.edit("conf", &[("value", text("1"), json!("2"))]);
    desk.push(resolve(
        "conf",
        &[("value", text("9"), json!(r#"{"password": "hunter2"}"#))],
    ));
    let record = desk.record("conf").unwrap();
    assert_eq!(record.state(), RecordState::Conflict);
    assert!(record.rejected.is_some());
    assert!(!holds(&on_disk(&desk), "hunter2"));
}

#[test]
fn a_mask_is_never_taken_for_a_value() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("***"))]);
    assert_eq!(desk.state("a"), RecordState::Rejected);
}

fn sealed(desk: &mut Desk, key: &str) {
    desk.confirmed(key, &variable("1"));
    let mut record = desk.record(key).unwrap();
    let seal = desk.read(|ledger| ledger.seal("hunter2"));
    record
        .base
        .as_mut()
        .unwrap()
        .insert("value".into(), BaseField::seen(seal));
    desk.write(|ledger| ledger.save(&record, now()));
}

#[test]
fn a_sealed_field_is_named_and_not_shown() {
    let mut desk = Desk::new();
    sealed(&mut desk, "plain");
    let view = desk.view("plain");
    assert_eq!(view.sealed, ["value"]);
    assert!(!view.fields.contains_key("value") && view.fields.contains_key("description"));
    assert!(!holds(&on_disk(&desk), "hunter2"));
}

#[test]
fn a_sealed_field_is_locked_and_its_description_is_not() {
    let mut desk = Desk::new();
    sealed(&mut desk, "api_token");
    desk.edit(
        "api_token",
        &[("description", Some(Value::Null), json!("the token of the shop"))],
    );
    assert_eq!(desk.state("api_token"), RecordState::Pending);
    desk.edit("api_token", &[("value", None, json!("plain"))]);
    assert_eq!(desk.state("api_token"), RecordState::Rejected);
    assert_eq!(
        desk.local("api_token", "description"),
        text("the token of the shop"),
        "earlier work stays"
    );
}

#[test]
fn a_secret_is_replaced_by_reference() {
    let mut desk = Desk::new();
    sealed(&mut desk, "api_token");
    desk.edit("api_token", &[("value", None, secret_ref("id-1"))]);
    desk.edit("api_token", &[("value", None, secret_ref("id-2"))]);
    let record = desk.record("api_token").unwrap();
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Pending, Some(&secret_ref("id-2")))
    );
    assert!(matches!(
        record.overlay.as_ref().unwrap().fields["value"]
            .base
            .as_ref()
            .unwrap()
            .seen,
        Content::Sealed(_)
    ));
    let view = record.view();
    assert_eq!(view.sealed, ["value"]);
    assert!(!view.fields.contains_key("value"));
    let history = desk.read(|ledger| ledger.history(VARIABLES, "api_token", 1));
    assert!(!history[0].fields.as_ref().unwrap().contains_key("value"));
}

#[test]
fn a_sealed_record_can_be_deleted() {
    let mut desk = Desk::new();
    sealed(&mut desk, "api_token");
    desk.push(entry(EntryKind::Delete, "api_token"));
    let record = desk.record("api_token").unwrap();
    assert!(record.is_deleted() && record.conflict.is_none());
}
