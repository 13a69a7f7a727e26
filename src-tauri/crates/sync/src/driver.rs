//! The schedule of one environment: the interval, edits, wake-ups, backoff, and other processes' commits.

mod agenda;
mod backoff;

use crate::engine::Engine;
use crate::listener::{Listener, Notice};
use crate::runs;
use crate::status::{Live, status};
use agenda::{Agenda, Due};
use jiff::SignedDuration;
use leeward_airflow::ErrorKind;
use leeward_model::{CycleSummary, MirrorPart, Problem, ProblemCode, Status, SyncProgress, Trigger};
use leeward_store::Mirror;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// How often other processes' commits are looked for, and the longest that a wake-up takes.
const TICK: Duration = Duration::from_secs(1);
/// Edits that follow each other closely go out together.
const DEBOUNCE: Duration = Duration::from_millis(800);
/// How often a run that is under way is asked for.
const FOLLOW: Duration = Duration::from_secs(3);
/// A tick that took so much longer than asked was a sleep of the computer, or its clock was set.
const SLEPT: SignedDuration = SignedDuration::from_secs(30);
/// While Airflow is away and work waits, it is asked whether it is back between once and twice in this time.
const PROBE_MS: u64 = 10_000;
/// The window's name in the handshake.
const WINDOW: &str = "window";
/// So long the window has to load and say its first word.
const WINDOW_LOADS: Duration = Duration::from_secs(15);
const WINDOW_LOOK: Duration = Duration::from_millis(50);
/// The status line tells the time since the last observation: it is renewed so often.
const RETELL: Duration = Duration::from_secs(30);
/// How far a cycle is need not be told of one that ends sooner.
const PATIENCE: Duration = Duration::from_secs(1);
/// How far a longer one is, is told so often.
const BETWEEN: Duration = Duration::from_millis(500);

/// Takes the environment's sync lock; `None` when another process has it.
pub type TryLock = Box<dyn Fn() -> Option<Box<dyn Send>> + Send + Sync>;

/// The cycle under way.
#[derive(Default)]
struct Work {
    /// How far it is, where that has been told.
    progress: Option<SyncProgress>,
    /// When it is told next, by [`crate::Runtime::elapsed`].
    due: Duration,
}

/// Drives one environment's engine.
pub struct Driver {
    engine: Arc<Engine>,
    watch: Mutex<Mirror>,
    try_lock: TryLock,
    listener: Arc<dyn Listener>,
    wake: Notify,
    running: tokio::sync::Mutex<()>,
    plan: Mutex<Agenda>,
    syncing: AtomicBool,
    work: Mutex<Work>,
    paused: AtomicBool,
    /// It is paused because a person stopped a cycle, until they ask for one.
    until_asked: AtomicBool,
    /// How often a person asked for a stop.
    stops: AtomicU64,
    stopped: AtomicBool,
}

