//! From an edit to the row, and what two desktops make of one record.

use super::{INGEST, RATES, desk};
use leeward_model::{Change, EntryKind, RecordState};
use serde_json::json;

#[tokio::test]
async fn a_collection_comes_by_itself_with_its_records() {
    let desk = desk().await;
    let views = desk.ledger(|ledger| ledger.collection_views());
    assert_eq!(
        (
            views[0].name.as_str(),
            views[0].prefix.as_deref(),
            views[0].records
        ),
        (RATES, None, 4)
    );
    assert_eq!(views[0].trouble, None);
    assert_eq!(desk.field("EUR", "rate"), Some(json!("1.1")));
    assert_eq!(
        desk.field("EUR", "lots"),
        Some(json!("1")),
        "whole numbers are texts within"
    );
    desk.is_in_sync();
}

#[tokio::test]
async fn an_edit_arrives_and_the_next_one_is_made_on_it() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, desk.stored_rate("EUR")), (1, Some(json!("1.2"))));
    desk.is_in_sync();
    desk.set("EUR", "rate", "1.25");
    desk.set("EUR", "lots", "7");
    desk.sync().await;
    assert_eq!(desk.stored("EUR").unwrap()["lots"], json!(7), "a number in JSON");
    assert_eq!(
        desk.sequence(),
        6,
        "one entry of the log for each, and no conflict with one's own"
    );
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn a_record_is_made_emptied_deleted_and_made_again() {
    let desk = desk().await;
    desk.set("CHF", "rate", "1.05");
    desk.sync().await;
    assert_eq!(desk.stored("CHF").unwrap()["lots"], json!(1), "with its default");
    assert_eq!(
        desk.field("CHF", "lots"),
        Some(json!("1")),
        "which the outcome told"
    );
    desk.set("CHF", "source", "snb");
    desk.sync().await;
    desk.unset("CHF", "source");
    desk.sync().await;
    assert_eq!(desk.stored("CHF").unwrap().get("source"), None);
    assert_eq!(desk.field("CHF", "source"), None);
    desk.drop_rate("CHF");
    desk.sync().await;
    assert_eq!((desk.stored("CHF"), desk.rate("CHF")), (None, None));
    desk.set("CHF", "rate", "1.06");
    desk.sync().await;
    assert_eq!(desk.stored_rate("CHF"), Some(json!("1.06")));
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn edits_of_two_desks_are_merged_by_field() {
    let ann = desk().await;
    let bob = ann.beside();
    bob.sync().await;
    ann.set("EUR", "rate", "1.2");
    bob.set("EUR", "source", "treasury");
    ann.sync().await;
    bob.sync().await;
    let stored = ann.stored("EUR").unwrap();
    assert_eq!(
        (&stored["rate"], &stored["source"]),
        (&json!("1.2"), &json!("treasury"))
    );
    assert_eq!(
        bob.field("EUR", "rate"),
        Some(json!("1.2")),
        "the outcome told of it"
    );
    bob.set("EUR", "rate", "1.3");
    bob.sync().await;
    assert_eq!(
        bob.stored_rate("EUR"),
        Some(json!("1.3")),
        "an edit of what was seen"
    );
    ann.publish();
    ann.sync().await;
    ann.is_in_sync();
}

#[tokio::test]
async fn edits_of_the_same_field_are_a_conflict_and_nothing_is_overwritten() {
    let ann = desk().await;
    let bob = ann.beside();
    bob.sync().await;
    ann.set("EUR", "rate", "1.2");
    bob.set("EUR", "rate", "1.3");
    ann.sync().await;
    bob.sync().await;
    assert_eq!(ann.stored_rate("EUR"), Some(json!("1.2")));
    let conflict = bob.rate("EUR").unwrap().conflict.unwrap();
    let field = &conflict.fields[0];
    assert_eq!(
        (&field.base, &field.mine, &field.airflow),
        (&Some(json!("1.1")), &Some(json!("1.3")), &Some(json!("1.2")))
    );
    let mut work = bob.work(EntryKind::Resolve);
    (work.collection, work.key) = (RATES.into(), "EUR".into());
    let change = Change {
        from: Some(json!("1.2")),
        to: Some(json!("1.3")),
    };
    work.fields.insert("rate".into(), change);
    bob.enter("window", work);
    bob.sync().await;
    assert_eq!(ann.stored_rate("EUR"), Some(json!("1.3")));
    bob.is_in_sync();
}

#[tokio::test]
async fn a_delete_of_what_another_changed_is_a_conflict() {
    let ann = desk().await;
    let bob = ann.beside();
    bob.sync().await;
    ann.set("EUR", "rate", "1.2");
    bob.drop_rate("EUR");
    ann.sync().await;
    bob.sync().await;
    assert_eq!(ann.stored_rate("EUR"), Some(json!("1.2")));
    assert_eq!(bob.rate("EUR").unwrap().state, RecordState::Conflict);
}

#[tokio::test]
async fn many_changes_are_several_batches() {
    let desk = desk().await;
    let long = "x".repeat(400_000);
    for code in ["A", "B", "C", "D", "E"] {
        desk.set(code, "source", &long);
    }
    let summary = desk.sync().await;
    assert_eq!((summary.pushed, desk.runs_of(INGEST)), (5, 3));
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn a_value_that_is_spelled_otherwise_arrives_all_the_same() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.20");
    desk.sync().await;
    desk.publish();
    desk.sync().await;
    assert_eq!(desk.runs_of(INGEST), 1);
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Clean);
}

