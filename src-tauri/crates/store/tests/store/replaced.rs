//! The mirror's file was lost, and another mirror with records of its own stood in its place before the window spoke
//! with it: the work of both is there, once, and where it clashes a person decides.

use crate::rebuilds::{Window, part, trigger, window};
use crate::support::{CTL, Desk, at, delete, edit, fresh, id, now, text, variable};
use leeward_model::{
    Against, BaseField, Change, Conflict, ConflictField, ConflictKind, Content, EntryKind, Overlay,
    OverlayField, Rebuild, RebuildRecord, RecordState, Remote, Resume, Slot, Source, TailEntry, VARIABLES,
    Value, secret_ref,
};
use leeward_store::{Mirror, StoredRecord, Work};
use serde_json::json;
use std::collections::BTreeMap;

/// The window's rows are all it has: its store was new once more after the work, so its log is empty.
fn rehydrated(desk: &mut Desk) -> Window {
    let answer = desk.write(|ledger| ledger.handshake(&crate::support::hello(None)));
    (desk.epoch, desk.seq) = (answer.epoch, 0);
    window(desk, Vec::new())
}

/// The file is gone; whoever comes first makes a new one.
fn replace(desk: &mut Desk) {
    std::fs::remove_file(desk.path()).unwrap();
    desk.mirror = Mirror::open(&desk.dir.path().join("another.db"), &fresh(2)).unwrap();
}

fn ctl(desk: &mut Desk, number: u128, kind: EntryKind, key: &str, fields: &[(&str, Slot, Slot)]) {
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
    desk.write(|ledger| ledger.enter(CTL, work, at(9)));
}

fn ctl_edits(desk: &mut Desk, number: u128, key: &str, from: &str, to: &str) {
    ctl(
        desk,
        number,
        EntryKind::Edit,
        key,
        &[("value", text(from), text(to))],
    );
}

/// The window starts, and gives this mirror what it holds.
fn bring_back(desk: &mut Desk, window: &Window) -> u64 {
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rebuild);
    desk.write(|ledger| ledger.rebuild(&part(window, answer.epoch), now()));
    answer.epoch
}

fn local_history(desk: &mut Desk, key: &str) -> Vec<Value> {
    let items = desk.read(|ledger| ledger.history(VARIABLES, key, 20));
    let local = items.into_iter().filter(|item| item.source == Source::Local);
    local.filter_map(|item| item.fields?.remove("value")).collect()
}

fn only_field(desk: &mut Desk, key: &str) -> ConflictField {
    let conflict = desk.record(key).unwrap().conflict.unwrap();
    assert_eq!(conflict.fields.len(), 1);
    conflict.fields.into_iter().next().unwrap()
}

/// The whole story: work of a window that was rehydrated since, the file deleted, leewardctl first in the new one.
#[test]
fn the_work_of_both_is_there_and_a_clash_is_a_conflict() {
    let mut desk = Desk::new();
    for key in ["mine", "both", "gone", "calm"] {
        desk.confirmed(key, &variable("1"));
    }
    desk.confirmed("clash", &variable("9"));
    desk.edit("mine", &[("value", text("1"), json!("2"))]);
    desk.edit("both", &[("value", text("1"), json!("2"))]);
    desk.edit("clash", &[("value", text("1"), json!("2"))]);
    desk.edit("new", &[("value", None, json!("1"))]);
    desk.push(delete("gone", &variable("1")));
    desk.push(trigger());
    let before: Vec<_> = ["mine", "clash", "new", "gone", "calm"]
        .map(|key| desk.view(key))
        .into();
    let actions = desk.read(|ledger| ledger.actions());
    let window = rehydrated(&mut desk);
    assert!(window.hello.tail.is_empty(), "the log has none of it any more");

    replace(&mut desk);
    ctl_edits(&mut desk, 1, "theirs", "1", "7");
    ctl_edits(&mut desk, 2, "both", "1", "7");
    let epoch = bring_back(&mut desk, &window);

    for (view, key) in before.iter().zip(["mine", "clash", "new", "gone", "calm"]) {
        assert_eq!(&desk.view(key), view);
    }
    assert_eq!(desk.read(|ledger| ledger.actions()), actions);
    assert_eq!(desk.local("theirs", "value"), text("7"));
    let both = only_field(&mut desk, "both");
    assert_eq!(
        (both.base, both.mine, both.airflow),
        (text("1"), text("2"), text("7"))
    );
    assert_eq!(both.against, Against::Local);
    assert!(desk.read(|ledger| ledger.demanded_full_scan(VARIABLES)).is_some());
    let resumed = leeward_model::Handshake {
        store_id: Some(desk.read(|ledger| ledger.store_id())),
        epoch,
        cursor: 0,
        ..window.hello.clone()
    };
    assert_eq!(
        desk.write(|ledger| ledger.handshake(&resumed)).verdict,
        Resume::Resume
    );
}

