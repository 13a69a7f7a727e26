//! Collections that the companion keeps: batches with compare-and-set, what is published, and what goes wrong on the way.

mod batches;
mod edits;
mod models;
mod publications;
mod stores;

use crate::desk::{Desk, When};
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