#[tokio::test]
async fn a_run_waits_for_the_outcome_of_the_edits_before_it() {
    for is_refused in [false, true] {
        let desk = desk().await;
        desk.airflow(|airflow| airflow.is_eager = false);
        desk.set("EUR", "rate", "1.2");
        desk.look().await;
        let run = desk.trigger("slow_report", true);
        if is_refused {
            let mut work = desk.work(EntryKind::TakeBack);
            (work.collection, work.key) = (RATES.into(), "EUR".into());
            desk.enter("window", work);
        }
        desk.look().await;
        assert_eq!(desk.runs_of("slow_report"), 0);
        desk.airflow(|airflow| airflow.is_eager = true);
        desk.sync().await;
        desk.sync().await;
        assert_eq!(desk.runs_of("slow_report"), 1, "{:?}", desk.action_state(run));
        let rate = if is_refused { "1.1" } else { "1.2" };
        assert_eq!(desk.stored_rate("EUR"), Some(json!(rate)));
    }
}

#[tokio::test]
async fn with_a_review_nothing_goes_out_that_nobody_looked_at() {
    let desk = desk().await.reviewing();
    desk.set("EUR", "rate", "1.2");
    desk.sync().await;
    assert_eq!(desk.runs_of(INGEST), 0);
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.ledger(|ledger| ledger.approve_pending());
    desk.look().await;
    desk.set("EUR", "rate", "1.3");
    desk.airflow(|airflow| airflow.is_eager = true);
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    assert_eq!(desk.field("EUR", "rate"), Some(json!("1.3")));
    desk.ledger(|ledger| ledger.approve_pending());
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.3")));
}

#[tokio::test]
async fn a_field_that_is_emptied_and_has_a_default_is_sent_once() {
    let desk = desk().await;
    desk.set("EUR", "lots", "7");
    desk.sync().await;
    desk.unset("EUR", "lots");
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.runs_of(INGEST), 2);
    assert!(!desk.has_batch());
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Clean);
    assert_eq!(desk.field("EUR", "lots"), Some(json!("1")));
    desk.airflow(|airflow| {
        let fields = json!({"code": "EUR", "rate": "1.15", "source": "sql"});
        airflow.companion.write(RATES, "EUR", Some(fields));
    });
    desk.publish();
    desk.sync().await;
    desk.set("EUR", "lots", "1");
    desk.set("EUR", "rate", "1.3");
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.runs_of(INGEST), 3);
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Clean);
}
