//! Taking work back.

use crate::support::{Desk, WINDOW, bases, entry, now, remote, text, variable};
use leeward_model::{BaseField, Content, EntryKind, RecordState, VARIABLES, Value};
use leeward_store::{Intent, IntentOp};
use serde_json::json;
use std::collections::BTreeMap;

fn take_back(desk: &mut Desk, key: &str) {
    desk.push(entry(EntryKind::TakeBack, key));
}

fn in_flight(desk: &mut Desk, op: IntentOp) {
    let intent = Intent {
        collection: VARIABLES.into(),
        key: "a".into(),
        op,
        fields: BTreeMap::new(),
        before: remote(&variable("1")),
        rev: 1,
        sent_at: now(),
        in_doubt_since: None,
        server_at: None,
    };
    desk.write(|ledger| ledger.put_intent(&intent));
}

#[test]
fn an_edit_taken_back_leaves_airflows() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    take_back(&mut desk, "a");
    let record = desk.record("a").unwrap();
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Clean, text("1").as_ref())
    );
    assert_eq!(record.verified_rev, record.rev);
}

#[test]
fn a_conflict_taken_back_is_settled_as_airflows() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("9"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    desk.observed("a", &variable("10"));
    take_back(&mut desk, "a");
    let record = desk.record("a").unwrap();
    assert_eq!(
        (record.state(), record.base),
        (RecordState::Clean, Some(bases(&variable("10"))))
    );
}

#[test]
fn the_analysts_formatting_survives_a_take_back() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("3.1"));
    let mut record = desk.record("a").unwrap();
    let typed = BaseField::written(Content::Value(json!("3.1")), json!("3.10"));
    record.base.as_mut().unwrap().insert("value".into(), typed);
    desk.write(|ledger| ledger.save(&record, now()));
    desk.edit("a", &[("value", text("3.10"), json!("4"))]);
    take_back(&mut desk, "a");
    assert_eq!(desk.local("a", "value"), text("3.10"));
}

#[test]
fn a_creation_taken_back_is_gone() {
    let mut desk = Desk::new();
    desk.edit("a", &[("value", None, json!("1"))]);
    desk.absent("a");
    take_back(&mut desk, "a");
    assert_eq!(desk.record("a"), None);
    let pulled = desk.read(|ledger| ledger.pull(WINDOW, 0, 10));
    assert_eq!(pulled.items[0].record, None);
}

#[test]
fn a_delete_taken_back_is_there_again() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.push(crate::support::delete("a", &variable("1")));
    take_back(&mut desk, "a");
    assert_eq!(
        (desk.state("a"), desk.local("a", "value")),
        (RecordState::Clean, text("1"))
    );
}

#[test]
fn a_refusal_taken_back_is_over() {
    let mut desk = Desk::new();
    desk.edit("api_token", &[("value", None, json!("hunter2"))]);
    assert_eq!(desk.state("api_token"), RecordState::Rejected);
    take_back(&mut desk, "api_token");
    assert_eq!(desk.record("api_token"), None);
}

/// The write may still arrive: what remains is an edit that undoes it.
#[test]
fn work_in_flight_is_taken_back_by_undoing_it() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    in_flight(&mut desk, IntentOp::Update);
    take_back(&mut desk, "a");
    let record = desk.record("a").unwrap();
    assert_eq!(record.overlay.as_ref().unwrap().fields["value"].to, text("1"));
    assert!(record.verified_rev < record.rev);
}

#[test]
fn a_creation_in_flight_is_taken_back_by_deleting_it() {
    let mut desk = Desk::new();
    desk.edit("a", &[("value", None, json!("1"))]);
    in_flight(&mut desk, IntentOp::Create);
    take_back(&mut desk, "a");
    assert!(desk.record("a").unwrap().is_deleted());
}

#[test]
fn what_airflow_deleted_is_gone_once_the_conflict_is_taken_back() {
    let mut desk = crate::resolves::deleted_there();
    take_back(&mut desk, "a");
    assert_eq!(desk.record("a"), None);
}

/// A brake may hold the collection: whether an absent record is believed gone is not decided here.
#[test]
fn a_take_back_believes_no_absence_by_itself() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("description", Some(Value::Null), json!("d"))]);
    desk.absent("a");
    take_back(&mut desk, "a");
    assert_eq!(desk.record("a").unwrap().base, Some(bases(&variable("1"))));
}
