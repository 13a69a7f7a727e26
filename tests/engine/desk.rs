//! One analyst's desk for the tests: an engine, its mirror, an Airflow that can be tampered with, and a clock.

use async_trait::async_trait;
use bytes::Bytes;
use harness::fake_airflow::{FakeAirflow, InProcess, Row};
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{BaseUrl, Transport, TransportError, v2};
use leeward_model::{
    Action, ActionKind, ActionState, ActionView, Change, Conflict, CycleSummary, Digest, EntryKind,
    Handshake, Problem, Rebuild, RebuildAction, RebuildRecord, RecordState, RecordView, Resume, SyncProgress,
    Trigger, TriggerRun, VARIABLES, Value,
};
use leeward_store::{Ledger, Mirror, StoreError, Work};
use leeward_sync::{Credentials, Engine, Live, Replacements, Runtime, Secret, Settings};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use ulid::Ulid;

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server cannot be reached.
    Refused,
    /// Airflow answers with trouble of its own, and does nothing.
    Trouble,
    /// A gateway answers in its place, and nothing is done.
    Gateway,
    /// It arrives, and the answer is lost.
    AnswerLost,
    /// Neither arrives, and nobody can know.
    RequestLost,
    /// 409: there is one already.
    Taken,
    /// 403: this user may not.
    Forbidden,
}

type Tamper = Box<dyn FnMut(&str, &str, When, &mut FakeAirflow) -> Option<Fault> + Send>;

/// Before or after the server handled a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

/// The in-memory Airflow with somebody in between.
pub(crate) struct Wire {
    airflow: InProcess,
    clock: Arc<Clock>,
    tamper: Mutex<Option<Tamper>>,
    /// Whether whoever waits beside a request gets a turn before the server has it.
    is_slow: AtomicBool,
    /// What was sent to be written to variables.
    written: Mutex<Vec<Bytes>>,
}

