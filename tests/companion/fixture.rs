//! An Airflow whose DAGs include the companion's, with its database in a file.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::airflow_server::{AirflowServer, Options, Writer};
use harness::companion_dags::{self, PUBLISH};
use harness::ctl::{Answer, Ctl};
use harness::wait;
use rusqlite::{Connection, types::Value as Cell};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The collection, and the DAG that applies its batches.
pub(crate) const RATES: &str = "rates";
pub(crate) const INGEST: &str = "leeward_ingest__rates";

const RUN_LIMIT: Duration = Duration::from_secs(180);

pub(crate) struct Fixture {
    pub(crate) server: AirflowServer,
    pub(crate) other: Writer,
    dags: TempDir,
}

impl Fixture {
    pub(crate) fn start() -> Result<Self> {
        let dags = companion_dags::folder(&[(RATES, &model(1, "rate"))])?;
        let options = Options {
            dags_folder: dags.path().to_owned(),
            ..Options::default()
        };
        let server = AirflowServer::start(options)?;
        let fixture = Self {
            other: server.writer()?,
            server,
            dags,
        };
        companion_dags::wait_for_dags(&fixture.other, 2)?;
        fixture.publish("first", &json!({}))?;
        Ok(fixture)
    }

    /// A desktop that is connected and has read everything.
    pub(crate) fn synced(&self) -> Result<Ctl> {
        let ctl = Ctl::connected(&self.server, &self.server.base_url())?;
        ctl.sync()?.exits(0)?;
        Ok(ctl)
    }

    /// Runs the DAG that publishes, to its end.
    pub(crate) fn publish(&self, name: &str, conf: &Value) -> Result<()> {
        companion_dags::run(&self.other, PUBLISH, name, conf)
    }

    /// Waits until everything that was changed has been published: the asset starts the runs.
    pub(crate) fn published(&self) -> Result<()> {
        wait::until("the publication of what was changed", RUN_LIMIT, || {
            let runs = self.other.runs(PUBLISH)?;
            let head = runs.iter().find(|run| run["state"] == "success");
            let Some(head) = head.and_then(|run| run["dag_run_id"].as_str()) else {
                return Ok(None);
            };
            let path =
                format!("/api/v2/dags/{PUBLISH}/dagRuns/{head}/taskInstances/publish/xcomEntries/head");
            let (_, told) = self.other.call("GET", &path, None)?;
            let head: Value = serde_json::from_str(told["value"].as_str().unwrap_or("{}"))?;
            Ok((head["sequence"].as_u64() == Some(self.sequence()?)).then_some(()))
        })
    }

    pub(crate) fn sequence(&self) -> Result<u64> {
        let found = self.query("SELECT sequence FROM leeward_store")?;
        match found.first().and_then(|row| row.first()) {
            Some(Cell::Integer(sequence)) => Ok(u64::try_from(*sequence)?),
            other => anyhow::bail!("{other:?}"),
        }
    }

    /// The file with the companion's database.
    pub(crate) fn database(&self) -> PathBuf {
        self.server.home().join("leeward.db")
    }

    pub(crate) fn query(&self, sql: &str) -> Result<Vec<Vec<Cell>>> {
        let connection = Connection::open(self.database())?;
        connection.busy_timeout(Duration::from_secs(60))?;
        let mut select = connection.prepare(sql)?;
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|at| row.get(at)).collect())?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn execute(&self, sql: &str) -> Result<()> {
        let connection = Connection::open(self.database())?;
        connection.busy_timeout(Duration::from_secs(60))?;
        Ok(connection.execute_batch(sql)?)
    }

    /// The texts of a row's rate, source and lots; `None` where there is no such row.
    pub(crate) fn row(&self, code: &str) -> Result<Option<Vec<Cell>>> {
        let sql = format!("SELECT * FROM rates WHERE code = '{code}'");
        Ok(self.query(&sql)?.pop())
    }

    pub(crate) fn rate(&self, code: &str) -> Result<Option<String>> {
        let found = self.query(&format!("SELECT rate FROM rates WHERE code = '{code}'"))?;
        Ok(match found.first().and_then(|row| row.first()) {
            Some(Cell::Text(rate)) => Some(rate.clone()),
            _ => None,
        })
    }

    /// Puts the next version of the model beside the DAGs, and waits until Airflow has read it.
    pub(crate) fn put_model(&self, model: &str) -> Result<()> {
        companion_dags::put_model(self.dags.path(), RATES, model)?;
        let version = |text: &str| -> Result<Value> {
            Ok(serde_json::from_str::<Value>(text)?["x-leeward"]["version"].clone())
        };
        let wanted = version(model)?;
        wait::until("the new model to be read", RUN_LIMIT, || {
            let (_, dag) = self
                .other
                .call("GET", &format!("/api/v2/dags/{INGEST}/details"), None)?;
            let text = dag["params"]["leeward_model"]["value"]
                .as_str()
                .unwrap_or("{}")
                .to_owned();
            Ok((version(&text)? == wanted).then_some(()))
        })
    }
}

/// The data model; its decimal field has that name.
pub(crate) fn model(version: u32, rate: &str) -> String {
    let mut own = json!({"collection": RATES, "version": version, "key": ["code"]});
    if rate != "rate" {
        own["changes"] = json!([{"version": version, "rename": "rate", "to": rate}]);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Rates", "type": "object",
        "additionalProperties": false,
        "properties": {"code": {"type": "string", "pattern": "^[A-Z0-9]{3,8}$"},
            rate: {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
            "source": {"enum": ["ECB", "treasury"]}, "lots": {"type": "integer", "default": 1}},
        "required": ["code"], "x-leeward": own,
    })
    .to_string()
}

pub(crate) fn set(ctl: &Ctl, key: &str, fields: &[&str]) -> Result<Answer> {
    let mut line = vec!["records", "set", RATES, key];
    for field in fields {
        line.extend(["--field", field]);
    }
    ctl.run(&line)
}

pub(crate) fn get(ctl: &Ctl, key: &str) -> Result<Value> {
    Ok(ctl.run(&["records", "get", RATES, key])?.exits(0)?.json)
}

pub(crate) fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
    found: &T,
    wanted: &U,
) -> Result<()> {
    ensure!(*found == *wanted, "found {found:?}, wanted {wanted:?}");
    Ok(())
}