/// What this mirror has read of Airflow is newer than what the window had: it stays, and the work is judged by it.
#[test]
fn what_was_read_here_stays() {
    let mut desk = Desk::new();
    for key in ["same", "moved", "there", "deleted", "calm"] {
        desk.confirmed(key, &variable("1"));
    }
    for key in ["same", "moved", "there"] {
        desk.edit(key, &[("value", text("1"), json!("2"))]);
    }
    desk.push(delete("deleted", &variable("1")));
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("same", &variable("1"));
    for key in ["moved", "deleted", "calm"] {
        desk.confirmed(key, &variable("8"));
    }
    desk.confirmed("there", &variable("2"));
    bring_back(&mut desk, &window);

    assert_eq!(
        (desk.state("same"), desk.local("same", "value")),
        (RecordState::Pending, text("2"))
    );
    let moved = only_field(&mut desk, "moved");
    assert_eq!((moved.airflow, moved.against), (text("8"), Against::Airflow));
    assert_eq!(desk.state("there"), RecordState::Clean, "it had arrived");
    let deleted = desk.record("deleted").unwrap().conflict.unwrap();
    assert_eq!(
        (deleted.kind, deleted.mine_deleted),
        (ConflictKind::EditDelete, true)
    );
    assert_eq!(
        (desk.state("calm"), desk.local("calm", "value")),
        (RecordState::Clean, text("8"))
    );
    for key in ["moved", "calm"] {
        let base = desk.record(key).unwrap().base.unwrap();
        assert_eq!(base["value"].local(), text("8").as_ref());
    }
}

#[test]
fn what_was_only_seen_in_airflow_is_restored_beside_it() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.observed("a", &variable("8"));
    let seen = desk.record("a").unwrap().remote;
    bring_back(&mut desk, &window);
    let record = desk.record("a").unwrap();
    assert_eq!(record.local("value"), text("2").as_ref());
    assert_eq!(
        record.base_of("value").and_then(BaseField::local),
        text("1").as_ref()
    );
    assert_eq!(record.remote, seen);
}

#[test]
fn an_edit_here_and_a_delete_there_is_a_conflict_either_way() {
    let mut desk = Desk::new();
    desk.confirmed("edited", &variable("1"));
    desk.confirmed("deleted", &variable("1"));
    desk.edit("edited", &[("value", text("1"), json!("2"))]);
    desk.push(delete("deleted", &variable("1")));
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("edited", &variable("1"));
    desk.confirmed("deleted", &variable("1"));
    let seen = [
        ("value", text("1"), None),
        ("description", Some(Value::Null), None),
    ];
    ctl(&mut desk, 1, EntryKind::Delete, "edited", &seen);
    ctl_edits(&mut desk, 2, "deleted", "1", "7");
    bring_back(&mut desk, &window);
    let edited = desk.record("edited").unwrap().conflict.unwrap();
    assert_eq!(
        (edited.kind, edited.airflow_deleted),
        (ConflictKind::EditDelete, true)
    );
    assert_eq!(edited.fields[0].mine, text("2"));
    let deleted = desk.record("deleted").unwrap().conflict.unwrap();
    assert_eq!(
        (deleted.kind, deleted.mine_deleted),
        (ConflictKind::EditDelete, true)
    );
    assert_eq!(deleted.fields[0].airflow, text("7"));
}

