//! The mirror's file was lost, and another mirror with records of its own stood in its place before the window spoke
//! with it: the work of both is there, once, and where it clashes a person decides.

use crate::rebuilds::{Window, part, trigger, window};
use crate::support::{CTL, Fixture, at, delete, edit, fresh, id, now, text, variable};
use leeward_model::{
    Against, BaseField, Change, Conflict, ConflictField, ConflictKind, Content, EntryKind, Overlay,
    OverlayField, Rebuild, RebuildRecord, RecordState, Remote, Resume, Slot, Source, TailEntry, VARIABLES,
    Value, secret_ref,
};
use leeward_store::{Mirror, StoredRecord, Work};
use serde_json::json;
use std::collections::BTreeMap;

/// The window's rows are all it has: its store was new once more after the work, so its log is empty.
fn rehydrated(fixture: &mut Fixture) -> Window {
    let answer = fixture.write(|ledger| ledger.handshake(&crate::support::hello(None)));
    (fixture.epoch, fixture.seq) = (answer.epoch, 0);
    window(fixture, Vec::new())
}

/// The file is gone; whoever comes first makes a new one.
fn replace(fixture: &mut Fixture) {
    std::fs::remove_file(fixture.path()).unwrap();
    fixture.mirror = Mirror::open(&fixture.dir.path().join("another.db"), &fresh(2)).unwrap();
}

fn ctl(fixture: &mut Fixture, number: u128, kind: EntryKind, key: &str, fields: &[(&str, Slot, Slot)]) {
    let change = |(name, from, to): &(&str, Slot, Slot)| {
        let (from, to) = (from.clone(), to.clone());
        ((*name).to_owned(), Change { from, to })
    };
    let work = Work {
        collection: VARIABLES.into(),
        key: key.into(),
        fields: fields.iter().map(change).collect::<BTreeMap<_, _>>(),
        ..Work::new(id(number), kind)
    };
    fixture.write(|ledger| ledger.enter(CTL, work, at(9)));
}

fn ctl_edits(fixture: &mut Fixture, number: u128, key: &str, from: &str, to: &str) {
    ctl(
        fixture,
        number,
        EntryKind::Edit,
        key,
        &[("value", text(from), text(to))],
    );
}

/// The window starts, and gives this mirror what it holds.
fn bring_back(fixture: &mut Fixture, window: &Window) -> u64 {
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    fixture.write(|ledger| ledger.rebuild(&part(window, answer.epoch), now()));
    answer.epoch
}

fn local_history(fixture: &mut Fixture, key: &str) -> Vec<Value> {
    let items = fixture.read(|ledger| ledger.history(VARIABLES, key, 20));
    let local = items.into_iter().filter(|item| item.source == Source::Local);
    local.filter_map(|item| item.fields?.remove("value")).collect()
}

fn only_field(fixture: &mut Fixture, key: &str) -> ConflictField {
    let conflict = fixture.record(key).unwrap().conflict.unwrap();
    assert_eq!(conflict.fields.len(), 1);
    conflict.fields.into_iter().next().unwrap()
}

/// The whole story: work of a window that was rehydrated since, the file deleted, leewardctl first in the new one.
#[test]
fn the_work_of_both_is_there_and_a_clash_is_a_conflict() {
    let mut fixture = Fixture::new();
    for key in ["mine", "both", "gone", "calm"] {
        fixture.confirmed(key, &variable("1"));
    }
    fixture.confirmed("clash", &variable("9"));
    fixture.edit("mine", &[("value", text("1"), json!("2"))]);
    fixture.edit("both", &[("value", text("1"), json!("2"))]);
    fixture.edit("clash", &[("value", text("1"), json!("2"))]);
    fixture.edit("new", &[("value", None, json!("1"))]);
    fixture.push(delete("gone", &variable("1")));
    fixture.push(trigger());
    let before: Vec<_> = ["mine", "clash", "new", "gone", "calm"]
        .map(|key| fixture.view(key))
        .into();
    let actions = fixture.read(|ledger| ledger.actions());
    let window = rehydrated(&mut fixture);
    assert!(window.hello.tail.is_empty(), "the log has none of it any more");

    replace(&mut fixture);
    ctl_edits(&mut fixture, 1, "theirs", "1", "7");
    ctl_edits(&mut fixture, 2, "both", "1", "7");
    let epoch = bring_back(&mut fixture, &window);

    for (view, key) in before.iter().zip(["mine", "clash", "new", "gone", "calm"]) {
        assert_eq!(&fixture.view(key), view);
    }
    assert_eq!(fixture.read(|ledger| ledger.actions()), actions);
    assert_eq!(fixture.local("theirs", "value"), text("7"));
    let both = only_field(&mut fixture, "both");
    assert_eq!(
        (both.base, both.mine, both.airflow),
        (text("1"), text("2"), text("7"))
    );
    assert_eq!(both.against, Against::Local);
    assert!(
        fixture
            .read(|ledger| ledger.demanded_full_scan(VARIABLES))
            .is_some()
    );
    let resumed = leeward_model::Handshake {
        store_id: Some(fixture.read(|ledger| ledger.store_id())),
        epoch,
        cursor: 0,
        ..window.hello.clone()
    };
    assert_eq!(
        fixture.write(|ledger| ledger.handshake(&resumed)).verdict,
        Resume::Resume
    );
}

