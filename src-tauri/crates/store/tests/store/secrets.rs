//! Nothing sensitive is ever stored.

use crate::support::{Fixture, edit, entry, now, resolve, text, variable};
use leeward_model::{BaseField, Content, EntryKind, RecordState, VARIABLES, Value, secret_ref};
use serde_json::json;

/// Every byte that the mirror has on disk, the write-ahead log included.
fn on_disk(fixture: &Fixture) -> Vec<u8> {
    let files = std::fs::read_dir(fixture.dir.path()).unwrap();
    files
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_refused_secret_leaves_no_trace() {
    let mut fixture = Fixture::new();
    fixture.confirmed("conf", &variable(r#"{"port": 1}"#));
    let mut entry = edit(
        "conf",
        &[(
            "value",
            text(r#"{"port": 1}"#),
            json!(r#"{"port": 1, "password": "hunter2"}"#),
        )],
    );
    entry.reason = Some("it is correct-horse".into());
    fixture.push(entry);
    fixture.edit("api_token", &[("value", None, json!("battery-staple"))]);
    let view = fixture.view("conf");
    assert_eq!(view.state, RecordState::Rejected);
    assert!(view.note.unwrap().contains("/password"), "it names the place");
    assert_eq!(view.fields["value"], json!(r#"{"port": 1}"#));
    let bytes = on_disk(&fixture);
    assert!(holds(&bytes, "/password"), "the search finds what is there");
    for secret in ["hunter2", "battery-staple", "correct-horse"] {
        assert!(!holds(&bytes, secret), "{secret}");
    }
}

#[test]
fn a_refused_secret_is_not_repeated_as_what_was_shown() {
    let mut fixture = Fixture::new();
    fixture.confirmed("conf", &variable("{}"));
    let secret = r#"{"password": "hunter2"}"#;
    fixture.edit("conf", &[("value", text("{}"), json!(secret))]);
    fixture.edit("conf", &[("value", text(secret), json!(r#"{"a": 1}"#))]);
    assert_eq!(
        (fixture.state("conf"), fixture.local("conf", "value")),
        (RecordState::Pending, text(r#"{"a": 1}"#))
    );
    assert!(!holds(&on_disk(&fixture), "hunter2"));
}

#[test]
fn a_refused_secret_in_a_decision_leaves_the_conflict() {
    let mut fixture = Fixture::new();
    fixture.confirmed("conf", &variable("9"));
    fixture.edit("conf", &[("value", text("1"), json!("2"))]);
    fixture.push(resolve(
        "conf",
        &[("value", text("9"), json!(r#"{"password": "hunter2"}"#))],
    ));
    let record = fixture.record("conf").unwrap();
    assert_eq!(record.state(), RecordState::Conflict);
    assert!(record.rejected.is_some());
    assert!(!holds(&on_disk(&fixture), "hunter2"));
}

#[test]
fn a_mask_is_never_taken_for_a_value() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("***"))]);
    assert_eq!(fixture.state("a"), RecordState::Rejected);
}

fn sealed(fixture: &mut Fixture, key: &str) {
    fixture.confirmed(key, &variable("1"));
    let mut record = fixture.record(key).unwrap();
    let seal = fixture.read(|ledger| ledger.seal("hunter2"));
    record
        .base
        .as_mut()
        .unwrap()
        .insert("value".into(), BaseField::seen(seal));
    fixture.write(|ledger| ledger.save(&record, now()));
}

#[test]
fn a_sealed_field_is_named_and_not_shown() {
    let mut fixture = Fixture::new();
    sealed(&mut fixture, "plain");
    let view = fixture.view("plain");
    assert_eq!(view.sealed, ["value"]);
    assert!(!view.fields.contains_key("value") && view.fields.contains_key("description"));
    assert!(!holds(&on_disk(&fixture), "hunter2"));
}

#[test]
fn a_sealed_field_is_locked_and_its_description_is_not() {
    let mut fixture = Fixture::new();
    sealed(&mut fixture, "api_token");
    fixture.edit(
        "api_token",
        &[("description", Some(Value::Null), json!("the token of the shop"))],
    );
    assert_eq!(fixture.state("api_token"), RecordState::Pending);
    fixture.edit("api_token", &[("value", None, json!("plain"))]);
    assert_eq!(fixture.state("api_token"), RecordState::Rejected);
    assert_eq!(
        fixture.local("api_token", "description"),
        text("the token of the shop"),
        "earlier work stays"
    );
}

#[test]
fn a_secret_is_replaced_by_reference() {
    let mut fixture = Fixture::new();
    sealed(&mut fixture, "api_token");
    fixture.edit("api_token", &[("value", None, secret_ref("id-1"))]);
    fixture.edit("api_token", &[("value", None, secret_ref("id-2"))]);
    let record = fixture.record("api_token").unwrap();
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
    let history = fixture.read(|ledger| ledger.history(VARIABLES, "api_token", 1));
    assert!(!history[0].fields.as_ref().unwrap().contains_key("value"));
}

#[test]
fn a_sealed_record_can_be_deleted() {
    let mut fixture = Fixture::new();
    sealed(&mut fixture, "api_token");
    fixture.push(entry(EntryKind::Delete, "api_token"));
    let record = fixture.record("api_token").unwrap();
    assert!(record.is_deleted() && record.conflict.is_none());
}
