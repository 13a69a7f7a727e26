//! Actions.

use crate::support::{Fixture, WINDOW, at, entry, id, now, text, variable};
use leeward_model::{Action, ActionKind, ActionState, Entry, EntryKind, TriggerRun, VARIABLES, Value};
use serde_json::json;

fn trigger(after_edits: bool, conf: Value) -> Entry {
    let run = TriggerRun {
        dag_id: "etl".into(),
        conf,
        note: None,
    };
    let action = Action {
        id: id(77),
        what: ActionKind::TriggerRun(run),
        after_edits,
    };
    Entry {
        action: Some(action),
        collection: String::new(),
        ..entry(EntryKind::Act, "")
    }
}

fn about_action(kind: EntryKind) -> Entry {
    Entry {
        collection: String::new(),
        ..entry(kind, &id(77).to_string())
    }
}

#[test]
fn an_action_is_queued_as_it_was_given() {
    let mut fixture = Fixture::new();
    let conf: Value =
        serde_json::from_str(r#"{"rate": 1.10, "n": 12345678901234567890, "o": {"x": [1]}}"#).unwrap();
    let sent = trigger(false, conf.clone());
    fixture.push(sent);
    let view = fixture.read(|ledger| ledger.action(id(77))).unwrap();
    assert_eq!((view.state, view.queued_at), (ActionState::Queued, at(5)));
    let ActionKind::TriggerRun(run) = view.action.what;
    assert_eq!(run.conf.to_string(), conf.to_string(), "numbers keep their text");
}

#[test]
fn after_my_edits_waits_for_all_unfinished_work() {
    let mut fixture = Fixture::new();
    fixture.confirmed("clean", &variable("1"));
    fixture.confirmed("edited", &variable("1"));
    fixture.edit("edited", &[("value", text("1"), json!("2"))]);
    fixture.confirmed("clash", &variable("9"));
    fixture.edit("clash", &[("value", text("1"), json!("2"))]);
    fixture.edit("api_token", &[("value", None, json!("refused"))]);
    fixture.push(trigger(true, json!({})));
    fixture.edit("later", &[("value", None, json!("1"))]);
    let view = fixture.read(|ledger| ledger.action(id(77))).unwrap();
    let keys: Vec<_> = view.waits_for.iter().map(|wait| wait.key.as_str()).collect();
    assert_eq!(keys, ["api_token", "clash", "edited"]);
    let rev = fixture.record("edited").unwrap().rev;
    let waits = fixture.read(|ledger| ledger.waits(id(77)));
    assert_eq!(waits.iter().find(|wait| wait.key == "edited").unwrap().rev, rev);
    fixture.write(|ledger| ledger.end_wait(id(77), VARIABLES, "edited"));
    assert_eq!(fixture.read(|ledger| ledger.waits(id(77))).len(), 2);
}

#[test]
fn an_action_that_was_not_sent_can_be_taken_back() {
    for state in [
        ActionState::Queued,
        ActionState::Waiting,
        ActionState::Held,
        ActionState::Rejected,
    ] {
        let mut fixture = Fixture::new();
        fixture.push(trigger(true, json!({})));
        fixture.write(|ledger| ledger.set_action(id(77), state, Some("why"), None, None, now()));
        fixture.push(about_action(EntryKind::TakeBack));
        let view = fixture.read(|ledger| ledger.action(id(77))).unwrap();
        assert_eq!(
            (view.state, view.note),
            (ActionState::Cancelled, None),
            "from {state:?}"
        );
    }
}

#[test]
fn an_action_that_was_sent_says_so() {
    for state in [ActionState::InDoubt, ActionState::Done] {
        let mut fixture = Fixture::new();
        fixture.push(trigger(false, json!({})));
        fixture.write(|ledger| ledger.set_action(id(77), state, None, Some("run"), Some("running"), now()));
        fixture.push(about_action(EntryKind::TakeBack));
        let view = fixture.read(|ledger| ledger.action(id(77))).unwrap();
        assert_eq!((view.state, view.run_id.as_deref()), (state, Some("run")));
        assert!(view.note.unwrap().contains("already sent"));
    }
}

/// The process dies between "about to send" and the answer: the action is still called queued, and was sent.
#[test]
fn an_action_about_to_be_sent_cannot_be_taken_back() {
    let mut fixture = Fixture::new();
    fixture.push(trigger(false, json!({})));
    fixture.write(|ledger| ledger.mark_sent(id(77), at(9)));
    fixture.push(about_action(EntryKind::TakeBack));
    let view = fixture.read(|ledger| ledger.action(id(77))).unwrap();
    assert_eq!(view.state, ActionState::Queued);
    assert_eq!(fixture.read(|ledger| ledger.sent_at(id(77))), Some(at(9)));
    fixture.write(|ledger| ledger.set_action(id(77), ActionState::Queued, None, None, None, now()));
    assert_eq!(
        fixture.read(|ledger| ledger.sent_at(id(77))),
        None,
        "known not to have arrived"
    );
}

#[test]
fn a_release_ends_all_waiting() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("1"))]);
    fixture.push(trigger(true, json!({})));
    fixture
        .write(|ledger| ledger.set_action(id(77), ActionState::Held, Some("a conflict"), None, None, now()));
    fixture.push(about_action(EntryKind::Release));
    let view = fixture.read(|ledger| ledger.action(id(77))).unwrap();
    assert_eq!((view.state, view.waits_for.len()), (ActionState::Queued, 0));
    assert!(view.note.unwrap().contains("Released"));
}

#[test]
fn what_is_final_is_no_longer_open() {
    let mut fixture = Fixture::new();
    fixture.push(trigger(false, json!({})));
    assert_eq!(fixture.read(|ledger| ledger.open_actions()).len(), 1);
    fixture.write(|ledger| {
        ledger.set_action(id(77), ActionState::Done, None, Some("r"), Some("success"), now())
    });
    assert!(fixture.read(|ledger| ledger.open_actions()).is_empty());
    assert_eq!(fixture.read(|ledger| ledger.actions()).len(), 1);
}

#[test]
fn an_action_moves_the_feed_only_when_it_changes() {
    let mut fixture = Fixture::new();
    fixture.push(trigger(false, json!({})));
    let cursor = fixture.read(|ledger| ledger.last_feed());
    let set = |fixture: &mut Fixture, state| {
        fixture.write(|ledger| ledger.set_action(id(77), state, None, None, None, now()))
    };
    assert!(!set(&mut fixture, ActionState::Queued));
    assert!(set(&mut fixture, ActionState::Done));
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, cursor, 10));
    assert_eq!(pulled.items.len(), 1);
    let item = &pulled.items[0];
    assert_eq!(
        (item.collection.as_str(), item.key.clone()),
        ("", id(77).to_string())
    );
    assert_eq!(item.action.as_ref().unwrap().state, ActionState::Done);
}

#[test]
fn an_entry_about_an_unknown_action_holds_up_nothing() {
    let mut fixture = Fixture::new();
    fixture.push(about_action(EntryKind::TakeBack));
    fixture.push(about_action(EntryKind::Release));
    fixture.push(Entry {
        action: None,
        ..trigger(false, json!({}))
    });
    assert_eq!(fixture.read(|ledger| ledger.pull(WINDOW, 0, 10)).included_seq, 3);
}