/// What this mirror has read of Airflow is newer than what the window had: it stays, and the work is judged by it.
#[test]
fn what_was_read_here_stays() {
    let mut fixture = Fixture::new();
    for key in ["same", "moved", "there", "deleted", "calm"] {
        fixture.confirmed(key, &variable("1"));
    }
    for key in ["same", "moved", "there"] {
        fixture.edit(key, &[("value", text("1"), json!("2"))]);
    }
    fixture.push(delete("deleted", &variable("1")));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("same", &variable("1"));
    for key in ["moved", "deleted", "calm"] {
        fixture.confirmed(key, &variable("8"));
    }
    fixture.confirmed("there", &variable("2"));
    bring_back(&mut fixture, &window);

    assert_eq!(
        (fixture.state("same"), fixture.local("same", "value")),
        (RecordState::Pending, text("2"))
    );
    let moved = only_field(&mut fixture, "moved");
    assert_eq!((moved.airflow, moved.against), (text("8"), Against::Airflow));
    assert_eq!(fixture.state("there"), RecordState::Clean, "it had arrived");
    let deleted = fixture.record("deleted").unwrap().conflict.unwrap();
    assert_eq!(
        (deleted.kind, deleted.mine_deleted),
        (ConflictKind::EditDelete, true)
    );
    assert_eq!(
        (fixture.state("calm"), fixture.local("calm", "value")),
        (RecordState::Clean, text("8"))
    );
    for key in ["moved", "calm"] {
        let base = fixture.record(key).unwrap().base.unwrap();
        assert_eq!(base["value"].local(), text("8").as_ref());
    }
}

#[test]
fn what_was_only_seen_in_airflow_is_restored_beside_it() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.observed("a", &variable("8"));
    let seen = fixture.record("a").unwrap().remote;
    bring_back(&mut fixture, &window);
    let record = fixture.record("a").unwrap();
    assert_eq!(record.local("value"), text("2").as_ref());
    assert_eq!(
        record.base_of("value").and_then(BaseField::local),
        text("1").as_ref()
    );
    assert_eq!(record.remote, seen);
}

#[test]
fn an_edit_here_and_a_delete_there_is_a_conflict_either_way() {
    let mut fixture = Fixture::new();
    fixture.confirmed("edited", &variable("1"));
    fixture.confirmed("deleted", &variable("1"));
    fixture.edit("edited", &[("value", text("1"), json!("2"))]);
    fixture.push(delete("deleted", &variable("1")));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("edited", &variable("1"));
    fixture.confirmed("deleted", &variable("1"));
    let seen = [
        ("value", text("1"), None),
        ("description", Some(Value::Null), None),
    ];
    ctl(&mut fixture, 1, EntryKind::Delete, "edited", &seen);
    ctl_edits(&mut fixture, 2, "deleted", "1", "7");
    bring_back(&mut fixture, &window);
    let edited = fixture.record("edited").unwrap().conflict.unwrap();
    assert_eq!(
        (edited.kind, edited.airflow_deleted),
        (ConflictKind::EditDelete, true)
    );
    assert_eq!(edited.fields[0].mine, text("2"));
    let deleted = fixture.record("deleted").unwrap().conflict.unwrap();
    assert_eq!(
        (deleted.kind, deleted.mine_deleted),
        (ConflictKind::EditDelete, true)
    );
    assert_eq!(deleted.fields[0].airflow, text("7"));
}

