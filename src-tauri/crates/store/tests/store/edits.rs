//! Edits: what was shown decides.

use crate::support::{CTL, Fixture, base, bases, delete, edit, id, now, remote, text, variable};
use leeward_model::{
    Against, Change, Conflict, ConflictField, ConflictKind, Entry, EntryKind, RecordState, VARIABLES, Value,
};
use leeward_store::{Intent, IntentOp, Work};
use serde_json::json;
use std::collections::BTreeMap;

fn ctl_edit(fixture: &mut Fixture, number: u128, key: &str, fields: &[(&str, leeward_model::Slot, Value)]) {
    let change = |(name, from, to): &(&str, leeward_model::Slot, Value)| {
        (
            (*name).to_owned(),
            Change {
                from: from.clone(),
                to: Some(to.clone()),
            },
        )
    };
    let work = Work {
        collection: VARIABLES.into(),
        key: key.into(),
        fields: fields.iter().map(change).collect::<BTreeMap<_, _>>(),
        ..Work::new(id(number), EntryKind::Edit)
    };
    fixture.write(|ledger| ledger.enter(CTL, work, now()));
}

#[test]
fn an_edit_of_what_was_shown_is_pending() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let view = fixture.view("a");
    assert_eq!(view.state, RecordState::Pending);
    assert_eq!(view.fields["value"], json!("2"));
    assert_eq!(view.base.unwrap()["value"], json!("1"));
    let overlay = fixture.record("a").unwrap().overlay.unwrap();
    assert_eq!(overlay.fields["value"].base, Some(base(json!("1"))));
}

#[test]
fn a_second_edit_keeps_what_the_first_was_made_on() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.edit("a", &[("value", text("2"), json!("3"))]);
    let overlay = fixture.record("a").unwrap().overlay.unwrap();
    assert_eq!(overlay.fields["value"].base, Some(base(json!("1"))));
    assert_eq!(overlay.fields["value"].to, text("3"));
}

/// An edit that empties the value, which was shown as `from`.
fn emptied(key: &str, from: &str) -> Entry {
    let mut entry = edit(key, &[("value", text(from), Value::Null)]);
    entry.fields.values_mut().for_each(|change| change.to = None);
    entry
}

#[test]
fn a_field_can_be_emptied_and_filled_again() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(emptied("a", "1"));
    let view = fixture.view("a");
    assert_eq!(
        (view.state, view.fields.get("value")),
        (RecordState::Pending, None)
    );
    assert_eq!(view.base.unwrap()["value"], json!("1"));
    fixture.edit("a", &[("value", None, json!("1"))]);
    assert_eq!(fixture.state("a"), RecordState::Clean);
}

/// An entry of a client that knew no such record.
fn made_unseen(key: &str, to: &str) -> Entry {
    Entry {
        creates: true,
        ..edit(key, &[("value", None, json!(to))])
    }
}

fn asks_about_what_was_there(fixture: &mut Fixture) {
    let record = fixture.record("a").unwrap();
    let overlay = record.overlay.unwrap();
    assert_eq!(
        (overlay.fields["value"].base.as_ref(), overlay.deleted),
        (None, false)
    );
    let conflict = record.conflict.unwrap();
    let (kind, field) = (conflict.kind, &conflict.fields[0]);
    assert_eq!(
        (kind, conflict.airflow_deleted),
        (ConflictKind::CreateCreate, false)
    );
    assert_eq!((&field.mine, &field.airflow), (&text("new"), &text("1")));
}

#[test]
fn who_makes_a_record_unseen_is_shown_what_had_been_emptied_there() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(emptied("a", "1"));
    fixture.push(made_unseen("a", "new"));
    asks_about_what_was_there(&mut fixture);
}

#[test]
fn who_makes_a_record_unseen_is_shown_what_was_to_be_deleted_there() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(delete("a", &[("value", json!("1"))]));
    fixture.push(made_unseen("a", "new"));
    asks_about_what_was_there(&mut fixture);
}

