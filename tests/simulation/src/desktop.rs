//! One desktop: its two stores, its clock and keychain, and the app that runs on them until it is killed.

use crate::bugs::Bug;
use crate::collections::{Id, rates};
use crate::disk::{Disk, Image, Point};
use crate::executor::{Clock, Executor, Micros, ProcessId};
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::time::wall;
use crate::truth::{DeskId, Shared};
use crate::window::link::{Commands, Link, link};
use crate::window::store::{CLIENT, WindowStore};
use crate::wire::Wire;
use async_trait::async_trait;
use jiff::Timestamp;
use leeward_airflow::{BaseUrl, v2};
use leeward_model::TrayState;
use leeward_model::{
    ActionView, Entry, Handshake, HandshakeAnswer, MirrorPart, Problem, PullAnswer, PushAnswer, Rebuild,
    RecordView, Status,
};
use leeward_store::{Ledger, Mirror, StoreError};
use leeward_sync::{Credentials, Driver, Engine, Listener, Notice, Replacements, Runtime, Secret, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// The mirror's name on its disk.
pub const MIRROR: &str = "mirror.sqlite";

/// A process's clock and dice.
pub struct SimRuntime {
    world: Shared,
    clock: Clock,
    offset_ms: Arc<AtomicI64>,
    born: Micros,
    bug: Option<Bug>,
}

/// When the lost timer is lost.
const TIMER_LOST: Duration = Duration::from_secs(300);

#[async_trait]
impl Runtime for SimRuntime {
    fn now(&self) -> Timestamp {
        wall(self.clock.now(), self.offset_ms.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.clock.now() - self.born)
    }

    async fn sleep(&self, duration: Duration) {
        if self.bug == Some(Bug::ATimerIsLost) && self.elapsed() > TIMER_LOST {
            std::future::pending::<()>().await;
        }
        self.clock.sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.world.lock().dice.bits()
    }
}

/// The keychain.
#[derive(Default)]
pub struct Keychain(pub Mutex<BTreeMap<String, String>>);

impl Replacements for Keychain {
    fn get(&self, id: &str) -> Result<Option<Secret>, Problem> {
        Ok(locked(&self.0).get(id).map(Secret::new))
    }

    fn forget(&self, id: &str) {
        locked(&self.0).remove(id);
    }
}

/// The app's processes, while they live.
pub struct App {
    /// The driver of the schedule.
    pub driver: Arc<Driver>,
    /// The engine.
    pub engine: Arc<Engine>,
    /// The connection of the window's commands, and of `leewardctl`.
    pub mirror: Arc<Mutex<Mirror>>,
    /// Wakes the link.
    pub wake: Arc<Notify>,
    /// The app's time and dice.
    pub runtime: Arc<SimRuntime>,
}

/// What a checker has seen of a mirror.
#[derive(Default)]
pub struct Watched {
    /// The feed's position.
    pub cursor: u64,
    /// The records, as they were then.
    pub views: BTreeMap<Id, RecordView>,
    /// The actions, as they were then.
    pub actions: BTreeMap<String, ActionView>,
}

/// How a store is lost while nothing runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The mirror's file is gone.
    Mirror,
    /// The mirror's file is an older copy.
    OlderMirror,
    /// IndexedDB is gone.
    Window,
    /// IndexedDB is an older copy.
    OlderWindow,
}

/// A desktop.
pub struct Desktop {
    /// Its number.
    pub id: DeskId,
    /// What the mirror is on.
    pub disk: Rc<Disk>,
    /// The disk's mount number.
    pub mount: u64,
    /// IndexedDB.
    pub window: Arc<Mutex<WindowStore>>,
    /// How far its wall clock is off.
    pub offset_ms: Arc<AtomicI64>,
    /// Secrets that wait.
    pub keychain: Arc<Keychain>,
    /// The app, while it runs.
    pub app: Option<App>,
    /// Its tasks.
    pub process: ProcessId,
    /// The window's task.
    pub window_process: ProcessId,
    /// Copies of the mirror that were made.
    pub mirror_copies: Vec<Image>,
    /// Copies of IndexedDB that were made.
    pub window_copies: Vec<WindowStore>,
    /// What the checkers have seen.
    pub watched: Watched,
    /// When the app is opened again.
    pub opens_at: Option<Micros>,
    /// What is lost until then.
    pub losses: Vec<Loss>,
    /// Whether the next death is a power cut.
    pub power_cut: bool,
    /// Lit when the app opens again: a crash in the middle of recovering.
    pub next_fuse: Option<Point>,
}

