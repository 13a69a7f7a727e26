//! What the world makes of the requests on their way: what was sent is judged, and what was told is taken down.

use super::tables::{Rec, texts};
use super::world::{Shared, World};
use crate::bugs::Bug;
use crate::dice::Dice;
use crate::executor::Clock;
use crate::faults::Fault;
use crate::request::Asked;
use crate::smaller::wire::{FAULTS, Wire};
use crate::smaller::{Around, Late};
use crate::truth::DeskId;
use bytes::Bytes;
use http::{Method, Request, Response};
use leeward_model::{Fields, RecordState, Status, TrayState};
use leeward_store::Mirror;
use leeward_sync::Notice;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Mutex;
use ulid::Ulid;

impl Around for Shared {
    fn clock(&self) -> Clock {
        self.lock().clock.clone()
    }

    fn dice<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T {
        throw(&mut self.lock().dice)
    }

    fn say(&self, what: std::fmt::Arguments<'_>) {
        self.lock().say(what);
    }

    fn mirrored(&self, desk: DeskId, entries: &BTreeSet<Ulid>) {
        self.lock().mirrored(desk, entries);
    }

    fn set_out(&self, desk: DeskId, asked: &Asked, _: &Mutex<Mirror>) -> Option<Fault> {
        let world = &mut *self.lock();
        let fault = world.fault_for(desk, asked);
        match fault {
            Some(fault) => world.say(format_args!("desk {desk} asks: {asked}  !{fault:?}")),
            None => world.say(format_args!("desk {desk} asks: {asked}")),
        }
        world.judge_batch(desk, asked);
        fault
    }

    fn arrive(&self, request: &Request<Bytes>, desk: DeskId) -> Response<Bytes> {
        self.lock().arrive(request, desk)
    }

    fn put_off(&self, late: Late) {
        self.lock().late.push(late);
    }

    fn deliver(&self, desk: DeskId, asked: &Asked, answer: &Response<Bytes>) {
        self.lock().deliver(desk, asked, answer);
    }

    fn status_changed(&self, desk: DeskId, status: &Status) {
        self.lock().status_changed(desk, status);
    }

    fn notice(&self, desk: DeskId, notice: &Notice) {
        let world = &mut *self.lock();
        if matches!(notice, Notice::Rejected { .. }) {
            world.counters.other("told.refused");
        }
        world.say(format_args!("desk {desk} is told: {notice:?}"));
    }

    fn spoilt(&self, desk: DeskId, bug: Bug, request: Request<Bytes>) -> Request<Bytes> {
        super::sabotage::spoilt(&self.lock(), desk, bug, request)
    }

    fn misread(
        &self,
        wire: &Wire<Self>,
        bug: Bug,
        asked: &Asked,
        answer: Response<Bytes>,
    ) -> Response<Bytes> {
        super::sabotage::misread(&self.lock(), wire, bug, asked, answer)
    }
}

impl World {
    /// What strikes a request on its way.
    fn fault_for(&mut self, desk: DeskId, asked: &Asked) -> Option<Fault> {
        if self.weather.calm {
            return None;
        }
        let now = self.now();
        if self.sides[desk].offline_until > now || self.weather.down_until > now {
            return Some(Fault::Refused);
        }
        let is_write = asked.is_write();
        let fits = |fault: &Fault| match fault {
            Fault::Forbidden => asked.is_trigger(),
            fault => is_write || !fault.is_of_a_write(),
        };
        let armed = self.weather.armed.iter().position(fits);
        let armed = armed.and_then(|place| self.weather.armed.remove(place));
        let fault = armed.or_else(|| {
            let strikes = self.dice.permille(self.weather.permille);
            let drawn = strikes.then(|| self.dice.pick(FAULTS).copied()).flatten();
            drawn.filter(fits)
        })?;
        self.counters.fault(fault);
        Some(fault)
    }

    /// A coming request is struck.
    pub fn arm(&mut self) {
        let fault = match self.dice.chance(10) {
            true => Some(Fault::Forbidden),
            false => self.dice.pick(FAULTS).copied(),
        };
        self.weather.armed.extend(fault);
    }

