//! What the world makes of the requests on their way: what was served and sent is taken down.

use super::scheme::{Rec, Table, members};
use super::world::{Listing, Reading, Shared, World};
use crate::bugs::Bug;
use crate::dice::Dice;
use crate::executor::Clock;
use crate::faults::Fault;
use crate::locked::locked;
use crate::request::Asked;
use crate::smaller::wire::FAULTS;
use crate::smaller::{Around, Late};
use crate::truth::DeskId;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use leeward_store::Mirror;
use leeward_store::StoreError;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
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

    fn round_done(&self, desk: DeskId, mirror: &Mutex<Mirror>) {
        let all = locked(mirror).read(|ledger| ledger.typed_collections());
        let all = all.into_iter().flatten();
        let models = all.filter_map(|one| Some((Table::of(&one.model.name)?, one.file)));
        self.lock().sides[desk].window_models = models.collect();
    }

    /// The record as a bug writes it: with nothing in it that the data model does not know.
    fn spoilt(&self, _: DeskId, bug: Bug, request: Request<Bytes>) -> Request<Bytes> {
        if bug != Bug::WritesOnlyWhatItKnows || request.method() != Method::PATCH {
            return request;
        }
        let (parts, body) = request.into_parts();
        let mut value: Value = serde_json::from_slice(&body).unwrap_or_default();
        each_variable(&mut value, &mut |variable| {
            let record = variable["value"].as_str().and_then(members);
            if let Some(mut record) = record {
                record.retain(|name, _| !name.starts_with("x_"));
                variable["value"] = Value::Object(record).to_string().into();
            }
        });
        Request::from_parts(parts, Bytes::from(value.to_string()))
    }

    fn set_out(&self, desk: DeskId, asked: &Asked, mirror: &Mutex<Mirror>) -> Option<Fault> {
        let known = locked(mirror)
            .read(|ledger| Ok::<_, StoreError>((ledger.typed_collections()?, ledger.brakes()?)));
        {
            let (models, brakes) = known.unwrap_or_default();
            let world = &mut *self.lock();
            let stopped = brakes.iter().filter_map(|brake| Table::of(&brake.collection));
            world.sides[desk].stop(stopped.collect());
            for model in models {
                if let Some(table) = Table::of(&model.model.name) {
                    world.works_by(desk, table, model.file);
                }
            }
            if asked.writes_variables() {
                world.check_sent(desk, &sent(asked));
            }
        }
        let world = &mut *self.lock();
        let fault = world.fault_for(desk, asked);
        match fault {
            Some(fault) => world.say(format_args!("desk {} asks: {asked}  !{fault:?}", desk)),
            None => world.say(format_args!("desk {} asks: {asked}", desk)),
        }
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
}

/// The Variables in a body: one, or those of a bulk request.
fn each_variable(body: &mut Value, spoil: &mut dyn FnMut(&mut Value)) {
    if body["value"].is_string() {
        return spoil(body);
    }
    let actions = body["actions"].as_array_mut().into_iter().flatten();
    let entities = actions.filter_map(|action| action["entities"].as_array_mut());
    entities.flatten().for_each(spoil);
}

/// What a request writes: each record with its members, or that it is deleted.
fn sent(asked: &Asked) -> Vec<(Rec, Option<Map<String, Value>>)> {
    let of = |key: &str, value: &Value| Some((Rec::of_variable(key)?, Some(members(value.as_str()?)?)));
    match (asked.path.as_slice(), &asked.method) {
        ([_, key], &Method::DELETE) => Rec::of_variable(key).map(|rec| (rec, None)).into_iter().collect(),
        ([_, key], _) => of(key, &asked.body["value"]).into_iter().collect(),
        _ if asked.body["key"].is_string() => {
            let key = asked.body["key"].as_str().unwrap_or_default();
            of(key, &asked.body["value"]).into_iter().collect()
        }
        _ => {
            let mut all = Vec::new();
            for action in asked.body["actions"].as_array().into_iter().flatten() {
                for entity in action["entities"].as_array().into_iter().flatten() {
                    match entity {
                        Value::String(key) => all.extend(Rec::of_variable(key).map(|rec| (rec, None))),
                        entity => {
                            let key = entity["key"].as_str().unwrap_or_default();
                            all.extend(of(key, &entity["value"]));
                        }
                    }
                }
            }
            all
        }
    }
}

