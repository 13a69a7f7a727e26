//! What is published: what others write, what is damaged or gone, and what is known before it is published.

use super::{INGEST, PUBLISH, RATES, desk, requests, row};
use crate::desk::Fault;
use leeward_model::{RecordState, Value};
use serde_json::json;

#[tokio::test]
async fn a_quiet_cycle_is_one_request_for_the_companion() {
    let desk = desk().await;
    desk.look().await;
    let asked = requests(&desk);
    desk.look().await;
    let asked = asked.lock().unwrap();
    let companion: Vec<&String> = asked.iter().filter(|path| path.contains("leeward_")).collect();
    assert_eq!(companion, [&format!("GET /api/v2/dags/{PUBLISH}/dagRuns")]);
}

#[tokio::test]
async fn what_others_write_comes_with_the_log() {
    let desk = desk().await;
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.15", "sql")));
        airflow.companion.write(RATES, "JPY", None);
        airflow
            .companion
            .write(RATES, "SEK", Some(row("SEK", "0.09", "sql")));
    });
    desk.publish();
    let asked = requests(&desk);
    desk.look().await;
    desk.is_in_sync();
    let asked = asked.lock().unwrap();
    assert!(asked.iter().any(|path| path.contains("segment-")), "{asked:?}");
    assert!(!asked.iter().any(|path| path.contains("snapshot-")), "{asked:?}");
    let history = desk.ledger(|ledger| ledger.history(RATES, "EUR", 10));
    assert!(
        history
            .iter()
            .any(|entry| entry.author.as_deref() == Some("outside")),
        "{history:?}"
    );
}

/// Why somebody else changed it is in the history here, too.
#[tokio::test]
async fn the_reason_of_another_desktop_comes_along() {
    let desk = desk().await;
    desk.airflow(|airflow| {
        let base = airflow.companion.collections[RATES].rows["EUR"].0;
        let change = json!({"id": "1", "op": "put", "key": "EUR", "base": base, "set": {"rate": "1.3"}, "reason": "their new limit"});
        let conf = json!({"leeward": 1, "batch": "theirs", "model": 1, "changes": [change]});
        airflow.apply(RATES, conf);
    });
    desk.publish();
    desk.sync().await;
    let history = desk.ledger(|ledger| ledger.history(RATES, "EUR", 1));
    assert_eq!(
        history[0].reason.as_deref(),
        Some("their new limit"),
        "{history:?}"
    );
}

#[tokio::test]
async fn an_older_publication_puts_nothing_back() {
    let desk = desk().await;
    // Published while the batch waits: the segment is read after the outcome.
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.15", "ecb")));
    });
    desk.publish();
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.1", "ecb")));
    });
    desk.set("EUR", "source", "mine");
    desk.drop_rate("GBP");
    desk.sync().await;
    assert_eq!(
        desk.field("EUR", "rate"),
        Some(json!("1.1")),
        "the outcome told of the newest"
    );
    assert_eq!(desk.rate("GBP"), None);
    desk.look().await;
    assert_eq!(desk.rate("GBP"), None);
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn damaged_parts_are_made_up_for_by_a_snapshot() {
    let desk = desk().await;
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.15", "sql")));
        airflow.publish();
        let is_segment = |place: &&[String; 4]| place[3].starts_with("segment-");
        let place = airflow.companion.xcoms.keys().find(is_segment).unwrap().clone();
        let text = airflow.companion.xcoms[&place].replace("1.15", "9.99");
        airflow.companion.xcoms.insert(place, text);
    });
    desk.sync().await;
    assert_ne!(desk.field("EUR", "rate"), Some(json!("9.99")));
    // The snapshot is older, and the damaged part comes after it: a new one is asked for.
    assert_eq!(desk.runs_of(PUBLISH), 3);
    let trouble = desk.ledger(|ledger| ledger.collection_views())[0]
        .trouble
        .clone()
        .unwrap();
    assert!(trouble.contains("is damaged"), "{trouble}");
    desk.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
    });
    desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.collection_views())[0].trouble, None);
    desk.is_in_sync();
}

#[tokio::test]
async fn what_was_cleaned_up_is_asked_for_anew() {
    let desk = desk().await;
    let other = desk.beside();
    desk.airflow(|airflow| airflow.companion.lose_publications());
    other.sync().await;
    assert_eq!(other.rate("EUR"), None);
    assert!(
        desk.ledger(|ledger| ledger.collection_views())[0]
            .trouble
            .is_none()
    );
    other.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
    });
    other.sync().await;
    other.is_in_sync();
}