impl Desktop {
    /// A desktop with nothing on it.
    #[must_use]
    pub fn new(id: DeskId, mount: u64) -> Self {
        Self {
            id,
            disk: Disk::mount(mount, Image::new()),
            mount,
            window: Arc::default(),
            offset_ms: Arc::default(),
            keychain: Arc::default(),
            app: None,
            process: 0,
            window_process: 0,
            mirror_copies: Vec::new(),
            window_copies: Vec::new(),
            watched: Watched::default(),
            opens_at: Some(0),
            losses: Vec::new(),
            power_cut: false,
            next_fuse: None,
        }
    }

    /// Opens the app on what is there.
    ///
    /// # Errors
    /// When the mirror does not open.
    pub fn open(
        &mut self,
        world: &Shared,
        executor: &mut Executor,
        processes: &mut ProcessId,
        bug: Option<Bug>,
    ) -> Result<(), String> {
        let clock = executor.clock.clone();
        let runtime = Arc::new(SimRuntime {
            world: world.clone(),
            born: clock.now(),
            clock,
            offset_ms: Arc::clone(&self.offset_ms),
            bug,
        });
        self.disk.light(self.next_fuse.take());
        let path = PathBuf::from(format!("/disk-{}/{MIRROR}", self.mount));
        let open = || leeward_sync::open_mirror(&path, runtime.as_ref()).map_err(|problem| problem.what);
        let mirror = Arc::new(Mutex::new(open()?));
        know_typed(&mut locked(&mirror)).map_err(|error| error.to_string())?;
        if let Some(triggers) = bug.and_then(Bug::triggers) {
            let spoilt = rusqlite::Connection::open(&path).and_then(|file| file.execute_batch(triggers));
            spoilt.map_err(|error| error.to_string())?;
        }
        self.disk.forget_to_sync(bug == Some(Bug::SyncsNothing));
        let wire = Arc::new(Wire {
            world: world.clone(),
            desk: self.id,
            dead: self.disk.death(),
            bug,
            memory: Mutex::default(),
            token: Mutex::default(),
        });
        let base = BaseUrl::parse("http://airflow.test").map_err(|error| error.to_string())?;
        let password = Credentials::Password {
            username: "ann".into(),
            password: Secret::new("lee-shore-7"),
        };
        let engine = Engine::new(
            "sim".into(),
            open()?,
            Arc::new(v2::Client::new(wire, base, password)),
            runtime.clone(),
            self.keychain.clone(),
            Settings::default(),
        );
        let engine = Arc::new(engine.with_typed(vec![rates()]));
        let wake = Arc::new(Notify::new());
        let listener = Arc::new(AppListener {
            world: world.clone(),
            desk: self.id,
            wake: Arc::clone(&wake),
            bug,
        });
        let busy = Arc::new(AtomicBool::new(false));
        let try_lock = Box::new(move || {
            let free = !busy.swap(true, Ordering::Relaxed);
            free.then(|| Box::new(Held(Arc::clone(&busy))) as Box<dyn Send>)
        });
        let driver = Driver::new(Arc::clone(&engine), open()?, try_lock, listener);
        *processes += 2;
        (self.process, self.window_process) = (*processes - 1, *processes);
        driver.wait_for_window();
        executor.spawn(self.process, Arc::clone(&driver).run());
        self.app = Some(App {
            driver,
            engine,
            mirror,
            wake,
            runtime,
        });
        self.open_window(world, executor, bug);
        Ok(())
    }

