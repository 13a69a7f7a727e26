//! Batches: answers that are lost, runs that fail, wait or go, refusals, and work that is done meanwhile.

use super::{INGEST, RATES, desk};
use crate::desk::{Fault, When};
use jiff::SignedDuration;
use leeward_model::{Change, EntryKind, RecordState};
use serde_json::json;

#[tokio::test]
async fn a_change_that_breaks_a_rule_is_refused_with_its_reason() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    let why = "must be one that nobody else has".to_owned();
    desk.airflow(|airflow| airflow.companion.refuses.insert("EUR".into(), why));
    desk.set("GBP", "rate", "1.4");
    desk.sync().await;
    let refused = desk.rate("EUR").unwrap();
    assert_eq!(refused.state, RecordState::Rejected);
    assert!(
        refused.note.as_deref().unwrap().starts_with("rate must be"),
        "{:?}",
        refused.note
    );
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.4")), "the others go on");
    assert!(!desk.has_batch());
}

#[tokio::test]
async fn a_batch_whose_answer_is_lost_takes_effect_once() {
    for fault in [
        Fault::AnswerLost,
        Fault::RequestLost,
        Fault::Trouble,
        Fault::Refused,
    ] {
        let desk = desk().await;
        desk.set("EUR", "rate", "1.2");
        desk.strike_next(|method, path| method == "POST" && path.contains(INGEST), fault);
        desk.engine.cycle().await.expect_err("told as trouble");
        assert!(desk.has_batch());
        desk.sync().await;
        assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")), "{fault:?}");
        assert_eq!((desk.sequence(), desk.runs_of(INGEST)), (5, 1), "{fault:?}");
        desk.is_in_sync();
    }
}

#[tokio::test]
async fn an_outcome_that_is_lost_is_read_again() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    desk.tamper(|_, path, when, _| {
        let is_it = path.ends_with("xcomEntries/return_value") && when == When::After;
        is_it.then_some(Fault::AnswerLost)
    });
    desk.engine.cycle().await.expect_err("told as trouble");
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    assert!(desk.has_batch(), "what became of it is not known yet");
    desk.leave_alone();
    let desk = desk.restarted();
    desk.sync().await;
    assert_eq!(desk.sequence(), 5);
    desk.is_in_sync();
}

#[tokio::test]
async fn a_run_that_somebody_deleted_is_sent_again_and_takes_effect_once() {
    let desk = desk().await;
    for was_run in [false, true] {
        let before = desk.sequence();
        desk.airflow(|airflow| airflow.is_eager = false);
        desk.set("EUR", "rate", if was_run { "1.3" } else { "1.2" });
        desk.look().await;
        desk.airflow(|airflow| {
            if was_run {
                airflow.tick();
                airflow.tick();
            }
            let run = airflow
                .runs
                .iter()
                .rev()
                .find(|run| run.dag_id == INGEST)
                .unwrap()
                .run_id
                .clone();
            airflow.delete_run("ann", INGEST, &run);
            let places: Vec<_> = airflow
                .companion
                .xcoms
                .keys()
                .filter(|place| place[1] == run)
                .cloned()
                .collect();
            places
                .iter()
                .for_each(|place| drop(airflow.companion.xcoms.remove(place)));
            airflow.is_eager = true;
        });
        desk.sync().await;
        assert_eq!(desk.sequence(), before + 1);
        desk.is_in_sync();
    }
}

#[tokio::test]
async fn a_failed_run_changed_nothing_and_is_tried_again() {
    let desk = desk().await;
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("EUR", "rate", "1.2");
    desk.look().await;
    desk.airflow(|airflow| {
        let run = airflow
            .runs
            .iter_mut()
            .rev()
            .find(|run| run.dag_id == INGEST)
            .unwrap();
        run.state = "failed";
    });
    desk.look().await;
    let note = desk.rate("EUR").unwrap().note.unwrap();
    assert!(note.contains("failed, and nothing was changed"), "{note}");
    assert_eq!(desk.runs_of(INGEST), 1, "not at once");
    desk.airflow(|airflow| airflow.is_eager = true);
    desk.clock.pass(SignedDuration::from_secs(1));
    desk.sync().await;
    assert_eq!(
        (desk.runs_of(INGEST), desk.sequence()),
        (2, 5),
        "who asks does not wait"
    );
    desk.is_in_sync();
}

