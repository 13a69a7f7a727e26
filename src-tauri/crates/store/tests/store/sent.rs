//! Writes that were sent, and how long the window of a race was.

use crate::support::*;
use leeward_model::{Fields, VARIABLES};
use leeward_store::{Answered, Doubt, Intent, IntentOp, Ledger, SentOutcome, StoreError, WriteWindow};
use serde_json::json;
use std::time::Duration;

/// A fixture with a write in flight that was sent at the third second.
fn sent_one() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.confirmed("a", &variable("1"));
    let intent = Intent {
        collection: VARIABLES.into(),
        key: "a".into(),
        op: IntentOp::Update,
        fields: Fields::from([("value".into(), json!("2"))]),
        before: remote(&variable("1")),
        rev: 4,
        sent_at: at(3),
        in_doubt_since: None,
        server_at: Some(at(7)),
    };
    fixture.write(|ledger| ledger.put_intent(&intent));
    assert_eq!(fixture.read(|ledger| ledger.intents()), [intent]);
    fixture
}

#[test]
fn a_finished_write_is_remembered_and_no_longer_in_flight() {
    let mut fixture = sent_one();
    fixture.write(|ledger| ledger.finish_intent(VARIABLES, "a", SentOutcome::Lost, at(9)));
    assert!(fixture.read(|ledger| ledger.intents()).is_empty());
    let sent = fixture.read(|ledger| ledger.sent_of(VARIABLES, "a"));
    let [sent] = &sent[..] else { panic!("one write") };
    assert_eq!((sent.op, sent.outcome), (IntentOp::Update, SentOutcome::Lost));
    assert_eq!(
        (sent.sent_at, sent.done_at),
        (at(7), at(9)),
        "by the server's clock"
    );
    assert_eq!(sent.fields["value"], json!("2"));
    assert_eq!(sent.before, remote(&variable("1")));
    assert!(fixture.read(|ledger| ledger.sent_of(VARIABLES, "b")).is_empty());
}

#[test]
fn nothing_in_flight_is_nothing_to_remember() {
    let mut fixture = sent_one();
    fixture.write(|ledger| ledger.clear_intent(VARIABLES, "a"));
    fixture.write(|ledger| ledger.finish_intent(VARIABLES, "a", SentOutcome::Arrived, at(9)));
    assert!(fixture.read(|ledger| ledger.sent_of(VARIABLES, "a")).is_empty());
}

#[test]
fn old_writes_are_forgotten() {
    let mut fixture = sent_one();
    fixture.write(|ledger| ledger.finish_intent(VARIABLES, "a", SentOutcome::Arrived, at(9)));
    fixture.write(|ledger| ledger.forget_sent(at(7)));
    assert_eq!(fixture.read(|ledger| ledger.sent_of(VARIABLES, "a")).len(), 1);
    fixture.write(|ledger| ledger.forget_sent(at(8)));
    assert!(fixture.read(|ledger| ledger.sent_of(VARIABLES, "a")).is_empty());
}

fn failed() -> Doubt {
    Doubt {
        answered: Some(Answered::Failed),
        reason: Some("Airflow failed.".into()),
    }
}

/// Later notes, and another process, find it as it was.
#[test]
fn why_a_write_is_in_doubt_is_kept() {
    let mut fixture = sent_one();
    let doubt = |ledger: &Ledger<'_>| ledger.doubt_of(VARIABLES, "a");
    assert_eq!(fixture.read(doubt), Doubt::default());
    fixture.write(|ledger| ledger.doubt(VARIABLES, "a", &failed(), at(9)));
    assert_eq!(fixture.view("a").note.as_deref(), Some("Airflow failed."));
    fixture.write(|ledger| ledger.mark_in_doubt(VARIABLES, "a", "Looking.", at(10)));
    let mut again = leeward_store::Mirror::open(&fixture.path(), &fresh(2)).unwrap();
    assert_eq!(again.read(doubt).unwrap(), failed());
    fixture.write(|ledger| ledger.clear_intent(VARIABLES, "a"));
    assert_eq!(fixture.read(doubt), Doubt::default());
    let nowhere = fixture
        .mirror
        .write(|ledger| ledger.doubt(VARIABLES, "a", &failed(), at(9)));
    assert!(matches!(nowhere, Err(StoreError::NotFound)));
}

#[test]
fn a_write_that_failed_is_found_by_its_key() {
    for (outcome, found) in [
        (SentOutcome::Failed, true),
        (SentOutcome::FailedInPage, true),
        (SentOutcome::Lost, false),
    ] {
        let mut fixture = sent_one();
        fixture.write(|ledger| ledger.finish_intent(VARIABLES, "a", outcome, at(9)));
        let keys = fixture.read(|ledger| ledger.failed_keys(VARIABLES));
        assert_eq!(keys.contains("a"), found, "{outcome:?}");
    }
}

#[test]
fn a_doubt_can_begin_anew() {
    let mut fixture = sent_one();
    fixture.write(|ledger| ledger.mark_in_doubt(VARIABLES, "a", "No answer.", at(9)));
    fixture.write(|ledger| ledger.restart_doubt(VARIABLES, "a", at(2)));
    let intent = fixture.read(|ledger| ledger.intent(VARIABLES, "a")).unwrap();
    assert_eq!(intent.in_doubt_since, Some(at(2)));
}

#[test]
fn the_last_and_the_longest_window_are_kept() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.read(|ledger| ledger.write_window()), None);
    for ms in [20, 90, 40] {
        fixture.write(|ledger| ledger.note_write_window(Duration::from_millis(ms)));
    }
    let kept = WriteWindow {
        last_ms: 40,
        longest_ms: 90,
    };
    assert_eq!(fixture.read(|ledger| ledger.write_window()), Some(kept));
}
