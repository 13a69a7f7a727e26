//! Settling conflicts.

use crate::support::{Fixture, base, bases, delete, edit, entry, now, resolve, text, variable};
use leeward_model::{
    Against, Conflict, ConflictField, ConflictKind, Content, Entry, EntryKind, RecordState, Remote,
    VARIABLES, Value,
};
use leeward_store::StoredRecord;
use serde_json::json;

/// What a reconcile stores: the analyst made 2 of 1, Airflow has 9.
fn in_conflict() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.observed("a", &variable("9"));
    let mut record = fixture.record("a").unwrap();
    record.conflict = Some(found(
        ConflictKind::Fields,
        vec![clash("value", text("1"), text("2"), text("9"))],
    ));
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture
}

fn found(kind: ConflictKind, fields: Vec<ConflictField>) -> Conflict {
    Conflict {
        kind,
        fields,
        mine_deleted: false,
        airflow_deleted: false,
        found_at: now(),
        decided: None,
        note: None,
    }
}

fn clash(
    name: &str,
    base: leeward_model::Slot,
    mine: leeward_model::Slot,
    airflow: leeward_model::Slot,
) -> ConflictField {
    ConflictField {
        name: name.into(),
        base,
        mine,
        airflow,
        paths: Vec::new(),
        against: Against::Airflow,
        sealed: false,
        suggestion: None,
    }
}

fn resolve_deleted(key: &str, fields: &[(&str, leeward_model::Slot)]) -> Entry {
    let fields = fields.iter().map(|(name, from)| {
        (
            (*name).to_owned(),
            leeward_model::Change {
                from: from.clone(),
                to: None,
            },
        )
    });
    Entry {
        deleted: true,
        fields: fields.collect(),
        ..entry(EntryKind::Resolve, key)
    }
}

