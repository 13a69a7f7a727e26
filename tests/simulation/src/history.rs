//! One history: a seed becomes desktops, people and weather, and what they do to each other.

use crate::bugs::Bug;
use crate::collections::{Id, Kind, rows};
use crate::contents::Contents;
use crate::counters::Counters;
use crate::desktop::{DOES_NOT_OPEN, Desktop, Loss};
use crate::dice::Dice;
use crate::disk::{Disk, Image, Point};
use crate::executor::{Executor, Micros, ProcessId};
use crate::fake_airflow::FakeAirflow;
use crate::faults::{Fault, Trouble};
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::time::wall;
use crate::truth::{DeskId, LinkStand, Shared, Violation, World};
use crate::window::store::{CLIENT, WindowStore};
use std::sync::atomic::Ordering;

/// Operations of a history, at least.
const OPERATIONS: u64 = 40;
/// Faults of a history, at least.
const FAULTS: u64 = 5;
const SECOND: Micros = 1_000_000;
/// So often the scheduler of the fake Airflow moves its runs on.
const SCHEDULER_US: Micros = 20 * SECOND;

/// What a history came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// What must not have happened.
    pub violations: Vec<Violation>,
    /// How often what happened.
    pub counters: Counters,
    /// The hash of everything that happened.
    pub hash: u64,
    /// Its lines, where they were asked for.
    pub lines: Vec<String>,
}

/// How to play.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// A bug that is put in.
    pub bug: Option<Bug>,
    /// Goes on until this one does not hold.
    pub target: Option<Invariant>,
    /// Whether the lines are wanted.
    pub recording: bool,
    /// The people stop after so many operations.
    pub operations_max: Option<u64>,
}

/// A history while it is played.
pub struct History {
    pub(crate) world: Shared,
    pub(crate) executor: Executor,
    pub(crate) desks: Vec<Desktop>,
    pub(crate) bug: Option<Bug>,
    target: Option<Invariant>,
    processes: ProcessId,
    mounts: u64,
    scheduler_at: Micros,
}

/// Plays the history of a seed.
#[must_use]
pub fn play(seed: u64, options: Options) -> Outcome {
    crate::vfs::register();
    let planned = crate::plans::Listening::new();
    let mut history = History::new(seed, options);
    history.run(seed, options);
    let mut outcome = history.end(seed);
    planned.count(&mut outcome.counters);
    outcome
}

impl History {
    fn new(seed: u64, options: Options) -> Self {
        let mut dice = Dice::new(seed);
        let executor = Executor::new(Dice::new(dice.bits()));
        let count = if dice.chance(25) { 3 } else { 2 };
        let mut airflow = FakeAirflow::new(wall(0, 0));
        if dice.chance(50) {
            airflow.page_max = usize::try_from(dice.within(3, 9)).unwrap_or(5);
        }
        let capped = airflow.page_max < 50;
        let mut world = World::new(airflow, dice, executor.clock.clone(), count);
        world.trace.recording = options.recording;
        if capped {
            world.strike(Fault::CappedPages);
        }
        world.found_there();
        Self {
            world: Shared::new(world),
            executor,
            desks: (0..count).map(|id| Desktop::new(id, id as u64)).collect(),
            bug: options.bug,
            target: options.target,
            processes: 0,
            mounts: count as u64,
            scheduler_at: SCHEDULER_US,
        }
    }

    fn run(&mut self, seed: u64, options: Options) {
        self.run_for(5 * SECOND);
        let operations = OPERATIONS + self.world.lock().dice.below(25);
        let crash_at = self.world.lock().dice.below(operations);
        let poison_at = self.world.lock().dice.below(operations * 3);
        let jinx_at = self.world.lock().dice.below(operations * 4);
        let trouble_at = self.world.lock().dice.below(operations * 3);
        for number in 0..options.operations_max.unwrap_or(operations).min(operations) {
            if number == crash_at {
                self.crash_soon();
            }
            if number == poison_at {
                self.poison_a_record();
            }
            if number == jinx_at {
                self.jinx_a_record();
            }
            if number == trouble_at {
                self.trouble_a_collection();
            }
            self.one_operation();
            if self.failed() {
                return;
            }
        }
        self.enough_faults();
        // Safety alone, with faults to the last, in one history of four.
        if seed % 4 != 3 && !self.failed() {
            self.finish();
        }
    }

