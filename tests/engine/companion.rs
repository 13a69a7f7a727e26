//! Collections that the companion keeps: batches with compare-and-set, what is published, and what goes wrong on the way.

use crate::desk::{Desk, Fault, When};
use jiff::SignedDuration;
use leeward_model::{Change, EntryKind, RecordState, RecordView, Value};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const RATES: &str = "rates";
const INGEST: &str = "leeward_ingest__rates";
const PUBLISH: &str = "leeward_publish";

fn model(version: u32, fields: &Value, more: &Value) -> String {
    let mut properties = json!({"code": {"type": "string"}});
    properties
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let mut own = json!({"collection": RATES, "version": version, "key": ["code"]});
    own.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    json!({"type": "object", "properties": properties, "required": ["code"], "x-leeward": own}).to_string()
}

fn first() -> String {
    let fields = json!({"rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
        "source": {"type": "string"}, "lots": {"type": "integer", "default": 1}});
    model(1, &fields, &json!({}))
}

fn row(code: &str, rate: &str, source: &str) -> Value {
    json!({"code": code, "rate": rate, "source": source, "lots": 1})
}

/// A desk beside an Airflow whose companion keeps some rates, and has published them.
async fn desk() -> Desk {
    let desk = Desk::new(&[]);
    desk.airflow(|airflow| {
        airflow.is_eager = true;
        airflow.offer(&first()).unwrap();
        for (code, rate) in [("EUR", "1.1"), ("GBP", "1.3"), ("JPY", "0.007"), ("USD", "1")] {
            airflow.companion.write(RATES, code, Some(row(code, rate, "ecb")));
        }
        airflow.publish();
    });
    desk.sync().await;
    desk
}

impl Desk {
    fn rate(&self, code: &str) -> Option<RecordView> {
        let record = self.ledger(|ledger| ledger.record(RATES, code))?;
        record.is_visible().then(|| record.view())
    }

    fn field(&self, code: &str, name: &str) -> Option<Value> {
        self.rate(code)?.fields.get(name).cloned()
    }

    fn set(&self, code: &str, name: &str, to: &str) {
        let mut work = self.work(EntryKind::Edit);
        (work.collection, work.key) = (RATES.into(), code.into());
        let from = self.field(code, name);
        let to = Some(Value::String(to.into()));
        work.fields.insert(name.into(), Change { from, to });
        if self.rate(code).is_none() {
            let to = Some(Value::String(code.into()));
            work.fields.insert("code".into(), Change { from: None, to });
        }
        self.enter("window", work);
    }

    fn unset(&self, code: &str, name: &str) {
        let mut work = self.work(EntryKind::Edit);
        (work.collection, work.key) = (RATES.into(), code.into());
        let from = self.field(code, name);
        work.fields.insert(name.into(), Change { from, to: None });
        self.enter("window", work);
    }

    fn drop_rate(&self, code: &str) {
        let mut work = self.work(EntryKind::Delete);
        (work.collection, work.key) = (RATES.into(), code.into());
        let seen = |(name, value)| {
            (
                name,
                Change {
                    from: Some(value),
                    to: None,
                },
            )
        };
        work.fields = self.rate(code).unwrap().fields.into_iter().map(seen).collect();
        self.enter("window", work);
    }

    /// What the database has under the key.
    fn stored(&self, code: &str) -> Option<BTreeMap<String, Value>> {
        self.airflow(|airflow| airflow.companion.collections[RATES].rows.get(code).cloned())
            .map(|(_, fields)| fields)
    }

    fn stored_rate(&self, code: &str) -> Option<Value> {
        self.stored(code)?.get("rate").cloned()
    }

    fn sequence(&self) -> u64 {
        self.airflow(|airflow| airflow.companion.sequence)
    }

    fn publish(&self) {
        self.airflow(|airflow| airflow.publish());
    }

    fn has_batch(&self) -> bool {
        self.ledger(|ledger| ledger.has_batches())
    }

    fn runs_of(&self, dag_id: &str) -> usize {
        self.airflow(|airflow| airflow.runs.iter().filter(|run| run.dag_id == dag_id).count())
    }

    /// Nothing waits, and the database has what the desk shows.
    fn is_in_sync(&self) {
        let records = self.ledger(|ledger| ledger.records(RATES));
        let shown: BTreeMap<String, Value> = records
            .iter()
            .filter(|record| record.is_visible())
            .map(|record| (record.key.clone(), json!(record.view().fields.get("rate"))))
            .collect();
        let stored = self.airflow(|airflow| airflow.companion.collections[RATES].rows.clone());
        let stored: BTreeMap<String, Value> = stored
            .into_iter()
            .map(|(key, (_, fields))| (key, json!(fields.get("rate"))))
            .collect();
        assert_eq!(shown, stored);
        assert!(records.iter().all(|record| record.state() == RecordState::Clean));
        assert!(!self.has_batch());
    }
}

/// The paths of the requests from now on.
fn requests(desk: &Desk) -> Arc<Mutex<Vec<String>>> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&asked);
    desk.tamper(move |method, path, when, _| {
        if when == When::Before {
            told.lock().unwrap().push(format!("{method} {path}"));
        }
        None
    });
    asked
}

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

#[tokio::test]
async fn an_older_publication_puts_nothing_back() {
    let desk = desk().await;
    // Published while the batch waits: the segment is read after the outcome.
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.15", "ecb")))
    });
    desk.publish();
    desk.airflow(|airflow| {
        airflow
            .companion
            .write(RATES, "EUR", Some(row("EUR", "1.1", "ecb")))
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
async fn a_new_version_of_the_model_takes_waiting_edits_along() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    let fields = json!({"value": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
        "source": {"type": "string"}, "lots": {"type": "integer", "default": 1}});
    let next = model(
        2,
        &fields,
        &json!({"changes": [{"version": 2, "rename": "rate", "to": "value"}]}),
    );
    desk.airflow(|airflow| airflow.offer(&next).unwrap());
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored("EUR").unwrap()["value"], json!("1.2"));
    assert_eq!(desk.field("EUR", "value"), Some(json!("1.2")));
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Clean);
}

