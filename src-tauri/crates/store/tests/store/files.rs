//! Files, connections and transactions.

use crate::support::{Fixture, bases, fresh, now, remote, variable};
use leeward_model::VARIABLES;
use leeward_store::{Mirror, StoreError, StoredRecord};
use rusqlite::Connection;

#[test]
fn every_table_is_strict() {
    let fixture = Fixture::new();
    let file = Connection::open(fixture.path()).unwrap();
    let sql = "SELECT COUNT(*), SUM(strict) FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'";
    let (tables, strict): (i64, i64) = file
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert!(tables > 10);
    assert_eq!(strict, tables);
}

#[test]
fn a_mirror_keeps_its_identity() {
    let mut fixture = Fixture::new();
    let sealed = fixture.read(|ledger| ledger.seal("hunter2"));
    let mut again = Mirror::open(&fixture.path(), &fresh(2)).unwrap();
    let (id, resealed) = again
        .read(|ledger| Ok::<_, StoreError>((ledger.store_id()?, ledger.seal("hunter2")?)))
        .unwrap();
    assert_eq!(id, fresh(1).store_id);
    assert_eq!(resealed, sealed);
    let mut other = Mirror::open_in_memory(&fresh(2)).unwrap();
    assert_ne!(
        other.read(|ledger| ledger.seal("hunter2")).unwrap(),
        sealed,
        "the hash is keyed by the mirror"
    );
}

#[test]
fn two_connections_see_each_other() {
    let mut fixture = Fixture::new();
    let mut other = Mirror::open(&fixture.path(), &fresh(2)).unwrap();
    let before = other.data_version().unwrap();
    fixture.confirmed("a", &variable("1"));
    assert_ne!(other.data_version().unwrap(), before);
    let seen = other.read(|ledger| ledger.record(VARIABLES, "a")).unwrap();
    assert_eq!(seen.unwrap().base, Some(bases(&variable("1"))));
}

#[test]
fn many_can_open_a_new_file_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mirror.db");
    let ids: Vec<_> = std::thread::scope(|scope| {
        let open = |number: u8| {
            let path = &path;
            scope.spawn(move || {
                let mut mirror = Mirror::open(path, &fresh(number)).unwrap();
                mirror.read(|ledger| ledger.store_id()).unwrap()
            })
        };
        let threads: Vec<_> = (1..=8).map(open).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(
        ids.windows(2).all(|pair| pair[0] == pair[1]),
        "one file, one identity: {ids:?}"
    );
}

#[test]
fn a_failed_write_leaves_nothing() {
    let mut fixture = Fixture::new();
    let record = StoredRecord {
        base: Some(bases(&variable("1"))),
        ..StoredRecord::new(VARIABLES, "a")
    };
    let failed = fixture.mirror.write(|ledger| {
        ledger.save(&record, now())?;
        Err::<(), _>(StoreError::NotFound)
    });
    assert!(matches!(failed, Err(StoreError::NotFound)));
    assert_eq!(fixture.record("a"), None);
    assert_eq!(fixture.read(|ledger| ledger.last_feed()), 0);
}

#[test]
fn saving_the_same_again_writes_nothing() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    fixture.edit("a", &[("value", crate::support::text("1"), "2".into())]);
    let watcher = Mirror::open(&fixture.path(), &fresh(2)).unwrap();
    let (before, feed) = (
        watcher.data_version().unwrap(),
        fixture.read(|ledger| ledger.last_feed()),
    );
    let record = fixture.record("a").unwrap();
    assert!(!fixture.write(|ledger| ledger.save(&record, crate::support::at(99))));
    assert!(!fixture.write(|ledger| ledger.set_remote(VARIABLES, "a", &remote(&variable("1")), now())));
    fixture.write(|ledger| ledger.set_meta("last_answer", &now()));
    let after_meta = watcher.data_version().unwrap();
    assert_ne!(after_meta, before, "the watcher notices a real write");
    fixture.write(|ledger| ledger.set_meta("last_answer", &now()));
    assert_eq!(watcher.data_version().unwrap(), after_meta);
    assert_eq!(fixture.read(|ledger| ledger.last_feed()), feed);
}

#[test]
fn an_observation_does_not_move_the_feed() {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let feed = fixture.read(|ledger| ledger.last_feed());
    fixture.observed("a", &variable("2"));
    fixture.observed("b", &variable("new"));
    assert_eq!(fixture.read(|ledger| ledger.last_feed()), feed);
    let active = fixture.read(|ledger| ledger.active(VARIABLES));
    let keys: Vec<_> = active.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys, ["a", "b"], "but the next cycle looks at them");
}

#[test]
fn a_damaged_file_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mirror.db");
    std::fs::write(&path, "this is not a database, it is a text".repeat(200)).unwrap();
    assert!(matches!(
        Mirror::open(&path, &fresh(1)),
        Err(StoreError::Corrupt(_))
    ));
}

#[test]
fn a_newer_file_is_left_alone() {
    let fixture = Fixture::new();
    let path = fixture.path();
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 999)
        .unwrap();
    assert!(matches!(
        Mirror::open(&path, &fresh(1)),
        Err(StoreError::Newer { found: 999, .. })
    ));
}
