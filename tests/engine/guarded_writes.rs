//! Writes that meet nothing in their way: read, written, read back.

use crate::desk::{Desk, When, text};
use leeward_model::{RecordState, Value};
use std::sync::Arc;

#[tokio::test]
async fn a_first_cycle_takes_everything_over_and_a_second_writes_nothing() {
    let desk = Desk::new(&[("rate", "3.10"), ("rules", r#"{"b":  1}"#)]);
    let first = desk.sync().await;
    // The default pool is there, too.
    assert_eq!((first.observed, first.pulled, first.pushed), (3, 3, 0));
    assert_eq!(
        desk.value("rate"),
        "3.1",
        "Airflow's own text: its reads are lossy"
    );
    desk.sync().await;
    let version = |desk: &Desk| desk.ledger(|ledger| ledger.pull("window", 0, 100)).cursor;
    let before = version(&desk);
    let quiet = desk.sync().await;
    assert_eq!((quiet.pulled, quiet.pushed), (0, 0));
    assert_eq!(version(&desk), before, "the feed did not move");
    assert_eq!(desk.line(), "In sync, just now");
}

#[tokio::test]
async fn a_long_reading_tells_how_far_it_is() {
    let keys: Vec<String> = (0..250).map(|n| format!("k{n:03}")).collect();
    let rows: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    let desk = Desk::new(&rows);
    desk.sync().await;
    assert_eq!(desk.told_read(), [100, 200, 250, 251]);
}

/// Somebody adds a variable while the second page is read.
#[tokio::test]
async fn a_listing_that_shifts_is_counted_from_its_beginning() {
    let keys: Vec<String> = (0..250).map(|n| format!("k{n:03}")).collect();
    let rows: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    let desk = Desk::new(&rows);
    let mut listings = 0;
    desk.tamper(move |_, path, when, airflow| {
        if when == When::Before && path.ends_with("/variables") {
            listings += 1;
            if listings == 3 {
                let row = airflow.variables["k000"].clone();
                airflow.variables.insert("z".into(), row);
            }
        }
        None
    });
    desk.sync().await;
    let told = desk.told_read();
    assert!(
        told.starts_with(&[100, 200]) && told.ends_with(&[100, 200, 251, 252]),
        "{told:?}"
    );
    assert!(told.iter().all(|read| *read <= 252), "{told:?}");
}

#[tokio::test]
async fn an_edit_a_creation_and_a_delete_arrive() {
    let desk = Desk::new(&[("a", "1"), ("b", "2")]);
    desk.sync().await;
    desk.edit("a", "10");
    desk.edit("new", "fresh");
    desk.delete("b");
    let summary = desk.sync().await;
    assert_eq!(summary.pushed, 3);
    assert_eq!(
        (desk.raw("a"), desk.raw("b"), desk.raw("new")),
        (Some("10".into()), None, Some("fresh".into()))
    );
    assert!(desk.find("b").is_none());
    assert_eq!(desk.state("a"), RecordState::Clean);
}

#[tokio::test]
async fn a_trailing_zero_is_an_edit_both_ways() {
    let desk = Desk::new(&[("rate", "3.1")]);
    desk.sync().await;
    desk.edit("rate", "3.10");
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("3.10"));
    assert_eq!(
        (desk.value("rate").as_str(), desk.state("rate")),
        ("3.10", RecordState::Clean)
    );
    desk.edit("rate", "3.1");
    desk.sync().await;
    assert_eq!(
        desk.raw("rate").as_deref(),
        Some("3.1"),
        "although Airflow reads the same either way"
    );
}

#[tokio::test]
async fn a_new_description_never_writes_a_value_that_reads_back_differently() {
    let desk = Desk::new(&[("rules", "{\"b\":  1.10,\n \"a\": \"é\"}")]);
    desk.sync().await;
    desk.edit_from(
        "window",
        "rules",
        "description",
        Some(Value::Null),
        text("the rules"),
    );
    desk.sync().await;
    assert_eq!(
        desk.raw("rules").as_deref(),
        Some("{\"b\":  1.10,\n \"a\": \"é\"}")
    );
    let description = desk.airflow(|airflow| airflow.variables["rules"].description.clone());
    assert_eq!(description.as_deref(), Some("the rules"));
    assert_eq!(desk.state("rules"), RecordState::Clean);
}

#[tokio::test]
async fn changes_to_different_keys_of_a_json_object_merge() {
    let desk = Desk::new(&[("rules", r#"{"a": 1, "b": 2}"#)]);
    desk.sync().await;
    desk.edit("rules", "{\n  \"a\": 10,\n  \"b\": 2\n}");
    desk.set_remote("rules", r#"{"a": 1, "b": 20}"#);
    let summary = desk.sync().await;
    assert_eq!((summary.merged, summary.conflicts), (1, 0));
    assert_eq!(
        desk.raw("rules").as_deref(),
        Some("{\n  \"a\": 10,\n  \"b\": 20\n}"),
        "in the analyst's formatting"
    );
}

#[tokio::test]
async fn typing_the_old_value_back_removes_the_change() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.edit("a", "1");
    assert_eq!(desk.state("a"), RecordState::Clean);
    assert_eq!(desk.sync().await.pushed, 0);
}

#[tokio::test]
async fn a_change_that_is_taken_back_is_not_sent() {
    let desk = Desk::new(&[("a", "1")]);
    desk.sync().await;
    desk.edit("a", "2");
    desk.take_back("a");
    desk.sync().await;
    assert_eq!(
        (desk.raw("a").as_deref(), desk.value("a").as_str()),
        (Some("1"), "1")
    );
}

#[tokio::test]
async fn a_record_that_is_given_up_while_airflow_is_asked_for_it_is_not_created() {
    let desk = Arc::new(Desk::new(&[]));
    desk.sync().await;
    desk.edit("a", "1");
    desk.once_while_guarded("/variables/a", |desk| desk.delete("a"));
    assert_eq!(desk.sync().await.pushed, 0);
    desk.leave_alone();
    assert_eq!(desk.raw("a"), None);
    desk.sync().await;
    assert_eq!((desk.raw("a"), desk.find("a").is_none()), (None, true));
}

#[tokio::test]
async fn a_record_that_airflow_refuses_is_parked_and_holds_up_no_other() {
    let desk = Desk::new(&[("z", "1")]);
    desk.sync().await;
    desk.edit("a\nline", "never addressable");
    desk.edit("z", "2");
    let summary = desk.sync().await;
    assert_eq!((summary.rejected, summary.pushed), (1, 1));
    let parked = desk.record("a\nline");
    assert_eq!(parked.state, RecordState::Rejected);
    assert!(parked.note.is_some_and(|note| !note.is_empty()));
    assert_eq!(desk.sync().await.rejected, 1, "and stays parked");
}

#[tokio::test]
async fn every_value_that_a_record_had_is_in_its_history_the_ones_in_conflict_too() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "mine");
    desk.set_remote("rate", "theirs");
    desk.sync().await;
    desk.resolve("rate", &[("value", text("both"))], false);
    desk.sync().await;
    desk.set_remote("rate", "theirs");
    desk.sync().await;
    let history = desk.ledger(|ledger| ledger.history(leeward_model::VARIABLES, "rate", 100));
    let values: Vec<_> = history
        .iter()
        .map(|item| item.fields.as_ref().unwrap()["value"].as_str().unwrap())
        .collect();
    assert_eq!(values, ["theirs", "both", "theirs", "mine", "1"], "newest first");
}
