//! What the companion decides and publishes: one story of batches, of the real DAGs on a real Airflow and of the model that the
//! engine's tests and the simulation have. Both must tell what is in `companion.json`.

use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, ensure};
use harness::airflow_server::{AirflowServer, Options};
use harness::companion_dags::{self, PUBLISH};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::PATIENCE;
use crate::subject::{Release, Subject};

const TRIES_MAX: u32 = 3;
const RATES: &str = "rates";
const INGEST: &str = "leeward_ingest__rates";
/// `rate` and `source` merge together, `note` by itself.
const DATA_MODEL: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Exchange rates", "type": "object", "additionalProperties": false,
  "properties": {
    "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
    "source": {"enum": ["ECB", "treasury"]},
    "note": {"type": "string", "maxLength": 20},
    "lots": {"type": "integer", "minimum": 1}
  },
  "required": ["code", "rate"],
  "x-leeward": {"collection": "rates", "version": 1, "key": ["code"], "merge": [["rate", "source"]]}
}"#;
/// What of a published change is the batch's; who made it and when is the store's to say.
const READ: &[&str] = &["sequence", "key", "op", "model", "fields", "reason"];
const EXPECTED: &str = include_str!("companion.json");

/// The model, with that collection and nothing else.
pub(crate) fn model() -> Result<Subject> {
    let subject = Subject::model(Release::Current)?;
    let offer = |airflow: &mut harness::fake_airflow::FakeAirflow| airflow.offer(DATA_MODEL);
    subject.behind(|_| Ok(()), offer).map_err(Error::msg)?;
    Ok(subject)
}

/// A real Airflow with the companion's DAGs alone, and their folder.
pub(crate) fn real() -> Result<(Subject, TempDir)> {
    let dags = companion_dags::folder(&[(RATES, DATA_MODEL)])?;
    let server = AirflowServer::start(Options {
        dags_folder: dags.path().to_owned(),
        ..Options::default()
    })?;
    companion_dags::wait_for_dags(&server.writer()?, 2)?;
    Ok((Subject::of(server)?, dags))
}

/// Plays the story, and compares what is told.
pub(crate) async fn hold(subject: &Subject) -> Result<()> {
    let told = Story {
        subject,
        steps: Vec::new(),
        store: Value::Null,
    }
    .play()
    .await?;
    let expected: Vec<Value> = serde_json::from_str(EXPECTED)?;
    for (told, expected) in told.iter().zip(&expected) {
        ensure!(
            told == expected,
            "{}: told {told:#}\nexpected {expected:#}",
            subject.name
        );
    }
    ensure!(
        told.len() == expected.len(),
        "{}: {} steps",
        subject.name,
        told.len()
    );
    Ok(())
}

struct Story<'a> {
    subject: &'a Subject,
    /// The store, as it says of itself.
    store: Value,
    steps: Vec<Value>,
}

