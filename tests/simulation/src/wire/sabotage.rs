//! The bugs on purpose that sit between the client and the network.

use super::{Answer, Wire, json, text};
use crate::bugs::Bug;
use crate::collections::{Id, Kind};
use crate::executor::{Clock, Micros};
use crate::request::Asked;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a bug remembers.
#[derive(Default)]
pub(crate) struct Memory {
    answers: BTreeMap<String, (Micros, Response<Bytes>)>,
    stopped_until: Micros,
    sent: u64,
    /// The Variables' values as the listing last showed them.
    listed: BTreeMap<String, Value>,
}

/// An answer from memory is given for so long.
const REMEMBERED_US: Micros = 400_000_000;
const SECOND_US: Micros = 1_000_000;

impl Wire {
    /// The request as the bug sends it.
    pub(super) fn spoilt(&self, request: Request<Bytes>) -> Request<Bytes> {
        let asked = Asked::of(&request);
        match self.bug {
            Some(Bug::WritesWithoutMask) if asked.writes_records() => {
                without_mask(self.with_values_listed(request, &asked))
            }
            Some(Bug::SendsTheMask) if asked.writes_variables() => with_body(request, |body| {
                each_entity(body, &mut |entity| {
                    if entity["key"]
                        .as_str()
                        .is_some_and(|key| key.starts_with("api_key"))
                    {
                        entity["value"] = "***".into();
                    }
                });
            }),
            Some(Bug::SendsBackWhatWasRead) if asked.writes_variables() => self.with_values_read(request),
            Some(Bug::ANewIdForEachSending) if asked.is_trigger() => {
                let mut memory = crate::locked::locked(&self.memory);
                memory.sent += 1;
                let number = memory.sent;
                with_body(request, |body| add_to_id(body, &format!("-{number}")))
            }
            _ => request,
        }
    }

    /// The value goes along with what is changed beside it, as it was known.
    fn with_values_listed(&self, request: Request<Bytes>, asked: &Asked) -> Request<Bytes> {
        let is_dirty = asked
            .query
            .iter()
            .any(|(name, field)| name == "update_mask" && field == "value");
        let known = match asked.id() {
            Some(id) if !is_dirty && asked.method == Method::PATCH && id.kind == Kind::Variables => {
                crate::locked::locked(&self.memory).listed.get(&id.key).cloned()
            }
            _ => None,
        };
        match known {
            Some(value) => with_body(request, |body| body["value"] = value),
            None => request,
        }
    }

    fn with_values_read(&self, request: Request<Bytes>) -> Request<Bytes> {
        let world = self.world.lock();
        let readings = &world.sides[self.desk].readings;
        let fill = |entity: &mut Value| {
            let key = entity["key"].as_str().unwrap_or_default();
            let read = readings
                .get(&Id::of_variable(key))
                .and_then(|reading| reading.texts[0].clone());
            if let Some(read) = read.filter(|_| entity["value"] == "") {
                entity["value"] = read.into();
            }
        };
        let mut fill = fill;
        without_mask(with_body(request, |body| each_entity(body, &mut fill)))
    }

    /// What the bug answers without asking.
    pub(super) fn answered_by_bug(&self, request: &Request<Bytes>, asked: &Asked) -> Option<Answer> {
        let now = self.world.lock().now();
        let memory = crate::locked::locked(&self.memory);
        match self.bug? {
            Bug::ReadsFromMemory if is_read(asked) => {
                let (at, answer) = memory.answers.get(&request.uri().to_string())?;
                (now < at + REMEMBERED_US).then(|| Ok(answer.clone()))
            }
            Bug::OneBadRecordStopsAll if asked.is_write() && memory.stopped_until > now => {
                Some(Ok(text(StatusCode::SERVICE_UNAVAILABLE, "no healthy upstream")))
            }
            Bug::OneBadRecordClosesTheConnection if memory.stopped_until > now => Some(Err(super::refused())),
            Bug::OneCollectionStopsAll if memory.stopped_until > now && !asked.is_event_log() => {
                Some(Ok(text(StatusCode::SERVICE_UNAVAILABLE, "no healthy upstream")))
            }
            _ => None,
        }
    }