    fn end(mut self, seed: u64) -> Outcome {
        for desk in &mut self.desks {
            desk.bury(&mut self.executor, &self.world, u64::MAX - 1, None);
            Disk::unmount(desk.mount);
        }
        let world = &mut *self.world.lock();
        Outcome {
            seed,
            violations: std::mem::take(&mut world.violations),
            counters: std::mem::take(&mut world.counters),
            hash: world.trace.hash(),
            lines: std::mem::take(&mut world.trace.lines),
        }
    }

    /// Whether an invariant did not hold: there is nothing more to learn.
    pub(crate) fn failed(&self) -> bool {
        let broken = |violation: &Violation| self.target.is_none_or(|target| violation.invariant == target);
        self.world.lock().violations.iter().any(broken)
    }

    /// The wall clock of a desktop.
    pub(crate) fn wall_of(&self, desk: DeskId) -> jiff::Timestamp {
        let offset = self.desks[desk].offset_ms.load(Ordering::Relaxed);
        wall(self.executor.clock.now(), offset)
    }

    /// Lets everything go on for so long.
    pub(crate) fn run_for(&mut self, micros: Micros) {
        self.run_until(self.executor.clock.now() + micros);
    }

    fn run_until(&mut self, end: Micros) {
        loop {
            let next = self.next_event().min(end);
            if self.executor.step(next).is_some() {
                self.bury_the_dead();
                continue;
            }
            self.events();
            if self.executor.clock.now() >= end {
                return;
            }
        }
    }

    /// When something happens that is no task's.
    fn next_event(&self) -> Micros {
        let opens = self.desks.iter().filter_map(|desk| desk.opens_at);
        let effect = self.world.lock().next_effect();
        opens
            .chain(effect)
            .min()
            .unwrap_or(Micros::MAX)
            .min(self.scheduler_at)
    }

    fn events(&mut self) {
        let now = self.executor.clock.now();
        self.world.lock().catch_up();
        if self.scheduler_at <= now {
            self.world.lock().airflow.tick();
            self.scheduler_at = now + SCHEDULER_US;
        }
        for desk in 0..self.desks.len() {
            if self.desks[desk].opens_at.is_some_and(|at| at <= now) {
                self.open(desk);
            }
        }
    }

    fn bury_the_dead(&mut self) {
        for desk in 0..self.desks.len() {
            if self.desks[desk].app.is_some() && self.desks[desk].disk.is_dead() {
                self.bury(desk);
            }
        }
    }

    /// The app of a desktop is dead; it opens again in a while.
    pub(crate) fn bury(&mut self, desk: DeskId) {
        let power_cut = self.desks[desk].power_cut;
        {
            let world = &mut *self.world.lock();
            world.strike(if power_cut { Fault::PowerCut } else { Fault::Killed });
            world.say(format_args!(
                "desk {desk}: {}",
                if power_cut { "power cut" } else { "killed" }
            ));
        }
        self.world.lock().forget_what_was_not_kept(desk);
        self.mounts += 1;
        let mount = self.mounts;
        self.desks[desk].bury(&mut self.executor, &self.world, mount, self.bug);
        let wait = self.world.lock().dice.within(1, 40) * SECOND;
        self.desks[desk].opens_at = Some(self.executor.clock.now() + wait);
        self.check_durable(desk);
    }

    /// What was committed is there after a crash, whatever was lost besides.
    fn check_durable(&mut self, desk: DeskId) {
        let contents = Contents::of_image(&self.desks[desk].disk.after_kill());
        let world = &mut *self.world.lock();
        world.found_after_crash(desk, &contents);
        let gone = world.ops.iter().find(|op| {
            op.desk == desk && op.mirrored.is_some() && !op.lost && !contents.entries.contains(&op.entry)
        });
        if let Some(op) = gone {
            let what = format!(
                "desk {desk}: the work {:?} on {} was committed, and is gone after a crash",
                op.kind, op.id
            );
            world.violate(DOES_NOT_OPEN, what);
        }
    }

