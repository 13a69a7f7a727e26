//! The handshake's verdicts.

use crate::support::{Fixture, WINDOW, edit, fresh, hello, id, now, text, variable};
use leeward_model::{Digest, Entry, Handshake, Resume, TailEntry};
use leeward_store::{Mirror, StoreError};
use serde_json::json;

fn shake(fixture: &mut Fixture, hello: &Handshake) -> leeward_model::HandshakeAnswer {
    fixture.write(|ledger| ledger.handshake(hello))
}

fn tail(entries: &[Entry]) -> Vec<TailEntry> {
    entries
        .iter()
        .map(|entry| TailEntry {
            seq: entry.seq,
            id: entry.id,
        })
        .collect()
}

/// A window with one confirmed record and one pushed edit, which says so truthfully.
fn worked() -> (Fixture, Handshake) {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let entry = fixture.edit("a", &[("value", text("1"), json!("2"))]);
    let cursor = fixture.read(|ledger| ledger.last_feed());
    let truth = Handshake {
        cursor,
        pulled_at: None,
        entered: None,
        digest: Digest { rows: 1 },
        tail: tail(&[entry]),
        ..fixture.hello()
    };
    (fixture, truth)
}

#[test]
fn both_agree() {
    let (mut fixture, truth) = worked();
    let epoch = fixture.epoch;
    let answer = shake(&mut fixture, &truth);
    assert_eq!(
        (answer.verdict, answer.epoch, answer.acked_seq),
        (Resume::Resume, epoch, 1)
    );
    assert_eq!(answer.known, [id(1_001)]);
}

#[test]
fn the_client_is_ahead_and_has_what_we_lack() {
    let (mut fixture, mut truth) = worked();
    truth.tail.push(TailEntry { seq: 2, id: id(5) });
    truth.last_seq = 2;
    let answer = shake(&mut fixture, &truth);
    assert_eq!((answer.verdict, answer.acked_seq), (Resume::Resume, 1));
    assert_eq!(answer.known, [id(1_001)]);
}

#[test]
fn a_new_client_rehydrates_under_a_new_epoch() {
    let (mut fixture, _) = worked();
    let epoch = fixture.epoch;
    let answer = shake(&mut fixture, &hello(None));
    assert_eq!((answer.verdict, answer.acked_seq), (Resume::Rehydrate, 0));
    assert!(answer.epoch > epoch);
    let late = fixture
        .mirror
        .write(|ledger| ledger.push(WINDOW, epoch, 2, &[], now()));
    assert!(late.is_err(), "the old epoch is over");
}

#[test]
fn an_epoch_that_is_not_ours_rehydrates() {
    let (mut fixture, truth) = worked();
    let answer = shake(&mut fixture, &Handshake { epoch: 40, ..truth });
    assert_eq!(
        (answer.verdict, answer.epoch),
        (Resume::Rehydrate, 41),
        "never an epoch that a client had"
    );
}

#[test]
fn an_old_profile_is_a_fork() {
    let (mut fixture, truth) = worked();
    fixture.edit("a", &[("value", text("2"), json!("3"))]);
    let answer = shake(&mut fixture, &truth);
    assert_eq!(
        answer.verdict,
        Resume::Rehydrate,
        "it lacks an entry that we acknowledged"
    );
    assert_eq!(answer.known, [id(1_001)], "so that this one is not renumbered");
}

#[test]
fn another_entry_under_a_known_number_is_a_fork() {
    let (mut fixture, mut truth) = worked();
    truth.tail[0].id = id(666);
    let answer = shake(&mut fixture, &truth);
    assert_eq!((answer.verdict, answer.known.len()), (Resume::Rehydrate, 0));
}

#[test]
fn lost_rows_rehydrate() {
    let (mut fixture, truth) = worked();
    let answer = shake(
        &mut fixture,
        &Handshake {
            digest: Digest { rows: 0 },
            ..truth
        },
    );
    assert_eq!(answer.verdict, Resume::Rehydrate);
}

#[test]
fn rows_that_were_not_pulled_yet_are_not_lost() {
    let (mut fixture, truth) = worked();
    fixture.confirmed("b", &variable("1"));
    fixture.observed("c", &variable("1"));
    assert_eq!(shake(&mut fixture, &truth).verdict, Resume::Resume);
}

#[test]
fn a_tail_with_a_hole_rehydrates() {
    let (mut fixture, mut truth) = worked();
    truth.tail.push(TailEntry { seq: 3, id: id(5) });
    truth.last_seq = 3;
    assert_eq!(shake(&mut fixture, &truth).verdict, Resume::Rehydrate);
}

