//! The numbered log.

use crate::support::{CTL, Fixture, WINDOW, at, edit, fresh, hello, id, now, text, variable};
use leeward_model::{Change, Entry, EntryKind, Handshake, RecordState, VARIABLES};
use leeward_store::{Mirror, StoreError, StoredRecord, Work};
use serde_json::json;
use std::collections::BTreeMap;

fn numbered(seq: u64, number: u128, entry: Entry) -> Entry {
    Entry {
        seq,
        id: id(number),
        ..entry
    }
}

fn create(key: &str, value: &str) -> Entry {
    edit(key, &[("value", None, json!(value))])
}

#[test]
fn a_batch_pushed_twice_is_applied_once() {
    let mut fixture = Fixture::new();
    let epoch = fixture.epoch;
    let batch = [
        numbered(1, 11, create("a", "1")),
        numbered(2, 12, create("b", "2")),
    ];
    let answer = fixture.write(|ledger| ledger.push(WINDOW, epoch, 1, &batch, now()));
    assert_eq!(answer.acked_seq, 2);
    let rev = fixture.record("a").unwrap().rev;
    let again = fixture.write(|ledger| ledger.push(WINDOW, epoch, 1, &batch, now()));
    assert_eq!(again.acked_seq, 2);
    assert_eq!(fixture.record("a").unwrap().rev, rev);
    assert_eq!(fixture.read(|ledger| ledger.history(VARIABLES, "a", 10)).len(), 1);
}

/// Stored, such a number would leave the log or the feed no room to count on.
#[test]
fn numbers_beyond_counting_are_refused_and_work_goes_on() {
    let mut fixture = Fixture::new();
    let epoch = fixture.epoch;
    let last = [numbered(u64::MAX, 11, create("a", "1"))];
    let pushed = fixture
        .mirror
        .write(|ledger| ledger.push(WINDOW, epoch, u64::MAX, &last, now()));
    assert!(matches!(pushed, Err(StoreError::BadInput(_))), "{pushed:?}");
    let hello = Handshake {
        cursor: u64::MAX,
        epoch: u64::MAX,
        ..hello(Some(id(99)))
    };
    let greeted = fixture.mirror.write(|ledger| ledger.handshake(&hello));
    assert!(matches!(greeted, Err(StoreError::BadInput(_))), "{greeted:?}");
    fixture.edit("a", &[("value", None, json!("1"))]);
    assert_eq!(fixture.local("a", "value"), text("1"));
}

#[test]
fn an_overlapping_batch_goes_on_where_the_mirror_stands() {
    let mut fixture = Fixture::new();
    let epoch = fixture.epoch;
    let (one, two) = (
        numbered(1, 11, create("a", "1")),
        numbered(2, 12, create("b", "2")),
    );
    fixture.write(|ledger| ledger.push(WINDOW, epoch, 1, std::slice::from_ref(&one), now()));
    let answer = fixture.write(|ledger| ledger.push(WINDOW, epoch, 1, &[one, two], now()));
    assert_eq!(answer.acked_seq, 2);
    assert_eq!(fixture.local("b", "value"), text("2"));
}

#[test]
fn a_gap_is_refused_and_nothing_of_the_batch_stays() {
    let mut fixture = Fixture::new();
    let epoch = fixture.epoch;
    let result = fixture
        .mirror
        .write(|ledger| ledger.push(WINDOW, epoch, 2, &[numbered(2, 12, create("b", "2"))], now()));
    assert!(matches!(result, Err(StoreError::Gap { expected: 1, got: 2 })));
    assert_eq!(fixture.record("b"), None);
}

#[test]
fn another_entry_under_a_known_number_is_a_fork() {
    let mut fixture = Fixture::new();
    let epoch = fixture.epoch;
    fixture.write(|ledger| ledger.push(WINDOW, epoch, 1, &[numbered(1, 11, create("a", "1"))], now()));
    let fork = fixture
        .mirror
        .write(|ledger| ledger.push(WINDOW, epoch, 1, &[numbered(1, 99, create("a", "other"))], now()));
    assert!(matches!(fork, Err(StoreError::Fork { seq: 1 })));
    assert_eq!(fixture.local("a", "value"), text("1"));
}

#[test]
fn an_unknown_epoch_or_client_is_refused() {
    let mut fixture = Fixture::new();
    let epoch = fixture.epoch;
    for (client, epoch) in [(WINDOW, epoch + 1), (WINDOW, epoch - 1), ("stranger", 1)] {
        let result = fixture
            .mirror
            .write(|ledger| ledger.push(client, epoch, 1, &[numbered(1, 11, create("a", "1"))], now()));
        assert!(
            matches!(result, Err(StoreError::UnknownEpoch)),
            "{client} {epoch}"
        );
    }
}

#[test]
fn a_batch_that_is_not_numbered_in_a_row_is_refused() {
    let mut fixture = Fixture::new();
    let epoch = fixture.epoch;
    let batch = [
        numbered(1, 11, create("a", "1")),
        numbered(3, 12, create("b", "2")),
    ];
    let result = fixture
        .mirror
        .write(|ledger| ledger.push(WINDOW, epoch, 1, &batch, now()));
    assert!(matches!(result, Err(StoreError::BadInput(_))));
}

