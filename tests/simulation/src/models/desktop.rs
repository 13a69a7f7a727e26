//! One desktop: its two stores and the app that runs on them until it is killed. The data models are those that its
//! engine finds in Airflow.

use super::scheme::Table;
use super::wire::Wire;
use super::world::Shared;
use crate::bugs::Bug;
use crate::desktop::{Keychain, MIRROR};
use crate::disk::{Disk, Image};
use crate::executor::{Clock, Executor, Micros, ProcessId};
use crate::locked::locked;
use crate::time::wall;
use crate::truth::DeskId;
use crate::window::link::{Commands, Link, link};
use crate::window::store::{CLIENT, WindowStore};
use async_trait::async_trait;
use jiff::Timestamp;
use leeward_airflow::{BaseUrl, v2};
use leeward_model::{
    Entry, Handshake, HandshakeAnswer, MirrorPart, PullAnswer, PushAnswer, Rebuild, RecordView, Status,
};
use leeward_store::{Ledger, Mirror, StoreError};
use leeward_sync::{Credentials, Driver, Engine, Listener, Notice, Runtime, Secret, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// A process's clock and dice.
pub struct ModelsRuntime {
    world: Shared,
    clock: Clock,
    born: Micros,
}

#[async_trait]
impl Runtime for ModelsRuntime {
    fn now(&self) -> Timestamp {
        wall(self.clock.now(), 0)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.clock.now() - self.born)
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }

    fn random(&self) -> u64 {
        self.world.lock().dice.bits()
    }
}

/// The app's processes, while they live.
pub struct App {
    /// The driver of the schedule.
    pub driver: Arc<Driver>,
    /// The connection of the window's commands, and of `leewardctl`.
    pub mirror: Arc<Mutex<Mirror>>,
    /// Wakes the link.
    pub wake: Arc<Notify>,
    /// The app's time and dice.
    pub runtime: Arc<ModelsRuntime>,
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
    /// The data models that the window works by: those of its last whole round.
    pub models: Arc<Mutex<BTreeMap<Table, String>>>,
    /// The app, while it runs.
    pub app: Option<App>,
    /// Its tasks.
    pub process: ProcessId,
    /// The window's task.
    pub window_process: ProcessId,
    /// When the app is opened again.
    pub opens_at: Option<Micros>,
    /// Whether the next death is a power cut.
    pub power_cut: bool,
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
            models: Arc::default(),
            app: None,
            process: 0,
            window_process: 0,
            opens_at: Some(0),
            power_cut: false,
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
        let runtime = Arc::new(ModelsRuntime {
            world: world.clone(),
            born: clock.now(),
            clock,
        });
        let path = PathBuf::from(format!("/disk-{}/{MIRROR}", self.mount));
        let open = || leeward_sync::open_mirror(&path, runtime.as_ref()).map_err(|problem| problem.what);
        let mirror = Arc::new(Mutex::new(open()?));
        if let Some(triggers) = bug.and_then(Bug::triggers) {
            let spoilt = rusqlite::Connection::open(&path).and_then(|file| file.execute_batch(triggers));
            spoilt.map_err(|error| error.to_string())?;
        }
        let wire = Arc::new(Wire {
            world: world.clone(),
            desk: self.id,
            dead: self.disk.death(),
            mirror: Arc::clone(&mirror),
            bug,
        });
        let base = BaseUrl::parse("http://airflow.test").map_err(|error| error.to_string())?;
        let password = Credentials::Password {
            username: "ann".into(),
            password: Secret::new("lee-shore-7"),
        };
        let engine = Arc::new(Engine::new(
            "sim".into(),
            open()?,
            Arc::new(v2::Client::new(wire, base, password)),
            runtime.clone(),
            Arc::new(Keychain::default()),
            Settings::default(),
        ));
        let wake = Arc::new(Notify::new());
        let listener = Arc::new(Wakes(Arc::clone(&wake)));
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
        let app = App {
            driver,
            mirror,
            wake,
            runtime,
        };
        executor.spawn(self.window_process, link(self.link(&app, world, executor)));
        self.app = Some(app);
        Ok(())
    }

    /// The window, which begins to speak with the mirror.
    fn link(&self, app: &App, world: &Shared, executor: &Executor) -> Link<Door> {
        let door = Door {
            world: world.clone(),
            desk: self.id,
            mirror: Arc::clone(&app.mirror),
            driver: Arc::clone(&app.driver),
            wake: Arc::clone(&app.wake),
            models: Arc::clone(&self.models),
            runtime: Arc::clone(&app.runtime),
            dead: self.disk.death(),
        };
        Link {
            store: Arc::clone(&self.window),
            commands: door,
            wake: Arc::clone(&app.wake),
            clock: executor.clock.clone(),
            bug: None,
        }
    }

    /// The process is dead: its tasks are dropped wherever they wait, and its disk is what the next one finds.
    pub fn bury(&mut self, executor: &mut Executor, world: &Shared, mount: u64) {
        self.disk.kill();
        executor.kill(self.process);
        executor.kill(self.window_process);
        self.app = None;
        let image = if self.power_cut {
            self.disk.after_power_cut(&mut world.lock().dice)
        } else {
            self.disk.after_kill()
        };
        self.power_cut = false;
        Disk::unmount(self.mount);
        self.mount = mount;
        self.disk = Disk::mount(mount, image);
    }

    /// Reads from the mirror, beside the app; `None` when that does not run, or the mirror cannot be read.
    pub fn read<T>(&self, f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>) -> Option<T> {
        let app = self.app.as_ref()?;
        locked(&app.mirror).read(f).ok()
    }

    /// Whether the app runs.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.app.is_some() && !self.disk.is_dead()
    }

    /// The records of a collection as the mirror shows them.
    #[must_use]
    pub fn views(&self, collection: &str) -> Vec<RecordView> {
        let records = self.read(|ledger| ledger.records(collection));
        let shown = records
            .into_iter()
            .flatten()
            .filter(leeward_store::StoredRecord::is_visible);
        shown.map(|record| record.view()).collect()
    }
}

struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// The app's listener.
struct Wakes(Arc<Notify>);

impl Listener for Wakes {
    fn mirror_changed(&self, _: &[MirrorPart]) {
        self.0.notify_one();
    }

    fn status_changed(&self, _: &Status) {}
    fn notice(&self, _: &Notice) {}
}

/// The Tauri commands, as `src-tauri/src/commands/mirror.rs` does them.
struct Door {
    world: Shared,
    desk: DeskId,
    mirror: Arc<Mutex<Mirror>>,
    driver: Arc<Driver>,
    wake: Arc<Notify>,
    models: Arc<Mutex<BTreeMap<Table, String>>>,
    runtime: Arc<ModelsRuntime>,
    dead: Arc<AtomicBool>,
}

impl Door {
    fn worked(&self, entries: &[Entry]) {
        let ids: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
        self.world.lock().mirrored(self.desk, &ids);
        self.wake.notify_one();
        self.driver.edited();
    }

    /// A dead process takes note of nothing.
    fn lives<T>(&self, what: &str, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if self.dead.load(Ordering::Relaxed) {
            return Err(StoreError::Busy);
        }
        let told = answer
            .as_ref()
            .map_or_else(ToString::to_string, |_| "done".into());
        self.world
            .lock()
            .say(format_args!("desk {} window: {what}: {told}", self.desk));
        answer
    }
}

impl Commands for Door {
    fn handshake(&self, hello: &Handshake) -> Result<HandshakeAnswer, StoreError> {
        let answer = locked(&self.mirror).write(|ledger| ledger.handshake(hello));
        let answer = self.lives("handshake", answer);
        if answer.is_ok() {
            self.driver.window_spoke();
        }
        answer
    }

    fn push(&self, epoch: u64, from: u64, entries: &[Entry]) -> Result<PushAnswer, StoreError> {
        let now = self.runtime.now();
        let answer = locked(&self.mirror).write(|ledger| ledger.push(CLIENT, epoch, from, entries, now));
        let answer = self.lives(&format!("push {from}+{}", entries.len()), answer);
        if answer.is_ok() {
            self.worked(entries);
        }
        answer
    }

    fn pull(&self, client: &str, cursor: u64, limit: u32) -> Result<PullAnswer, StoreError> {
        let answer = locked(&self.mirror).read(|ledger| ledger.pull(client, cursor, limit));
        if self.dead.load(Ordering::Relaxed) {
            return Err(StoreError::Busy);
        }
        answer
    }

    fn rebuild(&self, part: &Rebuild) -> Result<PushAnswer, StoreError> {
        let now = self.runtime.now();
        let answer = locked(&self.mirror).write(|ledger| ledger.rebuild(part, now));
        let answer = self.lives("rebuild", answer);
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
        let all = locked(&self.mirror).read(|ledger| ledger.typed_collections());
        let all = all.into_iter().flatten();
        let models = all.filter_map(|one| Some((Table::of(&one.model.name)?, one.file)));
        *locked(&self.models) = models.collect();
    }
}
