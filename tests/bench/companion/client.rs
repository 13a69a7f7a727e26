//! Airflow's own Python client, `apache-airflow-client`, which reads as many Variables as the collection has records.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::workspace;
use serde_json::Value;

use super::store::Store;
use crate::rows_of;

/// Created in one request.
const AT_ONCE: usize = 1000;
/// Takes the Variables out of Airflow's database, or puts them back: DATABASE SQL.
const ASIDE: &str = "CREATE TABLE IF NOT EXISTS bench_aside AS SELECT * FROM variable; DELETE FROM variable";
const BACK: &str = "INSERT INTO variable SELECT * FROM bench_aside";
const EXECUTE: &str = "import sys, psycopg2\n\
                       with psycopg2.connect(sys.argv[1]) as connection:\n    \
                       connection.cursor().execute(sys.argv[2])\n";
/// The Python that has the client.
const PYTHON: &str = "LEEWARD_AIRFLOW_CLIENT";

/// Variables that are in Airflow only while the client reads them: Leeward would pull them, too.
pub(super) struct Variables<'s> {
    store: &'s Store,
    count: usize,
    python: PathBuf,
}

impl<'s> Variables<'s> {
    pub(super) fn create(store: &'s Store, count: usize) -> Result<Self> {
        let row = |number: &usize| (rows_of::key(*number), rows_of::value(*number, 0));
        let numbers: Vec<usize> = (0..count).collect();
        for chunk in numbers.chunks(AT_ONCE) {
            store
                .writer
                .create_variables(&chunk.iter().map(row).collect::<Vec<_>>())?;
        }
        let installed = || workspace::root().join(".leeward/airflow-client-3.3.2/bin/python");
        let python = std::env::var_os(PYTHON).map_or_else(installed, PathBuf::from);
        let variables = Self { store, count, python };
        variables.execute(ASIDE)?;
        Ok(variables)
    }

    /// Seconds from signing in until it has read all.
    pub(super) fn read(&self) -> Result<f64> {
        self.execute(BACK)?;
        let seconds = self.page();
        self.execute(ASIDE)?;
        seconds
    }

    fn page(&self) -> Result<f64> {
        let server = &self.store.server;
        let output = Command::new(&self.python)
            .args(["-c", include_str!("client.py"), &server.base_url()])
            .args([server.username(), server.password()])
            .output()
            .with_context(|| format!("no {}: `cargo xtask bench` installs it", self.python.display()))?;
        let messages = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the Python client: {messages}");
        let told: Value = serde_json::from_slice(&output.stdout)?;
        ensure!(told["count"] == self.count, "{told}");
        let last = rows_of::value(self.count - 1, 0);
        ensure!(told["last"] == last, "{told} in place of {last}");
        told["seconds"].as_f64().context("no seconds")
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.store.server.run_on_database(EXECUTE, &[sql]).map(drop)
    }
}
