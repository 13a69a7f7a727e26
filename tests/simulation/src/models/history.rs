//! One history of the second kind: a seed becomes desktops, people and weather, and what they do to data models.

use super::world::{Shared, World};
use crate::bugs::Bug;
use crate::contents::Contents;
use crate::dice::Dice;
use crate::disk::{Disk, Point};
use crate::executor::{Executor, Micros, ProcessId};
use crate::faults::Fault;
use crate::history::{Options, Outcome};
use crate::invariant::Invariant;
use crate::people::CTL;
use crate::smaller::desktop::Desktop;
use crate::time::wall;
use crate::truth::{DeskId, Violation};
use crate::window::store::CLIENT;
use std::collections::BTreeSet;

/// Operations of a history, at least.
const OPERATIONS: u64 = 14;
pub(super) const SECOND: Micros = 1_000_000;

/// A history while it is played.
pub(super) struct History {
    pub(super) world: Shared,
    pub(super) executor: Executor,
    pub(super) desks: Vec<Desktop<Shared>>,
    pub(super) bug: Option<Bug>,
    target: Option<Invariant>,
    processes: ProcessId,
    mounts: u64,
}

/// Plays the history of a seed.
#[must_use]
pub fn play(seed: u64, options: Options) -> Outcome {
    crate::vfs::register();
    let mut history = History::new(seed, options);
    history.run(options);
    history.end(seed)
}

impl History {
    fn new(seed: u64, options: Options) -> Self {
        let mut dice = Dice::new(seed);
        let executor = Executor::new(Dice::new(dice.bits()));
        let count = if dice.chance(20) { 3 } else { 2 };
        let mut world = World::new(dice, executor.clock.clone(), count);
        world.trace.recording = options.recording;
        Self {
            world: Shared::new(world),
            executor,
            desks: (0..count).map(|id| Desktop::new(id, id as u64)).collect(),
            bug: options.bug,
            target: options.target,
            processes: 0,
            mounts: count as u64,
        }
    }

    fn run(&mut self, options: Options) {
        self.run_for(8 * SECOND);
        let operations = OPERATIONS + self.world.lock().dice.below(10);
        for _ in 0..options.operations_max.unwrap_or(operations).min(operations) {
            self.one_operation();
            if self.failed() {
                return;
            }
        }
        self.finish();
    }