#[test]
fn mine_is_an_edit_on_what_was_seen() {
    let mut fixture = in_conflict();
    fixture.push(resolve("a", &[("value", text("9"), json!("2"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!(record.state(), RecordState::Pending);
    assert_eq!(record.base_of("value"), Some(&base(json!("9"))));
    let edited = &record.overlay.as_ref().unwrap().fields["value"];
    assert_eq!((&edited.to, &edited.base), (&text("2"), &Some(base(json!("9")))));
}

#[test]
fn mine_may_be_to_have_it_empty() {
    let mut fixture = in_conflict();
    let mut decision = resolve("a", &[("value", text("9"), Value::Null)]);
    decision.fields.values_mut().for_each(|change| change.to = None);
    fixture.push(decision);
    let record = fixture.record("a").unwrap();
    let edited = &record.overlay.as_ref().unwrap().fields["value"];
    assert_eq!((&edited.to, &edited.base), (&None, &Some(base(json!("9")))));
}

#[test]
fn airflows_leaves_nothing_pending() {
    let mut fixture = in_conflict();
    fixture.push(resolve("a", &[("value", text("9"), json!("9"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Clean, text("9").as_ref())
    );
    assert_eq!(record.verified_rev, record.rev);
}

#[test]
fn a_decision_against_an_older_value_is_kept_and_shown_again() {
    let mut fixture = in_conflict();
    let mut record = fixture.record("a").unwrap();
    record.conflict.as_mut().unwrap().fields[0].airflow = text("10");
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.push(resolve("a", &[("value", text("9"), json!("both"))]));
    let record = fixture.record("a").unwrap();
    let conflict = record.conflict.clone().unwrap();
    assert_eq!(conflict.decided.unwrap()["value"], json!("both"));
    assert_eq!(
        (&conflict.fields[0].airflow, record.local("value")),
        (&text("10"), text("2").as_ref())
    );
}

/// The analyst went on in the terminal while the window still showed what they had typed before.
#[test]
fn a_decision_over_an_older_edit_of_mine_is_kept_and_shown_again() {
    let mut fixture = in_conflict();
    fixture.edit("a", &[("value", text("2"), json!("5"))]);
    let decide = |shown: &str| {
        let mut decision = resolve("a", &[("value", text("9"), json!("9"))]);
        decision.mine = Some([("value".to_owned(), json!(shown))].into());
        decision
    };
    fixture.push(decide("2"));
    let record = fixture.record("a").unwrap();
    assert_eq!(record.local("value"), text("5").as_ref(), "the work is kept");
    let conflict = record.conflict.unwrap();
    assert_eq!(conflict.fields[0].mine, text("5"));
    assert_eq!(conflict.decided.unwrap()["value"], json!("9"));
    fixture.push(decide("5"));
    assert_eq!(fixture.state("a"), RecordState::Clean);
    assert_eq!(fixture.local("a", "value"), text("9"));
}

/// Airflow moved after the conflict was shown, and only `remote` knows: it must not become the base unseen.
#[test]
fn only_what_was_seen_becomes_the_base() {
    let mut fixture = in_conflict();
    fixture.observed("a", &variable("10"));
    fixture.push(resolve("a", &[("value", text("9"), json!("2"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!(
        record.base_of("value"),
        Some(&base(json!("9"))),
        "the next reconcile finds 10 against 9"
    );
    assert!(record.is_moved());
}

#[test]
fn fields_that_the_decision_does_not_mention_stay_in_conflict() {
    let mut fixture = in_conflict();
    let mut record = fixture.record("a").unwrap();
    let other = clash("description", Some(Value::Null), text("mine"), text("theirs"));
    record.conflict.as_mut().unwrap().fields.push(other);
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.push(resolve("a", &[("value", text("9"), json!("2"))]));
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    let names: Vec<_> = conflict.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["description"]);
}

#[test]
fn a_clash_with_another_edit_here_is_settled_on_the_base() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("first"))]);
    fixture.edit("a", &[("value", text("1"), json!("second"))]);
    fixture.push(resolve("a", &[("value", text("first"), json!("both"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!(record.state(), RecordState::Pending);
    let edited = &record.overlay.unwrap().fields["value"];
    assert_eq!(
        (&edited.to, &edited.base),
        (&text("both"), &Some(base(json!("1"))))
    );
}

/// Edited here, deleted in Airflow.
pub(crate) fn deleted_there() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &[("value", json!("1")), ("description", json!("about"))]);
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.absent("a");
    let mut record = fixture.record("a").unwrap();
    let mut conflict = found(
        ConflictKind::EditDelete,
        vec![clash("value", text("1"), text("2"), None)],
    );
    conflict.airflow_deleted = true;
    record.conflict = Some(conflict);
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture
}

#[test]
fn airflows_delete_makes_the_record_gone() {
    let mut fixture = deleted_there();
    fixture.push(resolve_deleted("a", &[]));
    assert_eq!(fixture.record("a"), None);
}

#[test]
fn mine_against_a_delete_creates_it_again_whole() {
    let mut fixture = deleted_there();
    fixture.push(resolve("a", &[("value", None, json!("2"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!((record.state(), &record.base), (RecordState::Pending, &None));
    let overlay = record.overlay.as_ref().unwrap();
    assert_eq!(
        record.local("description"),
        text("about").as_ref(),
        "a creation needs every field"
    );
    assert!(overlay.fields.values().all(|field| field.base.is_none()));
}

#[test]
fn a_record_cannot_be_created_again_without_what_it_needs() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("description", text("old"), json!("new"))]);
    let mut record = fixture.record("a").unwrap();
    let mut conflict = found(
        ConflictKind::EditDelete,
        vec![clash("description", text("old"), text("new"), None)],
    );
    conflict.airflow_deleted = true;
    (record.conflict, record.remote) = (Some(conflict), Remote::Absent);
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.push(resolve("a", &[("description", None, json!("new"))]));
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert!(conflict.note.unwrap().contains("value"));
    assert_eq!(
        conflict.decided.unwrap()["description"],
        json!("new"),
        "the decision is kept"
    );
    fixture.push(resolve(
        "a",
        &[("description", None, json!("new")), ("value", None, json!("1"))],
    ));
    assert_eq!(fixture.state("a"), RecordState::Pending);
}

/// Deleted here, edited in Airflow.
fn deleted_here() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(delete("a", &variable("1")));
    fixture.observed("a", &variable("9"));
    let mut record = fixture.record("a").unwrap();
    let mut conflict = found(
        ConflictKind::EditDelete,
        vec![clash("value", text("1"), None, text("9"))],
    );
    conflict.mine_deleted = true;
    record.conflict = Some(conflict);
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture
}

#[test]
fn my_delete_goes_out_against_what_was_seen() {
    let mut fixture = deleted_here();
    fixture.push(resolve_deleted("a", &[("value", text("9"))]));
    let record = fixture.record("a").unwrap();
    assert!(record.is_deleted() && record.conflict.is_none());
    let overlay = record.overlay.as_ref().unwrap();
    assert_eq!(overlay.fields["value"].base, Some(base(json!("9"))));
    assert_eq!(overlay.fields["description"].base, Some(base(Value::Null)));
}

#[test]
fn my_delete_does_not_mean_what_came_into_the_conflict_after_it_was_decided() {
    let mut fixture = deleted_here();
    let mut record = fixture.record("a").unwrap();
    let also = clash("description", Some(Value::Null), None, text("new"));
    record.conflict.as_mut().unwrap().fields.push(also);
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.push(resolve_deleted("a", &[("value", text("9"))]));
    assert_eq!(fixture.state("a"), RecordState::Conflict);
    fixture.push(resolve_deleted(
        "a",
        &[("value", text("9")), ("description", text("new"))],
    ));
    let record = fixture.record("a").unwrap();
    assert!(record.is_deleted() && record.conflict.is_none());
}

#[test]
fn keeping_airflows_takes_my_delete_back() {
    let mut fixture = deleted_here();
    fixture.push(resolve("a", &[("value", text("9"), json!("9"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!((record.state(), record.is_deleted()), (RecordState::Clean, false));
    assert_eq!(record.base, Some(bases(&variable("9"))));
}

#[test]
fn keeping_it_with_a_result_is_an_edit() {
    let mut fixture = deleted_here();
    fixture.push(resolve("a", &[("value", text("9"), json!("10"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Pending, text("10").as_ref())
    );
}

#[test]
fn keeping_another_pending_edit_against_my_delete() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.push(delete("a", &variable("1")));
    fixture.push(resolve("a", &[("value", text("2"), json!("2"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.local("value")),
        (RecordState::Pending, text("2").as_ref())
    );
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1")))
    );
}

#[test]
fn an_edit_against_a_delete_here_can_end_as_that_delete() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(delete("a", &variable("1")));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    assert_eq!(fixture.state("a"), RecordState::Conflict);
    fixture.push(resolve_deleted("a", &[]));
    let record = fixture.record("a").unwrap();
    assert!(
        record.is_deleted(),
        "Airflow still has it: the delete is still to be sent"
    );
    assert_eq!(
        record.overlay.unwrap().fields["value"].base,
        Some(base(json!("1")))
    );
}

/// Created here and in Airflow.
#[test]
fn create_create_is_settled_on_airflows() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("mine"))]);
    fixture.observed("a", &variable("theirs"));
    let mut record = fixture.record("a").unwrap();
    record.conflict = Some(found(
        ConflictKind::CreateCreate,
        vec![clash("value", None, text("mine"), text("theirs"))],
    ));
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.push(resolve("a", &[("value", text("theirs"), json!("mine"))]));
    let record = fixture.record("a").unwrap();
    assert_eq!(record.base, Some(bases(&variable("theirs"))));
    let overlay = record.overlay.unwrap();
    assert_eq!(
        overlay.fields.keys().collect::<Vec<_>>(),
        ["value"],
        "the description is the same on both sides"
    );
}

#[test]
fn a_decision_without_a_conflict_is_an_edit() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(resolve("a", &[("value", text("1"), json!("2"))]));
    assert_eq!(
        (fixture.state("a"), fixture.local("a", "value")),
        (RecordState::Pending, text("2"))
    );
}

#[test]
fn a_decision_without_a_conflict_overwrites_nothing_unseen() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.push(resolve("a", &[("value", text("0"), json!("2"))]));
    assert_eq!(fixture.state("a"), RecordState::Conflict);
}

/// A value that became secret in Airflow: taking Airflow's side needs no value.
#[test]
fn a_sealed_side_can_be_taken() {
    let mut fixture = in_conflict();
    let sealed = Content::Sealed("abc".into());
    let fields = [
        ("value".to_owned(), sealed.clone()),
        ("description".to_owned(), Content::Value(Value::Null)),
    ];
    fixture.write(|ledger| ledger.set_remote(VARIABLES, "a", &Remote::Present(fields.into()), now()));
    let mut record = fixture.record("a").unwrap();
    record.conflict.as_mut().unwrap().fields[0].airflow = None;
    fixture.write(|ledger| ledger.save(&record, now()));
    let mut taken = edit("a", &[]);
    taken.kind = EntryKind::Resolve;
    taken
        .fields
        .insert("value".into(), leeward_model::Change::default());
    fixture.push(taken);
    let record: StoredRecord = fixture.record("a").unwrap();
    assert_eq!(
        (record.state(), record.base_of("value").unwrap().seen.clone()),
        (RecordState::Clean, sealed)
    );
    assert_eq!(record.view().sealed, ["value"]);
}
