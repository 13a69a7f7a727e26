//! An engine in this process, on a mirror of its own.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use leeward_airflow::Airflow;
use leeward_model::{Change, CycleSummary, EntryKind, Problem, Trigger, VARIABLES, Value};
use leeward_store::{Ledger, Mirror, StoreError, Work};
use leeward_sync::{
    Credentials, Engine, Replacements, Runtime, Secret, Settings, SystemRuntime, connect, new_ulid,
    open_mirror,
};
use tempfile::TempDir;

use crate::rows_of;

/// An analyst's engine.
pub(crate) struct EngineOnDisk {
    folder: TempDir,
    engine: Engine,
    runtime: Arc<dyn Runtime>,
}

struct NoSecrets;

impl Replacements for NoSecrets {
    fn get(&self, _: &str) -> Result<Option<Secret>, Problem> {
        Ok(None)
    }

    fn forget(&self, _: &str) {}
}

impl EngineOnDisk {
    /// A new mirror, and an engine that will sign in there.
    pub(crate) fn at(url: &str, username: &str, password: &str) -> Result<Self> {
        let (username, password) = (username.to_owned(), Secret::new(password));
        let airflow = connect(url, Credentials::Password { username, password }).map_err(told)?;
        Self::with(airflow, Arc::new(SystemRuntime::new()))
    }

    /// A new mirror, and an engine on that client and clock.
    pub(crate) fn with(airflow: Arc<dyn Airflow>, runtime: Arc<dyn Runtime>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mirror = open_mirror(&folder.path().join("mirror.db"), runtime.as_ref()).map_err(told)?;
        let (name, settings) = ("bench".to_owned(), Settings::default());
        let engine = Engine::new(
            name,
            mirror,
            airflow,
            Arc::clone(&runtime),
            Arc::new(NoSecrets),
            settings,
        );
        Ok(Self {
            folder,
            engine,
            runtime,
        })
    }

    /// One cycle, and how long it took.
    pub(crate) async fn cycle(&self) -> Result<(CycleSummary, Duration)> {
        let began = Instant::now();
        let summary = self.engine.cycle().await.map_err(told)?;
        Ok((summary, began.elapsed()))
    }

    /// The cycle that follows an edit, and how long it took.
    pub(crate) async fn push(&self) -> Result<(CycleSummary, Duration)> {
        let began = Instant::now();
        let summary = self.engine.cycle_for(Trigger::Edit).await.map_err(told)?;
        Ok((summary, began.elapsed()))
    }

    /// One cycle of the schedule: everything is read only when that is due.
    pub(crate) async fn look(&self) -> Result<CycleSummary> {
        self.engine.cycle_for(Trigger::Interval).await.map_err(told)
    }

    /// Changes the value of the first `count` records, as a person who looks at them would.
    pub(crate) fn edit(&self, count: usize, edition: usize) -> Result<()> {
        let edit = |number| (rows_of::key(number), rows_of::value(number, edition));
        self.enter(VARIABLES, "value", (0..count).map(edit))
    }

    /// Enters new texts of one field, each for the record of that key.
    pub(crate) fn enter(
        &self,
        collection: &str,
        field: &str,
        edits: impl Iterator<Item = (String, String)>,
    ) -> Result<()> {
        let edits: Vec<_> = edits.collect();
        Ok(self.mirror()?.write(|ledger| {
            edits
                .iter()
                .try_for_each(|(key, text)| self.enter_one(ledger, collection, (key, field), text))
        })?)
    }

    fn enter_one(
        &self,
        ledger: &Ledger<'_>,
        collection: &str,
        (key, field): (&str, &str),
        text: &str,
    ) -> Result<(), StoreError> {
        let shown = ledger.record(collection, key)?;
        let from = shown.and_then(|record| record.local(field).cloned());
        let to = Some(Value::String(text.to_owned()));
        let mut work = Work::new(new_ulid(self.runtime.as_ref()), EntryKind::Edit);
        (work.collection, work.key) = (collection.into(), key.to_owned());
        work.fields = [(field.to_owned(), Change { from, to })].into();
        ledger.enter("bench", work, self.runtime.now()).map(drop)
    }

    /// A second connection to its mirror.
    pub(crate) fn mirror(&self) -> Result<Mirror> {
        open_mirror(&self.files()[0], self.runtime.as_ref()).map_err(told)
    }

    /// The mirror's files.
    pub(crate) fn files(&self) -> [PathBuf; 2] {
        ["mirror.db", "mirror.db-wal"].map(|name| self.folder.path().join(name))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn told(problem: Problem) -> anyhow::Error {
    anyhow!("{problem}")
}

/// Runs on this thread alone.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?
        .block_on(work)
}