    /// What the bug makes of an answer.
    pub(super) async fn after(
        &self,
        request: &Request<Bytes>,
        asked: &Asked,
        answer: Answer,
        clock: &Clock,
    ) -> Answer {
        let Some(bug) = self.bug else { return answer };
        let lost = answer.is_err();
        match bug {
            Bug::RepeatsWritesBlindly if asked.writes_variables() && (lost || self.is_third()) => {
                let claim = self.claim();
                clock.sleep(Duration::from_secs(150)).await;
                Ok(self.arrive(request, asked, claim))
            }
            Bug::TriggersAgainUnderAnotherId if lost && asked.is_trigger() => {
                let again = with_body(request.clone(), |body| add_to_id(body, "-again"));
                Ok(self.arrive(&again, &Asked::of(&again), self.claim()))
            }
            Bug::WaitsForALostAnswer if lost => std::future::pending().await,
            Bug::BelievesAnyAbsence => absent_if_refused(asked, answer),
            Bug::ListingLosesPages if asked.is_listing() => answer.map(first_page_only),
            Bug::MixesUpSameKeys if asked.listed() == Some(Kind::Pools) => {
                answer.map(|answer| self.with_descriptions_of_variables(answer))
            }
            Bug::MasksLookLikeText => answer.map(with_other_masks),
            Bug::WritesAfterReading if asked.is_event_log() => {
                self.write_something();
                answer
            }
            _ => answer,
        }
    }

    fn with_descriptions_of_variables(&self, answer: Response<Bytes>) -> Response<Bytes> {
        let (parts, body) = answer.into_parts();
        let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let world = self.world.lock();
        let readings = &world.sides[self.desk].readings;
        for pool in body["pools"].as_array_mut().into_iter().flatten() {
            let key = pool["name"].as_str().unwrap_or_default();
            let read = readings.get(&Kind::Variables.id(key));
            if let Some(description) = read.and_then(|reading| reading.texts[1].clone()) {
                pool["description"] = description.into();
            }
        }
        Response::from_parts(parts, Bytes::from(body.to_string()))
    }

    fn is_third(&self) -> bool {
        let mut memory = crate::locked::locked(&self.memory);
        memory.sent += 1;
        memory.sent.is_multiple_of(3)
    }

    /// What the bug does once the answer is there.
    pub(super) fn delivered(&self, request: &Request<Bytes>, asked: &Asked, answer: &Answer) {
        let Some(bug) = self.bug else { return };
        let Ok(answer) = answer else { return };
        match bug {
            Bug::ReadsFromMemory if is_read(asked) && answer.status().is_success() => {
                let mut told = answer.clone();
                told.extensions_mut().clear();
                let now = self.world.lock().now();
                let mut memory = crate::locked::locked(&self.memory);
                memory.answers.insert(request.uri().to_string(), (now, told));
            }
            Bug::WritesWithoutMask if asked.scans() == Some(Kind::Variables) => {
                let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
                let mut memory = crate::locked::locked(&self.memory);
                for row in body["variables"].as_array().into_iter().flatten() {
                    let key = row["key"].as_str().unwrap_or_default();
                    memory.listed.insert(key.to_owned(), row["value"].clone());
                }
            }
            Bug::RemakesWhatItDeleted if asked.is_write() => {
                deleted_keys(asked).iter().for_each(|id| self.remake(id));
            }
            Bug::RemakesWhatOthersDeleted if answer.status() == StatusCode::NOT_FOUND => {
                asked.id().iter().for_each(|id| self.remake(id));
            }
            Bug::OneBadRecordStopsAll | Bug::OneBadRecordClosesTheConnection => {
                let world = self.world.lock();
                let failed = world
                    .weather
                    .poison
                    .as_ref()
                    .is_some_and(|poison| asked.is_about(poison));
                if failed {
                    crate::locked::locked(&self.memory).stopped_until = world.now() + 7200 * SECOND_US;
                }
            }
            Bug::OneCollectionStopsAll if !answer.status().is_success() => {
                let world = self.world.lock();
                if world.weather.trouble_of(asked).is_some() {
                    crate::locked::locked(&self.memory).stopped_until = world.now() + 7200 * SECOND_US;
                }
            }
            _ => {}
        }
    }