#[tokio::test]
async fn what_waits_says_why_beside_the_record() {
    let desk = desk().await;
    let pause = |is_paused: bool| {
        desk.airflow(|airflow| {
            airflow.is_eager = !is_paused;
            let dag = airflow.dags.iter_mut().find(|dag| dag.dag_id == INGEST).unwrap();
            dag.is_paused = is_paused;
        });
    };
    pause(true);
    desk.set("EUR", "rate", "1.2");
    desk.sync().await;
    let waiting = desk.rate("EUR").unwrap();
    assert_eq!(waiting.state, RecordState::Pending);
    assert!(
        waiting.note.as_deref().unwrap().contains("is paused"),
        "{:?}",
        waiting.note
    );
    pause(false);
    desk.airflow(|airflow| (airflow.is_eager, airflow.scheduler_is_up) = (false, false));
    desk.sync().await;
    let note = desk.rate("EUR").unwrap().note.unwrap();
    assert!(note.contains("scheduler does not run"), "{note}");
    desk.airflow(|airflow| (airflow.is_eager, airflow.scheduler_is_up) = (true, true));
    desk.sync().await;
    desk.is_in_sync();
    assert_eq!(desk.rate("EUR").unwrap().note, None);
}

#[tokio::test]
async fn who_may_not_start_the_dag_is_told_so() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    desk.strike_next(
        |method, path| method == "POST" && path.contains(INGEST),
        Fault::Forbidden,
    );
    desk.sync().await;
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Rejected);
    assert!(!desk.has_batch());
}

#[tokio::test]
async fn a_refusal_is_not_the_last_word_while_an_earlier_sending_may_arrive() {
    let is_start = |method: &str, path: &str| method == "POST" && path.contains(INGEST);
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    desk.strike_next(is_start, Fault::RequestLost);
    let _unclear = desk.engine.cycle().await;
    desk.strike_next(is_start, Fault::Forbidden);
    let _refused = desk.engine.cycle().await;
    assert_ne!(desk.rate("EUR").unwrap().state, RecordState::Rejected);
    assert!(desk.has_batch(), "it may arrive yet");
    desk.clock.pass(SignedDuration::from_secs(121));
    desk.strike_next(is_start, Fault::Forbidden);
    let _refused = desk.engine.cycle().await;
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Rejected);
    assert!(!desk.has_batch());
}

#[tokio::test]
async fn work_done_while_a_batch_is_on_its_way_goes_after_it() {
    let desk = desk().await;
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("EUR", "rate", "1.2");
    desk.set("GBP", "rate", "1.4");
    desk.look().await;
    desk.set("EUR", "rate", "1.21");
    desk.set("JPY", "rate", "0.008");
    let mut work = desk.work(EntryKind::TakeBack);
    (work.collection, work.key) = (RATES.into(), "GBP".into());
    desk.enter("window", work);
    desk.airflow(|airflow| airflow.is_eager = true);
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.21")));
    assert_eq!(desk.stored_rate("JPY"), Some(json!("0.008")));
    desk.sync().await;
    assert_eq!(
        desk.stored_rate("GBP"),
        Some(json!("1.3")),
        "what was taken back is undone"
    );
    desk.is_in_sync();
}

#[tokio::test]
async fn a_refusal_of_what_was_changed_again_since_holds_nothing_up() {
    for is_whole in [false, true] {
        let desk = desk().await;
        desk.airflow(|airflow| {
            airflow.is_eager = false;
            let why = "must be one that nobody else has".to_owned();
            for code in ["EUR", "GBP"].into_iter().filter(|_| !is_whole) {
                airflow.companion.refuses.insert(code.into(), why.clone());
            }
        });
        desk.set("EUR", "rate", "1.2");
        desk.set("GBP", "rate", "1.4");
        desk.look().await;
        desk.set("EUR", "rate", "1.3");
        let mut work = desk.work(EntryKind::TakeBack);
        (work.collection, work.key) = (RATES.into(), "GBP".into());
        desk.enter("window", work);
        desk.airflow(|airflow| {
            if is_whole {
                let mut runs = airflow.runs.iter_mut();
                let run = runs.find(|run| run.dag_id == INGEST).unwrap();
                run.conf["changes"][0]["reason"] = "x".repeat(10_001).into();
            }
            airflow.tick();
            airflow.tick();
            airflow.companion.refuses.clear();
            airflow.is_eager = true;
        });
        desk.sync().await;
        assert_eq!(desk.rate("GBP").unwrap().state, RecordState::Clean, "{is_whole}");
        assert_eq!(desk.stored_rate("EUR"), Some(json!("1.3")), "{is_whole}");
        assert!(!desk.has_batch());
    }
}

