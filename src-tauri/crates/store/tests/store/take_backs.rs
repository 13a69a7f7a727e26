//! Taking work back.

use crate::support::{CTL, Desk, WINDOW, at, bases, delete, edit, entry, id, now, remote, text, variable};
use leeward_model::{Against, BaseField, Change, Content, Entry, EntryKind, RecordState, VARIABLES, Value};
use leeward_store::{Intent, IntentOp, Work};
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

/// A take-back of what the window showed: this value, and no conflict.
fn of_shown(value: &str) -> Entry {
    Entry {
        mine: Some([("value".to_owned(), json!(value))].into()),
        ..entry(EntryKind::TakeBack, "a")
    }
}

fn ctl(desk: &mut Desk, fields: &Entry) {
    let work = Work {
        collection: VARIABLES.into(),
        key: "a".into(),
        fields: fields.fields.clone(),
        ..Work::new(id(900), fields.kind)
    };
    desk.write(|ledger| ledger.enter(CTL, work, at(9)));
}

#[test]
fn a_newer_edit_that_was_not_shown_is_not_taken_back() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    ctl(&mut desk, &edit("a", &[("value", text("2"), json!("3"))]));
    desk.push(of_shown("2"));
    assert_eq!(desk.local("a", "value"), text("3"));
    desk.push(of_shown("3"));
    assert_eq!(desk.state("a"), RecordState::Clean);
}

#[test]
fn the_other_edit_of_a_clash_that_was_not_shown_is_what_stays() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    ctl(&mut desk, &edit("a", &[("value", text("1"), json!("3"))]));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    assert_eq!(desk.state("a"), RecordState::Conflict);
    desk.push(of_shown("2"));
    assert_eq!(
        (desk.state("a"), desk.local("a", "value")),
        (RecordState::Pending, text("3"))
    );
}

#[test]
fn a_clash_that_was_shown_is_taken_back_whole() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    ctl(&mut desk, &edit("a", &[("value", text("1"), json!("3"))]));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    let mut shown = of_shown("2");
    let clash = Change {
        from: text("3"),
        to: None,
    };
    shown.fields.insert("value".into(), clash);
    desk.push(shown);
    assert_eq!(
        (desk.state("a"), desk.local("a", "value")),
        (RecordState::Clean, text("1"))
    );
}

#[test]
fn a_delete_that_was_not_shown_stays() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    ctl(
        &mut desk,
        &delete("a", &[("value", json!("2")), ("description", Value::Null)]),
    );
    desk.push(of_shown("2"));
    assert!(desk.record("a").unwrap().is_deleted());
    desk.push(Entry {
        deleted: true,
        ..of_shown("1")
    });
    assert_eq!(desk.state("a"), RecordState::Clean);
}

#[test]
fn a_creation_in_flight_over_which_was_typed_unseen_is_asked_about() {
    let mut desk = typed_over_in_flight();
    desk.push(of_shown("2"));
    assert_eq!(desk.state("a"), RecordState::Conflict);
    let conflict = desk.record("a").unwrap().conflict.unwrap();
    assert!(conflict.mine_deleted && conflict.note.is_some());
    let field = &conflict.fields[0];
    assert_eq!((&field.airflow, field.against), (&text("3"), Against::Local));
}

/// The window shows what it created before the mirror has filled in the description.
#[test]
fn what_the_mirror_filled_in_was_not_typed_unseen() {
    let mut desk = Desk::new();
    desk.edit("a", &[("value", None, json!("2"))]);
    desk.push(of_shown("2"));
    assert_eq!(desk.record("a"), None);
    desk.edit("a", &[("value", None, json!("2"))]);
    in_flight(&mut desk, IntentOp::Create);
    desk.push(of_shown("2"));
    let record = desk.record("a").unwrap();
    assert!(record.is_deleted() && record.conflict.is_none());
}

#[test]
fn what_was_typed_over_a_creation_in_flight_can_be_kept() {
    let mut desk = typed_over_in_flight();
    desk.push(of_shown("2"));
    let kept = Change {
        from: text("3"),
        to: text("3"),
    };
    desk.push(Entry {
        fields: [("value".to_owned(), kept)].into(),
        ..entry(EntryKind::Resolve, "a")
    });
    assert_eq!(desk.record("a").unwrap().conflict, None);
    assert_eq!(desk.local("a", "value"), text("3"));
}

#[test]
fn what_was_typed_over_a_creation_in_flight_can_be_deleted_with_it() {
    let mut desk = typed_over_in_flight();
    desk.push(of_shown("2"));
    let seen = Change {
        from: text("3"),
        to: None,
    };
    desk.push(Entry {
        fields: [("value".to_owned(), seen)].into(),
        deleted: true,
        ..entry(EntryKind::Resolve, "a")
    });
    let record = desk.record("a").unwrap();
    assert!(record.conflict.is_none() && record.is_deleted());
}

/// A creation on its way, edited by `leewardctl` since.
fn typed_over_in_flight() -> Desk {
    let mut desk = Desk::new();
    desk.edit("a", &[("value", None, json!("2"))]);
    in_flight(&mut desk, IntentOp::Create);
    ctl(&mut desk, &edit("a", &[("value", text("2"), json!("3"))]));
    desk
}
