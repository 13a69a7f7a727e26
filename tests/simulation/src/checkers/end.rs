//! Judged at the end, when the faults have stopped and the people have decided what was theirs to decide: liveness,
//! isolation, convergence, quiet, and that nothing was lost on the way.

use crate::collections::{Id, Kind, Texts, row, rows, text_of, tokens_of};
use crate::fake_airflow::masker::Masker;
use crate::fake_airflow::python_json;
use crate::faults::{Fault, Trouble};
use crate::history::History;
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::people::{Decision, ids, secret_inside};
use crate::truth::{DeskId, Op, OpKind, World};
use crate::window::store::CLIENT;
use leeward_model::{
    ActionState, ActionView, Entry, HistoryItem, LinkState, RecordState, RecordView, Source,
};
use leeward_store::StoreError;
use std::collections::BTreeSet;
use std::fmt;

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

    /// The record on which the server always fails is well again, and the collection that was in trouble; whether there
    /// was one.
    fn cured(&self) -> bool {
        let bad = {
            let weather = &mut self.world.lock().weather;
            (weather.poison.take(), weather.trouble.take())
        };
        bad != (None, None) && !self.failed()
    }

    /// What cannot come to its end yet.
    fn bad(&self) -> Bad {
        let weather = &self.world.lock().weather;
        Bad {
            poison: weather.poison.clone(),
            trouble: weather.trouble,
        }
    }

    /// What has not come to its end yet.
    fn unfinished(&self) -> Option<(Invariant, String)> {
        let bad = self.bad();
        let (late, differs) = match (&bad.poison, bad.trouble) {
            (_, Some(_)) => (Invariant::CollectionsApart, Invariant::CollectionsApart),
            (Some(_), None) => (Invariant::Isolation, Invariant::Convergence),
            (None, None) => (Invariant::Liveness, Invariant::Convergence),
        };
        for desk in 0..self.desks.len() {
            if !self.desks[desk].is_open() {
                return Some((late, format!("desk {desk} is closed")));
            }
            if let Some(what) = self.waits(desk, &bad) {
                return Some((late, format!("desk {desk}: {what}{bad}")));
            }
            if let Some(what) = self.disagrees(desk, &bad) {
                return Some((differs, format!("desk {desk}: {what}{bad}")));
            }
        }
        None
    }

    fn waits(&self, desk: DeskId, bad: &Bad) -> Option<String> {
        let mut views = self.desks[desk].watched.views.iter();
        let busy = views.find(|(id, view)| {
            !bad.holds(id) && (view.state != RecordState::Clean || view.ledger["overlay"].is_object())
        });
        if let Some((id, view)) = busy {
            return Some(format!("{id} is {:?} ({:?})", view.state, view.note));
        }
        let is_open = |state| {
            !matches!(
                state,
                ActionState::Done | ActionState::Rejected | ActionState::Cancelled
            )
        };
        let mut actions = self.desks[desk].watched.actions.values();
        let open = actions.find(|view| is_open(view.state) && !bad.holds_run(view));
        if let Some(view) = open {
            return Some(format!(
                "the run {} is {:?} ({:?})",
                view.action.id, view.state, view.note
            ));
        }
        let window = locked(&self.desks[desk].window);
        let is_held = |entry: &Entry| match Id::of(&entry.collection, &entry.key) {
            Some(id) => bad.holds(&id),
            None => bad.is_there(),
        };
        let unsent = window.log.values().find(|entry| !is_held(entry));
        unsent.map(|entry| format!("the window's log still has {:?} of {}", entry.kind, entry.key))
    }

    /// Where window, mirror and Airflow differ.
    fn disagrees(&self, desk: DeskId, bad: &Bad) -> Option<String> {
        let window = locked(&self.desks[desk].window);
        let views = &self.desks[desk].watched.views;
        let world = self.world.lock();
        let there = rows(&world.airflow);
        let shown = window.rows.keys();
        let shown = shown.filter_map(|(collection, key)| Id::of(collection, key));
        let ids: BTreeSet<Id> = views.keys().chain(there.keys()).cloned().chain(shown).collect();
        for id in ids.iter().filter(|id| !bad.holds(id)) {
            let view = views.get(id);
            let row = window.rows.get(&(id.kind.name().to_owned(), id.key.clone()));
            if row.map(|row| &row.record) != view {
                return Some(format!("the window shows {id} otherwise than the mirror"));
            }
            if window.seen(id).map(|seen| seen.fields) != view.map(|view| view.fields.clone()) {
                return Some(format!("the window's overlay on {id} is not gone"));
            }
            if let Some(what) = differs(world.airflow.masker(), id, view, there.get(id)) {
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
        let views: Vec<(Id, RecordState)> = self.desks[desk]
            .watched
            .views
            .iter()
            .map(|(id, view)| (id.clone(), view.state))
            .collect();
        for (id, state) in views {
            let dice = self.world.lock().dice.below(3);
            match state {
                RecordState::Conflict => {
                    let decision = match dice {
                        _ if looks > PATIENCE => Decision::Airflow,
                        0 => Decision::Mine,
                        1 => Decision::Airflow,
                        _ => Decision::Edited,
                    };
                    self.resolve_of(desk, CLIENT, &id, decision);
                }
                RecordState::Rejected => self.take_back_of(desk, CLIENT, &id),
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
        let braked = status.braked && self.accept_brakes(desk);
        if status.link == LinkState::SignInNeeded || braked {
            self.sync_now(desk);
        }
    }

    /// The analyst looks at what is stopped, but for what stays so until the end; whether anything goes on.
    pub(crate) fn accept_brakes(&mut self, desk: DeskId) -> bool {
        let Some(app) = &self.desks[desk].app else {
            return false;
        };
        // What is stopped because all of it is gone stays so until the end.
        let trouble = self.world.lock().weather.trouble;
        let held = trouble.filter(|trouble| trouble.fault == Fault::Vanished);
        let held = held.map(|trouble| trouble.kind.name());
        let accepted = locked(&app.mirror).write(|ledger| {
            let mut brakes = ledger.brakes()?;
            brakes.retain(|brake| Some(brake.collection.as_str()) != held);
            for brake in &brakes {
                ledger.accept_brake(&brake.collection)?;
            }
            Ok::<_, StoreError>(!brakes.is_empty())
        });
        let accepted = accepted.unwrap_or_default();
        if accepted {
            self.world.lock().say(format_args!("desk {desk} accepts a brake"));
        }
        accepted
    }

    /// Every piece of work came to an end that is told.
    fn check_nothing_lost(&mut self) {
        let world = &mut *self.world.lock();
        let mut found = Vec::new();
        for desk in 0..self.desks.len() {
            let open = world.open_work(desk).into_iter();
            found.extend(
                open.map(|work| format!("desk {desk}: {} typed into {} never arrived", work.token, work.id)),
            );
        }
        for (number, op) in world.ops.iter().enumerate() {
            let replaced = world.ops[number + 1..]
                .iter()
                .any(|other| other.desk == op.desk && other.id == op.id);
            if op.kind == OpKind::Delete && !op.lost && !replaced && world.still_has(op) {
                found.push(format!("desk {}: the delete of {} never arrived", op.desk, op.id));
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
        let told = |desk: DeskId, id: &Id| {
            let items = self.desks[desk].read(|ledger| ledger.history(id.kind.name(), &id.key, 1000));
            let of_airflow = items
                .into_iter()
                .flatten()
                .filter(|item| matches!(item.source, Source::FirstRead | Source::Airflow));
            // Another's write in the declared window is told beside, and what is hidden is told without a value.
            let tells = |item: &HistoryItem| {
                let fields = item.fields.as_ref();
                item.reason.is_none() && fields.is_none_or(|fields| fields.contains_key("value"))
            };
            of_airflow.filter(tells).count() as u64
        };
        let masked: Vec<Id> = ids().filter(|id| secret_inside(id).is_some()).collect();
        for desk in 0..self.desks.len() {
            for id in &masked {
                let told = told(desk, id);
                let world = &mut *self.world.lock();
                let changes = world.changes_of.get(id).copied().unwrap_or_default();
                if told > changes + world.sides[desk].mirror_losses {
                    let what = format!("desk {desk} tells {told} changes of {id}, of {changes}");
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
        let mut scans = self.sides.iter().flat_map(|side| side.scan.values());
        scans.any(|(began, _)| began + lately > now)
    }

    /// Whether Airflow still has what a delete was meant for, and nothing else has been there since.
    pub(crate) fn still_has(&self, op: &Op) -> bool {
        let Some(row) = row(&self.airflow, &op.id) else {
            return false;
        };
        let was_gone = self
            .versions
            .get(&op.id)
            .is_some_and(|versions| versions.absent_at >= Some(op.at));
        if op.over_nothing || op.agreed_gone {
            // It was known as gone already, or shown as gone: what is there was made since.
            return false;
        }
        // What was made there unseen is not what was deleted here.
        let there = tokens_of(Some(&row));
        // So is what stood there from the beginning, under the name of a creation that was never sent.
        let was_never_seen = op.unread && there.is_empty();
        !was_gone && !was_never_seen && there.is_subset(&op.saw)
    }
}

/// How the mirror's record differs from what Airflow shows.
fn differs(masker: &Masker, id: &Id, view: Option<&RecordView>, row: Option<&Texts>) -> Option<String> {
    let base = view.and_then(|view| view.ledger["base"].as_object());
    let (Some(base), Some(row)) = (base, row) else {
        let both_absent = base.is_none() && row.is_none();
        return (!both_absent).then(|| {
            format!(
                "{id} is there only on one side ({}, {})",
                view.is_some(),
                row.is_some()
            )
        });
    };
    let shown = |place: usize| match (id.kind, place, &row[place]) {
        (Kind::Variables, 0, Some(raw)) => Some(python_json::masked(masker, &id.key, raw)),
        (_, _, text) => text.clone(),
    };
    let differs = |(place, name): (usize, &&str)| {
        let seen = base.get(*name).and_then(|field| field["seen"].get("value"))?;
        let there = shown(place);
        (text_of(seen) != there)
            .then(|| format!("the {name} of {id} is {seen} in the mirror and {there:?} in Airflow"))
    };
    id.kind.fields().iter().enumerate().find_map(differs)
}

/// What cannot come to its end while others must.
struct Bad {
    poison: Option<Id>,
    trouble: Option<Trouble>,
}

impl Bad {
    fn is_there(&self) -> bool {
        self.poison.is_some() || self.trouble.is_some()
    }

    fn holds(&self, id: &Id) -> bool {
        let is_poisoned = self.poison.as_ref() == Some(id);
        is_poisoned || self.trouble.is_some_and(|trouble| trouble.kind == id.kind)
    }

    /// A run that waits for a record, and any while so much is gone that this may be another server.
    fn holds_run(&self, view: &ActionView) -> bool {
        let mut waits = view.waits_for.iter();
        let is_held = waits.any(|wait| Id::of(&wait.collection, &wait.key).is_some_and(|id| self.holds(&id)));
        let stopped = Trouble {
            kind: Kind::Variables,
            fault: Fault::Vanished,
        };
        is_held || self.trouble == Some(stopped)
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(poison) = &self.poison {
            write!(f, ", while Airflow fails on {poison}")?;
        }
        match self.trouble {
            Some(trouble) => write!(
                f,
                ", while {} is in trouble ({:?})",
                trouble.kind.name(),
                trouble.fault
            ),
            None => Ok(()),
        }
    }
}