    /// A request of a desktop's reaches the server.
    pub fn arrive(&mut self, request: &Request<Bytes>, desk: DeskId) -> Response<Bytes> {
        self.set_clock();
        let runs = self.airflow.runs.len();
        let answer = self.airflow.handle(request);
        let started = self.airflow.runs.get(runs).map(|run| run.run_id.clone());
        if let Some(run_id) = started {
            self.say(format_args!("Airflow: desk {desk} starts {run_id}"));
        }
        answer
    }

    /// An answer reaches the desktop that asked.
    fn deliver(&mut self, desk: DeskId, asked: &Asked, answer: &Response<Bytes>) {
        let [_, dag_id, _, run, _, _, entries, key] = asked.path.as_slice() else {
            return;
        };
        if asked.method != Method::GET || entries != "xcomEntries" || !answer.status().is_success() {
            return;
        }
        // An answer that was cut tells nothing.
        let Ok(body) = serde_json::from_slice::<Value>(answer.body()) else {
            return;
        };
        let text = body["value"].as_str().unwrap_or_default();
        match dag_id.strip_prefix("leeward_ingest__") {
            Some(collection) => self.outcome_told(desk, collection, text),
            None => self.piece_told(desk, run, key, text),
        }
    }

    fn outcome_told(&mut self, desk: DeskId, collection: &str, text: &str) {
        let outcome: Value = serde_json::from_str(text).unwrap_or_default();
        let store = outcome["store_id"].as_str().unwrap_or_default().to_owned();
        for change in outcome["changes"].as_array().into_iter().flatten() {
            let rec = Rec::of(collection, change["key"].as_str().unwrap_or_default());
            // A refusal tells nothing of the record, and what was left out is not told.
            let tells = change["outcome"] != "refused" && change["left_out"] != true;
            if let (Some(rec), true) = (rec, tells) {
                let fields = serde_json::from_value(change["row"].clone()).ok();
                self.told(desk, &store, rec, change["version"].as_u64(), fields.as_ref());
            }
        }
    }

    /// A piece of what is published: once all of them are there, it tells something.
    fn piece_told(&mut self, desk: DeskId, run: &str, key: &str, text: &str) {
        let Some((place, at, collection)) = place_of(key) else {
            return;
        };
        let pieces = self.sides[desk]
            .pieces
            .entry((run.to_owned(), place))
            .or_default();
        pieces.insert(at, text.to_owned());
        let whole: String = pieces.values().map(String::as_str).collect();
        let Ok(said) = serde_json::from_str::<Value>(&whole) else {
            return;
        };
        let kind = said["kind"].as_str().unwrap_or_default().to_owned();
        self.counters.other(&format!("read.{kind}"));
        let store = said["store_id"].as_str().unwrap_or_default().to_owned();
        for record in said["records"].as_array().into_iter().flatten() {
            let fields = serde_json::from_value(record[2].clone()).ok();
            if let Some(rec) = Rec::of(&collection, record[0].as_str().unwrap_or_default()) {
                self.told(desk, &store, rec, record[1].as_u64(), fields.as_ref());
            }
        }
        if kind == "snapshot" {
            let records = said["records"].as_array().cloned().unwrap_or_default();
            let is_gone = |rec: &Rec| !records.iter().any(|record| record[0] == rec.key);
            let of_it = Rec::all().filter(|rec| rec.collection == collection);
            for rec in of_it.filter(is_gone) {
                self.told_gone(desk, rec);
            }
        }
        for entry in said["changes"].as_array().into_iter().flatten() {
            let fields = serde_json::from_value(entry["fields"].clone()).ok();
            if let Some(rec) = Rec::of(&collection, entry["key"].as_str().unwrap_or_default()) {
                self.told(desk, &store, rec, entry["sequence"].as_u64(), fields.as_ref());
            }
        }
    }

