//! Judged at each step of a history, by what a desktop's two stores show: no-lost-edit, two-copies, base-from-remote,
//! no-phantom-delete; and honest-status, at each word of it.

use crate::collections::{Id, Kind, text_of};
use crate::history::History;
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::tokens::{Token, holds, tokens_in, without_digests};
use crate::truth::{DeskId, World};
use crate::window::store::{CLIENT, WindowStore};
use leeward_model::{RecordView, Status, TrayState, Value};
use std::collections::BTreeSet;
use ulid::Ulid;

/// Feed items at once.
const PAGE: u32 = 500;
/// "In sync" needs a complete observation that is no older: twenty minutes, and what one takes.
const RECENT_US: u64 = 22 * 60 * 1_000_000;

impl History {
    /// Judges every desktop whose app runs.
    pub(crate) fn check_desks(&mut self) {
        for desk in 0..self.desks.len() {
            if self.desks[desk].is_open() {
                self.watch(desk);
                self.check_work(desk);
                self.check_runs(desk);
            }
        }
    }

    /// Takes in what the mirror's feed tells, and judges what changed.
    pub(crate) fn watch(&mut self, desk: DeskId) {
        loop {
            let cursor = self.desks[desk].watched.cursor;
            let Some(answer) = self.desks[desk].read(|ledger| ledger.pull("checker", cursor, PAGE)) else {
                return;
            };
            for item in answer.items {
                if let Some(action) = item.action {
                    self.desks[desk].watched.actions.insert(item.key, action);
                } else if let Some(id) = Id::of(&item.collection, &item.key) {
                    self.record_changed(desk, &id, item.record);
                }
            }
            self.desks[desk].watched.cursor = answer.cursor;
            if !answer.more {
                return;
            }
        }
    }

    fn record_changed(&mut self, desk: DeskId, id: &Id, view: Option<RecordView>) {
        let before = match &view {
            Some(view) => self.desks[desk].watched.views.insert(id.clone(), view.clone()),
            None => self.desks[desk].watched.views.remove(id),
        };
        let world = &mut *self.world.lock();
        match view {
            Some(view) => {
                world.check_base(desk, id, &view);
                world.check_apart(desk, id, &view);
                let known = before
                    .and_then(|before| before.conflict)
                    .map(|conflict| conflict.kind);
                if let Some(conflict) = view
                    .conflict
                    .as_ref()
                    .filter(|conflict| known != Some(conflict.kind))
                {
                    world.counters.conflict(conflict.kind);
                }
            }
            None => {
                let was_there = before.is_some_and(|before| before.base.is_some());
                if was_there && !world.sides[desk].absence_read.contains_key(id) {
                    let what = format!("desk {desk} forgot {id}, which it had never read as gone");
                    world.violate(Invariant::NoPhantomDelete, what);
                }
            }
        }
    }

    /// Every piece of work that is not at its end is in a store, and once mirrored in both.
    fn check_work(&mut self, desk: DeskId) {
        let is_rebuilding = self.desks[desk].read(|ledger| ledger.is_rebuilding()) == Some(true);
        let mut open = self.world.lock().open_work(desk);
        // What others than the window entered stands in the mirror's log until the rebuild's last part.
        open.retain(|work| work.by_window || !is_rebuilding);
        let window = locked(&self.desks[desk].window);
        let views = &self.desks[desk].watched.views;
        let mut found = Vec::new();
        for work in open {
            let in_window = window_holds(&window, work.entry, &work.id, work.token);
            let in_mirror = views
                .get(&work.id)
                .is_some_and(|view| view_holds(view, work.token));
            let what = |rest: &str| format!("desk {desk}: {} typed into {} {rest}", work.token, work.id);
            if !in_window && !in_mirror {
                found.push((Invariant::NoLostEdit, what("is nowhere")));
            } else if work.mirrored && !in_mirror {
                found.push((
                    Invariant::TwoCopies,
                    what("is in the window alone, although it was mirrored"),
                ));
            } else if work.shown && !in_window {
                found.push((
                    Invariant::TwoCopies,
                    what("is in the mirror alone, although the window had it"),
                ));
            }
        }
        drop(window);
        let world = &mut *self.world.lock();
        world.note_what_is_told(desk);
        found
            .into_iter()
            .for_each(|(invariant, what)| world.violate_once(invariant, what));
    }

    /// A queued run is in a store until it has started, and is told as it is.
    fn check_runs(&mut self, desk: DeskId) {
        let window = locked(&self.desks[desk].window);
        let actions = &self.desks[desk].watched.actions;
        let world = &mut *self.world.lock();
        let mut found = Vec::new();
        for queued in world
            .queued
            .iter()
            .filter(|queued| queued.desk == desk && !queued.lost)
        {
            let id = queued.run_id.trim_start_matches("leeward__");
            let in_window =
                window.actions.contains_key(id) || window.log.values().any(|entry| entry.id == queued.entry);
            let told = actions.get(id);
            if told.is_none() && !in_window {
                found.push((
                    Invariant::NoLostEdit,
                    format!("desk {desk}: the queued run {id} is nowhere"),
                ));
            }
            let state = told.map(|view| view.state);
            if state == Some(leeward_model::ActionState::Done) && queued.started == 0 {
                found.push((
                    Invariant::ExactlyOnce,
                    format!("desk {desk}: {id} is done, and never ran"),
                ));
            }
        }
        found
            .into_iter()
            .for_each(|(invariant, what)| world.violate_once(invariant, what));
    }
}

/// A value that is not at its end.
pub(crate) struct OpenWork {
    pub(crate) token: Token,
    pub(crate) entry: Ulid,
    pub(crate) id: Id,
    /// It was done in the window.
    pub(crate) by_window: bool,
    /// The mirror has had it.
    pub(crate) mirrored: bool,
    /// The window has had it since.
    pub(crate) shown: bool,
}

