//! One desktop: its two stores and the app that runs on them until it is killed. The data models are those that its
//! engine finds in Airflow.

use super::Around;
use super::wire::Wire;
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
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// A process's clock and dice.
pub struct Process<A> {
    world: A,
    clock: Clock,
    born: Micros,
}

#[async_trait]
impl<A: Around> Runtime for Process<A> {
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
        self.world.dice(crate::dice::Dice::bits)
    }
}

/// The app's processes, while they live.
pub struct App<A> {
    /// The driver of the schedule.
    pub driver: Arc<Driver>,
    /// The connection of the window's commands, and of `leewardctl`.
    pub mirror: Arc<Mutex<Mirror>>,
    /// Wakes the link.
    pub wake: Arc<Notify>,
    /// The app's time and dice.
    pub runtime: Arc<Process<A>>,
}

/// A desktop.
pub struct Desktop<A> {
    /// Its number.
    pub id: DeskId,
    /// What the mirror is on.
    pub disk: Rc<Disk>,
    /// The disk's mount number.
    pub mount: u64,
    /// IndexedDB.
    pub window: Arc<Mutex<WindowStore>>,
    /// The app, while it runs.
    pub app: Option<App<A>>,
    /// Its tasks.
    pub process: ProcessId,
    /// The window's task.
    pub window_process: ProcessId,
    /// When the app is opened again.
    pub opens_at: Option<Micros>,
    /// Whether the next death is a power cut.
    pub power_cut: bool,
}

impl<A: Around> Desktop<A> {
    /// A desktop with nothing on it.
    #[must_use]
    pub fn new(id: DeskId, mount: u64) -> Self {
        Self {
            id,
            disk: Disk::mount(mount, Image::new()),
            mount,
            window: Arc::default(),
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
        world: &A,
        executor: &mut Executor,
        processes: &mut ProcessId,
        bug: Option<Bug>,
    ) -> Result<(), String> {
        let clock = executor.clock.clone();
        let runtime = Arc::new(Process {
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
            memory: Mutex::default(),
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
        let listener = Arc::new(Wakes {
            world: world.clone(),
            desk: self.id,
            wake: Arc::clone(&wake),
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
    fn link(&self, app: &App<A>, world: &A, executor: &Executor) -> Link<Door<A>> {
        let door = Door {
            world: world.clone(),
            desk: self.id,
            mirror: Arc::clone(&app.mirror),
            driver: Arc::clone(&app.driver),
            wake: Arc::clone(&app.wake),
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
    pub fn bury(&mut self, executor: &mut Executor, world: &A, mount: u64) {
        self.disk.kill();
        executor.kill(self.process);
        executor.kill(self.window_process);
        self.app = None;
        let image = if self.power_cut {
            world.dice(|dice| self.disk.after_power_cut(dice))
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
struct Wakes<A> {
    world: A,
    desk: DeskId,
    wake: Arc<Notify>,
}

impl<A: Around> Listener for Wakes<A> {
    fn mirror_changed(&self, _: &[MirrorPart]) {
        self.wake.notify_one();
    }

    fn status_changed(&self, status: &Status) {
        self.world.status_changed(self.desk, status);
    }

    fn notice(&self, notice: &Notice) {
        self.world.notice(self.desk, notice);
    }
}

/// The Tauri commands, as `src-tauri/src/commands/mirror.rs` does them.
struct Door<A> {
    world: A,
    desk: DeskId,
    mirror: Arc<Mutex<Mirror>>,
    driver: Arc<Driver>,
    wake: Arc<Notify>,
    runtime: Arc<Process<A>>,
    dead: Arc<AtomicBool>,
}

impl<A: Around> Door<A> {
    fn worked(&self, entries: &[Entry]) {
        let ids: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
        self.world.mirrored(self.desk, &ids);
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
            .say(format_args!("desk {} window: {what}: {told}", self.desk));
        answer
    }
}

impl<A: Around> Commands for Door<A> {
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
        self.world.dice(|dice| dice.below(1000))
    }

    fn round_done(&self) {
        self.world.round_done(self.desk, &self.mirror);
    }
}
