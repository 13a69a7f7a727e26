//! Between a desktop's client and Airflow: what was served and sent is taken down, and requests are lost, late, doubled.

use super::scheme::{Rec, Table, members};
use super::world::{Late, Listing, Reading, Shared, World};
use crate::bugs::Bug;
use crate::faults::Fault;
use crate::locked::locked;
use crate::request::Asked;
use crate::truth::DeskId;
use crate::wire::{refused, text, torn, unknown};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use leeward_airflow::{Transport, TransportError};
use leeward_store::Mirror;
use leeward_store::StoreError;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A late write takes effect within this time, less than the settle time.
const LATE_MAX_S: u64 = 115;
/// How long a client waits for an answer.
const TIMEOUT_S: u64 = 30;

/// What can strike a request.
const FAULTS: &[Fault] = &[
    Fault::Refused,
    Fault::RequestLost,
    Fault::AnswerLost,
    Fault::AnswerLost,
    Fault::Late,
    Fault::Late,
    Fault::Duplicate,
    Fault::CutMidBody,
    Fault::Reset,
    Fault::Trouble,
    Fault::TroubleAfter,
    Fault::SlowBody,
];

/// One process's way to Airflow.
pub(super) struct Wire {
    /// The world.
    pub world: Shared,
    /// Whose.
    pub desk: DeskId,
    /// Set when the process is dead.
    pub dead: Arc<AtomicBool>,
    /// The mirror, beside the engine: which data models it works by.
    pub mirror: Arc<Mutex<Mirror>>,
    /// A bug that was put in on purpose.
    pub bug: Option<Bug>,
}

type Answer = Result<Response<Bytes>, TransportError>;

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request<Bytes>) -> Answer {
        self.while_alive().await;
        let request = self.spoilt(request);
        let asked = Asked::of(&request);
        let fault = self.set_out(&asked);
        self.travel().await;
        let answer = self.meet(request, &asked, fault).await;
        self.travel().await;
        self.while_alive().await;
        if let Ok(answer) = &answer {
            self.world.lock().deliver(self.desk, &asked, answer);
        }
        answer
    }
}

impl Wire {
    /// A dead process sends nothing and hears nothing.
    async fn while_alive(&self) {
        if self.dead.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    async fn travel(&self) {
        let (micros, clock) = {
            let world = &mut *self.world.lock();
            (world.dice.within(300, 9_000), world.clock.clone())
        };
        clock.sleep(Duration::from_micros(micros)).await;
    }

    async fn wait(&self, seconds: u64) {
        let clock = self.world.lock().clock.clone();
        clock.sleep(Duration::from_secs(seconds)).await;
    }

    /// The record as a bug writes it: with nothing in it that the data model does not know.
    fn spoilt(&self, request: Request<Bytes>) -> Request<Bytes> {
        if self.bug != Some(Bug::WritesOnlyWhatItKnows) || request.method() != Method::PATCH {
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

    fn set_out(&self, asked: &Asked) -> Option<Fault> {
        let known = locked(&self.mirror)
            .read(|ledger| Ok::<_, StoreError>((ledger.typed_collections()?, ledger.brakes()?)));
        {
            let (models, brakes) = known.unwrap_or_default();
            let world = &mut *self.world.lock();
            let stopped = brakes.iter().filter_map(|brake| Table::of(&brake.collection));
            world.sides[self.desk].stop(stopped.collect());
            for model in models {
                if let Some(table) = Table::of(&model.model.name) {
                    world.works_by(self.desk, table, model.file);
                }
            }
            if asked.writes_variables() {
                world.check_sent(self.desk, &sent(asked));
            }
        }
        let world = &mut *self.world.lock();
        let fault = world.fault_for(self.desk, asked);
        match fault {
            Some(fault) => world.say(format_args!("desk {} asks: {asked}  !{fault:?}", self.desk)),
            None => world.say(format_args!("desk {} asks: {asked}", self.desk)),
        }
        fault
    }

    async fn meet(&self, request: Request<Bytes>, asked: &Asked, fault: Option<Fault>) -> Answer {
        let Some(fault) = fault else {
            return Ok(self.arrive(&request));
        };
        match fault {
            Fault::Refused => Err(refused()),
            Fault::RequestLost => {
                self.wait(TIMEOUT_S).await;
                Err(unknown())
            }
            Fault::AnswerLost => {
                let _lost = self.arrive(&request);
                Err(unknown())
            }
            Fault::Late => {
                self.put_off(request);
                self.wait(TIMEOUT_S).await;
                Err(unknown())
            }
            Fault::Duplicate => {
                let _first = self.arrive(&request);
                Ok(self.arrive(&request))
            }
            Fault::SlowBody => {
                let answer = self.arrive(&request);
                self.wait(if asked.is_write() { 20 } else { 5 }).await;
                Ok(answer)
            }
            Fault::CutMidBody => Ok(torn(&self.arrive(&request))),
            Fault::TroubleAfter => {
                let _done = self.arrive(&request);
                Ok(text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
            }
            Fault::Trouble => Ok(text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")),
            _ => Err(unknown()),
        }
    }

    fn arrive(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.world.lock().arrive(request, self.desk)
    }

    fn put_off(&self, request: Request<Bytes>) {
        let world = &mut *self.world.lock();
        let at = world.now() + world.dice.within(1, LATE_MAX_S) * 1_000_000;
        let desk = self.desk;
        world.late.push(Late { at, request, desk });
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
