//! How much of the past is kept, and what of it can be put back.

use crate::support::{Fixture, WINDOW, at, edit, id, text, variable};
use jiff::{SignedDuration, Timestamp};
use leeward_model::{
    Action, ActionKind, ActionState, Activity, ChangedBy, Entry, EntryKind, Fields, HistoryItem, Scan,
    Source, Trigger, TriggerRun, VARIABLES,
};
use leeward_store::{HistoryKeep, NewHistory, PutBack, StoreError};
use serde_json::json;

const DAY_S: i64 = 24 * 60 * 60;

/// A fixture with a value a day, for `days` days.
fn with_days(days: i64) -> Fixture {
    let mut fixture = Fixture::new();
    for day in 0..days {
        let fields = Fields::from([("value".to_owned(), json!(format!("day {day}")))]);
        remember(&mut fixture, "a", at(day * DAY_S), &fields);
    }
    fixture
}

fn remember(fixture: &mut Fixture, key: &str, at: Timestamp, fields: &Fields) {
    let new = NewHistory {
        collection: VARIABLES,
        key,
        at,
        source: Source::Airflow,
        author: None,
        reason: None,
        fields: Some(fields),
        run: None,
    };
    fixture.write(|ledger| ledger.append_history(&new));
}

fn history(fixture: &mut Fixture, key: &str) -> Vec<HistoryItem> {
    fixture.read(|ledger| ledger.history(VARIABLES, key, 1000))
}

fn count(fixture: &Fixture, sql: &str) -> i64 {
    let file = rusqlite::Connection::open(fixture.path()).unwrap();
    file.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn values_beyond_the_number_go_and_their_contents_with_them() {
    let mut fixture = with_days(10);
    let keep = HistoryKeep {
        days: None,
        values: 3,
    };
    assert_eq!(fixture.write(|ledger| ledger.prune_history(&keep, at(0))), 7);
    let left: Vec<_> = history(&mut fixture, "a").iter().map(|item| item.at).collect();
    assert_eq!(left, [at(9 * DAY_S), at(8 * DAY_S), at(7 * DAY_S)]);
    assert_eq!(count(&fixture, "SELECT COUNT(*) FROM contents"), 3);
    assert_eq!(fixture.write(|ledger| ledger.prune_history(&keep, at(0))), 0);
}

#[test]
fn old_values_go_and_never_the_newest_of_a_record() {
    let mut fixture = with_days(10);
    remember(
        &mut fixture,
        "long ago",
        at(0),
        &Fields::from([("value".to_owned(), json!("x"))]),
    );
    let now = at(10 * DAY_S) + SignedDuration::from_hours(1);
    let keep = HistoryKeep {
        days: Some(3),
        values: 1000,
    };
    fixture.write(|ledger| ledger.prune_history(&keep, now));
    assert_eq!(history(&mut fixture, "a").len(), 3);
    assert_eq!(history(&mut fixture, "long ago").len(), 1);
    let none = HistoryKeep {
        days: Some(0),
        values: 0,
    };
    fixture.write(|ledger| ledger.prune_history(&none, at(1000 * DAY_S)));
    assert_eq!(history(&mut fixture, "a").len(), 1, "whatever the settings say");
}

#[test]
fn what_old_entries_said_goes_when_their_outcome_is_final() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let entry = fixture.edit("a", &[("value", text("1"), "2".into())]);
    let bodies = "SELECT COUNT(*) FROM log WHERE body <> ''";
    let later = at(40 * DAY_S);
    assert_eq!(
        fixture.write(|ledger| ledger.prune_log(later)),
        0,
        "it is still pending"
    );
    let mut record = fixture.record("a").unwrap();
    record.overlay = None;
    record.verified_rev = record.rev;
    fixture.write(|ledger| ledger.save(&record, at(1)));
    assert_eq!(
        fixture.write(|ledger| ledger.prune_log(at(DAY_S))),
        0,
        "it is not old"
    );
    assert_eq!(fixture.write(|ledger| ledger.prune_log(later)), 1);
    assert_eq!(count(&fixture, bodies), 0);
    let (epoch, seq) = (fixture.epoch, entry.seq);
    let again = fixture.write(|ledger| ledger.push(crate::support::WINDOW, epoch, seq, &[entry], at(2)));
    assert_eq!(again.acked_seq, seq, "and it is still recognised");
    assert!(fixture.record("a").unwrap().overlay.is_none());
}

fn put_back(
    fixture: &mut Fixture,
    item: &str,
    field: Option<&str>,
) -> Result<Option<leeward_store::Work>, StoreError> {
    let what = PutBack {
        collection: VARIABLES,
        key: "a",
        item,
        field,
    };
    fixture.mirror.read(|ledger| ledger.put_back(&what, id(77)))
}