    fn open(&mut self, desk: DeskId) {
        self.desks[desk].opens_at = None;
        let losses = std::mem::take(&mut self.desks[desk].losses);
        self.forget_what_both_stores_knew(desk, &losses);
        for loss in losses {
            self.lose(desk, loss);
        }
        self.world.lock().say(format_args!("desk {desk}: opens"));
        self.world.lock().sides[desk].heard = false;
        let opened = self.desks[desk].open(&self.world, &mut self.executor, &mut self.processes, self.bug);
        self.desks[desk].watched = Default::default();
        self.world.lock().links[desk] = LinkStand::default();
        let is_dead = self.desks[desk].disk.is_dead();
        match opened {
            Err(_) if is_dead => self.bury(desk),
            Err(what) => {
                let what = format!("desk {desk}: the mirror does not open: {what}");
                self.world.lock().violate(DOES_NOT_OPEN, what);
            }
            // Somebody who types before window and mirror have spoken.
            Ok(()) if self.world.lock().dice.chance(30) => self.edit(desk, CLIENT),
            Ok(()) => {}
        }
    }

    /// Where both stores go at once, or the mirror before the window has taken everything over from it, nothing on the
    /// desktop can know what was read before.
    fn forget_what_both_stores_knew(&mut self, desk: DeskId, losses: &[Loss]) {
        let is_mirrors = |loss: &Loss| matches!(loss, Loss::Mirror | Loss::OlderMirror);
        let world = &mut *self.world.lock();
        let window_knows = world.links[desk].settled && losses.iter().all(is_mirrors);
        if losses.iter().any(is_mirrors) && !window_knows {
            world.sides[desk].read_tokens.clear();
            let queued = world.queued.iter_mut().filter(|queued| queued.desk == desk);
            queued.for_each(|queued| queued.forgotten = true);
        }
    }

    /// A store is lost, or an older copy takes its place.
    fn lose(&mut self, desk: DeskId, loss: Loss) {
        let dice = self.world.lock().dice.clone();
        self.world.lock().dice.bits();
        self.note_what_is_final(desk, loss);
        let desktop = &mut self.desks[desk];
        let fault = match loss {
            Loss::Mirror => {
                // Copies of a store that is gone for good are not put beside its successor: neither side could tell
                // such a copy from a store of its own right.
                desktop.mirror_copies.clear();
                desktop.window_copies.clear();
                desktop.remount(&mut self.mounts, Image::new());
                Fault::MirrorLost
            }
            Loss::OlderMirror => {
                let Some(copy) = dice.clone().pick(&desktop.mirror_copies).cloned() else {
                    return;
                };
                desktop.remount(&mut self.mounts, copy);
                Fault::MirrorRestored
            }
            Loss::Window => {
                *locked(&desktop.window) = WindowStore::default();
                Fault::WindowLost
            }
            Loss::OlderWindow => {
                let Some(copy) = dice.clone().pick(&desktop.window_copies).cloned() else {
                    return;
                };
                *locked(&desktop.window) = copy;
                Fault::WindowRestored
            }
        };
        let window = Contents::of_window(&locked(&desktop.window));
        let mirror = Contents::of_image(&desktop.disk.after_kill());
        let world = &mut *self.world.lock();
        if matches!(loss, Loss::Mirror | Loss::OlderMirror) {
            world.catch_up_with(desk);
        }
        world.strike(fault);
        world.sides[desk].mirror_losses += u64::from(matches!(loss, Loss::Mirror | Loss::OlderMirror));
        world.say(format_args!("desk {desk}: {loss:?} lost"));
        world.account_for_loss((desk, loss), &window, &mirror);
    }

    /// The window's log forgets work when its outcome is final: then the window knows it by its rows.
    fn note_what_is_final(&mut self, desk: DeskId, loss: Loss) {
        let window = locked(&self.desks[desk].window);
        let world = &mut *self.world.lock();
        let link = world.links[desk];
        let settled = link.settled;
        for op in world.ops.iter_mut().filter(|op| op.desk == desk) {
            let forgotten = op.client == CLIENT && !window.log.values().any(|entry| entry.id == op.entry);
            let shown = op.mirrored.is_some_and(|at| at < link.told_until);
            op.told |= settled && op.mirrored.is_some() && (forgotten || shown);
            op.told &= matches!(loss, Loss::Mirror | Loss::OlderMirror);
        }
        world.links[desk].settled &= matches!(loss, Loss::Mirror | Loss::OlderMirror);
    }