impl Story<'_> {
    async fn play(mut self) -> Result<Vec<Value>> {
        self.publish("begin").await?;
        self.send(
            "two new ones",
            &[
                put("EUR", json!(null), json!({"rate": "1.0850", "source": "ECB"})),
                put("GBP", json!(null), json!({"rate": "1.27"})),
            ],
        )
        .await?;
        self.send(
            "two new ones",
            &[
                put("EUR", json!(null), json!({"rate": "1.0850", "source": "ECB"})),
                put("GBP", json!(null), json!({"rate": "1.27"})),
            ],
        )
        .await?;
        self.send(
            "there by now, and as it is to be",
            &[
                put("EUR", json!(null), json!({"rate": "2"})),
                put("GBP", json!(null), json!({"rate": "1.27"})),
            ],
        )
        .await?;
        self.send(
            "an edit, and no key of it",
            &[
                because("by hand", put("EUR", json!(1), json!({"rate": "1.09"}))),
                put("eur", json!(null), json!({"rate": "1"})),
            ],
        )
        .await?;
        self.send(
            "beside an edit, and less than it needs",
            &[
                put("EUR", json!(1), json!({"note": "late"})),
                put("CHF", json!(null), json!({"note": "x"})),
            ],
        )
        .await?;
        self.send(
            "over an edit, and on what nobody wrote",
            &[
                put("EUR", json!(1), json!({"rate": "1.1", "lots": 5})),
                put("GBP", json!(77), json!({"lots": 3})),
            ],
        )
        .await?;
        self.send(
            "what merges with an edit, and no values of their fields",
            &[
                put("EUR", json!(1), json!({"source": "treasury"})),
                put("GBP", json!(2), json!({"rate": "much", "lots": 0, "other": 1})),
            ],
        )
        .await?;
        self.send(
            "as an edit made it, and without what it needs",
            &[
                put("EUR", json!(1), json!({"rate": "1.09"})),
                unset("GBP", 2, "rate"),
            ],
        )
        .await?;
        self.send(
            "a field less, and gone",
            &[unset("EUR", 4, "note"), delete("GBP", 2)],
        )
        .await?;
        self.send(
            "gone on less than it is, and gone again",
            &[delete("EUR", 1), delete("GBP", 2)],
        )
        .await?;
        self.send(
            "an edit of what is gone",
            &[put("GBP", json!(2), json!({"rate": "1.3"}))],
        )
        .await?;
        self.send("there again", &[put("GBP", json!(null), json!({"rate": "1.31"}))])
            .await?;
        self.publish("what came by batches").await?;
        // Those are numbered when a run finds them, by their keys.
        self.by_sql("EUR", Some("1.2")).await?;
        self.by_sql("JPY", Some("0.008")).await?;
        self.publish("what came by SQL").await?;
        self.send(
            "on what it was before",
            &[put("EUR", json!(5), json!({"rate": "1.3"}))],
        )
        .await?;
        self.by_sql("JPY", None).await?;
        self.publish("a row less").await?;
        let one = [put("CHF", json!(null), json!({"rate": "1"}))];
        self.batch("of another model", json!({"model": 2, "changes": one}))
            .await?;
        self.batch("of another store", json!({"store_id": "other", "changes": one}))
            .await?;
        Ok(self.steps)
    }

    async fn send(&mut self, name: &str, changes: &[Value]) -> Result<()> {
        self.batch(name, json!({"changes": changes})).await
    }

    /// Sends a batch; a name that was there before sends that one again.
    async fn batch(&mut self, name: &str, more: Value) -> Result<()> {
        let id = name.replace([' ', ','], "-");
        let mut conf = json!({"leeward": 1, "batch": id, "attempt": 1, "client": {"id": "desk", "name": "ann@desk"},
            "store_id": self.store, "model": 1});
        let known = conf.as_object_mut().context("an object")?;
        known.extend(more.as_object().cloned().unwrap_or_default());
        let run = self.run(INGEST, &conf).await?;
        let outcome = self.left(INGEST, &run, "ingest", &["return_value"]).await?;
        self.steps.push(json!({"sent": name, "told": plain(outcome)}));
        Ok(())
    }

    async fn publish(&mut self, name: &str) -> Result<()> {
        let run = self.run(PUBLISH, &json!({})).await?;
        let head = self.left(PUBLISH, &run, "publish", &["head"]).await?;
        self.store = head["store_id"].clone();
        let rates = &head["collections"][RATES];
        let mut parts = Vec::new();
        let segments = rates["segments"].as_array().into_iter().flatten();
        for part in segments.chain([&rates["snapshot"]]) {
            parts.push(self.part(part).await?);
        }
        self.steps.push(json!({"published": name, "sequence": head["sequence"], "rows": rates["rows"], "digest": rates["digest"],
            "troubles": head["troubles"], "parts": parts}));
        Ok(())
    }

    async fn part(&self, said: &Value) -> Result<Value> {
        let pieces: Vec<&str> = said["pieces"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let run = said["run"].as_str().context("a run")?;
        let mut part = self.left(PUBLISH, run, "publish", &pieces).await?;
        ensure!(
            (&part["from"], &part["to"]) == (&said["from"], &said["to"]),
            "{said} is of {part}"
        );
        for change in part["changes"].as_array_mut().into_iter().flatten() {
            let own = change.as_object_mut().context("a change")?;
            own.retain(|name, _| READ.contains(&name.as_str()));
        }
        Ok(plain(part))
    }

    /// Runs a DAG to its end; the run's id.
    async fn run(&self, dag: &str, conf: &Value) -> Result<String> {
        let run = format!("{dag}-{}", self.steps.len());
        let client = self.subject.client();
        // On SQLite the server answers 500 where it has waited for itself, before it did anything: the same run is asked for again.
        let mut asked = client.trigger_dag_run(dag, &run, conf, None).await;
        for _ in 1..TRIES_MAX {
            if asked.is_ok() {
                break;
            }
            asked = client.trigger_dag_run(dag, &run, conf, None).await;
        }
        asked?;
        let started = Instant::now();
        loop {
            let now = client.get_dag_run(dag, &run).await?.context("the run")?;
            if now.state.is_final() {
                ensure!(now.end_date.is_some(), "{now:?}");
                return Ok(run);
            }
            ensure!(started.elapsed() < PATIENCE, "still {:?}", now.state);
            self.subject.pass_time().await;
        }
    }

    async fn left(&self, dag: &str, run: &str, task: &str, keys: &[&str]) -> Result<Value> {
        let left = self.subject.client().xcom_object(dag, run, task, keys).await?;
        Ok(serde_json::from_str(
            &left.with_context(|| format!("{run} left no {keys:?}"))?,
        )?)
    }

    /// Somebody writes a rate past the companion; none deletes the row.
    async fn by_sql(&self, code: &str, rate: Option<&str>) -> Result<()> {
        let sql = match rate {
            None => format!("DELETE FROM rates WHERE code = '{code}'"),
            Some(rate) => format!(
                "INSERT INTO rates (code, rate) VALUES ('{code}', '{rate}') ON CONFLICT (code) DO UPDATE SET rate = excluded.rate"
            ),
        };
        let file = |server: &AirflowServer| -> Result<()> {
            let store = Connection::open(server.home().join("leeward.db"))?;
            store.busy_timeout(Duration::from_secs(60))?;
            Ok(store.execute_batch(&sql)?)
        };
        self.subject.behind(file, |airflow| {
            let rows = &airflow.companion.collections[RATES].rows;
            let now = rows.get(code).map(|(_, fields)| json!(fields));
            let mut fields = now.unwrap_or_else(|| json!({"code": code}));
            fields["rate"] = json!(rate);
            airflow.companion.write(RATES, code, rate.map(|_| fields));
            Ok(())
        })
    }
}

fn put(key: &str, base: impl Into<Value>, set: impl Into<Value>) -> Value {
    let (base, set): (Value, Value) = (base.into(), set.into());
    change(json!({"op": "put", "key": key, "base": base, "set": set}))
}

fn because(reason: &str, mut change: Value) -> Value {
    change["reason"] = reason.into();
    change
}

fn unset(key: &str, base: u64, field: &str) -> Value {
    change(json!({"op": "put", "key": key, "base": base, "unset": [field]}))
}

fn delete(key: &str, base: u64) -> Value {
    change(json!({"op": "delete", "key": key, "base": base}))
}

/// Changes of a batch are told by their ids.
fn change(mut of: Value) -> Value {
    of["id"] = format!(
        "{}-{}",
        of["op"].as_str().unwrap_or_default(),
        of["key"].as_str().unwrap_or_default()
    )
    .into();
    of
}

/// Without the store's name, which is drawn.
fn plain(mut told: Value) -> Value {
    if let Some(told) = told.as_object_mut() {
        told.remove("store_id");
    }
    told
}
