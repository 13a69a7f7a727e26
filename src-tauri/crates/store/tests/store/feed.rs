//! The change feed.

use crate::support::{CTL, Fixture, WINDOW, id, now, text, variable};
use leeward_model::{Change, EntryKind, RecordState, VARIABLES};
use leeward_store::Work;
use serde_json::json;
use std::collections::BTreeMap;

#[test]
fn one_item_a_record_as_it_is_now() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.confirmed("b", &variable("1"));
    fixture.edit("a", &[("value", text("1"), json!("2"))]);
    fixture.edit("a", &[("value", text("2"), json!("3"))]);
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, 0, 10));
    let keys: Vec<_> = pulled.items.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["b", "a"], "a later item supersedes the earlier ones");
    assert_eq!(
        pulled.items[1].record.as_ref().unwrap().fields["value"],
        json!("3")
    );
    assert_eq!((pulled.included_seq, pulled.more), (2, false));
    assert_eq!(pulled.cursor, pulled.items[1].feed);
}

#[test]
fn it_is_read_in_parts_and_ends() {
    let mut fixture = Fixture::new();
    for key in ["a", "b", "c"] {
        fixture.confirmed(key, &variable("1"));
    }
    let first = fixture.read(|ledger| ledger.pull(WINDOW, 0, 2));
    assert_eq!((first.items.len(), first.more), (2, true));
    let second = fixture.read(|ledger| ledger.pull(WINDOW, first.cursor, 2));
    assert_eq!((second.items.len(), second.more), (1, false));
    let third = fixture.read(|ledger| ledger.pull(WINDOW, second.cursor, 2));
    assert_eq!((third.items.len(), third.cursor), (0, second.cursor));
}

/// Even when nothing changed: the client waits for an item that includes its entry.
#[test]
fn a_push_moves_the_feed_even_when_nothing_changed() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("9"));
    let cursor = fixture.read(|ledger| ledger.last_feed());
    fixture.edit("a", &[("value", text("1"), json!("9"))]);
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, cursor, 10));
    assert_eq!((pulled.items.len(), pulled.included_seq), (1, 1));
    assert_eq!(pulled.items[0].record.as_ref().unwrap().state, RecordState::Clean);
}

#[test]
fn included_is_the_clients_own_number() {
    let mut fixture = Fixture::new();
    let work = Work {
        collection: VARIABLES.into(),
        key: "a".into(),
        fields: BTreeMap::from([(
            "value".to_owned(),
            Change {
                from: None,
                to: text("1"),
            },
        )]),
        ..Work::new(id(1), EntryKind::Edit)
    };
    fixture.write(|ledger| ledger.enter(CTL, work, now()));
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, 0, 10));
    assert_eq!((pulled.items.len(), pulled.included_seq), (1, 0));
    assert_eq!(fixture.read(|ledger| ledger.pull(CTL, 0, 10)).included_seq, 1);
}

#[test]
fn what_is_gone_is_told_once_and_can_come_back() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let cursor = fixture.read(|ledger| ledger.last_feed());
    let mut record = fixture.record("a").unwrap();
    record.base = None;
    record.remote = leeward_model::Remote::Absent;
    assert!(fixture.write(|ledger| ledger.save(&record, now())));
    assert!(
        !fixture.write(|ledger| ledger.save(&record, now())),
        "gone is gone"
    );
    let pulled = fixture.read(|ledger| ledger.pull(WINDOW, cursor, 10));
    assert_eq!((pulled.items.len(), &pulled.items[0].record), (1, &None));
    fixture.confirmed("a", &variable("2"));
    let back = fixture.read(|ledger| ledger.pull(WINDOW, pulled.cursor, 10));
    assert!(back.items[0].record.is_some());
}

/// Numbers that are counted in memory within a transaction go on, across transactions and after one that failed.
#[test]
fn revisions_and_places_go_on_whatever_the_size_of_a_batch() {
    let mut fixture = Fixture::new();
    let work = |number: u128, key: &str| {
        let mut work = Work::new(id(number), EntryKind::Edit);
        (work.collection, work.key) = (VARIABLES.into(), key.into());
        let to = Some(json!("1"));
        work.fields = [("value".to_owned(), Change { from: None, to })].into();
        work
    };
    fixture.write(|ledger| {
        ledger
            .enter(CTL, work(1, "a"), now())
            .and(ledger.enter(CTL, work(2, "b"), now()))
    });
    let undone = fixture.mirror.write(|ledger| {
        ledger.enter(CTL, work(3, "c"), now())?;
        Err::<(), _>(leeward_store::StoreError::NotFound)
    });
    assert!(undone.is_err());
    fixture.write(|ledger| ledger.enter(CTL, work(4, "d"), now()));
    let revs = ["a", "b", "d"].map(|key| fixture.record(key).unwrap().rev);
    assert_eq!(revs, [1, 2, 3]);
    let items = fixture.read(|ledger| ledger.pull(WINDOW, 0, 10)).items;
    let places: Vec<_> = items.iter().map(|item| (item.key.as_str(), item.feed)).collect();
    assert_eq!(places, [("a", 1), ("b", 2), ("d", 3)]);
}