    /// From now on the server always fails on one record.
    pub(crate) fn poison_a_record(&mut self) {
        let Some(id) = self.poisoned() else { return };
        // Somebody works on it.
        let desk = self.world.lock().dice.index(self.desks.len());
        if self.desks[desk].is_open() {
            self.edit_one(desk, CLIENT, &id);
        }
    }

    fn poisoned(&self) -> Option<Id> {
        let world = &mut *self.world.lock();
        let kind = crate::people::any_kind(&mut world.dice);
        let there = rows(&world.airflow);
        let ids: Vec<Id> = there.into_keys().filter(|id| id.kind == kind).collect();
        world.weather.poison = world.dice.pick(&ids).cloned();
        world.weather.poison.clone()
    }

    /// From now on the server fails on each write of one record, and reads it.
    fn jinx_a_record(&mut self) {
        let world = &mut *self.world.lock();
        let id = crate::people::any_id(&mut world.dice);
        world.say(format_args!("Airflow: no write of {id} goes through any more"));
        world.weather.jinx = Some(id);
    }

    /// From now on one collection is in trouble, and no other.
    pub(crate) fn trouble_a_collection(&mut self) {
        let world = &mut *self.world.lock();
        let kind = Kind::ALL[world.dice.index(Kind::ALL.len())];
        let fault = Trouble::FAULTS[world.dice.index(Trouble::FAULTS.len())];
        world.say(format_args!("Airflow: {} is in trouble: {fault:?}", kind.name()));
        if fault == Fault::Vanished {
            world.all_is_deleted(kind);
        }
        world.weather.trouble = Some(Trouble { kind, fault });
    }

    /// Somebody empties a collection.
    fn vanish(&mut self) {
        let world = &mut *self.world.lock();
        let kind = crate::people::any_kind(&mut world.dice);
        world.all_is_deleted(kind);
    }

    fn one_operation(&mut self) {
        let wait = {
            let dice = &mut self.world.lock().dice;
            match dice.below(10) {
                0 => dice.within(60, 200) * SECOND,
                1..4 => dice.within(5, 30) * SECOND,
                _ => dice.within(10, 3_000) * 1_000,
            }
        };
        self.run_for(wait);
        let (doing, desk) = {
            let world = &mut *self.world.lock();
            let doing = world.dice.weighted(DOINGS);
            (doing, world.dice.index(self.desks.len()))
        };
        if let Some(doing) = doing {
            self.perform(doing, desk);
        }
        self.check_desks();
    }

    fn perform(&mut self, doing: Doing, desk: DeskId) {
        let client = if self.world.lock().dice.chance(18) {
            crate::people::CTL
        } else {
            CLIENT
        };
        let open = self.desks[desk].is_open();
        match doing {
            Doing::Others => self.somebody_writes(),
            Doing::RunCleaned => self.a_run_is_cleaned_up(),
            Doing::DagDeleted => self.a_dag_is_deleted(),
            Doing::Vanish => self.vanish(),
            Doing::SecretMet => self.world.lock().a_secret_is_met(),
            Doing::AnotherProcess => self.world.lock().another_process_answers(),
            Doing::Arm => self.arm(),
            Doing::Restart => self.spell(true),
            Doing::Wedge => self.spell(false),
            Doing::Undecryptable => self.undecryptable(),
            Doing::Restless => self.restless(),
            Doing::ClockJump => self.clock_jump(desk),
            Doing::LongWait => self.run_for(400 * SECOND),
            _ if !open => {}
            Doing::Edit => self.edit(desk, client),
            Doing::EditDuringSync => self.edit_during_a_sync(desk),
            Doing::Describe => self.describe(desk, client),
            Doing::Empty => self.empty(desk, client),
            Doing::Delete => self.delete(desk, client),
            Doing::TakeBack => self.take_back(desk, client),
            Doing::Resolve => self.resolve(desk, client),
            Doing::PutBack => self.put_back(desk, client),
            Doing::Trigger => self.trigger(desk, false),
            Doing::TriggerAfter => self.trigger(desk, true),
            Doing::Cancel => self.act_on_run(desk, false),
            Doing::Release => self.act_on_run(desk, true),
            Doing::SyncNow => self.sync_now(desk),
            Doing::AcceptBrakes => drop(self.accept_brakes(desk)),
            Doing::Reload => self.reload(desk),
            Doing::Copy => self.copy(desk),
            Doing::DiskFull => self.disk_full(desk),
            Doing::Crash => self.crash_soon(),
        }
    }

