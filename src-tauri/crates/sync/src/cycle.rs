//! One cycle, and its account.

use crate::engine::Engine;
use crate::event_log::{self, Look, News};
use crate::hints::{self, Hinted};
use crate::memory::{Author, Sent};
use crate::observe::Observed;
use crate::tally::Tally;
use crate::{
    Notice, account, apply, doubt, observe, outbox, overwritten, problem_of, runs, scan_due, server, status,
    unlisted,
};
use jiff::Timestamp;
use leeward_airflow::{AirflowError, ErrorKind};
use leeward_model::{CycleSummary, LinkState, Problem, ProblemCode, Scan, Trigger};
use leeward_store::Intent;
use std::collections::BTreeMap;
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
    pub(crate) trigger: Trigger,
    pub(crate) began: Duration,
    pub(crate) began_at: Timestamp,
    requests_before: u64,
    borne: Mutex<Vec<AirflowError>>,
    /// Why the listing could not be read, where the cycle goes on without it.
    unlisted: Mutex<Option<Problem>>,
    authors: Mutex<BTreeMap<String, Author>>,
}

impl<'e> Cycle<'e> {
    pub(crate) fn new(engine: &'e Engine, trigger: Trigger) -> Self {
        Self {
            engine,
            tally: Tally::default(),
            trigger,
            began: engine.runtime.elapsed(),
            began_at: engine.runtime.now(),
            requests_before: engine.airflow.requests_sent(),
            borne: Mutex::default(),
            unlisted: Mutex::default(),
            authors: Mutex::default(),
        }
    }

    pub(crate) async fn run(&self) -> Result<(CycleSummary, Vec<Notice>), Problem> {
        let feed_before = self.engine.read(|ledger| ledger.last_feed())?;
        let outcome = self.steps().await.and_then(|()| self.first_borne());
        self.note_sent();
        let linked = self.note_link(outcome);
        account::note(self, linked.as_ref().err(), feed_before)?;
        linked?;
        let summary = account::summary(self)?;
        tracing::info!(environment = %self.engine.environment, ?summary, "cycle done");
        Ok((summary, self.tally.take_notices()))
    }

