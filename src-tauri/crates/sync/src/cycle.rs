//! One cycle, and its account.

use crate::engine::Engine;
use crate::{Notice, apply, doubt, observe, outbox, problem_of, runs, server, status};
use leeward_airflow::{AirflowError, ErrorKind};
use leeward_model::{CycleSummary, LinkState, Problem, ProblemCode};
use leeward_store::{Counts, MUST_OBSERVE};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What stops a cycle. What was done until then is kept.
#[derive(Debug)]
pub(crate) enum Failure {
    Airflow(AirflowError),
    Problem(Problem),
}

impl From<AirflowError> for Failure {
    fn from(error: AirflowError) -> Self {
        Self::Airflow(error)
    }
}

impl Failure {
    fn into_problem(self) -> Problem {
        match self {
            Self::Airflow(error) => problem_of(&error),
            Self::Problem(problem) => problem,
        }
    }
}

/// So many things may meet trouble of Airflow's own in one cycle before the cycle gives up.
const BORNE_MAX: usize = 5;

/// One pass over everything, and what it did.
pub(crate) struct Cycle<'e> {
    pub(crate) engine: &'e Engine,
    pub(crate) tally: Tally,
    borne: Mutex<Vec<AirflowError>>,
    began: Duration,
    requests_before: u64,
}

/// Counts of a cycle in progress.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) observed: Counter,
    pub(crate) pulled: Counter,
    pub(crate) pushed: Counter,
    pub(crate) merged: Counter,
    notices: Mutex<Vec<Notice>>,
}

/// A count that only goes up.
#[derive(Default)]
pub(crate) struct Counter(AtomicU32);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0
            .fetch_add(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    pub(crate) fn notice(&self, notice: Notice) {
        self.notices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(notice);
    }

    fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<'e> Cycle<'e> {
    pub(crate) fn new(engine: &'e Engine) -> Self {
        let (began, requests_before) = (engine.runtime.elapsed(), engine.airflow.requests_sent());
        Self {
            engine,
            tally: Tally::default(),
            borne: Mutex::default(),
            began,
            requests_before,
        }
    }

    pub(crate) async fn run(&self) -> Result<(CycleSummary, Vec<Notice>), Problem> {
        let outcome = self.steps().await.and_then(|()| self.first_borne());
        self.note_link(outcome)?;
        let summary = self.summary(self.engine.read(|ledger| ledger.counts())?);
        tracing::info!(environment = %self.engine.environment, ?summary, "cycle done");
        Ok((summary, self.tally.take_notices()))
    }

    /// Only the outbox and the runs under way.
    pub(crate) async fn follow(&self) -> Result<Vec<Notice>, Problem> {
        let outcome = self.outbox_steps().await.and_then(|()| self.first_borne());
        self.note_link(outcome)?;
        Ok(self.tally.take_notices())
    }

    /// What went wrong with one record or one run must not stop the others: trouble that Airflow answered with is
    /// borne, a few times, and told at the end. A server that does not answer at all ends the cycle.
    pub(crate) fn bear(&self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        let mut borne = self.borne.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Err(Failure::Airflow(error)) if is_one_things(&error) && borne.len() < BORNE_MAX => {
                borne.push(error);
                Ok(())
            }
            other => other,
        }
    }

    fn first_borne(&self) -> Result<(), Failure> {
        let borne = std::mem::take(&mut *self.borne.lock().unwrap_or_else(PoisonError::into_inner));
        borne.into_iter().next().map_or(Ok(()), |error| Err(error.into()))
    }

    async fn steps(&self) -> Result<(), Failure> {
        if server::is_another(self).await? {
            return Ok(());
        }
        let complete = observe::observe(self).await?;
        if complete {
            self.engine
                .write(|ledger| ledger.set_meta(MUST_OBSERVE, &false))?;
            doubt::settle(self).await?;
            apply::apply(self).await?;
            self.outbox_steps().await?;
        }
        runs::refresh(self).await?;
        server::mark(self).await
    }

    async fn outbox_steps(&self) -> Result<(), Failure> {
        if self.engine.read(|ledger| ledger.brakes())?.is_empty() {
            outbox::send_due(self).await?;
        }
        runs::follow(self).await
    }

    /// Writes down how the link stands, so that every process tells the same.
    fn note_link(&self, outcome: Result<(), Failure>) -> Result<(), Problem> {
        let now = self.engine.runtime.now();
        let Err(failure) = outcome else {
            self.engine.write(|ledger| status::note_answer(ledger, now))?;
            return Ok(());
        };
        let problem = failure.into_problem();
        tracing::warn!(environment = %self.engine.environment, code = ?problem.code, what = %problem.what, "cycle stopped");
        self.engine
            .write(|ledger| status::note_trouble(ledger, link_of(problem.code), &problem.what))?;
        Err(problem)
    }

    fn summary(&self, counts: Counts) -> CycleSummary {
        let duration = self.engine.runtime.elapsed().saturating_sub(self.began);
        CycleSummary {
            observed: self.tally.observed.count(),
            pulled: self.tally.pulled.count(),
            pushed: self.tally.pushed.count(),
            merged: self.tally.merged.count(),
            conflicts: counts.conflicts,
            held: counts.held,
            rejected: counts.rejected,
            in_doubt: counts.in_doubt,
            requests: self
                .engine
                .airflow
                .requests_sent()
                .saturating_sub(self.requests_before),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Whether the trouble may be that of the one thing that was asked for.
fn is_one_things(error: &AirflowError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ServerTrouble { .. } | ErrorKind::Protocol { .. }
    )
}

fn link_of(code: ProblemCode) -> Option<LinkState> {
    match code {
        ProblemCode::Unreachable => Some(LinkState::Offline),
        ProblemCode::SignInNeeded => Some(LinkState::SignInNeeded),
        ProblemCode::Storage | ProblemCode::Internal => None,
        _ => Some(LinkState::Trouble),
    }
}