    /// The next requests are struck.
    fn arm(&mut self) {
        let world = &mut *self.world.lock();
        if let Some(fault) = world.dice.pick(Fault::OF_A_REQUEST).copied() {
            world.weather.armed.push_back(fault);
        }
    }

    /// The server restarts, or is wedged for a while.
    fn spell(&mut self, restart: bool) {
        let world = &mut *self.world.lock();
        let now = world.now();
        if restart {
            world.strike(Fault::Restart);
            world.weather.refused_until = now + world.dice.within(3, 120) * SECOND;
            world.airflow.expire_tokens();
            world.airflow.restart();
        } else {
            world.strike(Fault::Wedge);
            world.weather.wedged_until = now + world.dice.within(10, 25) * SECOND;
        }
    }

    /// For a while one Variable cannot be decrypted.
    fn undecryptable(&mut self) {
        let world = &mut *self.world.lock();
        let keys: Vec<String> = world.airflow.variables.keys().cloned().collect();
        let Some(key) = world.dice.pick(&keys).cloned() else {
            return;
        };
        world.strike(Fault::Undecryptable);
        world.say(format_args!("Airflow: {key} cannot be decrypted for a while"));
        world.weather.undecryptable_until = world.now() + world.dice.within(20, 400) * SECOND;
        world.airflow.undecryptable.insert(key);
    }

    /// For a while others write without a pause.
    fn restless(&mut self) {
        let world = &mut *self.world.lock();
        world.weather.restless_until = world.now() + world.dice.within(20, 400) * SECOND;
    }

    fn clock_jump(&mut self, desk: DeskId) {
        let world = &mut *self.world.lock();
        let hours = i64::try_from(world.dice.below(60)).unwrap_or_default() - 30;
        let jump = if world.dice.chance(50) {
            hours * 3_600_000
        } else {
            hours * 20_000
        };
        self.desks[desk].offset_ms.store(jump, Ordering::Relaxed);
        world.sides[desk].clock_off_ms = jump;
        world.strike(Fault::ClockJump);
        world.say(format_args!("desk {desk}: its clock is {jump} ms off"));
    }

    fn reload(&mut self, desk: DeskId) {
        self.world.lock().strike(Fault::Reload);
        self.world
            .lock()
            .say(format_args!("desk {desk}: the window is loaded anew"));
        let process = self.desks[desk].window_process;
        self.executor.kill(process);
        self.world.lock().links[desk] = LinkStand::default();
        self.desks[desk].open_window(&self.world, &mut self.executor, self.bug);
    }

    /// A copy of the profile, as a backup has it.
    fn copy(&mut self, desk: DeskId) {
        let desktop = &mut self.desks[desk];
        desktop.mirror_copies.push(desktop.disk.after_kill());
        let window = locked(&desktop.window).clone();
        desktop.window_copies.push(window);
        self.world.lock().say(format_args!("desk {desk}: a copy is made"));
    }

    fn disk_full(&mut self, desk: DeskId) {
        self.world.lock().strike(Fault::DiskFull);
        self.world
            .lock()
            .say(format_args!("desk {desk}: its disk is full"));
        self.desks[desk].disk.fill(true);
        let wait = self.world.lock().dice.within(1, 8) * SECOND;
        self.run_for(wait);
        self.desks[desk].disk.fill(false);
    }

    /// "Sync now".
    pub(crate) fn sync_now(&mut self, desk: DeskId) {
        let Some(app) = &self.desks[desk].app else { return };
        let driver = app.driver.clone();
        let process = self.desks[desk].process;
        self.executor
            .spawn(process, async move { drop(driver.sync_now().await) });
    }