/// The other edit stands nowhere but in the window's conflict.
#[test]
fn an_edit_that_only_a_conflict_holds_is_not_lost() {
    let mut desk = Desk::new();
    for key in ["calm", "worked"] {
        desk.confirmed(key, &variable("1"));
        desk.edit(key, &[("value", text("1"), json!("first"))]);
        desk.edit(key, &[("value", text("1"), json!("second"))]);
        assert_eq!(desk.state(key), RecordState::Conflict);
    }
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    for key in ["calm", "worked"] {
        desk.confirmed(key, &variable("1"));
    }
    ctl_edits(&mut desk, 1, "worked", "1", "7");
    bring_back(&mut desk, &window);
    let calm = only_field(&mut desk, "calm");
    assert_eq!((calm.mine, calm.airflow), (text("second"), text("first")));
    let worked = desk.record("worked").unwrap().conflict.unwrap();
    assert_eq!(worked.fields[0].mine, text("second"));
    assert_eq!(worked.fields[0].airflow, text("7"));
    assert_eq!(worked.decided.unwrap()["value"], json!("first"));
}

#[test]
fn a_decision_that_waits_is_not_lost() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("9"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    desk.push(crate::support::resolve(
        "a",
        &[("value", text("8"), json!("decided"))],
    ));
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("a", &variable("9"));
    bring_back(&mut desk, &window);
    let conflict = desk.record("a").unwrap().conflict.unwrap();
    assert_eq!(conflict.decided.unwrap()["value"], json!("decided"));
    assert!(conflict.note.is_some());
}

#[test]
fn a_refusal_keeps_its_reason() {
    let mut desk = Desk::new();
    desk.confirmed("conf", &variable("1"));
    let secret = json!(r#"{"password": "hunter2"}"#);
    desk.edit("conf", &[("value", text("1"), secret)]);
    let why = desk.view("conf").note;
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("conf", &variable("1"));
    bring_back(&mut desk, &window);
    assert_eq!(
        (desk.state("conf"), desk.view("conf").note),
        (RecordState::Rejected, why)
    );
}

#[test]
fn a_refusal_of_what_has_arrived_since_is_over() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    let mut record = desk.record("a").unwrap();
    record.rejected = Some("Airflow refused it.".into());
    desk.write(|ledger| ledger.save(&record, now()));
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("a", &variable("2"));
    bring_back(&mut desk, &window);
    assert_eq!(desk.state("a"), RecordState::Clean);
}

/// Airflow hides the value by now: an edit that was begun in the open waits for its author's word.
#[test]
fn an_edit_of_what_is_hidden_by_now_stands_on_what_was_shown() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    let mut record = StoredRecord::new(VARIABLES, "a");
    let sealed = desk.read(|ledger| ledger.seal("1"));
    record.base = Some(BTreeMap::from([("value".to_owned(), BaseField::seen(sealed))]));
    desk.write(|ledger| ledger.save(&record, now()));
    bring_back(&mut desk, &window);
    let overlay = desk.record("a").unwrap().overlay.unwrap();
    let shown = BaseField::seen(Content::Value(json!("1")));
    assert_eq!(overlay.fields["value"].to, text("2"));
    assert_eq!(overlay.fields["value"].base, Some(shown), "not on what is hidden");
}

/// It was made here, over one that nobody had seen, and Airflow hides that by now: a question, as it was before.
#[test]
fn a_record_made_over_a_hidden_one_is_not_refused() {
    let mut desk = Desk::new();
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
    desk.write(|ledger| ledger.save(&made, now()));
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    let mut record = StoredRecord::new(VARIABLES, "a");
    let sealed = desk.read(|ledger| ledger.seal("1"));
    record.base = Some(BTreeMap::from([("value".to_owned(), BaseField::seen(sealed))]));
    desk.write(|ledger| ledger.save(&record, now()));
    bring_back(&mut desk, &window);
    let record = desk.record("a").unwrap();
    assert_eq!(record.rejected, None);
    assert_eq!(record.local("value"), text("2").as_ref());
}