    fn end(mut self, seed: u64) -> Outcome {
        for desk in &mut self.desks {
            desk.bury(&mut self.executor, &self.world, u64::MAX - 1);
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
    pub(super) fn failed(&self) -> bool {
        let broken = |violation: &Violation| self.target.is_none_or(|target| violation.invariant == target);
        self.world.lock().violations.iter().any(broken)
    }

    pub(super) fn wall(&self) -> jiff::Timestamp {
        wall(self.executor.clock.now(), 0)
    }

    /// Lets everything go on for so long.
    pub(super) fn run_for(&mut self, micros: Micros) {
        let end = self.executor.clock.now() + micros;
        loop {
            let opens = self.desks.iter().filter_map(|desk| desk.opens_at).min();
            let effect = self.world.lock().next_effect();
            let next = opens.into_iter().chain(effect).min().unwrap_or(end).min(end);
            if self.executor.step(next).is_some() {
                self.bury_the_dead();
                continue;
            }
            let now = self.executor.clock.now();
            self.world.lock().catch_up();
            for desk in 0..self.desks.len() {
                if self.desks[desk].opens_at.is_some_and(|at| at <= now) {
                    self.open(desk);
                }
            }
            if now >= end {
                return;
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
    fn bury(&mut self, desk: DeskId) {
        let fault = if self.desks[desk].power_cut {
            Fault::PowerCut
        } else {
            Fault::Killed
        };
        {
            let world = &mut *self.world.lock();
            world.strike(fault);
            world.say(format_args!("desk {desk}: {fault:?}"));
        }
        self.mounts += 1;
        let mount = self.mounts;
        self.desks[desk].bury(&mut self.executor, &self.world, mount);
        let wait = self.world.lock().dice.within(1, 40) * SECOND;
        self.desks[desk].opens_at = Some(self.executor.clock.now() + wait);
        let contents = Contents::of_image(&self.desks[desk].disk.after_kill());
        self.world.lock().found_after_crash(desk, &contents);
        self.check_imports(desk, &contents);
    }

    fn open(&mut self, desk: DeskId) {
        self.desks[desk].opens_at = None;
        self.world.lock().say(format_args!("desk {desk}: opens"));
        let opened = self.desks[desk].open(&self.world, &mut self.executor, &mut self.processes, self.bug);
        let is_dead = self.desks[desk].disk.is_dead();
        match opened {
            Err(_) if is_dead => self.bury(desk),
            Err(what) => {
                let what = format!("desk {desk}: the mirror does not open: {what}");
                self.world.lock().violate(Invariant::Replay, what);
            }
            Ok(()) => {}
        }
    }

    fn one_operation(&mut self) {
        let wait = {
            let dice = &mut self.world.lock().dice;
            match dice.below(10) {
                0 => dice.within(60, 150) * SECOND,
                1..4 => dice.within(3, 20) * SECOND,
                _ => dice.within(10, 1_500) * 1_000,
            }
        };
        self.run_for(wait);
        let (doing, desk, client) = {
            let dice = &mut self.world.lock().dice;
            let client = if dice.chance(45) { CTL } else { CLIENT };
            (dice.weighted(DOINGS), dice.index(self.desks.len()), client)
        };
        if let Some(doing) = doing {
            self.perform(doing, desk, client);
            self.bury_the_dead();
        }
    }

    fn perform(&mut self, doing: Doing, desk: DeskId, client: &'static str) {
        let is_open = self.desks[desk].is_open();
        match doing {
            Doing::Others => self.somebody_writes(),
            Doing::Arm => self.world.lock().arm(),
            Doing::Offline => self.offline(desk),
            _ if !is_open => {}
            Doing::Edit => self.edit(desk, client),
            Doing::Delete => self.delete(desk, client),
            Doing::TakeBack => self.take_back(desk, client),
            Doing::Resolve => self.resolve(desk, client),
            Doing::Mend => {
                self.accept_brakes_of(desk);
                self.mend_any(desk, client);
            }
            Doing::Import => self.import(desk, client),
            Doing::ImportAndDie => {
                self.die_soon(desk, 14);
                self.import(desk, CTL);
            }
            Doing::Change => self.change_model(desk),
            Doing::ChangeAndDie => {
                self.die_soon(desk, 40);
                self.change_model(desk);
            }
            Doing::SyncNow => self.sync_now(desk),
            Doing::StopSync => self.stop_a_sync(desk),
            Doing::DiskFull => self.disk_full(desk, client),
            Doing::Crash => self.die_soon(desk, 60),
        }
    }

    /// For a while a desktop reaches nobody: it works on by what it knows.
    fn offline(&mut self, desk: DeskId) {
        let world = &mut *self.world.lock();
        world.sides[desk].offline_until = world.now() + world.dice.within(20, 300) * SECOND;
        world.say(format_args!("desk {desk}: is offline for a while"));
    }

    pub(super) fn sync_now(&mut self, desk: DeskId) {
        let Some(app) = &self.desks[desk].app else { return };
        let driver = app.driver.clone();
        let process = self.desks[desk].process;
        let world = self.world.clone();
        self.executor.spawn(process, async move {
            if driver.sync_now().await.is_ok_and(|cycle| cycle.stopped) {
                world.lock().counters.other("sync.stopped");
            }
        });
    }

    /// A person asks for a sync, stops it wherever it is by then, and asks again a while later. Nothing begins in between.
    fn stop_a_sync(&mut self, desk: DeskId) {
        self.sync_now(desk);
        let (moment, pause) = {
            let dice = &mut self.world.lock().dice;
            (
                dice.within(1, STOPPED_MAX_MS) * 1_000,
                dice.within(1, 40) * SECOND,
            )
        };
        self.run_for(moment);
        if let Some(app) = &self.desks[desk].app {
            app.driver.stop_cycle();
            self.world
                .lock()
                .say(format_args!("desk {desk}: the sync is to stop"));
        }
        self.run_for(pause);
        self.sync_now(desk);
    }

    /// Work on a disk that is full.
    fn disk_full(&mut self, desk: DeskId, client: &'static str) {
        {
            let world = &mut *self.world.lock();
            world.strike(Fault::DiskFull);
            world.say(format_args!("desk {desk}: its disk is full"));
        }
        self.fill(desk, true);
        let what = self.world.lock().dice.below(3);
        match what {
            0 => {}
            1 => self.import(desk, CTL),
            _ => self.change_model(desk),
        }
        if client == CLIENT {
            let wait = self.world.lock().dice.within(1, 8) * SECOND;
            self.run_for(wait);
        }
        self.fill(desk, false);
    }

    fn fill(&mut self, desk: DeskId, is_full: bool) {
        self.desks[desk].disk.fill(is_full);
        self.world.lock().sides[desk].is_full = is_full;
    }

    /// Somewhere in what comes next a desktop dies: at a write to its disk, or around a commit.
    fn die_soon(&mut self, desk: DeskId, writes: u64) {
        let world = &mut *self.world.lock();
        let fuse = match world.dice.below(4) {
            0 => Point::BeforeSync(world.dice.below(3)),
            1 => Point::AfterSync(world.dice.below(3)),
            _ => Point::Write(world.dice.below(writes)),
        };
        self.desks[desk].power_cut = world.dice.chance(45);
        self.desks[desk].disk.light(Some(fuse));
        world.say(format_args!("desk {desk}: will die at {fuse:?}"));
    }

    /// The faults stop.
    pub(super) fn calm(&mut self) {
        let world = &mut *self.world.lock();
        world.weather.calm = true;
        world.say(format_args!("the faults stop"));
        for desktop in &self.desks {
            desktop.disk.light(None);
            desktop.disk.fill(false);
        }
        for side in &mut world.sides {
            side.is_full = false;
        }
    }
}

impl World {
    /// What a crash left of work of which nobody was told that it was kept; and what was told is there.
    fn found_after_crash(&mut self, desk: DeskId, contents: &Contents) {
        let now = self.now();
        let (mut found, mut gone, mut lost) = (Vec::new(), BTreeSet::new(), None);
        for op in self.ops.iter_mut().filter(|op| op.desk == desk) {
            let is_there = contents.entries.contains(&op.entry);
            if op.unsure && is_there {
                op.unsure = false;
                op.mirrored = Some(now);
                found.push(op.clone());
            } else if op.unsure {
                gone.insert(op.entry);
            } else if op.mirrored.is_some() && !is_there {
                lost = Some(format!(
                    "desk {desk}: the work {:?} on {} was committed, and is gone after a crash",
                    op.kind, op.rec
                ));
            } else if is_there {
                op.mirrored.get_or_insert(now);
            }
        }
        self.ops.retain(|op| !gone.contains(&op.entry));
        for op in found {
            self.settle_earlier(&op);
        }
        if let Some(what) = lost {
            self.violate(Invariant::Replay, what);
        }
    }
}

/// What can be done next.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Edit,
    Delete,
    TakeBack,
    Resolve,
    Mend,
    Import,
    ImportAndDie,
    Change,
    ChangeAndDie,
    Others,
    Arm,
    Offline,
    SyncNow,
    StopSync,
    DiskFull,
    Crash,
}

/// A person stops a sync within so long, in milliseconds.
const STOPPED_MAX_MS: u64 = 400;

const DOINGS: &[(u64, Doing)] = &[
    (32, Doing::Edit),
    (5, Doing::Delete),
    (4, Doing::TakeBack),
    (6, Doing::Resolve),
    (5, Doing::Mend),
    (8, Doing::Import),
    (4, Doing::ImportAndDie),
    (8, Doing::Change),
    (2, Doing::ChangeAndDie),
    (14, Doing::Others),
    (10, Doing::Arm),
    (6, Doing::Offline),
    (3, Doing::SyncNow),
    (5, Doing::StopSync),
    (3, Doing::DiskFull),
    (3, Doing::Crash),
];