/// The other edit stands nowhere but in the window's conflict.
#[test]
fn an_edit_that_only_a_conflict_holds_is_not_lost() {
    let mut fixture = Fixture::new();
    for key in ["calm", "worked"] {
        fixture.confirmed(key, &variable("1"));
        fixture.edit(key, &[("value", text("1"), json!("first"))]);
        fixture.edit(key, &[("value", text("1"), json!("second"))]);
        assert_eq!(fixture.state(key), RecordState::Conflict);
    }
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    for key in ["calm", "worked"] {
        fixture.confirmed(key, &variable("1"));
    }
    ctl_edits(&mut fixture, 1, "worked", "1", "7");
    bring_back(&mut fixture, &window);
    let calm = only_field(&mut fixture, "calm");
    assert_eq!((calm.mine, calm.airflow), (text("second"), text("first")));
    let worked = fixture.record("worked").unwrap().conflict.unwrap();
    assert_eq!(worked.fields[0].mine, text("second"));
    assert_eq!(worked.fields[0].airflow, text("7"));
    assert_eq!(worked.decided.unwrap()["value"], json!("first"));
}

#[test]
fn a_decision_that_waits_is_not_lost() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.push(crate::support::resolve(
        "a",
        &[("value", text("8"), json!("decided"))],
    ));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("a", &variable("9"));
    bring_back(&mut fixture, &window);
    let conflict = fixture.record("a").unwrap().conflict.unwrap();
    assert_eq!(conflict.decided.unwrap()["value"], json!("decided"));
    assert!(conflict.note.is_some());
}

#[test]
fn a_refusal_keeps_its_reason() {
    let mut fixture = Fixture::new();
    fixture.confirmed("conf", &variable("1"));
    let secret = json!(r#"{"password": "hunter2"}"#);
    fixture.edit("conf", &[("value", text("1"), secret)]);
    let why = fixture.view("conf").note;
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("conf", &variable("1"));
    bring_back(&mut fixture, &window);
    assert_eq!(
        (fixture.state("conf"), fixture.view("conf").note),
        (RecordState::Rejected, why)
    );
}

#[test]
fn a_refusal_of_what_has_arrived_since_is_over() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let mut record = fixture.record("a").unwrap();
    record.rejected = Some("Airflow refused it.".into());
    fixture.write(|ledger| ledger.save(&record, now()));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("a", &variable("2"));
    bring_back(&mut fixture, &window);
    assert_eq!(fixture.state("a"), RecordState::Clean);
}

/// Airflow hides the value by now: an edit that was begun in the open waits for its author's word.
#[test]
fn an_edit_of_what_is_hidden_by_now_stands_on_what_was_shown() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    let mut record = StoredRecord::new(VARIABLES, "a");
    let sealed = fixture.read(|ledger| ledger.seal("1"));
    record.base = Some(BTreeMap::from([("value".to_owned(), BaseField::seen(sealed))]));
    fixture.write(|ledger| ledger.save(&record, now()));
    bring_back(&mut fixture, &window);
    let overlay = fixture.record("a").unwrap().overlay.unwrap();
    let shown = BaseField::seen(Content::Value(json!("1")));
    assert_eq!(overlay.fields["value"].to, text("2"));
    assert_eq!(overlay.fields["value"].base, Some(shown), "not on what is hidden");
}

/// It was made here, over one that nobody had seen, and Airflow hides that by now: a question, as it was before.
#[test]
fn a_record_made_over_a_hidden_one_is_not_refused() {
    let mut fixture = Fixture::new();
    let mut made = StoredRecord::new(VARIABLES, "a");
    made.base = Some(BTreeMap::new());
    let to = OverlayField {
        to: text("2"),
        base: None,
    };
    made.overlay = Some(Overlay {
        fields: [("value".to_owned(), to)].into(),
        deleted: false,
    });
    made.conflict = Some(Conflict {
        kind: ConflictKind::CreateCreate,
        fields: Vec::new(),
        mine_deleted: false,
        airflow_deleted: false,
        found_at: now(),
        decided: None,
        note: None,
    });
    fixture.write(|ledger| ledger.save(&made, now()));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    let mut record = StoredRecord::new(VARIABLES, "a");
    let sealed = fixture.read(|ledger| ledger.seal("1"));
    record.base = Some(BTreeMap::from([("value".to_owned(), BaseField::seen(sealed))]));
    fixture.write(|ledger| ledger.save(&record, now()));
    bring_back(&mut fixture, &window);
    let record = fixture.record("a").unwrap();
    assert_eq!(record.rejected, None);
    assert_eq!(record.local("value"), text("2").as_ref());
}