#[test]
fn a_renumbered_entry_is_not_applied_again_but_announced() {
    let mut fixture = Fixture::new();
    fixture.edit("a", &[("value", None, json!("1"))]);
    let hello = crate::support::hello(None);
    let answer = fixture.write(|ledger| ledger.handshake(&hello));
    assert_eq!(answer.acked_seq, 0);
    let cursor = fixture.read(|ledger| ledger.last_feed());
    let renumbered = numbered(1, 1_001, create("a", "1"));
    let acked = fixture.write(|ledger| ledger.push(WINDOW, answer.epoch, 1, &[renumbered], now()));
    assert_eq!(acked.acked_seq, 1);
    assert_eq!(fixture.read(|ledger| ledger.history(VARIABLES, "a", 10)).len(), 1);
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, cursor, 10));
    assert_eq!(
        pulled.items.len(),
        1,
        "the client waits for an item that includes its entry"
    );
}

#[test]
fn work_entered_here_is_numbered_here() {
    let mut fixture = Fixture::new();
    let work = |number: u128, key: &str| Work {
        collection: VARIABLES.into(),
        key: key.into(),
        fields: BTreeMap::from([(
            "value".to_owned(),
            Change {
                from: None,
                to: text("1"),
            },
        )]),
        reason: Some("because".into()),
        ..Work::new(id(number), EntryKind::Edit)
    };
    let first = fixture.write(|ledger| ledger.enter(CTL, work(1, "a"), at(7)));
    let second = fixture.write(|ledger| ledger.enter(CTL, work(2, "b"), at(8)));
    assert_eq!((first.seq, second.seq), (1, 2));
    let view = fixture.view("a");
    assert_eq!(
        (view.state, view.reason.as_deref()),
        (RecordState::Pending, Some("because"))
    );
    assert_eq!(view.changed_at, Some(at(7)));
    let history = fixture.read(|ledger| ledger.history(VARIABLES, "a", 10));
    assert_eq!(history[0].author.as_deref(), Some(CTL));
}

#[test]
fn work_that_lacks_what_it_needs_is_refused() {
    let mut fixture = Fixture::new();
    for kind in [
        EntryKind::Act,
        EntryKind::Edit,
        EntryKind::Delete,
        EntryKind::TakeBack,
    ] {
        let result = fixture
            .mirror
            .write(|ledger| ledger.enter(CTL, Work::new(id(1), kind), now()));
        assert!(matches!(result, Err(StoreError::BadInput(_))), "{kind:?}");
    }
}

#[test]
fn a_push_survives_the_process() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let path = fixture.path();
    let Fixture { dir, mirror, .. } = fixture;
    std::mem::forget(mirror);
    let mut again = Mirror::open(&path, &fresh(9)).unwrap();
    let record: Option<StoredRecord> = again.read(|ledger| ledger.record(VARIABLES, "a")).unwrap();
    assert_eq!(record.unwrap().local("value"), text("2").as_ref());
    drop(dir);
}

fn of_unknown(key: &str) -> Entry {
    Entry {
        collection: "rates".into(),
        ..edit(key, &[("rate", None, json!(7))])
    }
}

/// Nothing is lost of it, and nothing behind it waits.
#[test]
fn an_entry_of_an_unknown_collection_is_kept_and_refused() {
    let mut fixture = Fixture::new();
    let refused = fixture.push(of_unknown("eur"));
    fixture.edit("a", &[("value", None, json!("1"))]);
    assert_eq!(fixture.local("a", "value"), text("1"));
    let record = fixture.read(|ledger| ledger.record("rates", "eur")).unwrap();
    assert_eq!(record.state(), RecordState::Rejected);
    let why = record.rejected.unwrap();
    assert!(why.contains("no collection rates"), "{why}");
    assert!(
        record.overlay.is_none(),
        "there is nothing by which it could be merged or sent"
    );
    let logged: String = rusqlite::Connection::open(fixture.path())
        .unwrap()
        .query_row(
            "SELECT body FROM log WHERE id = ?1",
            [refused.id.to_string()],
            |row| row.get(0),
        )
        .unwrap();
    assert!(logged.contains(r#""to":7"#), "{logged}");
}

#[test]
fn a_refused_entry_of_an_unknown_collection_can_be_taken_back() {
    let mut fixture = Fixture::new();
    fixture.push(of_unknown("eur"));
    fixture.push(Entry {
        collection: "rates".into(),
        ..crate::support::entry(EntryKind::TakeBack, "eur")
    });
    let record = fixture.read(|ledger| ledger.record("rates", "eur"));
    assert!(record.is_none_or(|record| record.state() == RecordState::Clean));
}

/// What is entered straight into the mirror is told at once.
#[test]
fn work_on_an_unknown_collection_is_not_entered() {
    let mut fixture = Fixture::new();
    let work = || Work {
        collection: "rates".into(),
        key: "eur".into(),
        fields: of_unknown("eur").fields,
        ..Work::new(id(5), EntryKind::Edit)
    };
    let entered = fixture.mirror.write(|ledger| ledger.enter(CTL, work(), now()));
    let problem = leeward_model::Problem::from(entered.unwrap_err());
    assert_eq!(problem.what, "There is no collection rates here.");
    assert_eq!(problem.meaning, "Nothing was changed.");
    assert!(fixture.read(|ledger| ledger.record("rates", "eur")).is_none());
    let field = leeward_model::Field::new("rate", leeward_model::FieldKind::Json);
    let model = leeward_model::Collection::new("rates", vec![field]);
    fixture.write(|ledger| ledger.put_model(&model));
    fixture.write(|ledger| ledger.enter(CTL, work(), now()));
    let record = fixture.read(|ledger| ledger.record("rates", "eur")).unwrap();
    assert_eq!(record.local("rate"), Some(&json!(7)));
}
