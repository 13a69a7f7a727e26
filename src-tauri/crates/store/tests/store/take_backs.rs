//! Taking work back.

use crate::support::{CTL, Fixture, WINDOW, at, bases, delete, edit, entry, id, now, remote, text, variable};
use leeward_model::{Against, BaseField, Change, Content, Entry, EntryKind, RecordState, VARIABLES, Value};
use leeward_store::{Intent, IntentOp, Work};
use serde_json::json;
use std::collections::BTreeMap;

fn take_back(fixture: &mut Fixture, key: &str) {
    fixture.push(entry(EntryKind::TakeBack, key));
}

fn in_flight(fixture: &mut Fixture, op: IntentOp) {
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
    fixture.write(|ledger| ledger.put_intent(&intent));
}

#[test]
fn an_edit_taken_back_leaves_airflows() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    take_back(&mut fixture, "a");
    let record = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Clean, text("1").as_ref())
    );
    assert_eq!(record.verified_rev, record.rev);
}

#[test]
fn a_conflict_taken_back_is_settled_as_airflows() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.observed("a", &variable("10"));
    take_back(&mut fixture, "a");
    let record = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.base),
        (RecordState::Clean, Some(bases(&variable("10"))))
    );
}

#[test]
fn the_analysts_formatting_survives_a_take_back() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("3.1"));
    let mut record = fixture.record("a").unwrap();
    let typed = BaseField::written(Content::Value(json!("3.1")), json!("3.10"));
    record.base.as_mut().unwrap().insert("value".into(), typed);
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.edit("a", &[("value", text("3.10"), json!("4"))]);
    take_back(&mut fixture, "a");
    assert_eq!(fixture.local("a", "value"), text("3.10"));
}

#[test]
fn a_creation_taken_back_is_gone() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("1"))]);
    fixture.absent("a");
    take_back(&mut fixture, "a");
    assert_eq!(fixture.record("a"), None);
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, 0, 10));
    assert_eq!(pulled.items[0].record, None);
}

#[test]
fn a_delete_taken_back_is_there_again() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(crate::support::delete("a", &variable("1")));
    take_back(&mut fixture, "a");
    assert_eq!(
        (fixture.state("a"), fixture.local("a", "value")),
        (RecordState::Clean, text("1"))
    );
}

#[test]
fn a_refusal_taken_back_is_over() {
    let mut fixture = Fixture::new();
    fixture.edit("api_token", &[("value", None, json!("hunter2"))]);
    assert_eq!(fixture.state("api_token"), RecordState::Rejected);
    take_back(&mut fixture, "api_token");
    assert_eq!(fixture.record("api_token"), None);
}

/// The write may still arrive: what remains is an edit that undoes it.
#[test]
fn work_in_flight_is_taken_back_by_undoing_it() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    in_flight(&mut fixture, IntentOp::Update);
    take_back(&mut fixture, "a");
    let record = fixture.record("a").unwrap();
    assert_eq!(record.overlay.as_ref().unwrap().fields["value"].to, text("1"));
    assert!(record.verified_rev < record.rev);
}

#[test]
fn a_creation_in_flight_is_taken_back_by_deleting_it() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("1"))]);
    in_flight(&mut fixture, IntentOp::Create);
    take_back(&mut fixture, "a");
    assert!(fixture.record("a").unwrap().is_deleted());
}

#[test]
fn what_airflow_deleted_is_gone_once_the_conflict_is_taken_back() {
    let mut fixture = crate::resolves::deleted_there();
    take_back(&mut fixture, "a");
    assert_eq!(fixture.record("a"), None);
}

/// A brake may hold the collection: whether an absent record is believed gone is not decided here.
#[test]
fn a_take_back_believes_no_absence_by_itself() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("description", Some(Value::Null), json!("d"))]);
    fixture.absent("a");
    take_back(&mut fixture, "a");
    assert_eq!(fixture.record("a").unwrap().base, Some(bases(&variable("1"))));
}

/// A take-back of what the window showed: this value, and no conflict.
fn of_shown(value: &str) -> Entry {
    Entry {
        mine: Some([("value".to_owned(), json!(value))].into()),
        ..entry(EntryKind::TakeBack, "a")
    }
}