/// leewardctl worked on a record that nobody has read here: what the window had confirmed is the base of both.
#[test]
fn a_record_that_was_never_read_here_gets_the_windows_base() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    ctl_edits(&mut desk, 1, "a", "1", "7");
    bring_back(&mut desk, &window);
    let view = desk.view("a");
    assert_eq!(
        (view.state, &view.fields["value"]),
        (RecordState::Pending, &json!("7"))
    );
    assert_eq!(view.base.unwrap()["value"], json!("1"));
}

/// Airflow 3 gives `3.10` back as `3.1`; only the lost mirror knew what was typed.
#[test]
fn a_formatting_that_only_the_lost_mirror_knew_is_no_clash() {
    let mut desk = Desk::new();
    let written = BaseField::written(Content::Value(json!("3.1")), json!("3.10"));
    let mut record = StoredRecord::new(VARIABLES, "a");
    record.base = Some(BTreeMap::from([("value".to_owned(), written)]));
    desk.write(|ledger| ledger.save(&record, now()));
    desk.edit("a", &[("value", text("3.10"), json!("4"))]);
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("a", &[("value", json!("3.1"))]);
    bring_back(&mut desk, &window);
    assert_eq!(
        (desk.state("a"), desk.local("a", "value")),
        (RecordState::Pending, text("4"))
    );
}

#[test]
fn of_two_secrets_neither_replaces_the_other() {
    let mut desk = Desk::new();
    let sealed = |desk: &mut Desk| {
        let mut record = StoredRecord::new(VARIABLES, "api_token");
        let content = desk.read(|ledger| ledger.seal("old"));
        record.base = Some(BTreeMap::from([(
            "value".to_owned(),
            BaseField::seen(content.clone()),
        )]));
        record.remote = Remote::Present(BTreeMap::from([("value".to_owned(), content)]));
        desk.write(|ledger| ledger.save(&record, now()));
    };
    sealed(&mut desk);
    desk.edit("api_token", &[("value", None, secret_ref("first"))]);
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    sealed(&mut desk);
    ctl(
        &mut desk,
        1,
        EntryKind::Edit,
        "api_token",
        &[("value", None, Some(secret_ref("second")))],
    );
    bring_back(&mut desk, &window);
    let field = only_field(&mut desk, "api_token");
    assert_eq!(
        (field.mine, field.airflow),
        (Some(secret_ref("second")), Some(secret_ref("first")))
    );
}

/// Entries that are still in the log as well are work once, here and in the history.
#[test]
fn what_row_and_log_both_hold_is_applied_once() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.confirmed("b", &variable("1"));
    let mut log = vec![desk.edit("a", &[("value", text("1"), json!("2"))])];
    let mut window = window(&mut desk, log.clone());
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
    replace(&mut desk);
    desk.confirmed("a", &variable("1"));
    desk.confirmed("b", &variable("1"));
    bring_back(&mut desk, &window);
    assert_eq!(local_history(&mut desk, "a"), [json!("2")]);
    assert_eq!(local_history(&mut desk, "b"), [json!("late")]);
    assert_eq!(desk.local("b", "value"), text("late"));
}

