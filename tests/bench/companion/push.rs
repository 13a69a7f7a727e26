//! Ten thousand changed records to the database, beside a run that has nothing to do.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use ulid::Ulid;

use super::FEW;
use super::desk::Desk;
use super::store::Store;
use crate::cycles::block_on;
use crate::pairs::{Pairs, Side, spread};
use crate::prices::{self, NAME};
use crate::row::{Goal, Row};

/// Every record is changed.
const CHANGES: usize = FEW;
const RUNS: &str = "/api/v2/dags/leeward_ingest__prices/dagRuns";
/// Between two looks at a run that has nothing to do.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS_MAX: usize = 6000;

pub(super) fn measure(store: &Store) -> Result<Row> {
    let desk = Desk::new(store)?;
    let mut batches = Vec::new();
    let pairs = Pairs::measure(|side, number| {
        store.settle()?;
        match side {
            Side::Ours => ours(store, &desk, number + 1, &mut batches),
            Side::Reference => nothing(store),
        }
    })?;
    store.settle()?;
    // What comes next compares with what was written at first.
    store.execute("UPDATE prices SET \"count\" = substr(sku, 3)::bigint")?;
    store.publish("as-at-first")?;
    let reference = "a run of the same DAG with an empty batch, from its start to its outcome";
    let row = Row::new(
        "companion_push_10k",
        "s",
        reference,
        &pairs,
        Goal::RatioAtMost(3.0),
    );
    Ok(row.note(format!(
        "a whole cycle after {CHANGES} edits of {CHANGES} records, until all outcomes are in the mirror; {} batches, one \
         after the other, while what was applied is published. The empty batch is refused before the database is opened",
        spread(&batches).median
    )))
}

/// Seconds; the batches that were sent are added to the list.
fn ours(store: &Store, desk: &Desk, edition: usize, batches: &mut Vec<f64>) -> Result<f64> {
    // The publication of what was pushed last.
    block_on(desk.engine.cycle())?;
    let text = |number: usize| (edition * MILLION + number).to_string();
    let edits = (0..CHANGES).map(|number| (prices::key(number), text(number)));
    desk.engine.enter(NAME, "count", edits)?;
    desk.asked();
    let (summary, took) = block_on(desk.engine.cycle())?;
    ensure!(summary.pushed as usize == CHANGES, "{summary:?}");
    let started = format!("POST {RUNS}");
    let sent = desk.asked().iter().filter(|line| **line == started).count();
    batches.push(f64::from(u32::try_from(sent)?));
    let there = store.number(&format!(
        "SELECT count(*) FROM prices WHERE \"count\" = {} + substr(sku, 3)::bigint",
        edition * MILLION
    ))?;
    ensure!(
        there == CHANGES as u64,
        "{there} of {CHANGES} are in the database"
    );
    let key = prices::key(CHANGES / 3);
    let shown = desk.text(&key, "count")?;
    ensure!(shown == Some(text(CHANGES / 3)), "{key}: {shown:?}");
    Ok(took.as_secs_f64())
}

/// Tells one edition of the numbers from the next.
const MILLION: usize = 1_000_000;

/// Seconds from the start of a run with an empty batch to its outcome.
fn nothing(store: &Store) -> Result<f64> {
    let batch = Ulid::new().to_string();
    let conf = json!({"leeward": 1, "batch": batch, "attempt": 1, "client": {}, "model": 1, "changes": []});
    let id = format!("leeward__{batch}__1");
    let body = json!({"dag_run_id": id, "logical_date": null, "conf": conf});
    let began = Instant::now();
    let (status, answer) = store.writer.call("POST", RUNS, Some(&body))?;
    ensure!(status < 300, "{status}: {answer}");
    let path = format!("{RUNS}/{id}");
    wait_for(store, &path)?;
    let returned = format!("{path}/taskInstances/ingest/xcomEntries/return_value");
    let (_, told) = store.writer.call("GET", &returned, None)?;
    let took = began.elapsed();
    let outcome: Value = serde_json::from_str(told["value"].as_str().unwrap_or_default())?;
    ensure!(outcome["result"] == "refused", "{outcome}");
    Ok(took.as_secs_f64())
}

fn wait_for(store: &Store, path: &str) -> Result<()> {
    for _ in 0..LOOKS_MAX {
        let (_, run) = store.writer.call("GET", path, None)?;
        match run["state"].as_str() {
            Some("success") => return Ok(()),
            Some("failed") => bail!("{run}"),
            _ => thread::sleep(LOOK),
        }
    }
    bail!("{path} does not end")
}
