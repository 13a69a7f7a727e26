//! What every command works on: the data folder, the environment that was meant, its mirror and its engine.

use crate::problem::{not_found, refused, usage};
use crate::secrets::Secrets;
use leeward_model::{Collection, Entry, Problem, ProblemCode};
use leeward_profile::{DataDir, Environment, Environments};
use leeward_store::{HistoryKeep, Ledger, Mirror, StoreError, Work};
use leeward_sync::{
    Engine, Runtime, Settings, SystemRuntime, connect_within, open_mirror_of, open_mirror_to_read,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The name under which this program's work stands in the log and the history.
pub(crate) const CLIENT: &str = "leewardctl";

/// The data folder, and the environment that was named.
pub(crate) struct Context {
    pub(crate) data_dir: DataDir,
    pub(crate) runtime: Arc<SystemRuntime>,
    named: Option<String>,
}

impl Context {
    pub(crate) fn open(data_dir: Option<&Path>, named: Option<String>) -> Result<Self, Problem> {
        Ok(Self {
            // An empty variable is one that was not set.
            data_dir: DataDir::resolve(data_dir.filter(|folder| !folder.as_os_str().is_empty()))?,
            runtime: Arc::new(SystemRuntime::new()),
            named: named.filter(|name| !name.is_empty()),
        })
    }

    /// Trouble with a disk says which one: the log may be on it.
    pub(crate) fn located(&self, mut problem: Problem) -> Problem {
        let folder = self.data_dir.path().display().to_string();
        if problem.code == ProblemCode::Storage && !problem.what.contains(&folder) {
            problem.next = format!("{} Leeward's files are in {folder}.", problem.next);
        }
        problem
    }

    /// The environment that was named, or else the only one.
    pub(crate) fn environment(&self) -> Result<Environment, Problem> {
        let all = Environments::load(&self.data_dir)?;
        if let Some(name) = &self.named {
            return all.get(name).cloned();
        }
        match all.list() {
            [only] => Ok(only.clone()),
            [] => Err(not_found(
                "No environment is configured here.",
                "Add one with `leewardctl env add`, or name another folder with --data-dir.",
            )),
            several => {
                let names: Vec<&str> = several.iter().map(|e| e.name.as_str()).collect();
                Err(usage(
                    format!("There are several environments: {}.", names.join(", ")),
                    "Name one with --env or LEEWARD_ENV.",
                ))
            }
        }
    }

    /// The environment's mirror; made when it is not there.
    pub(crate) fn mirror(&self, environment: &Environment) -> Result<Mirror, Problem> {
        open_mirror_of(
            environment.id,
            &self.data_dir.mirror_file(&environment.name),
            self.runtime.as_ref(),
        )
    }

    /// Reads one consistent state of the mirror of the environment that was meant, on a full or read-only disk, too.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, Problem> {
        let environment = self.environment()?;
        let path = self.data_dir.mirror_file(&environment.name);
        let mut mirror = open_mirror_to_read(environment.id, &path, self.runtime.as_ref())?;
        Ok(mirror.read(read)?)
    }

    /// Changes that mirror. What `write` did is durable when this returns.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&Ledger<'_>) -> Result<T, Failure>,
    ) -> Result<T, Problem> {
        let mut mirror = self.mirror(&self.environment()?)?;
        mirror.write(write).map_err(|Failure(problem)| problem)
    }

    /// The data model of a collection.
    pub(crate) fn collection(&self, name: &str) -> Result<Collection, Problem> {
        if let Some(built_in) = Collection::built_in(name) {
            return Ok(built_in);
        }
        let (found, all) = self.read(|ledger| Ok((ledger.model(name)?, ledger.collections()?)))?;
        found.ok_or_else(|| {
            not_found(
                format!("There is no collection {name}."),
                format!("The collections are: {}.", all.join(", ")),
            )
        })
    }

    /// Now, by this computer's clock.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.runtime.now()
    }

    /// Enters work into this client's log and applies it.
    ///
    /// # Errors
    /// `Rejected` where the mirror refuses the work: whoever typed it is told now, and the transaction is undone.
    pub(crate) fn enter(&self, ledger: &Ledger<'_>, work: Work) -> Result<Entry, Failure> {
        let entry = ledger.enter(CLIENT, work, self.runtime.now())?;
        let record = ledger.record(&entry.collection, &entry.key)?;
        let refusal = record.filter(|record| record.refused_of.as_deref() == Some(CLIENT));
        match refusal.and_then(|record| record.rejected) {
            Some(why) => Err(refused(why, "Nothing was kept. Change it and try again.").into()),
            None => Ok(entry),
        }
    }

    /// The environment's engine, signed in lazily. The caller holds the sync lock.
    pub(crate) fn engine(&self, environment: &Environment) -> Result<Engine, Problem> {
        let secrets = Arc::new(Secrets::open(&self.data_dir));
        let credentials = secrets.credentials(environment)?;
        let airflow = connect_within(&environment.url, credentials, environment.request_timeout())?;
        let settings = Settings {
            settle: Duration::from_secs(environment.settle_s.into()),
            interval: Duration::from_secs(environment.interval_s.into()),
            history_keep: HistoryKeep {
                days: environment.history_days,
                values: environment.history_values,
            },
            review: environment.reviews(),
            ..Settings::default()
        };
        let mirror = self.mirror(environment)?;
        let name = environment.name.clone();
        Ok(Engine::new(
            name,
            mirror,
            airflow,
            self.runtime.clone(),
            secrets,
            settings,
        ))
    }
}

/// A problem on its way out of a transaction, which is rolled back by it.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Problem);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}
