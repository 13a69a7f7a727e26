//! Judged at the end, when the faults have stopped and the people have decided what was theirs to decide: liveness,
//! isolation, convergence, quiet, and that nothing was lost on the way.

use crate::fake_airflow::masker::Masker;
use crate::fake_airflow::{Row, python_json};
use crate::history::History;
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::people::{Decision, keys, secret_inside};
use crate::tokens::tokens_in;
use crate::truth::{DeskId, Op, OpKind, World};
use crate::window::store::CLIENT;
use leeward_model::{ActionState, HistoryItem, LinkState, RecordState, RecordView, Source, VARIABLES};

/// Within this time everything must have arrived.
const BOUND_US: u64 = 3 * 3600 * 1_000_000;
/// The people look so often.
const LOOK_US: u64 = 45 * 1_000_000;
/// A cycle with nothing to do is watched for so long.
const QUIET_US: u64 = 5 * 60 * 1_000_000;
/// And before that for so long: three cycles, and the time in which one's own writes are remembered.
const SETTLED_US: u64 = 6 * 60 * 1_000_000;
/// A full scan is read and written down in so long.
const LISTING_US: u64 = 5 * 1_000_000;
/// A full scan is written down; and the params of DAGs that could not be read before are.
const SCAN_WRITES: u64 = 40;
/// After so many looks a conflict is settled as Airflow's, so that two analysts do not go on for ever.
const PATIENCE: u64 = 8;

impl History {
    /// The faults stop: everything arrives, all agree, and then nothing happens any more.
    pub(crate) fn finish(&mut self) {
        self.calm();
        let end = self.executor.clock.now() + BOUND_US;
        let mut looks = 0;
        let unfinished = loop {
            self.run_for(LOOK_US);
            self.check_desks();
            let unfinished = self.unfinished();
            if unfinished.is_none() || self.failed() {
                break unfinished;
            }
            if self.executor.clock.now() > end {
                break unfinished;
            }
            looks += 1;
            if let Some((_, what)) = &unfinished {
                self.world.lock().say(format_args!("not yet: {what}"));
            }
            self.settle(looks);
        };
        if let Some((invariant, what)) = unfinished.filter(|_| !self.failed()) {
            return self.world.lock().violate(invariant, what);
        }
        if self.cured() {
            return self.finish();
        }
        self.check_nothing_lost();
        self.check_taken_back();
        self.check_masks_are_no_changes();
        self.check_quiet();
    }

    /// The record on which the server always fails is well again; whether there was one.
    fn cured(&self) -> bool {
        let poison = self.world.lock().weather.poison.take();
        poison.is_some() && !self.failed()
    }

    fn poison(&self) -> Option<String> {
        self.world.lock().weather.poison.clone()
    }

    /// What has not come to its end yet.
    fn unfinished(&self) -> Option<(Invariant, String)> {
        let poison = self.poison();
        let late = if poison.is_some() {
            Invariant::Isolation
        } else {
            Invariant::Liveness
        };
        for desk in 0..self.desks.len() {
            if !self.desks[desk].is_open() {
                return Some((late, format!("desk {desk} is closed")));
            }
            if let Some(what) = self.waits(desk, poison.as_deref()) {
                return Some((late, format!("desk {desk}: {what}")));
            }
            if let Some(what) = self.disagrees(desk, poison.as_deref()) {
                return Some((Invariant::Convergence, format!("desk {desk}: {what}")));
            }
        }
        None
    }

    fn waits(&self, desk: DeskId, poison: Option<&str>) -> Option<String> {
        let views = self.desks[desk].watched.views.values();
        let busy = views
            .filter(|view| Some(view.key.as_str()) != poison)
            .find(|view| view.state != RecordState::Clean || view.ledger["overlay"].is_object());
        if let Some(view) = busy {
            return Some(format!("{} is {:?} ({:?})", view.key, view.state, view.note));
        }
        let is_open = |state| {
            !matches!(
                state,
                ActionState::Done | ActionState::Rejected | ActionState::Cancelled
            )
        };
        let open = self.desks[desk]
            .watched
            .actions
            .values()
            .find(|view| is_open(view.state));
        if let Some(view) = open.filter(|_| poison.is_none()) {
            return Some(format!(
                "the run {} is {:?} ({:?})",
                view.action.id, view.state, view.note
            ));
        }
        let window = locked(&self.desks[desk].window);
        let unsent = window
            .log
            .values()
            .find(|entry| Some(entry.key.as_str()) != poison && poison.is_none());
        unsent.map(|entry| format!("the window's log still has {:?} of {}", entry.kind, entry.key))
    }