    /// Somewhere in what comes next a desktop is killed: at an await, or around a commit; and a store may be lost with it.
    fn crash_soon(&mut self) {
        let world = &mut *self.world.lock();
        let desk = world.dice.index(self.desks.len());
        let desktop = &mut self.desks[desk];
        if !desktop.is_open() {
            return;
        }
        desktop.power_cut = world.dice.chance(45);
        let fuse = match world.dice.below(4) {
            0 => Point::Write(world.dice.below(120)),
            1 => Point::BeforeSync(world.dice.below(12)),
            2 => Point::AfterSync(world.dice.below(12)),
            _ => Point::Write(world.dice.below(10)),
        };
        desktop.disk.light(Some(fuse));
        if world.dice.chance(30) {
            desktop.next_fuse = Some(Point::AfterSync(world.dice.below(8)));
        }
        if world.dice.chance(55) {
            let losses = [Loss::Mirror, Loss::OlderMirror, Loss::Window, Loss::OlderWindow];
            desktop.losses.extend(world.dice.pick(&losses));
        }
        world.say(format_args!(
            "desk {desk}: will die at {fuse:?}, losing {:?}",
            desktop.losses
        ));
    }

    /// Every history has its faults, and its crash.
    fn enough_faults(&mut self) {
        for desk in 0..self.desks.len() {
            let lit = self.desks[desk].is_open() && self.desks[desk].disk.is_lit();
            if lit {
                self.bury(desk);
            }
        }
        while self.world.lock().struck < FAULTS && !self.failed() {
            self.arm();
            for desk in 0..self.desks.len() {
                self.sync_now(desk);
            }
            self.run_for(20 * SECOND);
        }
    }

    /// The faults stop.
    pub(crate) fn calm(&mut self) {
        let world = &mut *self.world.lock();
        world.weather.calm = true;
        (world.weather.refused_until, world.weather.wedged_until) = (0, 0);
        (world.weather.undecryptable_until, world.weather.restless_until) = (0, 0);
        world.airflow.undecryptable.clear();
        world.weather.log_forbidden = false;
        // From now on one process answers: as long as several do, nothing comes to rest.
        world.airflow.answer_by(0);
        world.say(format_args!("the faults stop"));
        for desktop in &mut self.desks {
            desktop.disk.light(None);
            desktop.disk.fill(false);
            desktop.next_fuse = None;
        }
    }
}

impl Desktop {
    fn remount(&mut self, mounts: &mut u64, image: Image) {
        *mounts += 1;
        Disk::unmount(self.mount);
        self.mount = *mounts;
        self.disk = Disk::mount(self.mount, image);
    }
}

/// What can be done next.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Edit,
    EditDuringSync,
    Describe,
    Empty,
    Delete,
    TakeBack,
    Resolve,
    PutBack,
    Trigger,
    TriggerAfter,
    Cancel,
    Release,
    SyncNow,
    AcceptBrakes,
    Others,
    Vanish,
    RunCleaned,
    DagDeleted,
    SecretMet,
    AnotherProcess,
    Arm,
    Restart,
    Wedge,
    Undecryptable,
    Restless,
    ClockJump,
    LongWait,
    Reload,
    Copy,
    DiskFull,
    Crash,
}

const DOINGS: &[(u64, Doing)] = &[
    (34, Doing::Edit),
    (4, Doing::EditDuringSync),
    (7, Doing::Describe),
    (1, Doing::Empty),
    (7, Doing::Delete),
    (4, Doing::TakeBack),
    (9, Doing::Resolve),
    (3, Doing::PutBack),
    (4, Doing::Trigger),
    (4, Doing::TriggerAfter),
    (2, Doing::Cancel),
    (2, Doing::Release),
    (3, Doing::SyncNow),
    (2, Doing::AcceptBrakes),
    (16, Doing::Others),
    (1, Doing::Vanish),
    (2, Doing::RunCleaned),
    (1, Doing::DagDeleted),
    (8, Doing::SecretMet),
    (3, Doing::AnotherProcess),
    (12, Doing::Arm),
    (1, Doing::Restart),
    (1, Doing::Wedge),
    (1, Doing::Undecryptable),
    (1, Doing::Restless),
    (1, Doing::ClockJump),
    (1, Doing::LongWait),
    (2, Doing::Reload),
    (3, Doing::Copy),
    (1, Doing::DiskFull),
    (4, Doing::Crash),
];