impl World {
    /// What strikes a request on its way.
    fn fault_for(&mut self, desk: DeskId, asked: &Asked) -> Option<Fault> {
        if self.weather.calm {
            return None;
        }
        if self.sides[desk].offline_until > self.now() {
            return Some(Fault::Refused);
        }
        let is_write = asked.is_write();
        let fits = |fault: &Fault| is_write || !fault.is_of_a_write();
        let armed = self.weather.armed.iter().position(fits);
        let armed = armed.and_then(|place| self.weather.armed.remove(place));
        let fault = armed.or_else(|| {
            let strikes = self.dice.permille(self.weather.permille);
            let drawn = strikes.then(|| self.dice.pick(FAULTS).copied()).flatten();
            drawn.filter(fits)
        })?;
        self.strike(fault);
        Some(fault)
    }

    /// The next request is struck.
    pub fn arm(&mut self) {
        if let Some(fault) = self.dice.pick(FAULTS).copied() {
            self.weather.armed.push_back(fault);
        }
    }

    /// A request of a desktop's reaches the server.
    pub fn arrive(&mut self, request: &Request<Bytes>, desk: DeskId) -> Response<Bytes> {
        self.set_clock();
        let asked = Asked::of(request);
        if !asked.writes_variables() {
            return self.airflow.handle(request);
        }
        self.writes += 1;
        let before = self.rows();
        let answer = self.airflow.handle(request);
        self.journal(&before, &format!("desk {desk}"));
        answer
    }

    /// An answer reaches the desktop that asked.
    fn deliver(&mut self, desk: DeskId, asked: &Asked, answer: &Response<Bytes>) {
        let is_about_variables = asked.path.first().is_some_and(|first| first == "variables");
        if asked.method != Method::GET || !is_about_variables {
            return;
        }
        let at = self.now();
        let side = &mut self.sides[desk];
        if let [_, key] = asked.path.as_slice() {
            let Some(rec) = Rec::of_variable(key) else { return };
            // An answer that was cut tells nothing.
            let Ok(body) = serde_json::from_slice::<Value>(answer.body()) else {
                return;
            };
            let members = match answer.status() {
                StatusCode::OK => body["value"].as_str().and_then(members),
                StatusCode::NOT_FOUND => None,
                _ => return,
            };
            return side.looked_at(rec, Reading { members, at });
        }
        let filter = asked
            .query
            .iter()
            .find(|(name, _)| name == "variable_key_prefix_pattern")
            .map(|(_, value)| value.clone());
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let (Some(filter), Some(rows), Some(total)) = (
            filter,
            body["variables"].as_array(),
            body["total_entries"].as_u64(),
        ) else {
            return;
        };
        let offset = asked.number("offset").unwrap_or_default();
        if offset == 0 || side.listing.filter != filter {
            side.listing = Listing {
                filter: filter.clone(),
                ..Listing::default()
            };
        }
        side.listing.count = offset + rows.len();
        let rows = rows.iter().filter_map(|row| {
            let rec = Rec::of_variable(row["key"].as_str()?)?;
            Some((rec, members(row["value"].as_str()?)?))
        });
        side.listing.rows.extend(rows);
        if side.listing.count as u64 >= total {
            let rows = std::mem::take(&mut side.listing).rows;
            self.listed(desk, &filter, &rows);
        }
    }

    /// A listing came to its end: what is not in it is not there.
    fn listed(&mut self, desk: DeskId, filter: &str, rows: &BTreeMap<Rec, Map<String, Value>>) {
        let at = self.now();
        let side = &mut self.sides[desk];
        for term in filter.split('|') {
            let asked_for = |rec: &Rec| match Table::ALL.into_iter().find(|table| table.prefix() == term) {
                Some(table) => rec.table == table,
                None => rec.address() == term,
            };
            side.whole
                .extend(Table::ALL.into_iter().find(|table| table.prefix() == term));
            for rec in Rec::all().filter(asked_for) {
                let members = rows.get(&rec).cloned();
                side.listed(rec, Reading { members, at });
            }
        }
    }
}
