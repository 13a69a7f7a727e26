//! One history of the third kind: a seed becomes desktops, people and weather, and what they do to the companion's store.

use super::sabotage;
use super::world::{Op, Shared, World};
use crate::bugs::Bug;
use crate::contents::Contents;
use crate::dice::Dice;
use crate::disk::{Disk, Image, Point};
use crate::executor::{Executor, Micros, ProcessId};
use crate::faults::Fault;
use crate::history::{Options, Outcome};
use crate::invariant::Invariant;
use crate::people::CTL;
use crate::smaller::desktop::Desktop;
use crate::time::wall;
use crate::truth::{DeskId, Violation};
use crate::window::store::CLIENT;
use leeward_store::StoreError;

/// Operations of a history, at least.
const OPERATIONS: u64 = 16;
pub(super) const SECOND: Micros = 1_000_000;
const DESKS: usize = 2;

/// A history while it is played.
pub(super) struct History {
    pub(super) world: Shared,
    pub(super) executor: Executor,
    pub(super) desks: Vec<Desktop<Shared>>,
    bug: Option<Bug>,
    target: Option<Invariant>,
    processes: ProcessId,
    mounts: u64,
    /// Copies of mirrors that were made, and what is found in a mirror's place when its desktop opens again.
    copies: Vec<Vec<Image>>,
    swaps: Vec<Option<Image>>,
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
        let mut world = World::new(dice, executor.clock.clone(), DESKS);
        world.trace.recording = options.recording;
        world.airflow.companion.spoilt = sabotage::of_store(options.bug);
        Self {
            world: Shared::new(world),
            executor,
            desks: (0..DESKS).map(|id| Desktop::new(id, id as u64)).collect(),
            bug: options.bug,
            target: options.target,
            processes: 0,
            mounts: DESKS as u64,
            copies: vec![Vec::new(); DESKS],
            swaps: vec![None; DESKS],
        }
    }

    fn run(&mut self, options: Options) {
        self.run_for(8 * SECOND);
        let operations = OPERATIONS + self.world.lock().dice.below(12);
        for _ in 0..options.operations_max.unwrap_or(operations).min(operations) {
            self.one_operation();
            self.judge_desks();
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
            let next = opens.unwrap_or(end).min(effect).min(end);
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
        let fault = match self.desks[desk].power_cut {
            true => Fault::PowerCut,
            false => Fault::Killed,
        };
        {
            let world = &mut *self.world.lock();
            world.counters.fault(fault);
            world.say(format_args!("desk {desk}: {fault:?}"));
        }
        self.mounts += 1;
        let mount = self.mounts;
        self.desks[desk].bury(&mut self.executor, &self.world, mount);
        let wait = self.world.lock().dice.within(1, 40) * SECOND;
        self.desks[desk].opens_at = Some(self.executor.clock.now() + wait);
        let contents = Contents::of_image(&self.desks[desk].disk.after_kill());
        self.world.lock().found_after_crash(desk, &contents);
        if let Some(image) = self.swaps[desk].take() {
            self.swap_mirror(desk, image);
        }
    }

    /// Another file is in the mirror's place, or none: what of its work is lost with it nobody takes down here.
    fn swap_mirror(&mut self, desk: DeskId, image: Image) {
        let name = match image.is_empty() {
            true => "fault.mirror_lost",
            false => "fault.mirror_restored",
        };
        self.mounts += 1;
        let desktop = &mut self.desks[desk];
        Disk::unmount(desktop.mount);
        desktop.mount = self.mounts;
        desktop.disk = Disk::mount(desktop.mount, image);
        let world = &mut *self.world.lock();
        world.counters.other(name);
        world.sides[desk].mirror_losses += 1;
        world.say(format_args!("desk {desk}: {name}"));
        for op in world.ops.iter_mut().filter(|op| op.desk == desk) {
            let aims: Vec<_> = op.aims().collect();
            op.settled.extend(aims);
            op.mirrored = None;
        }
    }

    /// A copy of the mirror is made.
    fn copy_mirror(&mut self, desk: DeskId) {
        self.copies[desk].push(self.desks[desk].disk.after_kill());
        self.world
            .lock()
            .say(format_args!("desk {desk}: the mirror is copied"));
    }

    /// The desktop is killed, and finds an older copy of its mirror, or none.
    fn lose_mirror(&mut self, desk: DeskId) {
        let world = self.world.clone();
        let dice = &mut world.lock().dice;
        let copy = dice.pick(&self.copies[desk]).cloned();
        let is_gone = dice.chance(30);
        if is_gone {
            // A copy of a store that is gone for good is not put beside its successor.
            self.copies[desk].clear();
        }
        self.swaps[desk] = if is_gone { Some(Image::new()) } else { copy };
        if self.swaps[desk].is_some() {
            self.desks[desk].disk.kill();
        }
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
                0 => dice.within(60, 200) * SECOND,
                1..5 => dice.within(3, 25) * SECOND,
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
            Doing::Offline => self.world.lock().go_offline(desk),
            Doing::Restart => self.world.lock().restart_airflow(),
            Doing::KillScheduler => self.world.lock().kill_scheduler(),
            Doing::Pause => self.world.lock().pause_a_dag(),
            Doing::Clear => self.world.lock().clear_a_run(),
            Doing::DeleteRun => self.world.lock().delete_a_run(),
            Doing::Lose => self.world.lock().lose_what_is_published(),
            Doing::BackUp => self.world.lock().back_up(),
            Doing::Restore => self.world.lock().restore(),
            Doing::Refuse => self.refuse_a_record(),
            Doing::Model => self.world.lock().next_model(),
            Doing::LeaveOut => {
                let companion = &mut self.world.lock().airflow.companion;
                companion.leaves_out_rows = !companion.leaves_out_rows;
            }
            _ if !is_open => {}
            Doing::Edit => self.edit(desk, client),
            Doing::Undo => self.undo(desk, client),
            Doing::Delete => self.delete(desk, client),
            Doing::TakeBack => self.take_back(desk, client),
            Doing::Resolve => self.resolve(desk, client),
            Doing::Accept => self.accept_brakes_of(desk),
            Doing::SyncNow => self.sync_now(desk),
            Doing::StopSync => self.stop_a_sync(desk),
            Doing::DiskFull => self.disk_full(desk, client),
            Doing::Crash => self.die_soon(desk),
            Doing::CopyMirror => self.copy_mirror(desk),
            Doing::LoseMirror => self.lose_mirror(desk),
        }
    }

    /// They look at what vanished, or at the other database, and agree.
    pub(super) fn accept_brakes_of(&mut self, desk: DeskId) {
        let Some(app) = &self.desks[desk].app else { return };
        let accepted = crate::locked::locked(&app.mirror).write(|ledger| {
            let brakes = ledger.brakes()?;
            brakes
                .iter()
                .try_for_each(|brake| ledger.accept_brake(&brake.collection))?;
            Ok::<_, StoreError>(!brakes.is_empty())
        });
        if accepted.unwrap_or(false) {
            let world = &mut *self.world.lock();
            world.counters.other("brake.accepted");
            world.say(format_args!("desk {desk} accepts what it is asked about"));
        }
        self.wake(desk);
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

    /// A person asks for a sync, and stops it wherever it is by then.
    fn stop_a_sync(&mut self, desk: DeskId) {
        self.sync_now(desk);
        let moment = self.world.lock().dice.within(1, STOPPED_MAX_MS) * 1_000;
        self.run_for(moment);
        if let Some(app) = &self.desks[desk].app {
            app.driver.stop_cycle();
            self.world
                .lock()
                .say(format_args!("desk {desk}: the sync is to stop"));
        }
    }

    /// Work on a disk that is full.
    fn disk_full(&mut self, desk: DeskId, client: &'static str) {
        self.world.lock().counters.fault(Fault::DiskFull);
        self.world
            .lock()
            .say(format_args!("desk {desk}: its disk is full"));
        self.desks[desk].disk.fill(true);
        self.edit(desk, client);
        let wait = self.world.lock().dice.within(1, 8) * SECOND;
        self.run_for(wait);
        self.desks[desk].disk.fill(false);
    }

    /// Somewhere in what comes next a desktop dies: at a write to its disk, or around a commit.
    fn die_soon(&mut self, desk: DeskId) {
        let world = &mut *self.world.lock();
        let fuse = match world.dice.below(4) {
            0 => Point::BeforeSync(world.dice.below(3)),
            1 => Point::AfterSync(world.dice.below(3)),
            _ => Point::Write(world.dice.below(60)),
        };
        self.desks[desk].power_cut = world.dice.chance(45);
        self.desks[desk].disk.light(Some(fuse));
        world.say(format_args!("desk {desk}: will die at {fuse:?}"));
    }

    /// The faults stop.
    pub(super) fn calm(&mut self) {
        let world = &mut *self.world.lock();
        world.weather.calm = true;
        world.weather.dead_until = 0;
        world.airflow.companion.leaves_out_rows = false;
        world.unpause();
        world.say(format_args!("the faults stop"));
        for desktop in &self.desks {
            desktop.disk.light(None);
            desktop.disk.fill(false);
        }
    }
}