#[test]
fn a_pruned_tail_resumes() {
    let (mut fixture, mut truth) = worked();
    truth.tail.clear();
    assert_eq!(shake(&mut fixture, &truth).verdict, Resume::Resume);
}

#[test]
fn a_new_mirror_asks_for_a_rebuild() {
    let (_, truth) = worked();
    let mut lost = Mirror::open_in_memory(&fresh(2)).unwrap();
    let answer = lost.write(|ledger| ledger.handshake(&truth)).unwrap();
    assert_eq!(answer.verdict, Resume::Rebuild);
    assert!(answer.epoch > truth.epoch);
    let push = lost.write(|ledger| ledger.push(WINDOW, answer.epoch, 1, &[], now()));
    assert!(push.is_err(), "nothing is pushed before the rebuild is complete");
    let again = lost.write(|ledger| ledger.handshake(&truth)).unwrap();
    assert_eq!(again.verdict, Resume::Rebuild, "interrupted: from the start");
}

/// Some of the window's work may stand in its rows alone: they are asked for.
#[test]
fn another_mirror_that_has_records_already_asks_for_a_rebuild_too() {
    let (_, truth) = worked();
    let mut other = Fixture::new();
    other.mirror = Mirror::open_in_memory(&fresh(2)).unwrap();
    other.confirmed("b", &variable("1"));
    assert_eq!(shake(&mut other, &truth).verdict, Resume::Rebuild);
}

#[test]
fn a_mirror_restored_from_an_older_copy_asks_for_a_rebuild() {
    let (mut fixture, truth) = worked();
    let cursor = truth.cursor + 10;
    let answer = shake(&mut fixture, &Handshake { cursor, ..truth });
    assert_eq!(answer.verdict, Resume::Rebuild);
}

/// Known entries dropped, the others renumbered: what the client had not pushed arrives, once.
#[test]
fn after_a_fork_the_unknown_work_is_pushed_under_the_new_epoch() {
    let (mut fixture, mut truth) = worked();
    let unpushed = Entry {
        seq: 2,
        id: id(5),
        ..edit("a", &[("description", Some(json!(null)), json!("d"))])
    };
    truth.tail.push(TailEntry {
        seq: 2,
        id: unpushed.id,
    });
    truth.last_seq = 2;
    truth.epoch += 7;
    let answer = shake(&mut fixture, &truth);
    assert_eq!(answer.known, [id(1_001)]);
    let renumbered = Entry { seq: 1, ..unpushed };
    fixture.write(|ledger| ledger.push(WINDOW, answer.epoch, 1, &[renumbered], now()));
    assert_eq!(fixture.local("a", "value"), text("2"));
    assert_eq!(fixture.local("a", "description"), text("d"));
}

#[test]
fn work_of_another_environment_is_neither_taken_nor_given() {
    let (mut fixture, truth) = worked();
    let (one, other) = (id(71), id(72));
    fixture.write(|ledger| ledger.claim(one));
    let from_another = Handshake {
        environment: Some(other),
        ..truth.clone()
    };
    let before = fixture.read(|ledger| ledger.last_feed());
    let answer = fixture.mirror.write(|ledger| ledger.handshake(&from_another));
    assert!(matches!(answer, Err(StoreError::OtherEnvironment)), "{answer:?}");
    let answer = fixture.mirror.write(|ledger| {
        ledger.handshake(&Handshake {
            store_id: Some(id(9)),
            ..from_another
        })
    });
    assert!(
        matches!(answer, Err(StoreError::OtherEnvironment)),
        "not even to rebuild"
    );
    assert_eq!(fixture.read(|ledger| ledger.last_feed()), before);

    let own = Handshake {
        environment: Some(one),
        ..truth
    };
    let answer = shake(&mut fixture, &own);
    assert_eq!((answer.verdict, answer.environment), (Resume::Resume, Some(one)));
}

#[test]
fn a_mirror_is_one_environments_for_good() {
    let mut fixture = Fixture::new();
    let (one, other) = (id(71), id(72));
    fixture.write(|ledger| ledger.claim(one));
    fixture.write(|ledger| ledger.claim(one));
    let claimed = fixture.mirror.write(|ledger| ledger.claim(other));
    assert!(matches!(claimed, Err(StoreError::OtherEnvironment)));
    assert_eq!(fixture.read(|ledger| ledger.environment()), Some(one));
}
