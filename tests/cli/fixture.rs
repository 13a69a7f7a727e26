//! One Airflow for all cases, and a fresh data folder for each.

use anyhow::{Context, Result, ensure};
use harness::airflow_server::{AirflowServer, Database, Options, Writer, seed};
use harness::ctl::Ctl;
use serde_json::Value;

/// The server, and somebody else who works on it.
pub(crate) struct Fixture {
    pub(crate) server: AirflowServer,
    pub(crate) other: Writer,
}

impl Fixture {
    pub(crate) fn start() -> Result<Self> {
        let server = AirflowServer::start(Options {
            database: Database::Postgres,
            ..Options::default()
        })?;
        let other = server.writer()?;
        seed(&other)?;
        Ok(Self { server, other })
    }

    /// A data folder that is connected and has read everything.
    pub(crate) fn synced(&self) -> Result<Ctl> {
        self.synced_by(&self.server.base_url())
    }

    /// The same, at another address of the server.
    pub(crate) fn synced_by(&self, url: &str) -> Result<Ctl> {
        let ctl = Ctl::connected(&self.server, url)?;
        // Writes without an answer are believed lost after a second: nothing here takes longer.
        ctl.configure(|environment| environment.settle_s = 1)?;
        ctl.sync()?.exits(0)?;
        Ok(ctl)
    }

    /// The text in Airflow's database.
    pub(crate) fn raw(&self, key: &str) -> Result<String> {
        self.server
            .raw_variable(key)?
            .context(format!("{key} is not in Airflow"))
    }

    /// Puts a conflict on a key: changed here to `mine`, there to `theirs`, found by a sync.
    pub(crate) fn conflict(&self, ctl: &Ctl, key: &str, mine: &str, theirs: &str) -> Result<()> {
        ctl.set(key, mine)?.exits(0)?;
        self.other.set_variable(key, theirs, None)?;
        ctl.sync()?.exits(3)?;
        Ok(())
    }
}

/// The names of an object's members, sorted.
pub(crate) fn members(value: &Value) -> Vec<&str> {
    let members = value.as_object().into_iter().flatten();
    let mut names: Vec<&str> = members.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Fails unless both are the same, showing both.
#[track_caller]
pub(crate) fn same<A, B>(found: &A, wanted: &B) -> Result<()>
where
    A: PartialEq<B> + std::fmt::Debug + ?Sized,
    B: std::fmt::Debug + ?Sized,
{
    let line = std::panic::Location::caller();
    ensure!(found == wanted, "{line}: found {found:?}, wanted {wanted:?}");
    Ok(())
}