fn ctl(fixture: &mut Fixture, fields: &Entry) {
    let work = Work {
        collection: VARIABLES.into(),
        key: "a".into(),
        fields: fields.fields.clone(),
        ..Work::new(id(900), fields.kind)
    };
    fixture.write(|ledger| ledger.enter(CTL, work, at(9)));
}

#[test]
fn a_newer_edit_that_was_not_shown_is_not_taken_back() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    ctl(&mut fixture, &edit("a", &[("value", text("2"), json!("3"))]));
    fixture.push(of_shown("2"));
    assert_eq!(fixture.local("a", "value"), text("3"));
    fixture.push(of_shown("3"));
    assert_eq!(fixture.state("a"), RecordState::Clean);
}

#[test]
fn the_other_edit_of_a_clash_that_was_not_shown_is_what_stays() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    ctl(&mut fixture, &edit("a", &[("value", text("1"), json!("3"))]));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    assert_eq!(fixture.state("a"), RecordState::Conflict);
    fixture.push(of_shown("2"));
    assert_eq!(
        (fixture.state("a"), fixture.local("a", "value")),
        (RecordState::Pending, text("3"))
    );
}

#[test]
fn a_clash_that_was_shown_is_taken_back_whole() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    ctl(&mut fixture, &edit("a", &[("value", text("1"), json!("3"))]));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let mut shown = of_shown("2");
    let clash = Change {
        from: text("3"),
        to: None,
    };
    shown.fields.insert("value".into(), clash);
    fixture.push(shown);
    assert_eq!(
        (fixture.state("a"), fixture.local("a", "value")),
        (RecordState::Clean, text("1"))
    );
}

#[test]
fn a_delete_that_was_not_shown_stays() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    ctl(
        &mut fixture,
        &delete("a", &[("value", json!("2")), ("description", Value::Null)]),
    );
    fixture.push(of_shown("2"));
    assert!(fixture.record("a").unwrap().is_deleted());
    fixture.push(Entry {
        deleted: true,
        ..of_shown("1")
    });
    assert_eq!(fixture.state("a"), RecordState::Clean);
}

#[test]
fn a_creation_in_flight_over_which_was_typed_unseen_is_asked_about() {
    let mut fixture = typed_over_in_flight();
    fixture.push(of_shown("2"));
    assert_eq!(fixture.state("a"), RecordState::Conflict);
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert!(conflict.mine_deleted && conflict.note.is_some());
    let field = &conflict.fields[0];
    assert_eq!((&field.airflow, field.against), (&text("3"), Against::Local));
}

/// The window shows what it created before the mirror has filled in the description.
#[test]
fn what_the_mirror_filled_in_was_not_typed_unseen() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("2"))]);
    fixture.push(of_shown("2"));
    assert_eq!(fixture.record("a"), None);
    fixture.edit("a", &[("value", None, json!("2"))]);
    in_flight(&mut fixture, IntentOp::Create);
    fixture.push(of_shown("2"));
    let record = fixture.record("a").unwrap();
    assert!(record.is_deleted() && record.conflict.is_none());
}

#[test]
fn what_was_typed_over_a_creation_in_flight_can_be_kept() {
    let mut fixture = typed_over_in_flight();
    fixture.push(of_shown("2"));
    let kept = Change {
        from: text("3"),
        to: text("3"),
    };
    fixture.push(Entry {
        fields: [("value".to_owned(), kept)].into(),
        ..entry(EntryKind::Resolve, "a")
    });
    assert_eq!(fixture.record("a").unwrap().conflict, None);
    assert_eq!(fixture.local("a", "value"), text("3"));
}

#[test]
fn what_was_typed_over_a_creation_in_flight_can_be_deleted_with_it() {
    let mut fixture = typed_over_in_flight();
    fixture.push(of_shown("2"));
    let seen = Change {
        from: text("3"),
        to: None,
    };
    fixture.push(Entry {
        fields: [("value".to_owned(), seen)].into(),
        deleted: true,
        ..entry(EntryKind::Resolve, "a")
    });
    let record = fixture.record("a").unwrap();
    assert!(record.conflict.is_none() && record.is_deleted());
}

/// A creation on its way, edited by `leewardctl` since.
fn typed_over_in_flight() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("2"))]);
    in_flight(&mut fixture, IntentOp::Create);
    ctl(&mut fixture, &edit("a", &[("value", text("2"), json!("3"))]));
    fixture
}
