//! One Airflow for all cases of a release, and a fresh data folder for each.

use anyhow::{Context, Result, ensure};
use harness::airflow_server::{AirflowServer, Options, Release, Writer};
use harness::ctl::{Answer, Ctl};
use serde_json::Value;

/// The only variables whose stored text may hold asterisks.
pub(crate) const OWN_ASTERISKS: &str = "asterisks";

/// The server, and somebody else who works on it.
pub(crate) struct Fixture {
    pub(crate) server: AirflowServer,
    pub(crate) other: Writer,
}

impl Fixture {
    pub(crate) fn start(release: Release) -> Result<Self> {
        let server = AirflowServer::start(Options {
            release,
            api_only: true,
            ..Options::default()
        })?;
        let other = server.writer()?;
        Ok(Self { server, other })
    }

    /// A data folder that is connected and has read everything.
    pub(crate) fn synced(&self) -> Result<Ctl> {
        self.synced_by(&self.server.base_url())
    }

    /// The same, at another address of the server.
    pub(crate) fn synced_by(&self, url: &str) -> Result<Ctl> {
        let ctl = Ctl::connected(&self.server, url)?;
        ctl.configure(|environment| environment.settle_s = 1)?;
        ctl.sync()?.exits(0)?;
        Ok(ctl)
    }

    /// Somebody opens a connection with this password: Airflow masks it from now on.
    pub(crate) fn makes_secret(&self, password: &str) -> Result<()> {
        self.other.open_connection(&format!("of-{password}"), password)
    }

    /// What Airflow shows of a value, which must hold a mask for the case to mean anything.
    pub(crate) fn is_masked(&self, key: &str) -> Result<()> {
        let shown = self.other.variable(key)?.context("no such variable")?;
        let value = shown["value"].as_str().unwrap_or_default();
        ensure!(value.contains("***"), "Airflow shows {value:?}, without a mask");
        Ok(())
    }

    /// The database holds exactly this text.
    pub(crate) fn stores(&self, key: &str, text: &str) -> Result<()> {
        let stored = self.server.raw_variable(key)?.context("no such row")?;
        ensure!(
            stored == text,
            "{key} is {stored:?} in the database, not {text:?}"
        );
        Ok(())
    }

    /// The database's description.
    pub(crate) fn description(&self, key: &str) -> Result<Option<String>> {
        let mut rows = self.server.raw_variables()?;
        Ok(rows.remove(key).context("no such row")?.description)
    }
}

/// The record shows no value, and says that it holds a secret.
pub(crate) fn is_sealed(ctl: &Ctl, key: &str) -> Result<()> {
    let record = ctl.get(key)?;
    ensure!(
        record["sealed"] == serde_json::json!(["value"]) && record["fields"]["value"].is_null(),
        "it is not sealed: {record}"
    );
    Ok(())
}

/// Changes a description, without a sync.
pub(crate) fn describe(ctl: &Ctl, key: &str, text: &str) -> Result<Answer> {
    let field = format!("description={text}");
    ctl.run(&["records", "set", "variables", key, "--field", &field])
}

/// Replaces a secret value, without a sync.
pub(crate) fn replace(ctl: &Ctl, key: &str, text: &str) -> Result<Answer> {
    let line = ["records", "replace-secret", "variables", key, "--value-stdin"];
    ctl.run_with(&line, text)
}

/// How many changes the history tells of, and whether any of them shows this.
pub(crate) fn history(ctl: &Ctl, key: &str) -> Result<Vec<Value>> {
    let answer = ctl.run(&["history", "variables", key])?.exits(0)?;
    Ok(answer.json.as_array().cloned().unwrap_or_default())
}