impl World {
    /// For a while a desktop reaches nobody: it works on by what it knows.
    fn go_offline(&mut self, desk: DeskId) {
        self.sides[desk].offline_until = self.now() + self.dice.within(20, 300) * SECOND;
        self.say(format_args!("desk {desk}: is offline for a while"));
    }

    /// Airflow's server is down for a while, and knows no token afterwards.
    fn restart_airflow(&mut self) {
        self.counters.other("fault.airflow_restarted");
        self.weather.down_until = self.now() + self.dice.within(2, 60) * SECOND;
        self.airflow.expire_tokens();
        self.say(format_args!("Airflow restarts"));
    }

    /// The scheduler is dead for a while.
    fn kill_scheduler(&mut self) {
        self.counters.other("fault.scheduler_dead");
        self.weather.dead_until = self.now() + self.dice.within(30, 300) * SECOND;
        self.say(format_args!("Airflow: the scheduler dies"));
    }

    /// What a crash left of work of which nobody was told that it was kept; and what was told is there.
    fn found_after_crash(&mut self, desk: DeskId, contents: &Contents) {
        let now = self.now();
        let (mut found, mut gone, mut lost) = (Vec::<Op>::new(), Vec::new(), None);
        for op in self.ops.iter_mut().filter(|op| op.desk == desk) {
            let is_there = contents.entries.contains(&op.entry);
            if op.unsure && is_there {
                op.unsure = false;
                op.mirrored = Some(now);
                found.push(op.clone());
            } else if op.unsure {
                gone.push(op.entry);
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
    Undo,
    Delete,
    TakeBack,
    Resolve,
    Accept,
    Others,
    Refuse,
    Model,
    LeaveOut,
    Arm,
    Offline,
    Restart,
    KillScheduler,
    Pause,
    Clear,
    DeleteRun,
    Lose,
    BackUp,
    Restore,
    SyncNow,
    StopSync,
    DiskFull,
    Crash,
    CopyMirror,
    LoseMirror,
}

/// A person stops a sync within so long, in milliseconds.
const STOPPED_MAX_MS: u64 = 400;

const DOINGS: &[(u64, Doing)] = &[
    (40, Doing::Edit),
    (9, Doing::Undo),
    (7, Doing::Delete),
    (4, Doing::TakeBack),
    (7, Doing::Resolve),
    (2, Doing::Accept),
    (13, Doing::Others),
    (3, Doing::Refuse),
    (2, Doing::Model),
    (3, Doing::LeaveOut),
    (10, Doing::Arm),
    (4, Doing::Offline),
    (2, Doing::Restart),
    (2, Doing::KillScheduler),
    (4, Doing::Pause),
    (6, Doing::Clear),
    (2, Doing::DeleteRun),
    (4, Doing::Lose),
    (3, Doing::BackUp),
    (3, Doing::Restore),
    (5, Doing::SyncNow),
    (4, Doing::StopSync),
    (2, Doing::DiskFull),
    (5, Doing::Crash),
    (3, Doing::CopyMirror),
    (2, Doing::LoseMirror),
];