    /// Loads the window, which begins to speak with the mirror.
    pub fn open_window(&self, world: &Shared, executor: &mut Executor, bug: Option<Bug>) {
        let Some(app) = &self.app else { return };
        let door = Door {
            world: world.clone(),
            desk: self.id,
            mirror: Arc::clone(&app.mirror),
            driver: Arc::clone(&app.driver),
            runtime: Arc::clone(&app.runtime),
            wake: Arc::clone(&app.wake),
            dead: self.disk.death(),
            bug,
        };
        let task = link(Link {
            store: Arc::clone(&self.window),
            commands: door,
            wake: Arc::clone(&app.wake),
            clock: executor.clock.clone(),
            bug,
        });
        executor.spawn(self.window_process, task);
    }

    /// The process is dead: its tasks are dropped wherever they wait, and its disk is what the next one finds.
    pub fn bury(&mut self, executor: &mut Executor, world: &Shared, mount: u64, bug: Option<Bug>) {
        self.disk.kill();
        executor.kill(self.process);
        executor.kill(self.window_process);
        self.app = None;
        let mut image = if self.power_cut {
            self.disk.after_power_cut(&mut world.lock().dice)
        } else {
            self.disk.after_kill()
        };
        self.power_cut = false;
        if bug == Some(Bug::LogIsLostWithTheProcess) {
            image.remove("mirror.sqlite-wal");
        }
        Disk::unmount(self.mount);
        self.mount = mount;
        self.disk = Disk::mount(mount, image);
    }

    /// Reads from the mirror, beside the app.
    ///
    /// # Errors
    /// The mirror's; `None` when the app does not run.
    pub fn read<T>(&self, f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>) -> Option<T> {
        let app = self.app.as_ref()?;
        locked(&app.mirror).read(f).ok()
    }

    /// Whether the app runs.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.app.is_some() && !self.disk.is_dead()
    }
}

/// The mirror knows the typed collection.
fn know_typed(mirror: &mut Mirror) -> Result<(), StoreError> {
    let model = rates().model;
    match mirror.read(|ledger| ledger.model(&model.name))? {
        Some(known) if known == model => Ok(()),
        _ => mirror.write(|ledger| ledger.put_model(&model)),
    }
}

struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// The app's listener.
struct AppListener {
    world: Shared,
    desk: DeskId,
    wake: Arc<Notify>,
    bug: Option<Bug>,
}

impl Listener for AppListener {
    fn mirror_changed(&self, _: &[MirrorPart]) {
        self.wake.notify_one();
    }

    fn status_changed(&self, status: &Status) {
        let mut status = status.clone();
        match (self.bug, status.tray) {
            (Some(Bug::PendingIsInSync), TrayState::Pending)
            | (Some(Bug::OfflineIsInSync), TrayState::Offline) => {
                status.tray = TrayState::InSync;
            }
            _ => {}
        }
        self.world.lock().check_status(self.desk, &status);
    }

    fn notice(&self, notice: &Notice) {
        let name = match notice {
            Notice::Conflict { .. } => "notice.conflict",
            Notice::RunEnded { .. } => "notice.run_ended",
            Notice::SignInNeeded => "notice.sign_in",
            Notice::Rejected { .. } => "notice.rejected",
            Notice::RunRefused { .. } => "notice.run_refused",
            Notice::NotAllowed { .. } => "notice.not_allowed",
            Notice::MayBeOverwritten { .. } => "notice.may_be_overwritten",
        };
        let world = &mut *self.world.lock();
        world.counters.other(name);
        world.say(format_args!("desk {} is told: {notice:?}", self.desk));
    }
}

/// The Tauri commands, as `src-tauri/src/commands/mirror.rs` does them.
struct Door {
    world: Shared,
    desk: DeskId,
    mirror: Arc<Mutex<Mirror>>,
    driver: Arc<Driver>,
    runtime: Arc<SimRuntime>,
    wake: Arc<Notify>,
    dead: Arc<AtomicBool>,
    bug: Option<Bug>,
}

impl Door {
    /// The entries as if they had been made on what the mirror has now.
    fn as_if_seen(&self, entries: &[Entry]) -> Vec<Entry> {
        let mut entries = entries.to_vec();
        for entry in &mut entries {
            let record = locked(&self.mirror).read(|ledger| ledger.record(&entry.collection, &entry.key));
            let Ok(Some(record)) = record else { continue };
            for (name, change) in &mut entry.fields {
                change.from = record.local(name).cloned();
            }
        }
        entries
    }