/// What was asked about the delete must not answer for who never saw the record.
#[test]
fn a_conflict_over_the_delete_does_not_hide_what_was_never_shown() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(delete("a", &[("value", json!("1"))]));
    let mut record = fixture.record("a").unwrap();
    record.conflict = Some(Conflict {
        kind: ConflictKind::EditDelete,
        fields: vec![ConflictField {
            name: "value".into(),
            base: text("1"),
            airflow: text("2"),
            ..ConflictField::default()
        }],
        mine_deleted: true,
        airflow_deleted: false,
        found_at: now(),
        decided: None,
        note: None,
    });
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.push(made_unseen("a", "new"));
    asks_about_what_was_there(&mut fixture);
    assert_eq!(fixture.record("a").unwrap().conflict.unwrap().decided, None);
}

#[test]
fn every_edit_that_another_took_the_place_of_is_kept_in_the_conflict() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    for value in ["2", "3", "4", "5"] {
        fixture.edit("a", &[("value", text("1"), json!(value))]);
    }
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    let field = &conflict.fields[0];
    assert_eq!((&field.mine, &field.airflow), (&text("5"), &text("2")));
    let kept: Vec<&Value> = conflict.kept("value").collect();
    assert_eq!(kept, [&json!("4"), &json!("3")]);
}

#[test]
fn who_works_on_the_mirror_itself_makes_a_record_where_it_shows_none() {
    let mut fixture = Fixture::new();
    fixture.confirmed("known", &variable("1"));
    let mut creates = |number: u128, key: &str| {
        let mut work = Work::new(id(number), EntryKind::Edit);
        work.collection = VARIABLES.into();
        work.key = key.into();
        work.fields = edit(key, &[("note", None, json!("x"))]).fields;
        fixture.write(|ledger| ledger.enter(CTL, work, now())).creates
    };
    assert_eq!(
        [creates(1, "new"), creates(2, "new"), creates(3, "known")],
        [true, false, false]
    );
}

#[test]
fn emptying_what_was_edited_elsewhere_is_a_clash() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    ctl_edit(&mut fixture, 1, "a", &[("value", text("1"), json!("2"))]);
    fixture.push(emptied("a", "1"));
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert_eq!(
        (&conflict.fields[0].mine, &conflict.fields[0].airflow),
        (&None, &text("2"))
    );
}

#[test]
fn emptying_what_was_not_there_is_nothing() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let mut entry = emptied("a", "1");
    entry.fields.values_mut().for_each(|change| change.from = None);
    fixture.push(entry);
    assert_eq!(fixture.state("a"), RecordState::Clean);
}

#[test]
fn a_new_record_takes_the_defaults() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("1"))]);
    let record = fixture.record("a").unwrap();
    assert_eq!(record.base, None);
    assert_eq!(record.local("description"), Some(&Value::Null));
    assert!(
        record
            .overlay
            .unwrap()
            .fields
            .values()
            .all(|field| field.base.is_none())
    );
}

#[test]
fn a_new_record_without_what_it_needs_is_refused() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("description", None, json!("about"))]);
    assert_eq!(fixture.state("a"), RecordState::Rejected);
    assert!(fixture.view("a").note.unwrap().contains("value"));
    fixture.edit(
        "a",
        &[("value", None, json!("1")), ("description", None, json!("about"))],
    );
    assert_eq!(fixture.state("a"), RecordState::Pending);
}

#[test]
fn fields_and_types_that_the_data_model_lacks_are_refused() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("valeu", None, json!("2"))]);
    assert_eq!(fixture.state("a"), RecordState::Rejected);
    fixture.edit("a", &[("value", text("1"), json!(2))]);
    assert_eq!(fixture.state("a"), RecordState::Rejected);
    assert_eq!(fixture.local("a", "value"), text("1"));
}

#[test]
fn typing_the_old_value_back_removes_the_change() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.edit("a", &[("value", text("2"), json!("1"))]);
    let record = fixture.record("a").unwrap();
    assert_eq!((record.state(), record.overlay), (RecordState::Clean, None));
    assert_eq!(record.verified_rev, record.rev, "nothing is left to wait for");
}

/// The write of "2" may still arrive: the analyst's "1" must then be written over it.
#[test]
fn typing_the_old_value_back_while_a_write_is_in_flight_stays_an_edit() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let intent = Intent {
        collection: VARIABLES.into(),
        key: "a".into(),
        op: IntentOp::Update,
        fields: BTreeMap::from([("value".to_owned(), json!("2"))]),
        before: remote(&variable("1")),
        rev: 1,
        sent_at: now(),
        in_doubt_since: None,
        server_at: None,
    };
    fixture.write(|ledger| ledger.put_intent(&intent));
    fixture.edit("a", &[("value", text("2"), json!("1"))]);
    let record = fixture.record("a").unwrap();
    assert_eq!(record.overlay.unwrap().fields["value"].to, text("1"));
}