/// Killed between two parts: they come again, and nothing is done twice.
#[test]
fn bringing_it_back_again_changes_nothing() {
    let mut desk = Desk::new();
    for key in ["a", "b", "gone"] {
        desk.confirmed(key, &variable("1"));
    }
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    desk.edit("b", &[("value", text("1"), json!("2"))]);
    desk.push(delete("gone", &variable("1")));
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    for key in ["a", "b", "gone"] {
        desk.confirmed(key, &variable("1"));
    }
    ctl_edits(&mut desk, 1, "b", "1", "7");
    let first = desk.write(|ledger| ledger.handshake(&window.hello));
    let half = Rebuild {
        last: false,
        ..part(&window, first.epoch)
    };
    desk.write(|ledger| ledger.rebuild(&half, now()));
    let once: Vec<_> = ["a", "b", "gone"].map(|key| desk.record(key)).into();
    bring_back(&mut desk, &window);
    let again: Vec<_> = ["a", "b", "gone"].map(|key| desk.record(key)).into();
    assert_eq!(again, once);
    assert_eq!(local_history(&mut desk, "a"), [json!("2")]);
    assert_eq!(local_history(&mut desk, "b"), [json!("2"), json!("7")]);
}

/// The rebuild was finished, and the window died before it took note: what happened since is not judged by old rows.
#[test]
fn a_finished_rebuild_is_not_asked_for_again() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    bring_back(&mut desk, &window);
    ctl(&mut desk, 1, EntryKind::TakeBack, "a", &[]);
    let answer = desk.write(|ledger| ledger.handshake(&window.hello));
    assert_eq!(answer.verdict, Resume::Rehydrate);
    assert_eq!(desk.state("a"), RecordState::Clean);
    let newer = leeward_model::Handshake {
        cursor: window.hello.cursor + 1,
        ..window.hello.clone()
    };
    let answer = desk.write(|ledger| ledger.handshake(&newer));
    assert_eq!(
        answer.verdict,
        Resume::Rebuild,
        "it has pulled more from the lost one since"
    );
}

/// Neither side's absence is a delete, and writes of this mirror that are in flight stay known.
#[test]
fn what_the_window_never_had_stays() {
    let mut desk = Desk::new();
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("theirs", &variable("1"));
    ctl_edits(&mut desk, 1, "theirs", "1", "7");
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
    desk.write(|ledger| ledger.put_intent(&intent));
    let before = desk.record("theirs");
    bring_back(&mut desk, &window);
    assert_eq!(desk.record("theirs"), before);
    assert_eq!(desk.read(|ledger| ledger.intents()).len(), 1);
}

/// An action that this mirror has already stays as it stands here.
#[test]
fn a_known_action_is_kept() {
    let mut desk = Desk::new();
    desk.push(trigger());
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    let first = desk.write(|ledger| ledger.handshake(&window.hello));
    let half = Rebuild {
        last: false,
        ..part(&window, first.epoch)
    };
    desk.write(|ledger| ledger.rebuild(&half, now()));
    let done = leeward_model::ActionState::Done;
    desk.write(|ledger| ledger.set_action(id(77), done, None, Some("run"), None, now()));
    bring_back(&mut desk, &window);
    let action = desk.read(|ledger| ledger.action(id(77))).unwrap();
    assert_eq!((action.state, action.run_id.as_deref()), (done, Some("run")));
}

#[test]
fn a_damaged_row_is_still_work() {
    let mut desk = Desk::new();
    desk.confirmed("a", &variable("1"));
    desk.edit("a", &[("value", text("1"), json!("2"))]);
    let mut window = rehydrated(&mut desk);
    let damaged = |row: &mut RebuildRecord| row.record.ledger = json!("damaged");
    window.rows.iter_mut().for_each(damaged);
    replace(&mut desk);
    desk.confirmed("a", &variable("1"));
    bring_back(&mut desk, &window);
    assert_eq!(only_field(&mut desk, "a").mine, text("2"));
}

#[test]
fn what_was_made_unseen_meets_what_was_removed_here_meanwhile() {
    let mut desk = Desk::new();
    desk.edit("a", &[("value", None, json!("new"))]);
    let window = rehydrated(&mut desk);
    replace(&mut desk);
    desk.confirmed("a", &variable("1"));
    ctl(
        &mut desk,
        1,
        EntryKind::Delete,
        "a",
        &[("value", text("1"), None)],
    );
    bring_back(&mut desk, &window);
    let clash = only_field(&mut desk, "a");
    assert_eq!((clash.mine, clash.airflow), (text("new"), text("1")));
}
