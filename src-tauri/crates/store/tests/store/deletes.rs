//! Deletes: explicit, and only of what was seen.

use crate::support::{CTL, Fixture, base, bases, delete, id, now, text, variable};
use leeward_model::{Against, Change, ConflictKind, EntryKind, RecordState, VARIABLES, Value};
use leeward_store::Work;
use serde_json::json;

#[test]
fn a_delete_of_what_was_shown_is_pending() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(delete("a", &variable("1")));
    let record = fixture.record("a").unwrap();
    assert!(record.is_deleted());
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Pending, None)
    );
    let view = record.view();
    assert!(view.deleted);
    assert_eq!(
        view.fields["value"],
        json!("1"),
        "a deleted row stays visible until it is sent"
    );
    let seen = record.overlay.unwrap().fields;
    assert_eq!(seen["value"].base, Some(base(json!("1"))));
    assert_eq!(seen["description"].base, Some(base(Value::Null)));
}

#[test]
fn a_record_that_never_got_to_airflow_is_simply_gone() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("1"))]);
    fixture.push(delete("a", &variable("1")));
    assert_eq!(fixture.record("a"), None);
    let pulled = fixture.read(|ledger| ledger.pull(crate::support::WINDOW, 0, 10));
    assert_eq!(
        (pulled.items.len(), &pulled.items[0].record),
        (1, &None),
        "the feed says that it is gone"
    );
}

#[test]
fn a_delete_of_edited_work_keeps_what_the_edit_was_made_on() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.push(delete("a", &variable("2")));
    let record = fixture.record("a").unwrap();
    assert_eq!(record.conflict, None);
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1")))
    );
}

#[test]
fn a_delete_of_what_a_sync_had_moved_is_a_conflict() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    fixture.push(delete("a", &variable("1")));
    let record = fixture.record("a").unwrap();
    let conflict = record.conflict.clone().unwrap();
    assert_eq!(conflict.kind, ConflictKind::EditDelete);
    assert!(conflict.mine_deleted);
    assert_eq!(conflict.fields.len(), 1, "the description was seen");
    assert_eq!(
        (&conflict.fields[0].airflow, conflict.fields[0].against),
        (&text("9"), Against::Airflow)
    );
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1")))
    );
}

#[test]
fn a_delete_against_another_pending_edit_keeps_the_edit() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit(
        "a",
        &[
            ("value", text("1"), json!("2")),
            ("description", Some(Value::Null), json!("d")),
        ],
    );
    fixture.push(delete(
        "a",
        &[("value", json!("2")), ("description", Value::Null)],
    ));
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    let mut others: Vec<_> = conflict
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.airflow.clone()))
        .collect();
    others.sort_by_key(|(name, _)| *name);
    assert_eq!(
        others,
        [("description", text("d")), ("value", text("2"))],
        "all that was pending is kept"
    );
    assert!(
        conflict
            .fields
            .iter()
            .all(|field| field.against == Against::Local)
    );
}

/// Made in the window and in `leewardctl` at once, and deleted in the window: what the terminal made was not meant.
#[test]
fn a_delete_keeps_the_other_edit_that_only_a_conflict_holds() {
    let mut fixture = Fixture::new();
    let change = Change {
        from: None,
        to: text("ctl"),
    };
    let work = Work {
        collection: VARIABLES.into(),
        key: "a".into(),
        fields: [("value".to_owned(), change)].into(),
        ..Work::new(id(1), EntryKind::Edit)
    };
    fixture.write(|ledger| ledger.enter(CTL, work, now()));
    fixture.edit("a", &[("value", None, json!("window"))]);
    fixture.push(delete(
        "a",
        &[("value", json!("window")), ("description", Value::Null)],
    ));
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert_eq!(
        (conflict.kind, conflict.mine_deleted),
        (ConflictKind::EditDelete, true)
    );
    let field = &conflict.fields[0];
    assert_eq!((&field.mine, &field.airflow), (&None, &text("ctl")));
}

#[test]
fn a_field_that_was_not_shown_is_not_deleted_unseen() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &[("value", json!("1")), ("description", json!("new"))]);
    fixture.push(delete("a", &[("value", json!("1"))]));
    assert_eq!(fixture.state("a"), RecordState::Conflict);
}

#[test]
fn deleting_twice_is_deleting() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(delete("a", &variable("1")));
    fixture.push(delete("a", &variable("1")));
    let record = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.is_deleted()),
        (RecordState::Pending, true)
    );
    assert_eq!(record.base, Some(bases(&variable("1"))));
}

#[test]
fn deleting_what_airflow_deleted_agrees_with_it() {
    let mut fixture = crate::resolves::deleted_there();
    fixture.push(delete(
        "a",
        &[("value", json!("2")), ("description", json!("about"))],
    ));
    assert_eq!(fixture.record("a"), None);
}

/// Deleted in a window whose store is an older copy.
#[test]
fn an_edit_that_was_not_shown_outlives_a_delete_that_agrees_with_airflows() {
    let mut fixture = crate::resolves::deleted_there();
    let before = fixture.record("a");
    fixture.push(delete(
        "a",
        &[("value", json!("1")), ("description", json!("about"))],
    ));
    let record = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Conflict, text("2").as_ref())
    );
    assert_eq!(
        Some(&record.conflict),
        before.as_ref().map(|before| &before.conflict)
    );
}

/// Gone, or (in a new mirror) not yet read: the delete is not lost.
#[test]
fn a_delete_of_a_record_that_is_not_here() {
    let mut fixture = Fixture::new();
    fixture.push(delete("a", &variable("1")));
    let record = fixture.record("a").unwrap();
    assert!(record.is_deleted());
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1")))
    );
    fixture.push(crate::support::entry(leeward_model::EntryKind::Delete, "never"));
    assert_eq!(fixture.record("never"), None, "there was nothing to delete");
}

#[test]
fn deleting_a_record_in_conflict_is_still_a_conflict() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.push(delete("a", &variable("2")));
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert_eq!(conflict.kind, ConflictKind::EditDelete);
    assert!(conflict.mine_deleted);
    assert_eq!(
        (&conflict.fields[0].mine, &conflict.fields[0].airflow),
        (&None, &text("9"))
    );
}