    /// Only the outbox and the runs under way.
    pub(crate) async fn follow(&self) -> Result<Vec<Notice>, Problem> {
        let outcome = self.outbox_steps().await.and_then(|()| self.first_borne());
        self.note_sent();
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

    /// The listing cannot be read: the cycle goes on by key, and this is told at its end.
    pub(crate) fn go_on_without_listing(&self, why: Problem) {
        *self.unlisted.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    pub(crate) fn is_unlisted(&self) -> bool {
        let why = self.unlisted.lock().unwrap_or_else(PoisonError::into_inner);
        why.is_some()
    }

    fn first_borne(&self) -> Result<(), Failure> {
        let why = self.unlisted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = why.clone() {
            return Err(Failure::Problem(why));
        }
        let borne = std::mem::take(&mut *self.borne.lock().unwrap_or_else(PoisonError::into_inner));
        borne.into_iter().next().map_or(Ok(()), |error| Err(error.into()))
    }

    async fn steps(&self) -> Result<(), Failure> {
        let news = match event_log::read(self).await? {
            Look::AnotherServer => return Ok(()),
            Look::Unreadable => {
                self.engine.memory().sent.clear();
                None
            }
            Look::News(news) => Some(overwritten::judge(self, news)?),
        };
        if self.observe(news.as_ref()).await? {
            doubt::settle(self).await?;
            apply::apply(self).await?;
            self.outbox_steps().await?;
            overwritten::look(self).await?;
        }
        runs::refresh(self).await
    }

    /// Looks at what the event log points at, or at everything. `false` when the collection is stopped.
    async fn observe(&self, news: Option<&News>) -> Result<bool, Failure> {
        if let Some(news) = news {
            let keys = hints::keys(self, news)?;
            self.know_authors(&keys);
            if !scan_due::is_due(self, news)? && matches!(hints::observe(self, &keys).await?, Hinted::Read) {
                self.tally.scan(Scan::Hinted);
                return self.keep(news).map(|()| true);
            }
        }
        self.tally.scan(Scan::Full);
        // Where no row tells of Variables, any row will do by which to know the server; it must be older than the scan.
        let any = match news {
            Some(news) if news.newest.is_none() && server::known_mark(self)?.is_none() => {
                event_log::any_row(self).await?
            }
            _ => None,
        };
        let demand = self.engine.read(|ledger| ledger.observation_demand())?;
        match observe::observe(self).await? {
            Observed::Whole => {}
            Observed::Stopped => return Ok(false),
            Observed::Unlisted(error) => return unlisted::go_on(self, news, error).await,
        }
        if let Some(demand) = demand {
            self.engine
                .write(|ledger| ledger.meet_observation_demand(demand))?;
        }
        any.iter().try_for_each(|row| server::put_mark(self, row))?;
        news.map_or(Ok(()), |news| self.keep(news)).map(|()| true)
    }

    /// What the rows led to has been read.
    pub(crate) fn keep(&self, news: &News) -> Result<(), Failure> {
        hints::look_again(self, news);
        news.keep(self)
    }

    fn know_authors(&self, keys: &BTreeMap<String, Option<Author>>) {
        let known = keys
            .iter()
            .filter_map(|(key, author)| Some((key.clone(), author.clone()?)));
        self.authors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(known);
    }

    /// Who was at this record last, where the event log tells.
    pub(crate) fn author_of(&self, key: &str) -> Option<Author> {
        self.authors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    /// Writes were sent in one request, whatever became of it: the event log will hold a row of it. `began` is when
    /// the look before was begun; returns the time since.
    pub(crate) fn sent<'i>(
        &self,
        intents: impl IntoIterator<Item = &'i Intent>,
        began: Duration,
    ) -> Duration {
        let window = self.engine.runtime.elapsed().saturating_sub(began);
        self.tally.window(window);
        let mut memory = self.engine.memory();
        // Without the log they would never be compared with anything.
        let judged = memory.log_is_readable;
        for intent in intents.into_iter().filter(|_| judged) {
            let before = intent.before.clone();
            let sent = Sent { window, before };
            memory.sent.entry(intent.key.clone()).or_default().push(sent);
        }
        window
    }

    /// The server's clock, which nobody sets back and forth; where it tells none, this computer's.
    pub(crate) fn clock(&self) -> Timestamp {
        let told = self.engine.airflow.server_clock();
        told.unwrap_or_else(|| self.engine.runtime.now())
    }

    /// Requests sent in this cycle.
    pub(crate) fn requests(&self) -> u64 {
        let sent = self.engine.airflow.requests_sent();
        sent.saturating_sub(self.requests_before)
    }

    async fn outbox_steps(&self) -> Result<(), Failure> {
        if self.engine.read(|ledger| ledger.brakes())?.is_empty() {
            outbox::send_due(self).await?;
        }
        runs::follow(self).await
    }

    /// The status line tells when something last arrived.
    fn note_sent(&self) {
        if self.tally.pushed.count() + self.tally.started.count() > 0 {
            self.engine.memory().sent_at = Some(self.engine.runtime.now());
        }
    }

    /// Writes down how the link stands, so that every process tells the same.
    fn note_link(&self, outcome: Result<(), Failure>) -> Result<(), Problem> {
        let Err(failure) = outcome else {
            self.engine.memory().answered_at = Some(self.engine.runtime.now());
            return Ok(status::note_answer(self.engine)?);
        };
        let problem = failure.into_problem();
        tracing::warn!(environment = %self.engine.environment, code = ?problem.code, what = %problem.what, "cycle stopped");
        status::note_trouble(self.engine, link_of(problem.code), &problem.what)?;
        Err(problem)
    }
}

/// Whether the trouble may be that of the one thing that was asked for.
pub(crate) fn is_one_things(error: &AirflowError) -> bool {
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
