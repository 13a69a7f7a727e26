//! What is sensitive is never stored, shown, merged or sent back.

use crate::desk::{Desk, Fault, When, is_write, text};
use leeward_model::{RecordState, Value, secret_ref};

const SECRET: &str = "hunter2-very-long-secret";

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[tokio::test]
async fn a_sensitive_value_is_locked_and_its_description_is_not() {
    let desk = Desk::new(&[
        ("smtp_password", SECRET),
        ("conf", r#"{"api_key": "hunter2-very-long-secret", "port": 1}"#),
    ]);
    desk.sync().await;
    for key in ["smtp_password", "conf"] {
        let record = desk.record(key);
        assert_eq!(record.sealed, ["value"]);
        assert!(!record.fields.contains_key("value"));
        desk.edit_from("window", key, "description", Some(Value::Null), text("for mail"));
    }
    assert_eq!(desk.sync().await.pushed, 2);
    assert_eq!(
        desk.raw("smtp_password").as_deref(),
        Some(SECRET),
        "never overwritten with a mask"
    );
    assert!(desk.raw("conf").unwrap().contains(SECRET));
    assert!(!contains(&desk.bytes_on_disk(), SECRET));
    assert!(!contains(&desk.bytes_on_disk(), "***"));
}

#[tokio::test]
async fn an_ordinary_edit_with_a_secret_in_it_is_refused_and_leaves_no_trace() {
    let desk = Desk::new(&[("plain", "1")]);
    desk.sync().await;
    desk.edit("plain", r#"{"password": "hunter2-very-long-secret"}"#);
    assert_eq!(desk.state("plain"), RecordState::Rejected);
    desk.sync().await;
    assert_eq!(desk.raw("plain").as_deref(), Some("1"));
    assert!(!contains(&desk.bytes_on_disk(), SECRET));
}

#[tokio::test]
async fn replacing_a_secret_goes_by_the_keychain_alone() {
    let desk = Desk::new(&[("smtp_password", "old")]);
    desk.sync().await;
    desk.drawer.0.lock().unwrap().insert("id-1".into(), SECRET.into());
    desk.edit_from("window", "smtp_password", "value", None, secret_ref("id-1"));
    desk.sync().await;
    assert_eq!(desk.raw("smtp_password").as_deref(), Some(SECRET));
    assert_eq!(desk.state("smtp_password"), RecordState::Clean);
    assert!(
        desk.drawer.0.lock().unwrap().is_empty(),
        "it arrived: the keychain forgets it"
    );
    assert!(!contains(&desk.bytes_on_disk(), SECRET));
}

/// A replacement whose answer was lost.
async fn replaced_in_doubt(shows_secrets: bool, fault: Fault) -> Desk {
    let desk = Desk::new(&[("smtp_password", "old")]);
    desk.airflow(|airflow| airflow.shows_secrets = shows_secrets);
    desk.sync().await;
    desk.drawer.0.lock().unwrap().insert("id-1".into(), SECRET.into());
    desk.edit_from("window", "smtp_password", "value", None, secret_ref("id-1"));
    let at = if fault == Fault::AnswerLost {
        When::After
    } else {
        When::Before
    };
    let mut spent = false;
    desk.tamper(move |method, path, when, _| {
        let hit = !spent && is_write(method, path) && when == at;
        spent |= hit;
        hit.then_some(fault)
    });
    assert_eq!(desk.sync().await.in_doubt, 1);
    desk
}

#[tokio::test]
async fn a_replaced_secret_that_cannot_be_read_is_sent_again_after_the_settle_time() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let desk = replaced_in_doubt(false, fault).await;
        assert_eq!(desk.sync().await.in_doubt, 1, "old and new look the same");
        desk.clock.pass(jiff::SignedDuration::from_secs(121));
        assert_eq!(desk.sync().await.pushed, 1);
        assert_eq!(desk.raw("smtp_password").as_deref(), Some(SECRET));
        assert!(desk.drawer.0.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_replaced_secret_is_recognised_where_airflow_shows_it() {
    let desk = replaced_in_doubt(true, Fault::AnswerLost).await;
    assert_eq!(desk.sync().await.in_doubt, 0, "at once");
    assert_eq!(desk.state("smtp_password"), RecordState::Clean);
    assert!(!contains(&desk.bytes_on_disk(), SECRET));
    let desk = replaced_in_doubt(true, Fault::RequestLost).await;
    assert_eq!(desk.sync().await.in_doubt, 1, "the old one is no proof");
}

/// What it held nobody here ever knew: it cannot be made anew, so a person lets it go.
#[tokio::test]
async fn a_secret_whose_delete_was_taken_back_too_late_can_be_let_go() {
    let desk = Desk::new(&[("api_key", SECRET), ("other", "1")]);
    desk.sync().await;
    desk.delete("api_key");
    desk.strike_next(is_write, Fault::AnswerLost);
    desk.sync().await;
    desk.take_back("api_key");
    desk.clock.pass(jiff::SignedDuration::from_secs(121));
    desk.sync().await;
    let conflict = desk.conflict("api_key");
    assert!(conflict.airflow_deleted, "{conflict:?}");
    desk.resolve("api_key", &[], true);
    desk.sync().await;
    assert!(
        desk.ledger(|ledger| ledger.record(leeward_model::VARIABLES, "api_key"))
            .is_none()
    );
}
