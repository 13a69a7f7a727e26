//! A private Airflow for `cargo xtask demo`: prints where it is as one line of JSON, and runs until its input ends.
#![expect(clippy::print_stdout, reason = "the line on the output is what it is for")]

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};
use harness::airflow_server::{AirflowServer, Options, Writer, seed};
use harness::companion_dags::{self, PUBLISH};
use harness::workspace;
use serde_json::json;

/// The collection that the companion keeps, and the DAG that applies its batches.
const COLLECTION: &str = "fx_overrides";
const INGEST: &str = "leeward_ingest__fx_overrides";
/// The samples, the pipeline that reads the collection, and the companion's two.
const DAGS: usize = 6;

fn main() -> Result<()> {
    let demo = workspace::root().join("tests/harness/demo");
    let model = fs::read_to_string(demo.join("fx_overrides.json"))?;
    let dags = companion_dags::folder(&[(COLLECTION, &model)])?;
    for folder in [&workspace::root().join("tests/harness/dags"), &demo] {
        copy_dags(folder, dags.path())?;
    }
    let server = AirflowServer::start(Options {
        dags_folder: dags.path().to_owned(),
        ..Options::default()
    })?;
    let writer = server.writer()?;
    seed(&writer)?;
    companion_dags::wait_for_dags(&writer, DAGS)?;
    seed_rates(&writer)?;
    let said = json!({
        "url": server.base_url(),
        "username": server.username(),
        "password": server.password(),
    });
    println!("{said}");
    // Whoever started us holds the other end: it closes when they end, however they end.
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn copy_dags(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "py") {
            fs::copy(&path, to.join(path.file_name().context("a file without a name")?))?;
        }
    }
    Ok(())
}

/// Some records to begin with, as a desktop sends them, and published.
fn seed_rates(writer: &Writer) -> Result<()> {
    let rates = [
        ("CHF", "1.12"),
        ("EUR", "1.085"),
        ("GBP", "1.27"),
        ("JPY", "0.0067"),
    ];
    let changes: Vec<_> = rates
        .iter()
        .map(|(currency, rate)| {
            json!({"id": format!("seed-{currency}"), "op": "put", "key": currency, "base": null,
                "set": {"rate": rate, "source": "ECB"}})
        })
        .collect();
    let conf = json!({"leeward": 1, "batch": "seed", "attempt": 1, "client": {"id": "demo", "name": "demo"},
        "model": 1, "changes": changes});
    companion_dags::run(writer, INGEST, "leeward__seed__1", &conf)?;
    companion_dags::run(writer, PUBLISH, "first", &json!({}))
}