impl World {
    /// What a desktop's analyst typed that has neither arrived nor been replaced, taken back or lost with its only store.
    pub(crate) fn open_work(&self, desk: DeskId) -> Vec<OpenWork> {
        let mut open = Vec::new();
        for (token, story) in &self.stories {
            let Some(op) = story.op.map(|op| &self.ops[op]) else {
                continue;
            };
            let is_over = story.arrived.is_some()
                || story.lost
                || story.superseded.iter().any(|op| !self.ops[*op].lost);
            if op.desk != desk || is_over || story.secret {
                continue;
            }
            let link = self.links[desk];
            let is_told = |at: u64| link.settled && at < link.told_until;
            open.push(OpenWork {
                token: *token,
                entry: op.entry,
                id: op.id.clone(),
                by_window: op.client == CLIENT,
                mirrored: op.mirrored.is_some(),
                shown: op.mirrored.is_some_and(is_told)
                    || (op.client == CLIENT && link.settled && op.mirrored.is_some()),
            });
        }
        open
    }

    /// What work came to is in the window's rows after a whole round.
    fn note_what_is_told(&mut self, desk: DeskId) {
        let link = self.links[desk];
        let is_told = |op: &&mut crate::truth::Op| {
            op.desk == desk && link.settled && op.mirrored.is_some_and(|at| at < link.told_until)
        };
        self.ops.iter_mut().filter(is_told).for_each(|op| op.told = true);
    }

    /// Once is enough, for what stays so.
    pub(crate) fn violate_once(&mut self, invariant: Invariant, what: String) {
        if !self.violations.iter().any(|known| known.what == what) {
            self.violate(invariant, what);
        }
    }

    fn check_base(&mut self, desk: DeskId, id: &Id, view: &RecordView) {
        let Some(base) = view.ledger["base"].as_object() else {
            return;
        };
        for (name, field) in base {
            let Some(seen) = field["seen"].get("value") else {
                continue;
            };
            let fields = id.kind.fields();
            let place = fields.iter().position(|known| known == name).unwrap_or_default();
            let text = text_of(seen);
            if !self.sides[desk].served.contains(&(id.clone(), place, text)) {
                let what = format!(
                    "desk {desk} has {seen} as the base of {id}'s {name}, which Airflow never returned"
                );
                self.violate_once(Invariant::BaseFromRemote, what);
            }
        }
    }

    /// What stands in a record was typed into it, or read from it: collections have keys in common, and nothing else.
    fn check_apart(&mut self, desk: DeskId, id: &Id, view: &RecordView) {
        let shown = serde_json::to_value(&view.fields).unwrap_or_default();
        let ledger = format!("{} {shown}", view.ledger);
        let own = self.all_tokens_of(id);
        let strange = |token: &Token| {
            let elsewhere = || self.key_tokens.iter().find(|(_, known)| known.contains(token));
            let from = (!own.contains(token)).then(elsewhere).flatten();
            from.map(|(other, _)| (*token, other.clone()))
        };
        let found = tokens_in(&without_digests(&ledger)).iter().find_map(strange);
        if let Some((token, other)) = found {
            let what = format!("desk {desk} shows {token} of {other} in {id}");
            self.violate_once(Invariant::CollectionsApart, what);
        }
    }

    /// What the tray is told.
    pub(crate) fn check_status(&mut self, desk: DeskId, status: &Status) {
        if status.tray != TrayState::InSync {
            return;
        }
        let now = self.now();
        let side = &self.sides[desk];
        // The line names what the account may not read.
        let is_claimed = |kind: &Kind| !status.not_allowed.iter().any(|name| name == kind.name());
        let is_stale = |kind: &Kind| {
            let read = side.complete_scan.get(kind);
            read.is_none_or(|read| side.age(*read, now) > RECENT_US)
        };
        if let Some(kind) = Kind::ALL.into_iter().filter(is_claimed).find(is_stale) {
            let what = format!(
                "desk {desk} says {:?} without a recent complete observation of {}",
                status.line,
                kind.name()
            );
            self.violate(Invariant::HonestStatus, what);
        }
        let pending = self.open_work(desk).into_iter().find(|work| work.mirrored);
        if let Some(work) = pending {
            let what = format!(
                "desk {desk} says {:?} while {} waits to go to {}",
                status.line, work.token, work.id
            );
            self.violate(Invariant::HonestStatus, what);
        }
    }

    /// Every token that a record ever had.
    pub(crate) fn all_tokens_of(&self, id: &Id) -> BTreeSet<Token> {
        self.key_tokens.get(id).cloned().unwrap_or_default()
    }

    /// The mirror has taken these entries.
    pub(crate) fn mirrored(&mut self, desk: DeskId, entries: &BTreeSet<Ulid>) {
        let now = self.now();
        for op in self
            .ops
            .iter_mut()
            .filter(|op| op.desk == desk && entries.contains(&op.entry))
        {
            op.mirrored.get_or_insert(now);
            op.first_mirrored.get_or_insert(now);
        }
    }
}

fn window_holds(store: &WindowStore, entry: Ulid, id: &Id, token: Token) -> bool {
    store.log.values().any(|known| known.id == entry)
        || store
            .rows
            .get(&(id.kind.name().to_owned(), id.key.clone()))
            .is_some_and(|row| view_holds(&row.record, token))
}

fn view_holds(view: &RecordView, token: Token) -> bool {
    let in_value = |value: &Value| holds(&value.to_string(), token);
    let conflict = || serde_json::to_value(&view.conflict).unwrap_or_default();
    in_value(&view.ledger) || in_value(&conflict())
}