/// It was decided for over what Airflow hides, before the mirror was lost: that decision is not refused afterwards.
#[test]
fn what_was_decided_over_a_hidden_value_is_not_refused() {
    let mut fixture = Fixture::new();
    let hidden = |fixture: &mut Fixture| BaseField::seen(fixture.read(|ledger| ledger.seal("1")));
    let over = |base: BaseField| BTreeMap::from([("value".to_owned(), base)]);
    let mut decided = StoredRecord::new(VARIABLES, "a");
    let base = hidden(&mut fixture);
    let mine = OverlayField {
        to: text("2"),
        base: Some(base.clone()),
    };
    decided.base = Some(over(base));
    decided.overlay = Some(Overlay {
        fields: [("value".to_owned(), mine)].into(),
        deleted: false,
    });
    fixture.write(|ledger| ledger.save(&decided, now()));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    let mut read = StoredRecord::new(VARIABLES, "a");
    read.base = Some(over(hidden(&mut fixture)));
    fixture.write(|ledger| ledger.save(&read, now()));
    bring_back(&mut fixture, &window);
    let record = fixture.record("a").unwrap();
    assert_eq!(record.rejected, None);
    assert_eq!(record.local("value"), text("2").as_ref());
}

/// leewardctl worked on a record that nobody has read here: what the window had confirmed is the base of both.
#[test]
fn a_record_that_was_never_read_here_gets_the_windows_base() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    ctl_edits(&mut fixture, 1, "a", "1", "7");
    bring_back(&mut fixture, &window);
    let view = fixture.view("a");
    assert_eq!(
        (view.state, &view.fields["value"]),
        (RecordState::Pending, &json!("7"))
    );
    assert_eq!(view.base.unwrap()["value"], json!("1"));
}

/// Airflow 3 gives `3.10` back as `3.1`; only the lost mirror knew what was typed.
#[test]
fn a_formatting_that_only_the_lost_mirror_knew_is_no_clash() {
    let mut fixture = Fixture::new();
    let written = BaseField::written(Content::Value(json!("3.1")), json!("3.10"));
    let mut record = StoredRecord::new(VARIABLES, "a");
    record.base = Some(BTreeMap::from([("value".to_owned(), written)]));
    fixture.write(|ledger| ledger.save(&record, now()));
    fixture.edit("a", &[("value", text("3.10"), json!("4"))]);
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("a", &[("value", json!("3.1"))]);
    bring_back(&mut fixture, &window);
    assert_eq!(
        (fixture.state("a"), fixture.local("a", "value")),
        (RecordState::Pending, text("4"))
    );
}

#[test]
fn of_two_secrets_neither_replaces_the_other() {
    let mut fixture = Fixture::new();
    let sealed = |fixture: &mut Fixture| {
        let mut record = StoredRecord::new(VARIABLES, "api_token");
        let content = fixture.read(|ledger| ledger.seal("old"));
        record.base = Some(BTreeMap::from([(
            "value".to_owned(),
            BaseField::seen(content.clone()),
        )]));
        record.remote = Remote::Present(BTreeMap::from([("value".to_owned(), content)]));
        fixture.write(|ledger| ledger.save(&record, now()));
    };
    sealed(&mut fixture);
    fixture.edit("api_token", &[("value", None, secret_ref("first"))]);
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    sealed(&mut fixture);
    ctl(
        &mut fixture,
        1,
        EntryKind::Edit,
        "api_token",
        &[("value", None, Some(secret_ref("second")))],
    );
    bring_back(&mut fixture, &window);
    let field = only_field(&mut fixture, "api_token");
    assert_eq!(
        (field.mine, field.airflow),
        (Some(secret_ref("second")), Some(secret_ref("first")))
    );
}

/// Entries that are still in the log as well are work once, here and in the history.
#[test]
fn what_row_and_log_both_hold_is_applied_once() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.confirmed("b", &variable("1"));
    let mut log = vec![fixture.edit("a", &[("value", text("1"), json!("2"))])];
    let mut window = window(&mut fixture, log.clone());
    log.push(leeward_model::Entry {
        seq: 2,
        id: id(9_999),
        ..edit("b", &[("value", text("1"), json!("late"))])
    });
    window.log = log;
    window.hello.last_seq = 2;
    window.hello.tail.push(TailEntry {
        seq: 2,
        id: id(9_999),
    });
    replace(&mut fixture);
    fixture.confirmed("a", &variable("1"));
    fixture.confirmed("b", &variable("1"));
    bring_back(&mut fixture, &window);
    assert_eq!(local_history(&mut fixture, "a"), [json!("2")]);
    assert_eq!(local_history(&mut fixture, "b"), [json!("late")]);
    assert_eq!(fixture.local("b", "value"), text("late"));
}