    /// Where window, mirror and Airflow differ.
    fn disagrees(&self, desk: DeskId, poison: Option<&str>) -> Option<String> {
        let window = locked(&self.desks[desk].window);
        let views = &self.desks[desk].watched.views;
        let world = self.world.lock();
        let there = &world.airflow.variables;
        let keys = views
            .keys()
            .chain(there.keys())
            .chain(window.rows.keys().map(|(_, key)| key));
        for key in keys.filter(|key| Some(key.as_str()) != poison) {
            let view = views.get(key);
            let row = window.rows.get(&(VARIABLES.to_owned(), key.clone()));
            if row.map(|row| &row.record) != view {
                return Some(format!("the window shows {key} otherwise than the mirror"));
            }
            if window.seen(key).map(|seen| seen.fields) != view.map(|view| view.fields.clone()) {
                return Some(format!("the window's overlay on {key} is not gone"));
            }
            if let Some(what) = differs(world.airflow.masker(), key, view, there.get(key)) {
                return Some(what);
            }
        }
        None
    }

    /// The people decide what is theirs to decide.
    fn settle(&mut self, looks: u64) {
        for desk in 0..self.desks.len() {
            self.settle_records(desk, looks);
            self.settle_runs(desk);
            self.settle_link(desk);
        }
    }

    fn settle_records(&mut self, desk: DeskId, looks: u64) {
        let views: Vec<(String, RecordState)> = self.desks[desk]
            .watched
            .views
            .values()
            .map(|view| (view.key.clone(), view.state))
            .collect();
        for (key, state) in views {
            let dice = self.world.lock().dice.below(3);
            match state {
                RecordState::Conflict => {
                    let decision = match dice {
                        _ if looks > PATIENCE => Decision::Airflow,
                        0 => Decision::Mine,
                        1 => Decision::Airflow,
                        _ => Decision::Edited,
                    };
                    self.resolve_of(desk, CLIENT, &key, decision);
                }
                RecordState::Rejected => self.take_back_of(desk, CLIENT, &key),
                _ => {}
            }
        }
    }

    fn settle_runs(&mut self, desk: DeskId) {
        let held: Vec<_> = self.desks[desk]
            .watched
            .actions
            .values()
            .filter(|view| view.state == ActionState::Held)
            .map(|view| view.action.id)
            .collect();
        for id in held {
            let release = self.world.lock().dice.chance(50);
            self.act_on(desk, id, release);
        }
    }

    fn settle_link(&mut self, desk: DeskId) {
        let Some(app) = &self.desks[desk].app else { return };
        let Ok(status) = app.driver.status() else { return };
        if status.braked {
            let accepted = locked(&app.mirror).write(|ledger| ledger.accept_brake(VARIABLES));
            self.world.lock().say(format_args!(
                "desk {desk} accepts the brake: {}",
                accepted.is_ok()
            ));
        }
        if status.link == LinkState::SignInNeeded || status.braked {
            self.sync_now(desk);
        }
    }

    /// Every piece of work came to an end that is told.
    fn check_nothing_lost(&mut self) {
        let world = &mut *self.world.lock();
        let mut found = Vec::new();
        for desk in 0..self.desks.len() {
            let open = world.open_work(desk).into_iter();
            found.extend(open.map(|work| {
                format!(
                    "desk {desk}: {} typed into {} never arrived",
                    work.token, work.key
                )
            }));
        }
        for (number, op) in world.ops.iter().enumerate() {
            let replaced = world.ops[number + 1..]
                .iter()
                .any(|other| other.desk == op.desk && other.key == op.key);
            if op.kind == OpKind::Delete && !op.lost && !replaced && world.still_has(op) {
                found.push(format!(
                    "desk {}: the delete of {} never arrived",
                    op.desk, op.key
                ));
            }
        }
        found
            .into_iter()
            .for_each(|what| world.violate(Invariant::NoLostEdit, what));
    }

    /// What is told as taken back never ran. Where the DAG is gone with all its runs, nobody can know any more, and the
    /// note says so.
    fn check_taken_back(&mut self) {
        let world = &mut *self.world.lock();
        let mut found = Vec::new();
        for queued in world
            .queued
            .iter()
            .filter(|queued| queued.started > 0 && !queued.forgotten)
        {
            let id = queued.run_id.trim_start_matches("leeward__");
            let told = self.desks[queued.desk].watched.actions.get(id);
            let is_known = world.airflow.dags.iter().any(|dag| dag.dag_id == queued.dag_id);
            if told.is_some_and(|view| view.state == ActionState::Cancelled) && is_known {
                found.push(format!("desk {}: {id} was taken back, and ran", queued.desk));
            }
        }
        found
            .into_iter()
            .for_each(|what| world.violate(Invariant::ExactlyOnce, what));
    }