    /// Makes a record anew with what was read of it last.
    fn remake(&self, id: &Id) {
        let known = {
            let world = self.world.lock();
            let known = &world.sides[self.desk].read_tokens;
            known
                .get(id)
                .filter(|_| id.kind == Kind::Variables)
                .and_then(|tokens| tokens.last_key_value().map(|(token, _)| *token))
        };
        let Some(token) = known else { return };
        let body = serde_json::json!({"key": id.key, "value": format!("text {token}"), "description": null});
        self.send_as_bug(Method::POST, "http://airflow.test/api/v2/variables", &body);
    }

    /// Writes what is there already.
    fn write_something(&self) {
        let first = {
            let world = self.world.lock();
            world
                .airflow
                .variables
                .iter()
                .next()
                .map(|(key, row)| (key.clone(), row.raw.clone()))
        };
        let Some((key, raw)) = first else { return };
        let body = serde_json::json!({"key": key, "value": raw});
        let uri = format!(
            "http://airflow.test/api/v2/variables/{}?update_mask=value",
            key.replace('/', "%2F")
        );
        self.send_as_bug(Method::PATCH, &uri.replace(' ', "%20"), &body);
    }

    fn send_as_bug(&self, method: Method, uri: &str, body: &Value) {
        let token = crate::locked::locked(&self.token).clone();
        let builder = Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", token);
        if let Ok(request) = builder.body(Bytes::from(body.to_string())) {
            let _answer = self.arrive(&request, &Asked::of(&request), self.claim());
        }
    }
}

fn is_read(asked: &Asked) -> bool {
    asked.method == Method::GET && asked.path.first().is_some_and(|first| first == "variables")
}

fn deleted_keys(asked: &Asked) -> Vec<Id> {
    if asked.method == Method::DELETE {
        return asked.id().into_iter().collect();
    }
    let actions = asked.body["actions"].as_array().cloned().unwrap_or_default();
    let deletes = actions.iter().filter(|action| action["action"] == "delete");
    let entities = deletes.filter_map(|action| action["entities"].as_array());
    entities
        .flatten()
        .filter_map(|key| key.as_str().map(Id::of_variable))
        .collect()
}

fn add_to_id(body: &mut Value, what: &str) {
    let id = body["dag_run_id"].as_str().unwrap_or_default();
    body["dag_run_id"] = format!("{id}{what}").into();
}

fn with_body(request: Request<Bytes>, change: impl FnOnce(&mut Value)) -> Request<Bytes> {
    let mut body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    change(&mut body);
    request.map(|_| Bytes::from(body.to_string()))
}

fn each_entity(body: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    match body {
        Value::Object(members) if members.contains_key("key") => change(body),
        Value::Object(members) => members.values_mut().for_each(|value| each_entity(value, change)),
        Value::Array(items) => items.iter_mut().for_each(|value| each_entity(value, change)),
        _ => {}
    }
}

fn without_mask(request: Request<Bytes>) -> Request<Bytes> {
    let uri = request.uri().to_string();
    let mut request = with_body(request, |body| {
        for action in body["actions"].as_array_mut().into_iter().flatten() {
            if let Some(action) = action.as_object_mut() {
                action.remove("update_mask");
            }
        }
    });
    let plain = uri.split_once('?').map_or(uri.as_str(), |(plain, _)| plain);
    if let Ok(plain) = plain.parse() {
        *request.uri_mut() = plain;
    }
    request
}

fn absent_if_refused(asked: &Asked, answer: Answer) -> Answer {
    let refused = answer.as_ref().is_ok_and(|answer| !answer.status().is_success());
    match asked
        .id()
        .filter(|id| id.kind != Kind::Pools)
        .map(|id| id.address())
    {
        Some(key) if refused && asked.method == Method::GET => {
            let body = serde_json::json!({"detail": format!("The Variable with key: `{key}` was not found")});
            Ok(json(StatusCode::NOT_FOUND, &body.to_string()))
        }
        _ => answer,
    }
}

fn with_other_masks(answer: Response<Bytes>) -> Response<Bytes> {
    answer.map(|body| match std::str::from_utf8(&body) {
        Ok(text) => Bytes::from(text.replace("***", "(!)")),
        Err(_) => body,
    })
}

fn first_page_only(answer: Response<Bytes>) -> Response<Bytes> {
    let (mut parts, body) = answer.into_parts();
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(rows) = body["variables"].as_array() {
        body["total_entries"] = rows.len().into();
        parts.headers.remove(http::header::CONTENT_LENGTH);
    }
    Response::from_parts(parts, Bytes::from(body.to_string()))
}
