//! What the steps of a cycle are given: the mirror, Airflow, time, settings and secrets; and where they write down what
//! they did and what they met.

use crate::failure::{Failure, is_one_things};
use crate::memory::{Author, Memory, Sent};
use crate::replacements::Replacements;
use crate::runtime::Runtime;
use crate::settings::Settings;
use crate::shared_mirror::SharedMirror;
use crate::tally::Tally;
use jiff::Timestamp;
use leeward_airflow::{Airflow, AirflowError};
use leeward_model::{Collection, Problem, Trigger};
use leeward_store::Intent;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Is told how many records a full reading has read so far. Called between two pages: must not block.
pub type Progress = Box<dyn Fn(usize) + Send + Sync>;

/// What an environment's engine works with, from one cycle to the next.
pub(crate) struct Resources {
    pub(crate) environment: String,
    pub(crate) mirror: SharedMirror,
    pub(crate) memory: Mutex<Memory>,
    pub(crate) airflow: Arc<dyn Airflow>,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) replacements: Arc<dyn Replacements>,
    pub(crate) settings: Settings,
    pub(crate) collection: Collection,
    pub(crate) progress: Option<Progress>,
}

impl Resources {
    /// What this process knows beside the mirror. Never held across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many things may meet trouble of Airflow's own in one cycle before the cycle gives up.
const TOLERATED_ERRORS_MAX: usize = 5;

/// One cycle's view of the [`Resources`], and its account.
pub(crate) struct Context<'e> {
    resources: &'e Resources,
    pub(crate) mirror: &'e SharedMirror,
    pub(crate) airflow: &'e dyn Airflow,
    pub(crate) runtime: &'e dyn Runtime,
    pub(crate) replacements: &'e dyn Replacements,
    pub(crate) settings: &'e Settings,
    pub(crate) collection: &'e Collection,
    pub(crate) tally: Tally,
    pub(crate) trigger: Trigger,
    pub(crate) began: Duration,
    pub(crate) began_at: Timestamp,
    requests_before: u64,
    tolerated: Mutex<Vec<AirflowError>>,
    /// Why the listing could not be read, where the cycle goes on without it.
    unlisted: Mutex<Option<Problem>>,
    authors: Mutex<BTreeMap<String, Author>>,
}

impl<'e> Context<'e> {
    pub(crate) fn new(resources: &'e Resources, trigger: Trigger) -> Self {
        Self {
            resources,
            mirror: &resources.mirror,
            airflow: resources.airflow.as_ref(),
            runtime: resources.runtime.as_ref(),
            replacements: resources.replacements.as_ref(),
            settings: &resources.settings,
            collection: &resources.collection,
            tally: Tally::default(),
            trigger,
            began: resources.runtime.elapsed(),
            began_at: resources.runtime.now(),
            requests_before: resources.airflow.requests_sent(),
            tolerated: Mutex::default(),
            unlisted: Mutex::default(),
            authors: Mutex::default(),
        }
    }

    pub(crate) fn environment(&self) -> &'e str {
        &self.resources.environment
    }

    /// What this process knows beside the mirror. Never held across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'e, Memory> {
        self.resources.memory()
    }

    /// So many records of a full reading have been read.
    pub(crate) fn has_read(&self, records: usize) {
        if let Some(progress) = &self.resources.progress {
            progress(records);
        }
    }

    /// Goes on although one record or one run met trouble that Airflow answered with: a few times, and it is told at the
    /// end, so that it does not stop the others. A server that does not answer at all ends the cycle.
    pub(crate) fn tolerate(&self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        let mut tolerated = self.tolerated.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Err(Failure::Airflow(error))
                if is_one_things(&error) && tolerated.len() < TOLERATED_ERRORS_MAX =>
            {
                tolerated.push(error);
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

    /// What the cycle went on in spite of, if anything.
    pub(crate) fn first_tolerated(&self) -> Result<(), Failure> {
        let why = self.unlisted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = why.clone() {
            return Err(Failure::Problem(why));
        }
        let tolerated = std::mem::take(&mut *self.tolerated.lock().unwrap_or_else(PoisonError::into_inner));
        tolerated
            .into_iter()
            .next()
            .map_or(Ok(()), |error| Err(error.into()))
    }

    /// Notes who was at these records last.
    pub(crate) fn know_authors(&self, keys: &BTreeMap<String, Option<Author>>) {
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
        let window = self.runtime.elapsed().saturating_sub(began);
        self.tally.window(window);
        let mut memory = self.memory();
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
        let told = self.airflow.server_clock();
        told.unwrap_or_else(|| self.runtime.now())
    }

    /// Requests sent in this cycle.
    pub(crate) fn requests(&self) -> u64 {
        let sent = self.airflow.requests_sent();
        sent.saturating_sub(self.requests_before)
    }
}
