//! What the steps of a cycle are given: the mirror, Airflow, time, settings and secrets; and where they write down what
//! they did and what they met.

use crate::binding::{Binding, Bindings, Companion, Item, Source, Typed};
use crate::failure::{Failure, is_one_collections, is_one_things};
use crate::memory::{Author, Memory, Sent};
use crate::replacements::Replacements;
use crate::runtime::Runtime;
use crate::settings::Settings;
use crate::shared_mirror::SharedMirror;
use crate::stop::Stop;
use crate::tally::Tally;
use jiff::Timestamp;
use leeward_airflow::{Airflow, AirflowError};
use leeward_model::{Collection, Problem, Remote, SyncProgress, Trigger};
use leeward_store::{Intent, Ledger, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// Is told how far a cycle is. Called between two pages, or two records: must not block.
pub type Progress = Box<dyn Fn(SyncProgress) + Send + Sync>;

/// What an environment's engine works with, from one cycle to the next.
pub(crate) struct Resources {
    pub(crate) environment: String,
    pub(crate) mirror: SharedMirror,
    pub(crate) memory: Mutex<Memory>,
    pub(crate) airflow: Arc<dyn Airflow>,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) replacements: Arc<dyn Replacements>,
    pub(crate) settings: Settings,
    /// Collections beside those that the mirror knows.
    pub(crate) fixed: Vec<Typed>,
    /// Who is told how far cycles are.
    pub(crate) progress: RwLock<Vec<Progress>>,
    /// Whether a person wants the cycle to end.
    pub(crate) stop: Stop,
}

impl Resources {
    /// What this process knows beside the mirror. Never held across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many things of a collection may meet trouble of Airflow's own in one cycle before the cycle gives it up.
const TOLERATED_ERRORS_MAX: usize = 5;

/// What a cycle did and met so far, over all collections.
pub(crate) struct Account {
    /// The collections that there were when it began.
    bindings: Bindings,
    tally: Tally,
    trigger: Trigger,
    /// The collections that it is run for, where another cycle has just read the others.
    for_the_sake_of: Option<BTreeSet<String>>,
    began: Duration,
    began_at: Timestamp,
    requests_before: u64,
    /// Records of the listings that were read to their end.
    listed: AtomicUsize,
    /// What was written and what is about to be.
    to_send: AtomicU32,
    /// Records read until now, those of a listing that is under way included.
    read: AtomicUsize,
    /// By collection.
    tolerated: Mutex<BTreeMap<String, Vec<AirflowError>>>,
    /// What stopped a collection that the cycle goes on without.
    stopped_by: Mutex<Vec<AirflowError>>,
    /// Collections whose listing could not be read, and why, where the cycle goes on without it.
    unlisted: Mutex<BTreeMap<String, Problem>>,
    /// Who was at a record last, by collection and key.
    authors: Mutex<BTreeMap<(String, String), Author>>,
}

impl Account {
    pub(crate) fn new(resources: &Resources, trigger: Trigger) -> Result<Self, StoreError> {
        let fixed = &resources.fixed;
        Ok(Self {
            bindings: resources.mirror.read(|ledger| Bindings::of(fixed, ledger))?,
            tally: Tally::default(),
            trigger,
            for_the_sake_of: None,
            began: resources.runtime.elapsed(),
            began_at: resources.runtime.now(),
            requests_before: resources.airflow.requests_sent(),
            listed: AtomicUsize::new(0),
            to_send: AtomicU32::new(0),
            read: AtomicUsize::new(0),
            tolerated: Mutex::default(),
            stopped_by: Mutex::default(),
            unlisted: Mutex::default(),
            authors: Mutex::default(),
        })
    }

    /// The account of a cycle right after another one, which has read all collections but these.
    pub(crate) fn for_the_sake_of(self, collections: BTreeSet<String>) -> Self {
        Self {
            for_the_sake_of: Some(collections),
            ..self
        }
    }
}

/// What a step is given: the [`Resources`], the cycle's [`Account`], and the collection that it is about.
#[derive(Clone, Copy)]
pub(crate) struct Context<'e> {
    resources: &'e Resources,
    account: &'e Account,
    binding: &'e dyn Binding,
    pub(crate) mirror: &'e SharedMirror,
    pub(crate) airflow: &'e dyn Airflow,
    pub(crate) runtime: &'e dyn Runtime,
    pub(crate) replacements: &'e dyn Replacements,
    pub(crate) settings: &'e Settings,
    pub(crate) tally: &'e Tally,
    pub(crate) trigger: Trigger,
    pub(crate) began: Duration,
    pub(crate) began_at: Timestamp,
}

