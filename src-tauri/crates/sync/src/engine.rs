//! One environment's engine: the face of this crate.

use crate::binding::Typed;
use crate::context::{Account, Context, Progress, Resources};
use crate::listener::Notice;
use crate::memory::Memory;
use crate::replacements::Replacements;
use crate::runtime::Runtime;
use crate::second_try::SecondTry;
use crate::settings::Settings;
use crate::shared_mirror::SharedMirror;
use crate::stop::Stop;
use crate::{cycle, runs};
use leeward_airflow::Airflow;
use leeward_model::{CycleSummary, DagView, Problem, ProblemCode, Trigger};
use leeward_store::{Ledger, Mirror, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// One environment's engine. Cycles do not overlap: the caller holds the environment's sync lock.
pub struct Engine {
    pub(crate) resources: Resources,
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
        airflow.pause_with(Arc::new(SecondTry(runtime.clone())));
        Self {
            resources: Resources {
                environment,
                mirror: SharedMirror::new(mirror),
                memory: Mutex::default(),
                airflow,
                runtime,
                replacements,
                settings,
                fixed: Vec::new(),
                progress: RwLock::default(),
                stop: Stop::default(),
            },
        }
    }

    /// The engine, telling this listener how far its cycles are.
    #[must_use]
    pub fn telling(self, progress: Progress) -> Self {
        self.tell(progress);
        self
    }

    /// Tells this listener, too, how far cycles are.
    pub(crate) fn tell(&self, progress: Progress) {
        let mut told = self
            .resources
            .progress
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        told.push(progress);
    }

    /// The engine, which synchronises these collections beside those that the mirror knows by the Variables that hold their
    /// data models. For simulations; the mirror must know these, too ([`Ledger::put_model`]).
    #[must_use]
    pub fn with_typed(mut self, typed: Vec<Typed>) -> Self {
        self.resources.fixed = typed;
        self
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

    /// Ends the cycle under way where nothing is done by half, and every later one at its beginning. A read is given up where
    /// it waits; a write that was sent is looked at first, and stands in doubt where that cannot be done. What was read and
    /// sent until then counts, the rest stays pending. [`CycleSummary::stopped`] says so.
    pub fn stop(&self) {
        self.resources.stop.ask();
    }

    /// Cycles may run again after [`Engine::stop`].
    pub fn go_on(&self) {
        self.resources.stop.lift();
    }

    /// Sends the actions that are due and follows the runs that are under way, without observing anything else.
    ///
    /// # Errors
    /// As for [`Engine::cycle`].
    pub(crate) async fn follow(&self) -> Result<Vec<Notice>, Problem> {
        let account = Account::new(&self.resources, Trigger::Interval)?;
        cycle::follow(&Context::new(&self.resources, &account)).await
    }

    /// Reads one DAG with its params.
    ///
    /// # Errors
    /// `NotFound`, or what stood in the way.
    pub async fn refresh_dag(&self, dag_id: &str) -> Result<DagView, Problem> {
        let dag = self
            .resources
            .airflow
            .get_dag(dag_id)
            .await
            .map_err(|error| Problem::from(&error))?;
        let dag = dag.ok_or_else(|| no_such_dag(dag_id))?;
        let view = runs::dag_view(dag);
        self.write(|ledger| ledger.put_dag(&view))?;
        Ok(view)
    }

    pub(crate) fn read<T>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.resources.mirror.read(f)
    }

    pub(crate) fn write<T>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.resources.mirror.write(f)
    }

    /// A cycle, and a second one where the first brought a data model: its collection is there when this returns. The second
    /// reads that collection, and of the others only what the event log points at.
    pub(crate) async fn run_cycle(&self, trigger: Trigger) -> Result<(CycleSummary, Vec<Notice>), Problem> {
        self.follow_models()?;
        let (mut summary, mut notices) = self.run_once(Account::new(&self.resources, trigger)?).await?;
        let changed = self.follow_models()?;
        if !changed.is_empty() && !summary.stopped {
            let account = Account::new(&self.resources, trigger)?.for_the_sake_of(changed);
            let (second, more) = self.run_once(account).await?;
            summary = summary.and(&second);
            notices.extend(more);
        }
        Ok((summary, notices))
    }

    async fn run_once(&self, account: Account) -> Result<(CycleSummary, Vec<Notice>), Problem> {
        cycle::run(&Context::new(&self.resources, &account)).await
    }

    /// Brings the typed collections in line with the Variables and DAGs that hold their data models; says which that made,
    /// changed or took away.
    pub(crate) fn follow_models(&self) -> Result<BTreeSet<String>, StoreError> {
        let has_any = |ledger: &Ledger<'_>| {
            let has_models = ledger.has_models()? || ledger.has_offers()?;
            Ok((has_models, ledger.typed_collections()?))
        };
        let (has_models, before) = self.read(has_any)?;
        if !has_models && before.is_empty() {
            return Ok(BTreeSet::new());
        }
        let now = self.resources.runtime.now();
        let after = self.write(|ledger| {
            ledger.follow_models(now)?;
            ledger.follow_companion(now)?;
            ledger.typed_collections()
        })?;
        let moved = after.iter().filter(|one| !before.contains(one));
        let gone = before.iter().filter(|one| !after.contains(one));
        Ok(moved.chain(gone).map(|one| one.model.name.clone()).collect())
    }

    /// What this process knows beside the mirror. Never held across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.resources.memory()
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
