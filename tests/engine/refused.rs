//! What the mirror itself refused is told until its author works on the record again, or somebody takes it back: whatever
//! becomes of the record, and of other work on it, meanwhile.

use crate::desk::{Desk, text};
use leeward_model::{RecordState, Value};
use std::sync::Arc;

const WITH_A_SECRET: &str = r#"{"password": "hunter2-very-long-secret"}"#;

fn refuse_in_window(desk: &Desk, key: &str) {
    desk.edit(key, WITH_A_SECRET);
    assert_refusal_is_told(desk, key);
}

fn assert_refusal_is_told(desk: &Desk, key: &str) {
    let record = desk.record(key);
    assert_eq!(record.state, RecordState::Rejected);
    let note = record.note.unwrap();
    assert!(note.contains("password"), "{note}");
}

#[tokio::test]
async fn when_the_record_is_deleted_in_airflow() {
    let desk = Desk::new(&[("plain", "1"), ("a", "1"), ("b", "1"), ("c", "1")]);
    desk.sync().await;
    refuse_in_window(&desk, "plain");
    desk.airflow(|airflow| {
        airflow.note_event("delete_variable", "bea", "plain");
        airflow.variables.remove("plain")
    });
    desk.sync().await;
    assert_eq!(desk.record("plain").base, None, "it was seen to be gone");
    assert_refusal_is_told(&desk, "plain");
    desk.take_back("plain");
    assert_eq!(desk.find("plain"), None);
}

#[tokio::test]
async fn when_what_was_typed_before_it_arrives() {
    let desk = Desk::new(&[("plain", "1")]);
    desk.sync().await;
    desk.edit("plain", "2");
    refuse_in_window(&desk, "plain");
    desk.sync().await;
    assert_eq!(desk.raw("plain").as_deref(), Some("2"), "what was kept is sent");
    assert_refusal_is_told(&desk, "plain");
    desk.edit("plain", "3");
    desk.sync().await;
    assert_eq!(
        (desk.state("plain"), desk.raw("plain").as_deref()),
        (RecordState::Clean, Some("3"))
    );
}

/// The write of what was typed before is under way already, and its outcome settles it.
#[tokio::test]
async fn when_it_is_typed_during_a_write() {
    let desk = Arc::new(Desk::new(&[("plain", "1")]));
    desk.sync().await;
    desk.edit("plain", "2");
    desk.once_while_guarded("/plain", |desk| refuse_in_window(desk, "plain"));
    desk.sync().await;
    desk.leave_alone();
    desk.sync().await;
    assert_eq!(desk.raw("plain").as_deref(), Some("2"));
    assert_refusal_is_told(&desk, "plain");
}

#[tokio::test]
async fn when_another_client_edits_the_record() {
    let desk = Desk::new(&[("plain", "1")]);
    desk.sync().await;
    refuse_in_window(&desk, "plain");
    let typed = || Some(Value::String("1".into()));
    desk.edit_from("leewardctl", "plain", "value", typed(), text("3"));
    desk.sync().await;
    assert_eq!(desk.raw("plain").as_deref(), Some("3"), "nothing is held up");
    assert_refusal_is_told(&desk, "plain");
    desk.take_back("plain");
    desk.sync().await;
    assert_eq!(
        (desk.state("plain"), desk.raw("plain").as_deref()),
        (RecordState::Clean, Some("3"))
    );
}

/// The mirror is lost, and the window brings back what it knows.
#[tokio::test]
async fn when_the_mirror_is_rebuilt() {
    let desk = Desk::new(&[("plain", "1")]);
    desk.sync().await;
    refuse_in_window(&desk, "plain");
    let record = desk.record("plain");
    let desk = desk.rebuilt_from(&[record], &[]);
    desk.sync().await;
    assert_refusal_is_told(&desk, "plain");
}