    fn told(&mut self, desk: DeskId, store: &str, rec: Rec, version: Option<u64>, fields: Option<&Fields>) {
        let side = &mut self.sides[desk];
        side.versions
            .extend(version.map(|version| (store.to_owned(), rec, version)));
        let all = fields.into_iter().flat_map(texts);
        side.known
            .extend(all.map(|(name, text)| (rec, name, text.to_owned())));
        if fields.is_none() {
            self.told_gone(desk, rec);
        }
    }

    /// A delete has its end where its desktop is told that the record is gone, also where it came again since.
    fn told_gone(&mut self, desk: DeskId, rec: Rec) {
        let own = self.ops.iter_mut().filter(|op| op.desk == desk && op.rec == rec);
        own.for_each(|op| op.arrived.extend([""]));
    }

    /// "In sync" is not said while work waits that the mirror has.
    fn status_changed(&mut self, desk: DeskId, status: &Status) {
        if status.tray != TrayState::InSync {
            return;
        }
        self.counters.other("told.in_sync");
        let now = self.now();
        let waits = self.ops.iter().find(|op| {
            let is_known = op.mirrored.is_some_and(|at| at + TOLD_WITHIN < now);
            op.desk == desk && is_known && !op.unsure && op.open().next().is_some()
        });
        if let Some(op) = waits {
            let what = format!(
                "desk {desk} is in sync, it says, and {:?} of {} waits",
                op.kind, op.rec
            );
            self.violate(crate::invariant::Invariant::OutcomeTrue, what);
        }
    }

    /// A record with nothing pending: what was typed there is in the store, or has another end.
    pub fn judge_state(&mut self, desk: DeskId, rec: Rec, state: Option<&(RecordState, Option<String>)>) {
        let told = state.map(|(state, _)| *state);
        if let Some((RecordState::Rejected, note)) = state
            && note.as_ref().is_none_or(String::is_empty)
        {
            let what = format!("desk {desk}: {rec} is refused, and it is not said why");
            self.violate(crate::invariant::Invariant::OutcomeTrue, what);
        }
        if told == Some(RecordState::Rejected) {
            self.judge_refusal(desk, rec);
        }
        if told.is_some_and(|told| told != RecordState::Clean) {
            return;
        }
        let open = self.ops.iter().find_map(|op| {
            let is_it = op.desk == desk && op.rec == rec && op.mirrored.is_some() && !op.unsure;
            Some((op, op.open().next().filter(|_| is_it)?))
        });
        if let Some((op, aim)) = open {
            let text = op.texts.get(aim).cloned().unwrap_or("its delete".into());
            let what = format!("desk {desk} has nothing that waits on {rec}, and {text} is not in the store");
            self.violate(crate::invariant::Invariant::OutcomeTrue, what);
        }
    }
}

impl World {
    /// What is told as refused is not what the store has of it.
    fn judge_refusal(&mut self, desk: DeskId, rec: Rec) {
        let mut ops = self.ops.iter().rev();
        let Some(last) = ops
            .find(|op| op.desk == desk && op.rec == rec)
            .filter(|op| op.mirrored.is_some() && !op.texts.is_empty())
        else {
            return;
        };
        let row = self.row(rec).unwrap_or_default();
        let mut texts = last.texts.iter();
        if texts.all(|(name, text)| row.get(*name).is_some_and(|there| there == text)) {
            let what = format!(
                "desk {desk}: {rec} is told as refused, and the store has {:?}",
                last.texts
            );
            self.violate(crate::invariant::Invariant::OutcomeTrue, what);
        }
    }
}

/// A status is told this long after the mirror has changed, at most, in microseconds.
const TOLD_WITHIN: u64 = 5_000_000;

/// The name of a piece without its number, the number, and the collection.
fn place_of(key: &str) -> Option<(String, usize, String)> {
    let mut parts = key.splitn(4, '-');
    let (kind, to, at, collection) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some((
        format!("{kind}-{to}-{collection}"),
        at.parse().ok()?,
        collection.to_owned(),
    ))
}