impl Wire {
    /// The bodies of all writes to variables since this was last asked.
    pub(crate) fn take_written(&self) -> Vec<Bytes> {
        std::mem::take(&mut *self.written.lock().unwrap())
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        if is_write(&method, &path) {
            self.written.lock().unwrap().push(request.body().clone());
        }
        self.airflow
            .with(|airflow| airflow.pass_time(self.clock.take_passed()));
        let meddle = |when| {
            let mut tamper = self.tamper.lock().unwrap();
            tamper
                .as_mut()
                .and_then(|tamper| self.airflow.with(|airflow| tamper(&method, &path, when, airflow)))
        };
        let lost = || TransportError::Unknown {
            detail: "the connection was reset".into(),
        };
        let before = meddle(When::Before);
        if self.is_slow.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        match before {
            Some(Fault::Refused) => {
                let reason = leeward_airflow::NotSentReason::Refused;
                return Err(TransportError::NotSent {
                    reason,
                    detail: "refused".into(),
                });
            }
            Some(Fault::RequestLost) => return Err(lost()),
            Some(Fault::Trouble) => {
                return Ok(answer(
                    http::StatusCode::INTERNAL_SERVER_ERROR,
                    "Internal Server Error",
                ));
            }
            Some(Fault::Forbidden) => {
                return Ok(answer(http::StatusCode::FORBIDDEN, r#"{"detail": "Forbidden"}"#));
            }
            Some(Fault::Taken) => return Ok(answer(http::StatusCode::CONFLICT, r#"{"detail": "taken"}"#)),
            Some(Fault::Gateway) => {
                return Ok(answer(
                    http::StatusCode::BAD_GATEWAY,
                    r#"{"detail": "Bad gateway"}"#,
                ));
            }
            Some(Fault::AnswerLost) | None => {}
        }
        let answer = self.airflow.send(request.clone()).await;
        if meddle(When::After) == Some(Fault::AnswerLost) {
            Err(lost())
        } else {
            answer
        }
    }
}

fn answer(status: http::StatusCode, body: &'static str) -> http::Response<Bytes> {
    let mut answer = http::Response::new(Bytes::from_static(body.as_bytes()));
    *answer.status_mut() = status;
    answer
}

/// A clock that only the test moves.
pub(crate) struct Clock {
    now: Mutex<Timestamp>,
    /// Time that passed, and of which the server does not know yet.
    passed: Mutex<SignedDuration>,
    elapsed: Mutex<Duration>,
    dice: AtomicU64,
}

#[async_trait]
impl Runtime for Clock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap()
    }

    /// Time flies: whoever waits has waited already, and the others get their turn.
    async fn sleep(&self, duration: Duration) {
        self.pass(SignedDuration::try_from(duration).unwrap());
        tokio::task::yield_now().await;
    }

    fn random(&self) -> u64 {
        self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

impl Clock {
    pub(crate) fn pass(&self, time: SignedDuration) {
        *self.now.lock().unwrap() += time;
        *self.passed.lock().unwrap() += time;
        *self.elapsed.lock().unwrap() += time.unsigned_abs();
    }

    /// The wall clock alone: it was set, or the computer slept.
    pub(crate) fn jump(&self, time: SignedDuration) {
        *self.now.lock().unwrap() += time;
    }

    fn take_passed(&self) -> SignedDuration {
        std::mem::take(&mut *self.passed.lock().unwrap())
    }
}

/// The keychain.
#[derive(Default)]
pub(crate) struct Drawer(pub(crate) Mutex<BTreeMap<String, String>>);

impl Replacements for Drawer {
    fn get(&self, id: &str) -> Result<Option<Secret>, Problem> {
        Ok(self.0.lock().unwrap().get(id).map(Secret::new))
    }

    fn forget(&self, id: &str) {
        self.0.lock().unwrap().remove(id);
    }
}

/// One analyst's desk.
pub(crate) struct Desk {
    pub(crate) engine: Arc<Engine>,
    pub(crate) wire: Arc<Wire>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) drawer: Arc<Drawer>,
    pub(crate) folder: TempDir,
    /// How far the cycles were, each time that it was told.
    pub(crate) progress: Arc<Mutex<Vec<SyncProgress>>>,
    mirror: Mutex<Mirror>,
    settings: Settings,
}

impl Desk {
    /// A desk beside an Airflow that holds these variables, not yet synchronised.
    pub(crate) fn new(variables: &[(&str, &str)]) -> Self {
        let airflow = InProcess::default();
        airflow.with(|airflow| {
            for (key, raw) in variables {
                airflow.variables.insert(
                    (*key).into(),
                    Row {
                        raw: (*raw).into(),
                        description: None,
                    },
                );
            }
        });
        let clock = Arc::new(Clock {
            now: Mutex::new("2026-01-01T00:00:00Z".parse().unwrap()),
            passed: Mutex::default(),
            elapsed: Mutex::default(),
            dice: AtomicU64::new(1),
        });
        let wire = Arc::new(Wire {
            airflow,
            clock: clock.clone(),
            tamper: Mutex::new(None),
            is_slow: AtomicBool::new(false),
            written: Mutex::default(),
        });
        Self::on(
            wire,
            clock,
            Arc::default(),
            tempfile::tempdir().unwrap(),
            Settings::default(),
        )
    }

    /// The same desk after its process was killed: a new engine on the same files.
    pub(crate) fn restarted(self) -> Self {
        Self::on(self.wire, self.clock, self.drawer, self.folder, self.settings)
    }

    /// Another desk beside the same Airflow.
    pub(crate) fn beside(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::on(
            self.wire.clone(),
            self.clock.clone(),
            Arc::default(),
            folder,
            self.settings,
        )
    }

    /// The same desk in an environment where changes are reviewed before they are sent.
    pub(crate) fn reviewing(self) -> Self {
        let settings = Settings {
            review: true,
            ..self.settings
        };
        Self::on(self.wire, self.clock, self.drawer, self.folder, settings)
    }

    /// The same desk after its mirror was lost: a new one, which the window rebuilds from what it had of the outbox.
    pub(crate) fn rebuilt(self, outbox: &[ActionView]) -> Self {
        self.rebuilt_from(&[], outbox)
    }

    /// The same, where the window had these records, too.
    pub(crate) fn rebuilt_from(self, records: &[RecordView], outbox: &[ActionView]) -> Self {
        let desk = self.with_new_mirror();
        desk.rebuild(records, outbox);
        desk
    }

    /// The same desk after its mirror was lost, before the window has spoken with the new one.
    pub(crate) fn with_new_mirror(self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::on(self.wire, self.clock, self.drawer, folder, self.settings)
    }

    /// The window brings back what it had.
    pub(crate) fn rebuild(&self, records: &[RecordView], outbox: &[ActionView]) {
        let hello = Handshake {
            client: "window".into(),
            store_id: Some(leeward_sync::new_ulid(self.clock.as_ref())),
            epoch: 1,
            last_seq: 0,
            cursor: 0,
            environment: None,
            pulled_at: None,
            entered: None,
            digest: Digest { rows: 0 },
            tail: Vec::new(),
        };
        let answer = self.ledger(|ledger| ledger.handshake(&hello));
        assert_eq!(answer.verdict, Resume::Rebuild);
        let part = Rebuild {
            client: "window".into(),
            epoch: answer.epoch,
            records: records
                .iter()
                .cloned()
                .map(|record| RebuildRecord {
                    record,
                    included_seq: 0,
                })
                .collect(),
            actions: outbox
                .iter()
                .cloned()
                .map(|action| RebuildAction { action })
                .collect(),
            entries: Vec::new(),
            last: true,
        };
        let now = self.clock.now();
        self.ledger(|ledger| ledger.rebuild(&part, now));
    }

    /// The engine of another program on the same mirror.
    pub(crate) fn another_program(&self) -> Engine {
        let path = self.folder.path().join("mirror.sqlite");
        let password = Credentials::Password {
            username: "ann".into(),
            password: Secret::new("lee-shore-7"),
        };
        let base = BaseUrl::parse("http://airflow.test").unwrap();
        Engine::new(
            "test".into(),
            leeward_sync::open_mirror(&path, self.clock.as_ref()).unwrap(),
            Arc::new(v2::Client::new(self.wire.clone(), base, password)),
            self.clock.clone(),
            self.drawer.clone(),
            self.settings,
        )
    }

    fn on(
        wire: Arc<Wire>,
        clock: Arc<Clock>,
        drawer: Arc<Drawer>,
        folder: TempDir,
        settings: Settings,
    ) -> Self {
        let path = folder.path().join("mirror.sqlite");
        let open = || leeward_sync::open_mirror(&path, clock.as_ref()).unwrap();
        let password = Credentials::Password {
            username: "ann".into(),
            password: Secret::new("lee-shore-7"),
        };
        let base = BaseUrl::parse("http://airflow.test").unwrap();
        let airflow = Arc::new(v2::Client::new(wire.clone(), base, password));
        let engine = Engine::new(
            "test".into(),
            open(),
            airflow,
            clock.clone(),
            drawer.clone(),
            settings,
        );
        let progress = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&progress);
        let engine = engine.telling(Box::new(move |so_far| told.lock().unwrap().push(so_far)));
        let engine = Arc::new(engine);
        let mirror = Mutex::new(open());
        Self {
            engine,
            progress,
            wire,
            clock,
            drawer,
            folder,
            mirror,
            settings,
        }
    }

    /// How many records were read, each time that it was told.
    pub(crate) fn told_read(&self) -> Vec<u32> {
        self.progress
            .lock()
            .unwrap()
            .iter()
            .map(|so_far| so_far.read)
            .collect()
    }

    pub(crate) async fn sync(&self) -> CycleSummary {
        self.engine.cycle().await.expect("the cycle goes through")
    }

    /// A cycle of the schedule: it reads everything only when that is due.
    pub(crate) async fn look(&self) -> CycleSummary {
        self.engine
            .cycle_for(Trigger::Interval)
            .await
            .expect("the cycle goes through")
    }

    /// Another user changes a variable in Airflow's own screens.
    pub(crate) fn set_in_ui(&self, user: &str, key: &str, raw: &str) {
        self.airflow(|airflow| {
            airflow.note_event("patch_variable", user, key);
            set_raw(airflow, key, raw);
        });
    }

    /// Calls `tamper` around every request until told otherwise.
    pub(crate) fn tamper(
        &self,
        tamper: impl FnMut(&str, &str, When, &mut FakeAirflow) -> Option<Fault> + Send + 'static,
    ) {
        *self.wire.tamper.lock().unwrap() = Some(Box::new(tamper));
    }

    /// Acts for the analyst once, while a read of a path with this end guards a write that is taken down already.
    pub(crate) fn once_while_guarded(
        self: &Arc<Self>,
        path_end: &'static str,
        act: impl Fn(&Self) + Send + 'static,
    ) {
        let (inner, mut done) = (Arc::downgrade(self), false);
        self.tamper(move |method, path, when, _| {
            let desk = inner.upgrade().filter(|_| !done && method == "GET")?;
            let guards = || !desk.ledger(|ledger| ledger.intents()).is_empty();
            if when == When::Before && path.ends_with(path_end) && guards() {
                done = true;
                act(&desk);
            }
            None
        });
    }

    /// The next request that `fits` (by method and path) meets this fault: a lost answer after it took effect, anything
    /// else before.
    pub(crate) fn strike_next(&self, fits: fn(&str, &str) -> bool, fault: Fault) {
        let mut spent = false;
        self.tamper(move |method, path, when, _| {
            let at = match fault {
                Fault::AnswerLost => When::After,
                _ => When::Before,
            };
            let hit = !spent && fits(method, path) && when == at;
            spent |= hit;
            hit.then_some(fault)
        });
    }

    /// From now on the server does not answer at once, as none does: a request may be given up before it arrives.
    pub(crate) fn slow_down(&self) {
        self.wire.is_slow.store(true, Ordering::Relaxed);
    }

    pub(crate) fn leave_alone(&self) {
        *self.wire.tamper.lock().unwrap() = None;
    }

    /// Acts as another writer in Airflow.
    pub(crate) fn airflow<T>(&self, act: impl FnOnce(&mut FakeAirflow) -> T) -> T {
        self.wire.airflow.with(act)
    }

    pub(crate) fn set_remote(&self, key: &str, raw: &str) {
        self.airflow(|airflow| set_raw(airflow, key, raw));
    }

    /// The text in Airflow's database.
    pub(crate) fn raw(&self, key: &str) -> Option<String> {
        self.airflow(|airflow| airflow.variables.get(key).map(|row| row.raw.clone()))
    }

    pub(crate) fn ledger<T>(&self, act: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>) -> T {
        self.mirror.lock().unwrap().write(act).unwrap()
    }

    pub(crate) fn enter(&self, client: &str, work: Work) {
        let now = self.clock.now();
        self.ledger(|ledger| ledger.enter(client, work, now));
    }

    pub(crate) fn work(&self, kind: EntryKind) -> Work {
        Work::new(leeward_sync::new_ulid(self.clock.as_ref()), kind)
    }

    /// An edit of a field by a form that showed `from`.
    pub(crate) fn edit_from(&self, client: &str, key: &str, field: &str, from: Option<Value>, to: Value) {
        let mut work = self.work(EntryKind::Edit);
        work.collection = VARIABLES.into();
        work.key = key.into();
        work.fields.insert(field.into(), Change { from, to: Some(to) });
        self.enter(client, work);
    }

    /// Empties a record's value.
    pub(crate) fn empty(&self, key: &str) {
        let mut work = self.work(EntryKind::Edit);
        work.collection = VARIABLES.into();
        work.key = key.into();
        let from = self.record(key).fields.get("value").cloned();
        work.fields.insert("value".into(), Change { from, to: None });
        self.enter("window", work);
    }

    /// An edit of a record's value as it is shown now.
    pub(crate) fn edit(&self, key: &str, to: &str) {
        let from = self
            .find(key)
            .and_then(|record| record.fields.get("value").cloned());
        self.edit_from("window", key, "value", from, Value::String(to.into()));
    }

    pub(crate) fn delete(&self, key: &str) {
        let mut work = self.work(EntryKind::Delete);
        work.collection = VARIABLES.into();
        work.key = key.into();
        let seen = self.record(key).fields;
        work.fields = seen
            .into_iter()
            .map(|(name, value)| {
                (
                    name,
                    Change {
                        from: Some(value),
                        to: None,
                    },
                )
            })
            .collect();
        self.enter("window", work);
    }

    pub(crate) fn take_back(&self, key: &str) {
        let mut work = self.work(EntryKind::TakeBack);
        work.collection = VARIABLES.into();
        work.key = key.into();
        self.enter("window", work);
    }

    /// Settles a conflict with these results, decided against what the conflict shows.
    pub(crate) fn resolve(&self, key: &str, results: &[(&str, Value)], deleted: bool) {
        let conflict = self.conflict(key);
        let mut work = self.work(EntryKind::Resolve);
        work.collection = VARIABLES.into();
        work.key = key.into();
        work.deleted = deleted;
        for field in &conflict.fields {
            work.fields.insert(
                field.name.clone(),
                Change {
                    from: field.airflow.clone(),
                    to: None,
                },
            );
        }
        for (name, value) in results {
            work.fields.entry((*name).into()).or_default().to = Some(value.clone());
        }
        self.enter("window", work);
    }

    /// Sends an action without waiting for what holds it.
    pub(crate) fn release(&self, id: Ulid) {
        self.about_action(EntryKind::Release, id);
    }

    pub(crate) fn take_back_action(&self, id: Ulid) {
        self.about_action(EntryKind::TakeBack, id);
    }

    fn about_action(&self, kind: EntryKind, id: Ulid) {
        let mut work = self.work(kind);
        work.key = id.to_string();
        self.enter("window", work);
    }

    /// A copy of the mirror as it is on disk now.
    pub(crate) fn backup(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        copy
    }

    /// The desk on an older copy of its mirror.
    pub(crate) fn restored(self, backup: TempDir) -> Self {
        Self::on(self.wire, self.clock, self.drawer, backup, self.settings)
    }

    pub(crate) fn trigger(&self, dag_id: &str, after_edits: bool) -> Ulid {
        self.act(dag_id, serde_json::json!({}), after_edits)
    }

    pub(crate) fn trigger_with(&self, dag_id: &str, conf: serde_json::Value) -> Ulid {
        self.act(dag_id, conf, false)
    }

    fn act(&self, dag_id: &str, conf: serde_json::Value, after_edits: bool) -> Ulid {
        let mut work = self.work(EntryKind::Act);
        let id = leeward_sync::new_ulid(self.clock.as_ref());
        let trigger = TriggerRun {
            dag_id: dag_id.into(),
            conf,
            note: None,
        };
        work.action = Some(Action {
            id,
            what: ActionKind::TriggerRun(trigger),
            after_edits,
        });
        self.enter("window", work);
        id
    }

    pub(crate) fn find(&self, key: &str) -> Option<RecordView> {
        let record = self.ledger(|ledger| ledger.record(VARIABLES, key))?;
        record.is_visible().then(|| record.view())
    }

    pub(crate) fn record(&self, key: &str) -> RecordView {
        self.find(key).unwrap_or_else(|| panic!("there is no {key}"))
    }

    pub(crate) fn value(&self, key: &str) -> String {
        self.record(key).fields["value"].as_str().unwrap().to_owned()
    }

    pub(crate) fn state(&self, key: &str) -> RecordState {
        self.record(key).state
    }

    pub(crate) fn conflict(&self, key: &str) -> Conflict {
        self.record(key)
            .conflict
            .unwrap_or_else(|| panic!("{key} is in no conflict"))
    }

    pub(crate) fn action(&self, id: Ulid) -> ActionView {
        self.ledger(|ledger| ledger.action(id)).unwrap()
    }

    pub(crate) fn action_state(&self, id: Ulid) -> ActionState {
        self.action(id).state
    }

    pub(crate) fn runs(&self) -> usize {
        self.airflow(|airflow| airflow.runs.len())
    }

    pub(crate) fn line(&self) -> String {
        let now = self.clock.now();
        self.ledger(|ledger| leeward_sync::status(ledger, "test", &Live::default(), now))
            .line
    }

    /// Every byte of the mirror on disk.
    pub(crate) fn bytes_on_disk(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files
            .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect()
    }
}

pub(crate) fn set_raw(airflow: &mut FakeAirflow, key: &str, raw: &str) {
    let description = airflow.variables.get(key).and_then(|row| row.description.clone());
    airflow.variables.insert(
        key.into(),
        Row {
            raw: raw.into(),
            description,
        },
    );
}

pub(crate) fn text(text: &str) -> Value {
    Value::String(text.into())
}

/// The request that writes a variable.
pub(crate) fn is_write(method: &str, path: &str) -> bool {
    method != "GET" && path.starts_with("/api/v2/variables")
}
