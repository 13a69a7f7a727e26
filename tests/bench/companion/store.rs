//! An Airflow on PostgreSQL with the companion, whose collection grows by SQL and is published then.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::airflow_server::{AirflowServer, Database, Options, Writer};
use harness::companion_dags::{self, PUBLISH};
use harness::wait;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::prices::{self, NAME};

/// A publication of many rows that were written by SQL takes minutes on a busy machine.
const RUN_LIMIT: Duration = Duration::from_secs(900);
/// DATABASE SQL.
const EXECUTE: &str = "import sys, psycopg2\n\
                       with psycopg2.connect(sys.argv[1]) as connection:\n    \
                       connection.cursor().execute(sys.argv[2])\n";

/// The server, and who is signed in beside Leeward.
pub(super) struct Store {
    pub(super) server: AirflowServer,
    pub(super) writer: Writer,
    dags: TempDir,
}

impl Store {
    /// With one collection, [`NAME`], which is empty.
    pub(super) fn start() -> Result<Self> {
        let model = prices::file_of(NAME);
        let dags = companion_dags::folder_beside(Database::Postgres, &[(NAME, &model)])?;
        let server = AirflowServer::start(Options {
            database: Database::Postgres,
            dags_folder: dags.path().to_owned(),
            ..Options::default()
        })?;
        let writer = server.writer()?;
        let store = Self { server, writer, dags };
        companion_dags::wait_for_dags(&store.writer, 2)?;
        // The first publication makes the tables.
        store.publish("tables")?;
        Ok(store)
    }

    /// Further collections of the same fields, each with so many records.
    pub(super) fn add_collections(&self, names: &[&str], records: usize) -> Result<()> {
        for name in names {
            companion_dags::put_model(self.dags.path(), name, &prices::file_of(name))?;
        }
        let count = 2 + names.len();
        wait::until("the DAGs of new collections", RUN_LIMIT, || {
            Ok((self.writer.count_dags()? >= count).then_some(()))
        })?;
        wait::until("their tables", RUN_LIMIT, || {
            let run = format!("tables-{}", ulid::Ulid::new());
            self.publish(&run)?;
            // The DAG that publishes may be read after the others.
            let made = self.server.store_rows("SELECT name FROM leeward_collections")?;
            Ok((made.len() > names.len()).then_some(()))
        })?;
        for name in names {
            self.insert(name, 0..records)?;
        }
        self.publish("further")
    }

    /// Writes these records by SQL, as a pipeline does, and publishes them.
    pub(super) fn grow(&self, numbers: Range<usize>) -> Result<()> {
        let end = numbers.end;
        self.insert(NAME, numbers)?;
        let began = Instant::now();
        self.publish(&format!("grown-to-{end}"))?;
        eprintln!(
            "  {end} records: published in {:.1} s",
            began.elapsed().as_secs_f64()
        );
        ensure!(
            self.head()?["collections"][NAME]["rows"] == end,
            "{}",
            self.head()?
        );
        Ok(())
    }

    fn insert(&self, name: &str, numbers: Range<usize>) -> Result<()> {
        // What `prices::fields` says, in SQL: what is pulled is compared with that.
        let sql = format!(
            "INSERT INTO {name} (sku, price, \"count\", \"day\", approved, note) \
             SELECT 'A-' || lpad(n::text, 6, '0'), (n % 1000 || '.' || n % 90 || '5')::numeric, n, \
             make_date(2026, n % 12 + 1, n % 28 + 1), n % 2 = 0, \
             'item ' || translate(n::text, '0123456789', 'abcdefghij') || ' of a table of prices' \
             FROM generate_series({}, {}) AS n",
            numbers.start,
            numbers.end - 1
        );
        self.execute(&sql)
    }

    pub(super) fn execute(&self, sql: &str) -> Result<()> {
        self.server.run_on_store(EXECUTE, &[sql]).map(drop)
    }

    /// The number that a query finds.
    pub(super) fn number(&self, sql: &str) -> Result<u64> {
        let rows = self.server.store_rows(sql)?;
        rows.first()
            .and_then(|row| row.first()?.as_u64())
            .with_context(|| format!("{sql}: {rows:?}"))
    }

    /// Publishes, and waits for the end.
    pub(super) fn publish(&self, run_id: &str) -> Result<()> {
        companion_dags::run_within(RUN_LIMIT, &self.writer, PUBLISH, run_id, &json!({}))
    }

    /// Waits until all that was changed is published, and no run is under way.
    pub(super) fn settle(&self) -> Result<()> {
        wait::until("the publication of what was changed", RUN_LIMIT, || {
            let runs = self.writer.runs(PUBLISH)?;
            let is_over = |run: &Value| run["state"] == "success" || run["state"] == "failed";
            if !runs.iter().all(is_over) {
                return Ok(None);
            }
            let sequence = self.number("SELECT sequence FROM leeward_store")?;
            Ok((self.head()?["sequence"] == sequence).then_some(()))
        })
    }

    /// What the newest publication says.
    fn head(&self) -> Result<Value> {
        let runs = self.writer.runs(PUBLISH)?;
        let run = runs.iter().find(|run| run["state"] == "success");
        let run = run
            .and_then(|run| run["dag_run_id"].as_str())
            .context("no publication")?;
        let path = format!("/api/v2/dags/{PUBLISH}/dagRuns/{run}/taskInstances/publish/xcomEntries/head");
        let (status, told) = self.writer.call("GET", &path, None)?;
        ensure!(status == 200, "{path}: {status} {told}");
        Ok(serde_json::from_str(told["value"].as_str().context("no text")?)?)
    }
}