#[test]
fn a_clash_in_different_lines_comes_with_a_suggestion_until_it_is_edited() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("a\nb\nc"));
    fixture.confirmed("a", &variable("a\nb\nC"));
    fixture.edit("a", &[("value", text("a\nb\nc"), json!("A\nb\nc"))]);
    let suggestion = |fixture: &mut Fixture| {
        fixture.record("a").unwrap().conflict.unwrap().fields[0]
            .suggestion
            .clone()
    };
    assert_eq!(suggestion(&mut fixture), text("A\nb\nC"));
    fixture.edit("a", &[("value", text("A\nb\nc"), json!("AA\nb\nc"))]);
    assert_eq!(suggestion(&mut fixture), None);
}

/// (b) A form was open while a sync brought a new value: the sync's value is not replaced, the edit is kept.
#[test]
fn a_form_that_was_open_while_a_sync_brought_a_new_value() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.confirmed("a", &variable("9"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let record = fixture.record("a").unwrap();
    let conflict = record.conflict.clone().unwrap();
    assert_eq!(conflict.kind, ConflictKind::Fields);
    let field = &conflict.fields[0];
    assert_eq!(
        (&field.base, &field.mine, &field.airflow),
        (&text("1"), &text("2"), &text("9"))
    );
    assert_eq!(field.against, Against::Airflow);
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1"))),
        "a reconcile finds it again"
    );
    assert_eq!(record.base, Some(bases(&variable("9"))));
}

#[test]
fn a_form_that_was_open_merges_json_by_key() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable(r#"{"x": 9, "y": 1}"#));
    fixture.edit(
        "a",
        &[("value", text(r#"{"x": 1, "y": 1}"#), json!(r#"{"x": 1, "y": 2}"#))],
    );
    let record = fixture.record("a").unwrap();
    assert_eq!(record.state(), RecordState::Pending);
    let local: Value = serde_json::from_str(record.local("value").unwrap().as_str().unwrap()).unwrap();
    assert_eq!(local, json!({"x": 9, "y": 2}));
    let overlay = record.overlay.unwrap();
    assert_eq!(
        overlay.fields["value"].base,
        Some(base(json!(r#"{"x": 9, "y": 1}"#)))
    );
}

#[test]
fn an_edit_that_says_what_a_sync_brought_is_nothing() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    fixture.edit("a", &[("value", text("1"), json!("9"))]);
    assert_eq!(fixture.state("a"), RecordState::Clean);
}

/// (c) The window and leewardctl edit the same field.
#[test]
fn two_clients_on_one_field() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    ctl_edit(&mut fixture, 1, "a", &[("value", text("1"), json!("ctl"))]);
    fixture.edit("a", &[("value", text("1"), json!("window"))]);
    let record = fixture.record("a").unwrap();
    let field = &record.conflict.as_ref().unwrap().fields[0];
    assert_eq!(field.against, Against::Local);
    assert_eq!(
        (&field.base, &field.mine, &field.airflow),
        (&text("1"), &text("window"), &text("ctl"))
    );
    assert_eq!(record.local("value"), text("window").as_ref());
}

#[test]
fn two_clients_on_different_fields_merge() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    ctl_edit(
        &mut fixture,
        1,
        "a",
        &[("description", Some(Value::Null), json!("ctl"))],
    );
    fixture.edit("a", &[("value", text("1"), json!("window"))]);
    let record = fixture.record("a").unwrap();
    assert_eq!(record.state(), RecordState::Pending);
    assert_eq!(record.local("description"), text("ctl").as_ref());
    assert_eq!(record.local("value"), text("window").as_ref());
}

#[test]
fn a_second_client_on_a_field_in_conflict_loses_nothing() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    fixture.edit("a", &[("value", text("1"), json!("window"))]);
    ctl_edit(&mut fixture, 1, "a", &[("value", text("9"), json!("ctl"))]);
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert_eq!(conflict.fields.len(), 1);
    assert_eq!(
        (&conflict.fields[0].mine, &conflict.fields[0].airflow),
        (&text("ctl"), &text("9"))
    );
    assert_eq!(conflict.decided.unwrap()["value"], json!("window"));
}

#[test]
fn both_clients_create_the_same_record() {
    let mut fixture = Fixture::new();
    ctl_edit(&mut fixture, 1, "a", &[("value", None, json!("ctl"))]);
    fixture.edit("a", &[("value", None, json!("window"))]);
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert_eq!(conflict.kind, ConflictKind::CreateCreate);
    assert_eq!(conflict.fields[0].against, Against::Local);
    assert_eq!(conflict.fields[0].airflow, text("ctl"));
}

#[test]
fn a_record_created_here_that_a_sync_had_brought() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("theirs"));
    fixture.edit("a", &[("value", None, json!("mine"))]);
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert_eq!(
        (conflict.kind, conflict.fields[0].against),
        (ConflictKind::CreateCreate, Against::Airflow)
    );
}