    /// The history tells of no more changes of Airflow's than there were.
    fn check_masks_are_no_changes(&mut self) {
        let told = |desk: DeskId, key: &str| {
            let items = self.desks[desk].read(|ledger| ledger.history(VARIABLES, key, 1000));
            let of_airflow = items
                .into_iter()
                .flatten()
                .filter(|item| item.source == Source::Airflow);
            // Another's write in the declared window is told beside, and what is hidden is told without a value.
            let tells = |item: &HistoryItem| {
                let fields = item.fields.as_ref();
                item.reason.is_none() && fields.is_none_or(|fields| fields.contains_key("value"))
            };
            of_airflow.filter(tells).count() as u64
        };
        let masked: Vec<String> = keys().filter(|key| secret_inside(key).is_some()).collect();
        for desk in 0..self.desks.len() {
            for key in &masked {
                let told = told(desk, key);
                let world = &mut *self.world.lock();
                let changes = world.changes_of.get(key).copied().unwrap_or_default();
                if told > changes + world.sides[desk].mirror_losses {
                    let what = format!("desk {desk} tells {told} changes of {key}, of {changes}");
                    world.violate(Invariant::MaskIsNoChange, what);
                }
            }
        }
    }

    /// A cycle with nothing to do writes nothing.
    fn check_quiet(&mut self) {
        // What the last of it changed, such as the state of a run, is still to be read and kept.
        self.run_for(SETTLED_US);
        // A listing that is under way is written down when it is through.
        while self.world.lock().was_listed_within(LISTING_US) {
            self.run_for(LISTING_US);
        }
        let writes = self.world.lock().writes;
        let disks: Vec<u64> = self.desks.iter().map(|desk| desk.disk.activity()).collect();
        let scans: Vec<u64> = self.world.lock().sides.iter().map(|side| side.scans).collect();
        self.run_for(QUIET_US);
        let world = &mut *self.world.lock();
        if world.writes != writes {
            let what = "something was written to Airflow although there was nothing to do".to_owned();
            world.violate(Invariant::Quiet, what);
        }
        for (desk, before) in self.desks.iter().zip(disks) {
            let written = desk.disk.activity() - before;
            let scanned = world.sides[desk.id].scans - scans[desk.id];
            if written > scanned * SCAN_WRITES {
                let what = format!(
                    "desk {} wrote {written} times to its disk with nothing to do",
                    desk.id
                );
                world.violate(Invariant::Quiet, what);
            }
        }
    }
}

impl World {
    fn was_listed_within(&self, lately: u64) -> bool {
        let now = self.now();
        self.sides.iter().any(|side| side.scan.0 + lately > now)
    }

    /// Whether Airflow still has what a delete was meant for, and nothing else has been there since.
    pub(crate) fn still_has(&self, op: &Op) -> bool {
        let Some(row) = self.airflow.variables.get(&op.key) else {
            return false;
        };
        let was_gone = self
            .versions
            .get(&op.key)
            .is_some_and(|versions| versions.absent_at >= Some(op.at));
        if op.over_nothing {
            // It was known as gone already: what is there was made since.
            return false;
        }
        // What was made there unseen is not what was deleted here.
        let there = tokens_in(&row.raw);
        !was_gone && there.is_subset(&op.saw)
    }
}

/// How the mirror's record differs from what Airflow shows.
fn differs(masker: &Masker, key: &str, view: Option<&RecordView>, row: Option<&Row>) -> Option<String> {
    let base = view.and_then(|view| view.ledger["base"].as_object());
    let (Some(base), Some(row)) = (base, row) else {
        let both_absent = base.is_none() && row.is_none();
        return (!both_absent).then(|| {
            format!(
                "{key} is there only on one side ({}, {})",
                view.is_some(),
                row.is_some()
            )
        });
    };
    let seen = |name: &str| base.get(name).and_then(|field| field["seen"].get("value"));
    let value = python_json::masked(masker, key, &row.raw);
    if seen("value").is_some_and(|seen| *seen != value) {
        return Some(format!(
            "{key} is {:?} in the mirror and {value:?} in Airflow",
            seen("value")
        ));
    }
    let description = row.description.as_deref();
    let differs = seen("description").is_some_and(|seen| seen.as_str() != description);
    differs.then(|| format!("the description of {key} differs"))
}