#[tokio::test]
async fn much_that_is_gone_is_asked_about() {
    let desk = desk().await;
    let codes: Vec<String> = (0..40).map(|number| format!("X{number}")).collect();
    desk.airflow(|airflow| {
        for code in &codes {
            airflow.companion.write(RATES, code, Some(row(code, "1", "sql")));
        }
        airflow.publish();
    });
    desk.sync().await;
    desk.airflow(|airflow| {
        for code in &codes[..15] {
            airflow.companion.write(RATES, code, None);
        }
        airflow.publish();
    });
    desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
    assert!(desk.rate("X1").is_some());
    desk.ledger(|ledger| ledger.accept_brake(RATES));
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn nothing_replaces_a_record_for_which_an_outcome_had_no_room() {
    let ann = desk().await;
    let bob = ann.beside();
    bob.sync().await;
    ann.set("EUR", "rate", "1.2");
    ann.sync().await;
    ann.airflow(|airflow| airflow.companion.leaves_out_rows = true);
    bob.set("EUR", "source", "treasury");
    bob.sync().await;
    assert_eq!(bob.stored("EUR").unwrap()["source"], json!("treasury"));
    bob.set("EUR", "rate", "1.3");
    bob.sync().await;
    assert_eq!(
        bob.stored_rate("EUR"),
        Some(json!("1.2")),
        "which bob has not seen"
    );
    bob.publish();
    bob.sync().await;
    let conflict = bob.rate("EUR").unwrap().conflict.unwrap();
    assert_eq!(conflict.fields[0].airflow, Some(json!("1.2")));
    assert_eq!(bob.field("EUR", "source"), Some(json!("treasury")));
}

#[tokio::test]
async fn a_trouble_that_is_over_is_told_no_more() {
    let desk = desk().await;
    desk.look().await;
    let trouble = || desk.ledger(|ledger| ledger.collection_views())[0].trouble.clone();
    desk.strike_next(
        |method, path| method == "GET" && path.ends_with("leeward_publish/dagRuns"),
        Fault::Forbidden,
    );
    desk.look().await;
    assert!(trouble().is_some());
    desk.look().await;
    assert_eq!(trouble(), None);
}

#[tokio::test]
async fn a_record_that_was_left_out_and_is_gone_by_now_can_be_made() {
    let desk = desk().await;
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "CHF", Some(row("CHF", "1", "sql")));
        airflow.companion.leaves_out_rows = true;
    });
    desk.set("CHF", "rate", "1.05");
    desk.sync().await;
    assert_eq!(
        desk.rate("CHF").unwrap().state,
        RecordState::Pending,
        "not known yet"
    );
    desk.airflow(|airflow| {
        airflow.companion.write(RATES, "CHF", None);
        airflow.publish();
        airflow.companion.lose_publications();
    });
    desk.sync().await;
    desk.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
    });
    desk.sync().await;
    assert_eq!(desk.stored_rate("CHF"), Some(json!("1.05")));
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn a_publication_that_does_not_add_up_is_told_and_holds_nothing_up() {
    let desk = desk().await;
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.15", "sql")));
        airflow.publish();
        for (_, text) in airflow
            .companion
            .xcoms
            .iter_mut()
            .filter(|(place, _)| place[3] == "head")
        {
            let mut head: Value = serde_json::from_str(text).unwrap();
            head["collections"][RATES]["digest"] = "0".into();
            *text = head.to_string();
        }
    });
    desk.set("GBP", "rate", "1.4");
    desk.look().await;
    desk.look().await;
    let view = desk.ledger(|ledger| ledger.collection_views()).remove(0);
    assert!(view.trouble.unwrap().contains("does not add up"));
    assert!(!view.stands_still, "its work goes on");
    desk.sync().await;
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.4")));
    let asked = requests(&desk);
    desk.look().await;
    let asked = asked.lock().unwrap();
    assert!(!asked.iter().any(|path| path.contains("snapshot-")), "{asked:?}");
}

#[tokio::test]
async fn a_publication_between_sending_and_outcome_is_not_the_last_word() {
    for is_deleted in [false, true] {
        let desk = desk().await;
        desk.airflow(|airflow| airflow.is_eager = false);
        desk.set("EUR", "rate", "1.2");
        desk.set("CHF", "rate", "1.05");
        desk.look().await;
        desk.airflow(|airflow| {
            let chf = row("CHF", "1.05", "sql");
            airflow
                .companion
                .write(RATES, "EUR", Some(row("EUR", "1.2", "sql")));
            airflow.companion.write(RATES, "CHF", Some(chf));
            let publishing: Vec<_> = airflow
                .runs
                .iter_mut()
                .filter(|run| run.dag_id == INGEST)
                .collect();
            publishing.into_iter().for_each(|run| run.state = "held");
            airflow.publish();
        });
        desk.look().await;
        assert_eq!(desk.field("EUR", "source"), Some(json!("sql")));
        desk.set("EUR", "source", "mine");
        desk.set("CHF", "source", "mine");
        desk.airflow(|airflow| {
            let eur = row("EUR", "1.25", "sql");
            airflow
                .companion
                .write(RATES, "EUR", Some(eur).filter(|_| !is_deleted));
            airflow
                .runs
                .iter_mut()
                .filter(|run| run.state == "held")
                .for_each(|run| run.state = "queued");
            airflow.is_eager = true;
        });
        desk.sync().await;
        desk.sync().await;
        assert_eq!(desk.stored("CHF").unwrap()["source"], json!("mine"));
        match is_deleted {
            true => {
                assert_eq!(desk.stored("EUR"), None);
                assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Conflict);
            }
            false => {
                assert_eq!(desk.stored("EUR").unwrap()["source"], json!("mine"));
                assert_eq!(desk.stored_rate("EUR"), Some(json!("1.25")));
            }
        }
        assert!(!desk.has_batch());
    }
}

#[tokio::test]
async fn a_new_record_for_which_an_outcome_had_no_room_stays_until_it_is_published() {
    let desk = desk().await;
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "CHF", Some(row("CHF", "1.05", "sql")));
        airflow.companion.leaves_out_rows = true;
    });
    desk.set("CHF", "rate", "1.05");
    desk.sync().await;
    for _ in 0..3 {
        desk.sync().await;
        assert_eq!(desk.field("CHF", "rate"), Some(json!("1.05")));
    }
    desk.publish();
    desk.sync().await;
    assert_eq!(desk.field("CHF", "source"), Some(json!("sql")));
    desk.is_in_sync();
}
