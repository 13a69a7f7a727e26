//! Another store, an older or a new mirror.

use super::{RATES, desk, row};
use crate::desk::{Fault, When};
use leeward_model::RecordState;
use serde_json::json;

#[tokio::test]
async fn a_restored_database_is_asked_about_and_nothing_is_lost() {
    let desk = desk().await;
    let earlier = desk.airflow(|airflow| airflow.companion.clone());
    desk.set("EUR", "rate", "1.2");
    desk.set("CHF", "rate", "1.05");
    desk.sync().await;
    desk.set("GBP", "rate", "1.4");
    desk.airflow(|airflow| {
        airflow.companion.restore(&earlier);
        airflow.publish();
    });
    desk.sync().await;
    let brakes = desk.ledger(|ledger| ledger.brakes());
    assert_eq!(brakes.len(), 1);
    assert!(
        brakes[0].reason.contains("another one than it was"),
        "{}",
        brakes[0].reason
    );
    assert_eq!(
        desk.field("CHF", "rate"),
        Some(json!("1.05")),
        "nothing is concluded"
    );
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.3")), "and nothing sent");
    desk.ledger(|ledger| ledger.accept_brake(RATES));
    desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.brakes()), []);
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.4")), "what waited is sent");
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn a_batch_for_a_store_that_was_restored_changes_nothing() {
    let desk = desk().await;
    let earlier = desk.airflow(|airflow| airflow.companion.clone());
    desk.set("EUR", "rate", "1.2");
    desk.sync().await;
    desk.set("EUR", "rate", "1.3");
    desk.airflow(|airflow| airflow.companion.restore(&earlier));
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.1")));
    assert_eq!(
        desk.rate("EUR").unwrap().state,
        RecordState::Pending,
        "it waits for what is published next"
    );
    desk.publish();
    desk.sync().await;
    desk.ledger(|ledger| ledger.accept_brake(RATES));
    desk.sync().await;
    assert_eq!(
        desk.rate("EUR").unwrap().state,
        RecordState::Conflict,
        "made on what is there no more"
    );
}

#[tokio::test]
async fn a_rebuilt_mirror_takes_over_what_a_batch_did() {
    let desk = desk().await;
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("EUR", "rate", "1.2");
    desk.look().await;
    let desk = desk.rebuilt(&[]);
    desk.airflow(|airflow| airflow.is_eager = true);
    desk.sync().await;
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn a_rebuilt_mirror_concludes_nothing_before_anything_was_read() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    desk.drop_rate("GBP");
    let known = ["EUR", "GBP"].map(|code| desk.ledger(|ledger| ledger.record(RATES, code)).unwrap().view());
    let desk = desk.rebuilt_from(&known, &[]);
    desk.airflow(|airflow| airflow.companion.lose_publications());
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.1")), "nothing is sent");
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Pending);
    desk.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
    });
    desk.sync().await;
    assert_eq!(desk.stored("GBP"), None, "the delete is sent");
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn what_a_window_brings_back_late_is_compared_with_what_is_published() {
    let desk = desk().await;
    desk.set("GBP", "rate", "1.4");
    let known = ["EUR", "GBP"].map(|code| desk.ledger(|ledger| ledger.record(RATES, code)).unwrap().view());
    desk.airflow(|airflow| {
        airflow.companion.write(RATES, "EUR", None);
        airflow.companion.write(RATES, "GBP", None);
        airflow.publish();
    });
    let desk = desk.with_new_mirror();
    desk.sync().await;
    desk.rebuild(&known, &[]);
    desk.sync().await;
    assert!(desk.rate("EUR").is_none(), "it was deleted");
    assert_eq!(desk.rate("GBP").unwrap().state, RecordState::Conflict);
    assert_eq!(desk.stored("GBP"), None);
}

#[tokio::test]
async fn who_accepted_one_other_store_is_asked_about_the_next() {
    let desk = desk().await;
    let earlier = desk.airflow(|airflow| airflow.companion.clone());
    desk.set("CHF", "rate", "1.05");
    desk.sync().await;
    let restore = || {
        desk.airflow(|airflow| {
            airflow.companion.restore(&earlier);
            let id = format!("{}-{}", airflow.companion.store_id, airflow.companion.xcoms.len());
            airflow.companion.store_id = id;
            airflow.publish();
        });
    };
    restore();
    desk.sync().await;
    desk.ledger(|ledger| ledger.accept_brake(RATES));
    restore();
    for _ in 0..2 {
        desk.sync().await;
        assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
        assert_eq!(desk.field("CHF", "rate"), Some(json!("1.05")));
    }
    desk.ledger(|ledger| ledger.accept_brake(RATES));
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn an_outcome_of_another_store_says_nothing_of_this_one() {
    let desk = desk().await;
    let earlier = desk.airflow(|airflow| airflow.companion.clone());
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("EUR", "rate", "1.2");
    desk.look().await;
    desk.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
        airflow.is_eager = true;
        airflow.companion.restore(&earlier);
        airflow.publish();
    });
    desk.tamper(|_, path, when, _| {
        let is_it = path.ends_with("xcomEntries/return_value") && when == When::Before;
        is_it.then_some(Fault::Forbidden)
    });
    desk.sync().await;
    desk.ledger(|ledger| ledger.accept_brake(RATES));
    desk.sync().await;
    assert!(desk.has_batch(), "its outcome cannot be read");
    desk.leave_alone();
    desk.sync().await;
    desk.sync().await;
    assert_eq!(
        desk.stored_rate("EUR"),
        Some(json!("1.2")),
        "it is sent to the store that is there now"
    );
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn an_older_mirror_with_an_open_batch_catches_up() {
    let desk = desk().await;
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("EUR", "rate", "1.2");
    desk.drop_rate("GBP");
    desk.look().await;
    let backup = desk.backup();
    desk.airflow(|airflow| airflow.is_eager = true);
    desk.sync().await;
    desk.set("EUR", "rate", "1.3");
    desk.set("GBP", "rate", "1.5");
    desk.sync().await;
    let desk = desk.restored(backup);
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.3")));
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.5")));
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn an_older_mirror_takes_outcomes_that_are_not_published_yet() {
    let desk = desk().await;
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("EUR", "rate", "1.2");
    desk.drop_rate("GBP");
    desk.look().await;
    let backup = desk.backup();
    desk.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.3", "ecb")));
        airflow
            .companion
            .write(RATES, "GBP", Some(row("GBP", "1.5", "sql")));
    });
    let desk = desk.restored(backup);
    desk.look().await;
    desk.set("EUR", "source", "mine");
    desk.airflow(|airflow| airflow.is_eager = true);
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored("EUR").unwrap()["rate"], json!("1.3"));
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.5")));
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}