#[tokio::test]
async fn a_dag_that_is_gone_stops_its_collection_and_keeps_its_work() {
    let desk = desk().await;
    desk.set("EUR", "rate", "1.2");
    let dags = desk.airflow(|airflow| {
        let dags = airflow.dags.clone();
        airflow.dags.retain(|dag| dag.dag_id != INGEST);
        dags
    });
    let _ = desk.engine.cycle().await;
    let _ = desk.engine.cycle().await;
    let view = desk.ledger(|ledger| ledger.collection_views()).remove(0);
    assert!(view.trouble.unwrap().contains("Airflow does not show that DAG"));
    assert_eq!(desk.field("EUR", "rate"), Some(json!("1.2")));
    desk.airflow(|airflow| airflow.dags = dags);
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.is_in_sync();
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
async fn a_worker_with_an_older_model_does_not_cost_the_work() {
    let desk = desk().await;
    let older = desk.airflow(|airflow| airflow.companion.collections[RATES].clone());
    let fields = json!({"rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
        "source": {"type": "string"}, "lots": {"type": "integer", "default": 1}, "desk": {"type": "string"}});
    desk.airflow(|airflow| airflow.offer(&model(2, &fields, &json!({}))).unwrap());
    desk.publish();
    desk.sync().await;
    desk.sync().await;
    let put =
        |kept| desk.airflow(|airflow| airflow.companion.collections.insert(RATES.into(), kept).unwrap());
    let newer = put(older);
    desk.set("EUR", "rate", "1.2");
    desk.sync().await;
    assert_eq!(desk.rate("EUR").unwrap().state, RecordState::Pending);
    put(newer);
    desk.sync().await;
    assert_eq!(desk.stored_rate("EUR"), Some(json!("1.2")));
    desk.is_in_sync();
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
async fn records_are_not_read_by_another_model_than_they_were_written_by() {
    let fields = json!({"rate": {"type": "string"}, "source": {"type": "string"}});
    let changes = json!({"changes": [{"version": 2, "rename": "rate", "to": "between"},
        {"version": 2, "rename": "source", "to": "rate"}, {"version": 2, "rename": "between", "to": "source"}]});
    let desk = Desk::new(&[]);
    let put = |code: &str, rate: &str, source: &str| {
        let row = json!({"code": code, "rate": rate, "source": source});
        desk.airflow(|airflow| airflow.companion.write(RATES, code, Some(row)));
        desk.publish();
    };
    desk.airflow(|airflow| {
        airflow.is_eager = true;
        airflow.offer(&model(1, &fields, &json!({}))).unwrap();
    });
    put("EUR", "1.1", "ecb");
    desk.sync().await;
    put("EUR", "1.2", "ecb");
    desk.airflow(|airflow| airflow.offer(&model(2, &fields, &changes)).unwrap());
    desk.publish();
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.field("EUR", "source"), Some(json!("1.2")));
    assert_eq!(desk.field("EUR", "rate"), Some(json!("ecb")));
    desk.is_in_sync();
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
    let trouble = desk.ledger(|ledger| ledger.collection_views())[0].trouble.clone();
    assert!(trouble.unwrap().contains("does not add up"));
    desk.sync().await;
    assert_eq!(desk.stored_rate("GBP"), Some(json!("1.4")));
    let asked = requests(&desk);
    desk.look().await;
    let asked = asked.lock().unwrap();
    assert!(!asked.iter().any(|path| path.contains("snapshot-")), "{asked:?}");
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

#[tokio::test]
async fn a_model_that_changes_beside_a_batch_waits_for_its_outcome() {
    let fields = json!({"rate": {"type": "string"}, "source": {"type": "string"}});
    let changes = json!({"changes": [{"version": 2, "rename": "rate", "to": "between"},
        {"version": 2, "rename": "source", "to": "rate"}, {"version": 2, "rename": "between", "to": "source"}]});
    for is_applied in [false, true] {
        let desk = Desk::new(&[]);
        desk.airflow(|airflow| {
            airflow.is_eager = true;
            airflow.offer(&model(1, &fields, &json!({}))).unwrap();
            let row = json!({"code": "EUR", "rate": "1.1", "source": "ecb"});
            airflow.companion.write(RATES, "EUR", Some(row));
            airflow.publish();
        });
        desk.sync().await;
        desk.airflow(|airflow| airflow.is_eager = false);
        desk.set("EUR", "rate", "1.2");
        desk.look().await;
        desk.airflow(|airflow| {
            let row = json!({"code": "EUR", "rate": "1.1", "source": "treasury"});
            airflow.companion.write(RATES, "EUR", Some(row));
            if is_applied {
                airflow.tick();
                airflow.tick();
            }
            airflow.offer(&model(2, &fields, &changes)).unwrap();
            if is_applied {
                airflow.publish();
            }
            airflow.is_eager = true;
        });
        for _ in 0..3 {
            desk.sync().await;
        }
        let stored = desk.stored("EUR").unwrap();
        assert_eq!(
            (&stored["rate"], &stored["source"]),
            (&json!("treasury"), &json!("1.2"))
        );
        desk.publish();
        desk.sync().await;
        assert_eq!(desk.field("EUR", "source"), Some(json!("1.2")));
        desk.is_in_sync();
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