#[test]
fn an_item_that_is_not_the_records_cannot_be_put_back() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), "2".into())]);
    let item = history(&mut fixture, "a").remove(0).id.unwrap();
    for wrong in ["", "h", "1", "h-1", "h99", "hx"] {
        assert!(
            matches!(put_back(&mut fixture, wrong, None), Err(StoreError::NotFound)),
            "{wrong}"
        );
    }
    assert!(matches!(
        put_back(&mut fixture, &item, Some("colour")),
        Err(StoreError::NotFound)
    ));
    assert!(
        put_back(&mut fixture, &item, None).unwrap().is_none(),
        "it is what is there"
    );
    let elsewhere = PutBack {
        collection: VARIABLES,
        key: "b",
        item: &item,
        field: None,
    };
    assert!(
        fixture
            .mirror
            .read(|ledger| ledger.put_back(&elsewhere, id(78)))
            .is_err()
    );
}

#[test]
fn an_edit_that_puts_back_begins_with_what_is_shown() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), "2".into())]);
    let item = history(&mut fixture, "a").remove(0).id.unwrap();
    fixture.edit("a", &[("value", text("2"), "3".into())]);
    let work = put_back(&mut fixture, &item, None).unwrap().unwrap();
    assert_eq!(work.kind, EntryKind::Edit);
    assert_eq!(
        (&work.fields["value"].from, &work.fields["value"].to),
        (&text("3"), &text("2"))
    );
    assert_eq!(work.fields.len(), 1, "what is the same is left out");
}

#[test]
fn a_run_carries_the_values_that_it_waited_for_and_a_cancelled_one_none() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), "2".into())]);
    let (first, second) = (act(&mut fixture, 1), act(&mut fixture, 2));
    let state = |fixture: &mut Fixture, action, state, run: &str| {
        fixture.write(|ledger| ledger.set_action(action, state, None, Some(run), None, at(1)));
    };
    state(&mut fixture, first, ActionState::Done, "run-1");
    state(&mut fixture, second, ActionState::Done, "run-2");
    assert_eq!(
        history(&mut fixture, "a")[0].run.as_deref(),
        Some("run-1"),
        "the first that went out"
    );
    fixture.edit("a", &[("value", text("2"), "3".into())]);
    let third = act(&mut fixture, 3);
    state(&mut fixture, third, ActionState::Cancelled, "none");
    let fourth = act(&mut fixture, 4);
    state(&mut fixture, fourth, ActionState::Done, "run-4");
    assert_eq!(history(&mut fixture, "a")[0].run.as_deref(), Some("run-4"));
}

fn act(fixture: &mut Fixture, number: u128) -> ulid::Ulid {
    let what = ActionKind::TriggerRun(TriggerRun {
        dag_id: "d".into(),
        conf: json!({}),
        note: None,
    });
    let action = Action {
        id: id(500 + number),
        what,
        after_edits: true,
    };
    let entry = Entry {
        kind: EntryKind::Act,
        action: Some(action),
        ..edit("", &[])
    };
    fixture.push(entry);
    id(500 + number)
}

#[test]
fn the_activity_keeps_the_newest_thousand() {
    let mut fixture = Fixture::new();
    for second in 0..1005 {
        let activity = Activity {
            at: at(second),
            trigger: Trigger::Interval,
            scan: Scan::Full,
            requests: 1,
            read: 0,
            pulled: 0,
            written: 0,
            retried: 0,
            merged: 0,
            conflicts: 0,
            overwritten: 0,
            window_ms: None,
            duration_ms: 1,
            trouble: None,
            detection: true,
            quiet_before: 0,
        };
        fixture.write(|ledger| ledger.add_activity(&activity));
    }
    let kept = fixture.read(|ledger| ledger.activities(2000));
    assert_eq!((kept.len(), kept[0].at, kept[999].at), (1000, at(1004), at(5)));
    assert_eq!(fixture.read(|ledger| ledger.activities(2)).len(), 2);
}

/// What the window's list shows beside the time.
#[test]
fn a_pulled_record_says_who_changed_it_last() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let fields = Fields::from([("value".to_owned(), json!("1"))]);
    for author in ["grace", "ann"] {
        let new = NewHistory {
            collection: VARIABLES,
            key: "a",
            at: at(0),
            source: Source::Local,
            author: Some(author),
            reason: None,
            fields: Some(&fields),
            run: None,
        };
        fixture.write(|ledger| ledger.append_history(&new));
    }
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, 0, 10));
    let by = pulled.items[0].record.as_ref().unwrap().changed_by.clone();
    let expected = ChangedBy {
        source: Source::Local,
        author: Some("ann".to_owned()),
    };
    assert_eq!(by, Some(expected));
}

/// Who changed it last is a part of what the window shows: it is told when the history alone grows.
#[test]
fn what_the_history_adds_moves_the_feed() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let cursor = fixture.read(|ledger| ledger.last_feed());
    let fields = Fields::from([("value".to_owned(), json!("0"))]);
    let new = NewHistory {
        collection: VARIABLES,
        key: "a",
        at: at(0),
        source: Source::Airflow,
        author: Some("bob"),
        reason: None,
        fields: Some(&fields),
        run: None,
    };
    fixture.write(|ledger| ledger.append_history(&new));
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, cursor, 10));
    let by = pulled.items[0].record.as_ref().unwrap().changed_by.clone();
    assert_eq!(by.and_then(|by| by.author), Some("bob".into()));
}