#[tokio::test]
async fn a_reason_that_the_companion_does_not_take_holds_up_nothing() {
    let desk = desk().await;
    let mut work = desk.work(EntryKind::Edit);
    (work.collection, work.key) = (RATES.into(), "EUR".into());
    let (from, to) = (Some(json!("1.1")), Some(json!("1.2")));
    work.fields.insert("rate".into(), Change { from, to });
    work.reason = Some(format!("\0{}", "x".repeat(10_001)));
    desk.enter("window", work);
    desk.set("GBP", "rate", "1.4");
    desk.sync().await;
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.4")));
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.is_in_sync();
}

#[tokio::test]
async fn a_refused_record_that_was_there_once_can_be_made_when_it_was_changed_again() {
    let ann = desk().await;
    ann.drop_rate("GBP");
    ann.sync().await;
    ann.airflow(|airflow| airflow.companion.lose_publications());
    let desk = ann.beside();
    desk.sync().await;
    desk.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
    });
    desk.sync().await;
    desk.airflow(|airflow| {
        airflow.is_eager = false;
        let why = "must be one that nobody else has".to_owned();
        airflow.companion.refuses.insert("GBP".into(), why);
    });
    desk.set("GBP", "rate", "1.4");
    desk.look().await;
    desk.set("GBP", "rate", "1.5");
    desk.airflow(|airflow| {
        airflow.tick();
        airflow.tick();
        airflow.companion.refuses.clear();
        airflow.is_eager = true;
    });
    desk.sync().await;
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.5")));
}

#[tokio::test]
async fn what_is_deleted_and_made_anew_while_it_is_on_its_way_ends_as_it_was_left() {
    let desk = desk().await;
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("CHF", "rate", "1.05");
    desk.drop_rate("GBP");
    desk.set("EUR", "rate", "1.2");
    desk.look().await;
    desk.drop_rate("CHF");
    let mut work = desk.work(EntryKind::Edit);
    (work.collection, work.key) = (RATES.into(), "GBP".into());
    for (name, value) in [("code", "GBP"), ("rate", "1.5")] {
        let to = Some(json!(value));
        work.fields.insert(name.into(), Change { from: None, to });
    }
    desk.enter("window", work);
    desk.drop_rate("EUR");
    desk.airflow(|airflow| airflow.is_eager = true);
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored("CHF"), None);
    assert_eq!(desk.stored("EUR"), None);
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.5")));
    desk.publish();
    desk.sync().await;
    desk.is_in_sync();
}

#[tokio::test]
async fn whatever_request_is_lost_each_change_takes_effect_once() {
    for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Trouble] {
        for at in 0..12 {
            let desk = desk().await;
            desk.set("EUR", "rate", "1.2");
            desk.set("CHF", "rate", "1.05");
            desk.drop_rate("GBP");
            let mut count = 0;
            desk.tamper(move |_, path, when, _| {
                let due = if fault == Fault::AnswerLost {
                    When::After
                } else {
                    When::Before
                };
                if when != due || !path.contains("leeward_") {
                    return None;
                }
                count += 1;
                (count == at + 1).then_some(fault)
            });
            let _ = desk.engine.cycle().await;
            desk.leave_alone();
            let desk = desk.restarted();
            for _ in 0..3 {
                desk.sync().await;
            }
            assert_eq!(desk.sequence(), 7, "{fault:?} at {at}");
            assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")), "{fault:?} at {at}");
            assert_eq!(desk.stored("GBP"), None);
            desk.publish();
            desk.sync().await;
            desk.is_in_sync();
        }
    }
}

#[tokio::test]
async fn two_programs_on_one_mirror_take_turns() {
    let desk = desk().await;
    desk.airflow(|airflow| airflow.is_eager = false);
    desk.set("EUR", "rate", "1.2");
    desk.look().await;
    let other = desk.another_program();
    desk.airflow(|airflow| airflow.is_eager = true);
    other.cycle().await.unwrap();
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.set("EUR", "rate", "1.3");
    desk.look().await;
    other.cycle().await.unwrap();
    desk.publish();
    other.cycle().await.unwrap();
    desk.look().await;
    assert_eq!(
        (desk.stored_rate("EUR"), desk.sequence()),
        (Some(json!("1.3")), 6)
    );
    desk.is_in_sync();
}