/// Gone, or (in a new mirror) not yet read: the edit stands on what was shown, and reading Airflow judges it.
#[test]
fn an_edit_of_a_record_that_is_not_here() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.edit("a", &[("value", text("2"), json!("3"))]);
    let record = fixture.record("a").unwrap();
    assert_eq!((record.state(), &record.base), (RecordState::Pending, &None));
    let edited = &record.overlay.unwrap().fields["value"];
    assert_eq!((&edited.to, &edited.base), (&text("3"), &Some(base(json!("1")))));
}

#[test]
fn an_edit_of_a_record_that_was_deleted_here() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(crate::support::delete("a", &variable("1")));
    ctl_edit(&mut fixture, 1, "a", &[("value", text("1"), json!("2"))]);
    let record = fixture.record("a").unwrap();
    let conflict = record.conflict.clone().unwrap();
    assert_eq!(
        (conflict.kind, conflict.fields[0].against),
        (ConflictKind::EditDelete, Against::Local)
    );
    assert!(conflict.airflow_deleted);
    assert!(!record.is_deleted());
}

#[test]
fn an_edit_after_a_delete_brings_the_record_back() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &[("value", json!("1")), ("description", json!("about"))]);
    fixture.push(crate::support::delete(
        "a",
        &[("value", json!("1")), ("description", json!("about"))],
    ));
    fixture.edit("a", &[("value", None, json!("2"))]);
    let record = fixture.record("a").unwrap();
    assert_eq!(record.state(), RecordState::Pending);
    assert!(!record.is_deleted());
    assert_eq!(record.local("description"), text("about").as_ref());
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1")))
    );
}

#[test]
fn an_edit_on_a_conflict_changes_mine_and_settles_nothing() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.edit("a", &[("value", text("2"), json!("3"))]);
    let record = fixture.record("a").unwrap();
    let field = &record.conflict.as_ref().unwrap().fields[0];
    assert_eq!((&field.mine, &field.airflow), (&text("3"), &text("9")));
    assert_eq!(record.local("value"), text("3").as_ref());
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1")))
    );
}

#[test]
fn missing_null_and_empty_are_distinct() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("description", Some(Value::Null), json!(""))]);
    assert_eq!(fixture.state("a"), RecordState::Pending);
    assert_eq!(fixture.local("a", "description"), text(""));
    fixture.edit("a", &[("description", text(""), Value::Null)]);
    assert_eq!(fixture.state("a"), RecordState::Clean);
}

#[test]
fn every_edit_has_a_history_and_a_revision() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let first = fixture.record("a").unwrap().rev;
    let mut second = edit("a", &[("value", text("2"), json!("3"))]);
    second.reason = Some("price list".into());
    fixture.push(second);
    let record = fixture.record("a").unwrap();
    assert!(record.rev > first && record.verified_rev < record.rev);
    let history = fixture.read(|ledger| ledger.history(VARIABLES, "a", 10));
    assert_eq!(history[0].fields.as_ref().unwrap()["value"], json!("3"));
    assert_eq!(history[0].reason.as_deref(), Some("price list"));
    assert_eq!(history[1].fields.as_ref().unwrap()["value"], json!("2"));
}