    fn worked(&self, entries: &[Entry]) {
        let ids: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
        self.world.lock().mirrored(self.desk, &ids);
        self.wake.notify_one();
        self.driver.edited();
    }

    /// A dead process takes note of nothing.
    fn lives<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if self.dead.load(Ordering::Relaxed) {
            return Err(StoreError::Busy);
        }
        answer
    }

    fn said<T>(&self, what: &str, answer: &Result<T, StoreError>) {
        let outcome = answer
            .as_ref()
            .map_or_else(ToString::to_string, |_| "done".into());
        self.world
            .lock()
            .say(format_args!("desk {} window: {what}: {outcome}", self.desk));
    }
}

impl Commands for Door {
    fn handshake(&self, hello: &Handshake) -> Result<HandshakeAnswer, StoreError> {
        let answer = self.lives(locked(&self.mirror).write(|ledger| ledger.handshake(hello)));
        let verdict = answer.as_ref().map_or("refused", |answer| match answer.verdict {
            leeward_model::Resume::Resume => "resume",
            leeward_model::Resume::Rehydrate => "rehydrate",
            leeward_model::Resume::Rebuild => "rebuild",
        });
        if answer.is_ok() {
            self.driver.window_spoke();
        }
        let world = &mut *self.world.lock();
        world.counters.other(&format!("handshake.{verdict}"));
        if verdict != "resume" {
            world.links[self.desk].settled = false;
        }
        if verdict == "rehydrate" {
            // It throws its rows away: until the next whole round it knows nothing of what became of its work.
            let desk = self.desk;
            world
                .ops
                .iter_mut()
                .filter(|op| op.desk == desk)
                .for_each(|op| op.told = false);
        }
        world.say(format_args!("desk {} window: handshake: {verdict}", self.desk));
        answer
    }

    fn push(&self, epoch: u64, from: u64, entries: &[Entry]) -> Result<PushAnswer, StoreError> {
        let now = self.runtime.now();
        let seen = (self.bug == Some(Bug::ClaimsToHaveSeen)).then(|| self.as_if_seen(entries));
        let pushed = seen.as_deref().unwrap_or(entries);
        let answer = match self.bug {
            Some(Bug::AckedNotWritten) if entries.len() == 1 => Ok(PushAnswer { acked_seq: from }),
            _ => locked(&self.mirror).write(|ledger| ledger.push(CLIENT, epoch, from, pushed, now)),
        };
        let answer = self.lives(answer);
        self.said(&format!("push {from}+{}", entries.len()), &answer);
        if answer.is_ok() {
            self.worked(entries);
        }
        answer
    }

    fn pull(&self, client: &str, cursor: u64, limit: u32) -> Result<PullAnswer, StoreError> {
        let answer = self.lives(locked(&self.mirror).read(|ledger| ledger.pull(client, cursor, limit)));
        let world = &mut *self.world.lock();
        world.links[self.desk].pulled_at = world.now();
        answer
    }

    fn rebuild(&self, part: &Rebuild) -> Result<PushAnswer, StoreError> {
        let now = self.runtime.now();
        let answer = self.lives(locked(&self.mirror).write(|ledger| ledger.rebuild(part, now)));
        self.said(
            &format!(
                "rebuild {} rows, {} entries",
                part.records.len(),
                part.entries.len()
            ),
            &answer,
        );
        if answer.is_ok() {
            self.worked(&part.entries);
        }
        answer
    }

    fn now(&self) -> Timestamp {
        self.runtime.now()
    }

    fn random(&self) -> u64 {
        self.world.lock().dice.below(1000)
    }

    fn round_done(&self) {
        if self.bug == Some(Bug::TakesNoteOfEveryRound) {
            let now = self.runtime.now();
            let _noted = locked(&self.mirror).write(|ledger| ledger.set_meta("round", &now));
        }
        let link = &mut self.world.lock().links[self.desk];
        link.settled = true;
        link.told_until = link.pulled_at;
    }
}

/// Which invariant a mirror that does not open breaks.
pub const DOES_NOT_OPEN: Invariant = Invariant::Replay;