impl Driver {
    /// A driver; `watch` is a connection of its own to the engine's mirror.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        watch: Mirror,
        try_lock: TryLock,
        listener: Arc<dyn Listener>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|driver: &Weak<Self>| {
            let told = driver.clone();
            engine.tell(Box::new(move |progress| {
                if let Some(driver) = told.upgrade() {
                    driver.progressed(progress);
                }
            }));
            Self {
                engine,
                watch: Mutex::new(watch),
                try_lock,
                listener,
                wake: Notify::new(),
                running: tokio::sync::Mutex::new(()),
                plan: Mutex::new(Agenda {
                    trigger: Trigger::Start,
                    ..Agenda::default()
                }),
                syncing: AtomicBool::new(false),
                work: Mutex::default(),
                paused: AtomicBool::new(false),
                until_asked: AtomicBool::new(false),
                stops: AtomicU64::new(0),
                stopped: AtomicBool::new(false),
            }
        })
    }

    /// Runs until [`Driver::stop`].
    pub async fn run(self: Arc<Self>) {
        while !self.stopped.load(Ordering::Relaxed) {
            self.look_for_commits();
            self.do_what_is_due().await;
            self.retell();
            self.tick().await;
        }
    }

    /// Waits for the next look at the schedule, and notices when the computer slept meanwhile.
    async fn tick(&self) {
        let before = self.engine.resources.runtime.now();
        let tick = self.engine.resources.runtime.sleep(TICK);
        tokio::select! { () = tick => {}, () = self.wake.notified() => {} }
        if self.engine.resources.runtime.now().duration_since(before) > SLEPT {
            self.wake(Trigger::Resume);
        }
    }

    /// Ends [`Driver::run`]; a cycle under way is finished first.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// Until the window has spoken with the mirror, or is given up after a quarter of a minute, there is no cycle: the
    /// mirror may have been put back from an older copy. Its pending work may be over long since, which only the window
    /// knows; and what a cycle brings would hide from the handshake that it is older. A mirror with which no window ever
    /// spoke is not older than any. For the app, before [`Driver::run`].
    pub fn wait_for_window(&self) {
        let spoke_before = self.engine.read(|ledger| ledger.knows_client(WINDOW));
        if matches!(spoke_before, Ok(false)) {
            return;
        }
        self.plan().window_by = Some(self.engine.resources.runtime.elapsed() + WINDOW_LOADS);
    }

    /// The window and the mirror have compared notes.
    pub fn window_spoke(&self) {
        if self.plan().window_by.take().is_some() {
            self.wake.notify_one();
        }
    }

    /// Whether the window may still say its first word.
    pub fn waits_for_window(&self) -> bool {
        let now = self.engine.resources.runtime.elapsed();
        self.plan().waits_for_window(now)
    }

    /// The analyst edited something: it goes out soon.
    pub fn edited(&self) {
        self.hurry(Trigger::Edit, DEBOUNCE);
        self.tell_status();
    }

    /// Works by data models that were changed here at once, unless a cycle runs, in this process or another: that one does
    /// so before it reads or writes by them.
    ///
    /// # Errors
    /// Those of the mirror.
    pub fn follow_models(&self) -> Result<(), Problem> {
        let Ok(_running) = self.running.try_lock() else {
            return Ok(());
        };
        let Some(_lock) = (self.try_lock)() else {
            return Ok(());
        };
        self.engine.follow_models()?;
        self.tell_changes();
        Ok(())
    }

    /// Something happened that calls for a cycle at once, such as a network that is back; earlier failures no longer
    /// count.
    pub fn wake(&self, trigger: Trigger) {
        self.plan().backoff.worked();
        self.hurry(trigger, Duration::ZERO);
        self.wake.notify_one();
    }

    /// The next cycle comes after `wait` at the latest.
    fn hurry(&self, trigger: Trigger, wait: Duration) {
        let due = self.engine.resources.runtime.elapsed() + wait;
        let mut plan = self.plan();
        if due < plan.cycle {
            plan.cycle = due;
            plan.trigger = trigger;
        }
    }

    /// A cycle now, whatever the schedule says.
    ///
    /// # Errors
    /// `Busy` when another process syncs; those of [`Engine::cycle`].
    pub async fn sync_now(&self) -> Result<CycleSummary, Problem> {
        while self.waits_for_window() {
            self.engine.resources.runtime.sleep(WINDOW_LOOK).await;
        }
        let stops = self.stops.load(Ordering::Relaxed);
        let _running = self.running.lock().await;
        if self.stops.load(Ordering::Relaxed) != stops {
            // A stop that was asked for later is about this one, too.
            return Ok(stopped());
        }
        if self.until_asked.swap(false, Ordering::Relaxed) {
            self.paused.store(false, Ordering::Relaxed);
        }
        self.locked_cycle(Trigger::Asked)
            .await
            .unwrap_or_else(|| Err(busy()))
    }

    /// Ends the cycle under way, if there is one, as [`Engine::stop`] does. The schedule is paused then until a person asks for
    /// a cycle or goes on with it: what was stopped must not begin again by itself.
    pub fn stop_cycle(&self) {
        if self.syncing.load(Ordering::Relaxed) {
            self.stops.fetch_add(1, Ordering::Relaxed);
            self.engine.stop();
        }
    }

    /// Pauses the schedule, or goes on with it. "Sync now" works all the same.
    pub fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
        self.until_asked.store(false, Ordering::Relaxed);
        self.hurry(Trigger::Asked, Duration::ZERO);
        self.tell_status();
        self.wake.notify_one();
    }

    /// Where the environment stands.
    ///
    /// # Errors
    /// Those of the mirror.
    pub fn status(&self) -> Result<Status, Problem> {
        let memory = self.engine.memory();
        let live = Live {
            syncing: self.syncing.load(Ordering::Relaxed),
            paused: self.paused.load(Ordering::Relaxed),
            stopped: self.until_asked.load(Ordering::Relaxed),
            progress: self.work().progress,
            review: self.engine.resources.settings.review,
            observed_at: memory.observed_at(),
            answered_at: memory.answered_at,
            checked_at: memory.checked_at,
            sent_at: memory.sent_at,
            server_clock: self.engine.resources.airflow.server_clock(),
        };
        drop(memory);
        let now = self.engine.resources.runtime.now();
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(watch.read(|ledger| status(ledger, &self.engine.resources.environment, &live, now))?)
    }

    /// How far the cycle is, told where it takes long.
    fn progressed(&self, progress: SyncProgress) {
        let now = self.engine.resources.runtime.elapsed();
        let mut work = self.work();
        if now < work.due {
            return;
        }
        *work = Work {
            due: now + BETWEEN,
            progress: Some(progress),
        };
        drop(work);
        self.tell_status();
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn plan(&self) -> MutexGuard<'_, Agenda> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other connections' commits: the window's pushes, `leewardctl`, and the engine's own.
    fn look_for_commits(&self) {
        let version = self
            .watch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .data_version()
            .ok();
        let mut plan = self.plan();
        let moved = plan.seen_version.is_some() && plan.seen_version != version;
        plan.seen_version = version;
        drop(plan);
        if moved {
            self.tell_changes();
            self.tell_status();
            self.hurry_if_pending();
        }
    }

    /// Work that another process entered does not wait for the interval, unless Airflow is known to be away.
    fn hurry_if_pending(&self) {
        let Ok(status) = self.status() else { return };
        let mut plan = self.plan();
        let known = plan.told.as_ref().map(|told| (told.pending, told.outbox));
        let is_new = known != Some((status.pending, status.outbox)) && status.pending + status.outbox > 0;
        let hurries = is_new && status.signed_in;
        plan.told = Some(status);
        drop(plan);
        if hurries {
            self.hurry(Trigger::OtherProcess, DEBOUNCE);
        }
    }

    async fn do_what_is_due(&self) {
        if self.paused.load(Ordering::Relaxed) || self.waits_for_window() {
            return;
        }
        let now = self.engine.resources.runtime.elapsed();
        let due = self.plan().due(now);
        let Ok(_running) = self.running.try_lock() else {
            return;
        };
        match due {
            Due::Cycle(trigger) => drop(self.locked_cycle(trigger).await),
            Due::Probe => self.probe().await,
            Due::Follow if self.has_runs_under_way() => self.follow().await,
            Due::Follow => self.plan().follow = now + FOLLOW,
            Due::Nothing => {}
        }
    }

    /// Asks whether Airflow is back, as cheaply as can be; only while work waits for it.
    async fn probe(&self) {
        let waits = self
            .status()
            .is_ok_and(|status| status.pending + status.outbox > 0);
        if waits && self.answers().await {
            return self.wake(Trigger::NetworkBack);
        }
        let now = self.engine.resources.runtime.elapsed();
        self.plan().probe = Some(now + self.probe_wait());
    }

    async fn answers(&self) -> bool {
        let away = |kind: &ErrorKind| {
            matches!(
                kind,
                ErrorKind::Unreachable { .. } | ErrorKind::NoAnswer | ErrorKind::InDoubt { .. }
            )
        };
        match self.engine.resources.airflow.health().await {
            Ok(_) => true,
            Err(error) => !away(error.kind()),
        }
    }

    fn probe_wait(&self) -> Duration {
        Duration::from_millis(PROBE_MS / 2 + self.engine.resources.runtime.random() % (PROBE_MS / 2 + 1))
    }

    /// A cycle under the environment's lock; `None` when another process has it.
    async fn locked_cycle(&self, trigger: Trigger) -> Option<Result<CycleSummary, Problem>> {
        let Some(_lock) = (self.try_lock)() else {
            let mut plan = self.plan();
            plan.cycle = self.engine.resources.runtime.elapsed() + TICK;
            plan.trigger = trigger;
            return None;
        };
        self.engine.go_on();
        self.syncing.store(true, Ordering::Relaxed);
        *self.work() = Work {
            due: self.engine.resources.runtime.elapsed() + PATIENCE,
            progress: None,
        };
        self.tell_status();
        let outcome = self.engine.run_cycle(trigger).await;
        self.syncing.store(false, Ordering::Relaxed);
        self.work().progress = None;
        if matches!(&outcome, Ok((summary, _)) if summary.stopped) {
            self.wait_until_asked();
        }
        // One that ended by itself meanwhile was not stopped; what follows the runs goes on.
        self.engine.go_on();
        Some(self.cycle_done(outcome))
    }

    fn wait_until_asked(&self) {
        let was_paused = self.paused.swap(true, Ordering::Relaxed);
        self.until_asked.fetch_or(!was_paused, Ordering::Relaxed);
    }

    fn cycle_done(
        &self,
        outcome: Result<(CycleSummary, Vec<Notice>), Problem>,
    ) -> Result<CycleSummary, Problem> {
        self.schedule_next(outcome.as_ref().err());
        self.tell_changes();
        self.tell_status();
        let (summary, notices) = outcome?;
        notices.iter().for_each(|notice| self.listener.notice(notice));
        Ok(summary)
    }

    fn schedule_next(&self, problem: Option<&Problem>) {
        let now = self.engine.resources.runtime.elapsed();
        let mut plan = self.plan();
        let asked = plan.needs_sign_in;
        plan.needs_sign_in = problem.is_some_and(|problem| problem.code == ProblemCode::SignInNeeded);
        let tell = plan.needs_sign_in && !asked;
        let refused = problem.filter(|problem| problem.code == ProblemCode::Forbidden);
        let tell_refused = refused.filter(|_| !plan.is_not_allowed);
        plan.is_not_allowed = refused.is_some();
        let interval = self.engine.resources.settings.interval.max(TICK);
        plan.cycle = match problem {
            None => {
                plan.backoff.worked();
                let look = self.engine.memory().next_look().map(|due| due.max(now + TICK));
                look.unwrap_or(now + interval).min(now + interval)
            }
            Some(_) => {
                now + plan
                    .backoff
                    .failed(self.engine.resources.runtime.as_ref())
                    .clamp(TICK, interval)
            }
        };
        plan.trigger = Trigger::Interval;
        let is_away = problem.is_some_and(|problem| problem.code == ProblemCode::Unreachable);
        plan.probe = is_away.then(|| now + self.probe_wait());
        plan.follow = now + FOLLOW;
        drop(plan);
        if tell {
            self.listener.notice(&Notice::SignInNeeded);
        }
        if let Some(Problem { what, next, .. }) = tell_refused {
            let what = format!("{what} {next}");
            self.listener.notice(&Notice::NotAllowed { what });
        }
    }

    fn has_runs_under_way(&self) -> bool {
        self.engine
            .read(|ledger| Ok(ledger.has_open_runs(runs::ENDED)? || ledger.has_batches()?))
            .unwrap_or_default()
    }

    async fn follow(&self) {
        let Some(_lock) = (self.try_lock)() else { return };
        // A stop that came just after the last cycle had ended was about that one.
        self.engine.go_on();
        let outcome = self.engine.follow().await;
        let mut plan = self.plan();
        plan.follow = self.engine.resources.runtime.elapsed() + FOLLOW;
        // What went through was signed in: the cycles go on, too.
        plan.needs_sign_in &= outcome.is_err();
        drop(plan);
        self.tell_changes();
        self.tell_status();
        outcome
            .unwrap_or_default()
            .iter()
            .for_each(|notice| self.listener.notice(notice));
    }

    /// The line tells how long ago things were: renewed now and then although nothing happened.
    fn retell(&self) {
        let now = self.engine.resources.runtime.elapsed();
        if self.plan().retell <= now {
            self.tell_status();
        }
    }

    /// Whoever has told of nothing yet tells of everything; so does one who cannot find out.
    fn tell_changes(&self) {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = watch.read(|ledger| ledger.part_changes()).ok();
        let before = std::mem::replace(&mut self.plan().told_changes, changes.clone());
        drop(watch);
        let parts = match (before, changes) {
            (Some(before), Some(now)) => now.since(&before),
            _ => MirrorPart::ALL.to_vec(),
        };
        self.listener.mirror_changed(&parts);
    }

    fn tell_status(&self) {
        self.plan().retell = self.engine.resources.runtime.elapsed() + RETELL;
        if let Ok(status) = self.status() {
            self.listener.status_changed(&status);
        }
    }
}

/// Of a cycle that did not begin.
fn stopped() -> CycleSummary {
    CycleSummary {
        stopped: true,
        ..CycleSummary::default()
    }
}

fn busy() -> Problem {
    Problem {
        code: ProblemCode::Busy,
        what: "Another Leeward process on this computer is syncing this environment.".into(),
        meaning: "Your work is kept, and that process sends it too.".into(),
        next: "Try again in a moment.".into(),
        retry: true,
    }
}