impl<'e> Context<'e> {
    /// The context of the first collection.
    pub(crate) fn new(resources: &'e Resources, account: &'e Account) -> Self {
        Self {
            resources,
            account,
            binding: account.bindings.first(),
            mirror: &resources.mirror,
            airflow: resources.airflow.as_ref(),
            runtime: resources.runtime.as_ref(),
            replacements: resources.replacements.as_ref(),
            settings: &resources.settings,
            tally: &account.tally,
            trigger: account.trigger,
            began: account.began,
            began_at: account.began_at,
        }
    }

    /// The contexts of the collections that the companion keeps.
    pub(crate) fn companion(&self) -> impl Iterator<Item = (Self, &'e Companion)> {
        let context = *self;
        self.account.bindings.companion().iter().map(move |companion| {
            let binding: &dyn Binding = companion;
            (Self { binding, ..context }, companion)
        })
    }

    /// The contexts of all collections but those of the companion.
    pub(crate) fn collections(&self) -> impl Iterator<Item = Self> {
        let context = *self;
        self.account
            .bindings
            .iter()
            .map(move |binding| Self { binding, ..context })
    }

    /// The collection's name.
    pub(crate) fn collection(&self) -> &'e str {
        &self.binding.model().name
    }

    /// The collection's data model.
    pub(crate) fn model(&self) -> &'e Collection {
        self.binding.model()
    }

    pub(crate) fn binding(&self) -> &'e dyn Binding {
        self.binding
    }

    /// Where the collection's records are read and written.
    pub(crate) fn source(&self) -> &'e dyn Source {
        self.binding.source()
    }

    /// What was read under a key, as a record's remote; nothing there is [`Remote::Absent`].
    pub(crate) fn decode(&self, ledger: &Ledger<'_>, item: Option<&Item>) -> Result<Remote, StoreError> {
        let fields = item.map(|item| self.binding.decode(ledger, item)).transpose()?;
        Ok(fields.map_or(Remote::Absent, Remote::Present))
    }

    /// See [`Source::get`].
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Item>, AirflowError> {
        self.source().get(self.airflow, key).await
    }

    pub(crate) fn environment(&self) -> &'e str {
        &self.resources.environment
    }

    /// What this process knows beside the mirror. Never held across an await.
    pub(crate) fn memory(&self) -> MutexGuard<'e, Memory> {
        self.resources.memory()
    }

    /// Whether all of the collection is to be read because a person asked for the cycle.
    pub(crate) fn is_asked_for(&self) -> bool {
        let collections = self.account.for_the_sake_of.as_ref();
        let is_of_it = collections.is_none_or(|names| names.contains(self.collection()));
        self.trigger == Trigger::Asked && is_of_it
    }

    /// So many records of the collection's listing have been read.
    pub(crate) fn has_read(&self, records: usize) {
        self.tell(self.account.listed.load(Ordering::Relaxed) + records);
    }

    /// So many records are about to be written.
    pub(crate) fn will_send(&self, records: usize) {
        let records = u32::try_from(records).unwrap_or(u32::MAX);
        let all = self.tally.pushed.count().saturating_add(records);
        self.account.to_send.store(all, Ordering::Relaxed);
        self.has_sent();
    }

    /// Some of what was to be written has been, and was read back.
    pub(crate) fn has_sent(&self) {
        self.tell(self.account.listed.load(Ordering::Relaxed));
    }

    fn tell(&self, read: usize) {
        let so_far = SyncProgress {
            read: u32::try_from(read).unwrap_or(u32::MAX),
            sent: self.tally.pushed.count(),
            to_send: self.account.to_send.load(Ordering::Relaxed),
        };
        self.account.read.store(read, Ordering::Relaxed);
        let told = self
            .resources
            .progress
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        told.iter().for_each(|progress| progress(so_far));
    }

    /// Ends the step where a person wants the cycle to end. For where nothing is done by half.
    pub(crate) fn look_for_stop(&self) -> Result<(), Failure> {
        match self.resources.stop.is_asked() {
            true => Err(Failure::Stopped),
            false => Ok(()),
        }
    }

    /// What `read` reads, unless a person wants the cycle to end: then it is given up where it waits. Never for a write.
    pub(crate) async fn unless_stopped<T>(&self, read: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.resources.stop.asked() => Err(Failure::Stopped),
            read = read => Ok(read),
        }
    }

    /// Whether a page was read, or something written: Airflow answered.
    pub(crate) fn has_got_anywhere(&self) -> bool {
        self.account.read.load(Ordering::Relaxed) > 0 || self.tally.pushed.count() > 0
    }

    /// What was read of a listing that was not read to its end counts, too.
    pub(crate) fn count_what_was_read(&self) {
        let read = self.account.read.load(Ordering::Relaxed);
        let counted = usize::try_from(self.tally.observed.count()).unwrap_or(usize::MAX);
        self.tally.observed.add(read.saturating_sub(counted));
    }

    /// The collection's listing was read to its end.
    pub(crate) fn has_listed(&self, records: usize) {
        self.account.listed.fetch_add(records, Ordering::Relaxed);
    }

    /// Whether it is the first collection, whose work is kept for when it may be read again.
    pub(crate) fn is_main(&self) -> bool {
        self.collection() == self.account.bindings.first().model().name
    }

    /// Goes on although one record or one run met trouble that Airflow answered with: a few times, and it is told at the
    /// end, so that it does not stop the others. A server that does not answer at all ends the cycle.
    pub(crate) fn tolerate(&self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        let mut tolerated = self
            .account
            .tolerated
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let tolerated = tolerated.entry(self.collection().to_owned()).or_default();
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

    /// Goes on with the other collections where the trouble may be this one's alone: `None`, and it is told at the end.
    /// What is no collection's, such as a server that cannot be reached, ends the cycle.
    pub(crate) fn keep_apart<T>(&self, outcome: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match outcome {
            Err(Failure::Airflow(error)) if is_one_collections(&error) => {
                tracing::info!(collection = self.collection(), what = %error, "given up in this cycle");
                let stopped_by = &self.account.stopped_by;
                stopped_by
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(error);
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// The listing cannot be read: the cycle goes on by key, and this is told at its end.
    pub(crate) fn go_on_without_listing(&self, why: Problem) {
        self.unlisted().insert(self.collection().to_owned(), why);
    }

    pub(crate) fn is_unlisted(&self) -> bool {
        self.unlisted().contains_key(self.collection())
    }

    fn unlisted(&self) -> MutexGuard<'e, BTreeMap<String, Problem>> {
        let unlisted = &self.account.unlisted;
        unlisted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the cycle went on in spite of, if anything.
    pub(crate) fn first_tolerated(&self) -> Result<(), Failure> {
        if let Some(why) = self.unlisted().values().next() {
            return Err(Failure::Problem(why.clone()));
        }
        let stopped_by = &self.account.stopped_by;
        let stopped_by = std::mem::take(&mut *stopped_by.lock().unwrap_or_else(PoisonError::into_inner));
        let tolerated = &self.account.tolerated;
        let tolerated = std::mem::take(&mut *tolerated.lock().unwrap_or_else(PoisonError::into_inner));
        let mut all = stopped_by.into_iter().chain(tolerated.into_values().flatten());
        all.next().map_or(Ok(()), |error| Err(error.into()))
    }

    /// Notes who was at these records last.
    pub(crate) fn know_authors(&self, keys: &BTreeMap<String, Option<Author>>) {
        let id = |key: &String| (self.collection().to_owned(), key.clone());
        let known = keys
            .iter()
            .filter_map(|(key, author)| Some((id(key), author.clone()?)));
        self.authors().extend(known);
    }

    /// Who was at this record last, where the event log tells.
    pub(crate) fn author_of(&self, key: &str) -> Option<Author> {
        let id = (self.collection().to_owned(), key.to_owned());
        self.authors().get(&id).cloned()
    }

    fn authors(&self) -> MutexGuard<'e, BTreeMap<(String, String), Author>> {
        let authors = &self.account.authors;
        authors.lock().unwrap_or_else(PoisonError::into_inner)
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
            let collection = memory.of(&intent.collection);
            collection.sent.entry(intent.key.clone()).or_default().push(sent);
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
        sent.saturating_sub(self.account.requests_before)
    }
}
