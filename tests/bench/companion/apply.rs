//! Compare-and-set by itself, as the task does it, beside the same rows in one bare statement.

use anyhow::{Context, Result, ensure};
use harness::workspace;
use serde_json::Value;

use super::FEW;
use super::store::Store;
use crate::pairs::{Pairs, Side};
use crate::prices::{self, NAME};
use crate::row::{Goal, Row};

pub(super) fn measure(store: &Store) -> Result<Row> {
    let companion = workspace::root().join("airflow");
    let companion = companion.to_str().context("a folder with a plain name")?;
    let (model, count) = (prices::file_of(NAME), FEW.to_string());
    let pairs = Pairs::measure(|side, _| {
        let how = match side {
            Side::Ours => "ingest",
            Side::Reference => "bare",
        };
        let script = include_str!("apply.py");
        let said = store
            .server
            .run_on_store(script, &[companion, how, &model, &count])?;
        let told: Value = serde_json::from_str(&said)?;
        ensure!(told["changed"] == FEW, "{told}");
        told["seconds"].as_f64().context("no seconds")
    })?;
    let reference = "the same rows by one INSERT … ON CONFLICT with psycopg2";
    let row = Row::new(
        "companion_compare_and_set_10k",
        "s",
        reference,
        &pairs,
        Goal::AtMost(5.0),
    );
    Ok(row.note(format!(
        "what the task `ingest` does between its batch and its outcome, without Airflow: {FEW} changes of {FEW} records in one \
         batch, with their log and outcomes; in a database of its own, with one batch in it before each"
    )))
}
