//! One environment's engine: the mirror, an Airflow, and what they need.

use crate::cycle::{Cycle, Failure};
use crate::memory::Memory;
use crate::second_try::SecondTry;
use crate::{Airflow, Runtime, Secret, runs, scan_due};
use leeward_model::{Collection, CycleSummary, DagView, Problem, ProblemCode, Trigger};
use leeward_store::{HistoryKeep, Ledger, Mirror, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Secrets that wait in the keychain to be written to Airflow.
pub trait Replacements: Send + Sync {
    /// The secret of that id, if it is still there.
    ///
    /// # Errors
    /// `Keychain` when it cannot be read now.
    fn get(&self, id: &str) -> Result<Option<Secret>, Problem>;
    /// It arrived: it is no longer needed here.
    fn forget(&self, id: &str);
}

/// Is told how many records a full reading has read so far. Called between two pages: must not block.
pub type Progress = Box<dyn Fn(usize) + Send + Sync>;

/// An environment's settings, as far as the engine cares.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a write may still take effect after its answer was lost; at least a gateway's time-out.
    pub settle: Duration,
    /// The time between two cycles when nothing else calls for one.
    pub interval: Duration,
    /// The time after which everything is read, not only what the event log points at; at most 15 minutes.
    pub full_scan: Duration,
    /// How much of every record's history is kept.
    pub history_keep: HistoryKeep,
    /// Whether nothing is sent before the analyst has looked at it and said "send".
    pub review: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle: Duration::from_secs(120),
            interval: Duration::from_secs(60),
            full_scan: scan_due::LONGEST,
            history_keep: HistoryKeep::default(),
            review: false,
        }
    }
}

/// One environment's engine. Cycles do not overlap: the caller holds the environment's sync lock.
pub struct Engine {
    pub(crate) environment: String,
    mirror: Mutex<Mirror>,
    memory: Mutex<Memory>,
    pub(crate) airflow: Arc<dyn Airflow>,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) replacements: Arc<dyn Replacements>,
    pub(crate) settings: Settings,
    pub(crate) collection: Collection,
    progress: Option<Progress>,
}

impl Engine {
    /// An engine on its own connection to the environment's mirror.
    #[must_use]
    pub fn new(
        environment: String,
        mirror: Mirror,
        airflow: Arc<dyn Airflow>,
        runtime: Arc<dyn Runtime>,
        replacements: Arc<dyn Replacements>,
        settings: Settings,
    ) -> Self {
        let mirror = Mutex::new(mirror);
        airflow.pause_with(Arc::new(SecondTry(runtime.clone())));
        Self {
            environment,
            mirror,
            memory: Mutex::default(),
            airflow,
            runtime,
            replacements,
            settings,
            collection: Collection::variables(),
            progress: None,
        }
    }

    /// The engine, telling this listener how far its readings are.
    #[must_use]
    pub fn telling(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    pub(crate) fn has_read(&self, records: usize) {
        if let Some(progress) = &self.progress {
            progress(records);
        }
    }

    /// One cycle that reads everything: observe, reconcile, apply, verify; then the actions that are due.
    ///
    /// # Errors
    /// What stopped it, in plain words; also written to the mirror, so that the status tells it. What was done until
    /// then is kept, and nothing pending is lost.
    pub async fn cycle(&self) -> Result<CycleSummary, Problem> {
        self.cycle_for(Trigger::Asked).await
    }

    /// One cycle for that reason. Unless a person asked for it, it reads only what Airflow's event log points at,
    /// while that can be read and the last full scan is recent.
    ///
    /// # Errors
    /// As for [`Engine::cycle`].
    pub async fn cycle_for(&self, trigger: Trigger) -> Result<CycleSummary, Problem> {
        self.run_cycle(trigger).await.map(|(summary, _)| summary)
    }

    /// Sends the actions that are due and follows the runs that are under way, without observing anything else.
    ///
    /// # Errors
    /// As for [`Engine::cycle`].
    pub(crate) async fn follow(&self) -> Result<Vec<crate::Notice>, Problem> {
        Cycle::new(self, Trigger::Interval).follow().await
    }

    /// Reads one DAG with its params.
    ///
    /// # Errors
    /// `NotFound`, or what stood in the way.
    pub async fn refresh_dag(&self, dag_id: &str) -> Result<DagView, Problem> {
        let dag = self
            .airflow
            .get_dag(dag_id)
            .await
            .map_err(|error| crate::problem_of(&error))?;
        let dag = dag.ok_or_else(|| no_such_dag(dag_id))?;
        let view = runs::dag_view(dag);
        self.write(|ledger| ledger.put_dag(&view))?;
        Ok(view)
    }

    pub(crate) fn read<T>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner).read(f)
    }

    pub(crate) fn write<T>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.mirror
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(f)
    }

    pub(crate) async fn run_cycle(
        &self,
        trigger: Trigger,
    ) -> Result<(CycleSummary, Vec<crate::Notice>), Problem> {
        Cycle::new(self, trigger).run().await
    }

    /// What this process knows beside the mirror. Never held across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_such_dag(dag_id: &str) -> Problem {
    Problem {
        code: ProblemCode::NotFound,
        what: format!("Airflow has no DAG {dag_id} (any more)."),
        meaning: "It cannot be triggered.".into(),
        next: "Look at the list of DAGs.".into(),
        retry: false,
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}