/// Killed between two parts: they come again, and nothing is done twice.
#[test]
fn bringing_it_back_again_changes_nothing() {
    let mut fixture = Fixture::new();
    for key in ["a", "b", "gone"] {
        fixture.confirmed(key, &variable("1"));
    }
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.edit("b", &[("value", text("1"), json!("2"))]);
    fixture.push(delete("gone", &variable("1")));
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    for key in ["a", "b", "gone"] {
        fixture.confirmed(key, &variable("1"));
    }
    ctl_edits(&mut fixture, 1, "b", "1", "7");
    let first = fixture.write(|ledger| ledger.handshake(&window.hello));
    let half = Rebuild {
        last: false,
        ..part(&window, first.epoch)
    };
    fixture.write(|ledger| ledger.rebuild(&half, now()));
    let once: Vec<_> = ["a", "b", "gone"].map(|key| fixture.record(key)).into();
    bring_back(&mut fixture, &window);
    let again: Vec<_> = ["a", "b", "gone"].map(|key| fixture.record(key)).into();
    assert_eq!(again, once);
    assert_eq!(local_history(&mut fixture, "a"), [json!("2")]);
    assert_eq!(local_history(&mut fixture, "b"), [json!("2"), json!("7")]);
}

/// The rebuild was finished, and the window died before it took note: what happened since is not judged by old rows.
#[test]
fn a_finished_rebuild_is_not_asked_for_again() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    bring_back(&mut fixture, &window);
    ctl(&mut fixture, 1, EntryKind::TakeBack, "a", &[]);
    let answer = fixture.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rehydrate);
    assert_eq!(fixture.state("a"), RecordState::Clean);
    let newer = leeward_model::Handshake {
        cursor: window.hello.cursor + 1,
        ..window.hello.clone()
    };
    let answer = fixture.write(|ledger| ledger.handshake(&newer));
    assert_eq!(
        answer.verdict,
        Resume::Rebuild,
        "it has pulled more from the lost one since"
    );
}

/// Neither side's absence is a delete, and writes of this mirror that are in flight stay known.
#[test]
fn what_the_window_never_had_stays() {
    let mut fixture = Fixture::new();
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("theirs", &variable("1"));
    ctl_edits(&mut fixture, 1, "theirs", "1", "7");
    let intent = leeward_store::Intent {
        collection: VARIABLES.into(),
        key: "theirs".into(),
        op: leeward_store::IntentOp::Update,
        fields: BTreeMap::from([("value".to_owned(), json!("7"))]),
        before: Remote::Unknown,
        rev: 1,
        sent_at: now(),
        in_doubt_since: None,
        server_at: None,
    };
    fixture.write(|ledger| ledger.put_intent(&intent));
    let before = fixture.record("theirs");
    bring_back(&mut fixture, &window);
    assert_eq!(fixture.record("theirs"), before);
    assert_eq!(fixture.read(|ledger| ledger.intents()).len(), 1);
}

/// An action that this mirror has already stays as it stands here.
#[test]
fn a_known_action_is_kept() {
    let mut fixture = Fixture::new();
    fixture.push(trigger());
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    let first = fixture.write(|ledger| ledger.handshake(&window.hello));
    let half = Rebuild {
        last: false,
        ..part(&window, first.epoch)
    };
    fixture.write(|ledger| ledger.rebuild(&half, now()));
    let done = leeward_model::ActionState::Done;
    fixture.write(|ledger| ledger.set_action(id(77), done, None, Some("run"), None, now()));
    bring_back(&mut fixture, &window);
    let action = fixture.read(|ledger| ledger.action(id(77))).unwrap();
    assert_eq!((action.state, action.run_id.as_deref()), (done, Some("run")));
}

#[test]
fn a_damaged_row_is_still_work() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let mut window = rehydrated(&mut fixture);
    let damaged = |row: &mut RebuildRecord| row.record.ledger = json!("damaged");
    window.rows.iter_mut().for_each(damaged);
    replace(&mut fixture);
    fixture.confirmed("a", &variable("1"));
    bring_back(&mut fixture, &window);
    assert_eq!(only_field(&mut fixture, "a").mine, text("2"));
}

#[test]
fn what_was_made_unseen_meets_what_was_removed_here_meanwhile() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("new"))]);
    let window = rehydrated(&mut fixture);
    replace(&mut fixture);
    fixture.confirmed("a", &variable("1"));
    ctl(
        &mut fixture,
        1,
        EntryKind::Delete,
        "a",
        &[("value", text("1"), None)],
    );
    bring_back(&mut fixture, &window);
    let clash = only_field(&mut fixture, "a");
    assert_eq!((clash.mine, clash.airflow), (text("new"), text("1")));
}
