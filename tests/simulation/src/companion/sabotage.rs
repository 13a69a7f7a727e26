//! The bugs on purpose of these histories: in the store, and between the client and the network.

use super::world::{Shared, World};
use crate::bugs::Bug;
use crate::fake_airflow::companion::Spoilt;
use crate::locked::locked;
use crate::request::Asked;
use crate::smaller::wire::Wire;
use crate::truth::DeskId;
use bytes::Bytes;
use http::{Method, Request, Response, header};
use serde_json::Value;

/// What is wrong with the store.
pub(super) fn of_store(bug: Option<Bug>) -> Spoilt {
    Spoilt {
        compares_nothing: bug == Some(Bug::StoreComparesNothing),
        repeats_batches: bug == Some(Bug::StoreRepeatsBatches),
        drops_entries: bug == Some(Bug::PublicationDropsEntries),
    }
}

/// A request as the bug sends it.
pub(super) fn spoilt(world: &World, _: DeskId, bug: Bug, request: Request<Bytes>) -> Request<Bytes> {
    let asked = Asked::of(&request);
    let collection = match asked
        .path
        .get(1)
        .and_then(|dag_id| dag_id.strip_prefix("leeward_ingest__"))
    {
        Some(collection) if asked.method == Method::POST => collection.to_owned(),
        _ => return request,
    };
    let mut body = asked.body.clone();
    match bug {
        Bug::ClaimsTheNewestVersion => {
            let rows = &world.airflow.companion.collections[&collection].rows;
            for change in body["conf"]["changes"].as_array_mut().into_iter().flatten() {
                let now = rows.get(change["key"].as_str().unwrap_or_default());
                change["base"] = now.map(|(version, _)| *version).into();
            }
        }
        // Each attempt is a batch of its own.
        Bug::EachAttemptIsABatch => {
            let batch = body["conf"]["batch"].as_str().unwrap_or_default().to_owned();
            body["conf"]["batch"] = format!("{batch}-{}", body["conf"]["attempt"]).into();
            let rows = &world.airflow.companion.collections[&collection].rows;
            if body["conf"]["attempt"] != 1 {
                for change in body["conf"]["changes"].as_array_mut().into_iter().flatten() {
                    let now = rows.get(change["key"].as_str().unwrap_or_default());
                    change["base"] = now.map(|(version, _)| *version).into();
                }
            }
        }
        _ => return request,
    }
    request.map(|_| Bytes::from(body.to_string()))
}

/// An answer as the bug reads it.
pub(super) fn misread(
    world: &World,
    wire: &Wire<Shared>,
    bug: Bug,
    asked: &Asked,
    answer: Response<Bytes>,
) -> Response<Bytes> {
    let is_outcome = asked.path.last().is_some_and(|key| key == "return_value");
    match bug {
        Bug::AnOlderPublication
            if asked
                .path
                .get(1)
                .is_some_and(|dag_id| dag_id == "leeward_publish") =>
        {
            let is_listing = asked.method == Method::GET && asked.path.len() == 3;
            if !is_listing || !answer.status().is_success() || answer.body().is_empty() {
                return answer;
            }
            let known = &mut locked(&wire.memory);
            known.entry("newest".into()).or_insert(answer).clone()
        }
        Bug::SaysApplied if is_outcome => with_outcome(answer, |outcome| {
            for change in outcome["changes"].as_array_mut().into_iter().flatten() {
                if change["outcome"] != "applied" {
                    change["outcome"] = "applied".into();
                    change.as_object_mut().map(|change| change.remove("row"));
                }
            }
        }),
        Bug::OutcomeOfAnotherBatch if is_outcome => {
            let own = asked.path.get(3).cloned().unwrap_or_default();
            let others = world.airflow.companion.xcoms.iter().filter(|(place, _)| {
                place[0] == asked.path[1] && place[1] != own && place[3] == "return_value"
            });
            let applied = others.rev().find(|(_, text)| text.contains("\"applied\""));
            let Some((_, other)) = applied else { return answer };
            let other: Value = serde_json::from_str(other).unwrap_or_default();
            with_outcome(answer, |outcome| {
                let verdict = &other["changes"][0];
                for change in outcome["changes"].as_array_mut().into_iter().flatten() {
                    change["outcome"] = verdict["outcome"].clone();
                    change["version"] = verdict["version"].clone();
                    change.as_object_mut().map(|change| change.remove("row"));
                }
            })
        }
        _ => answer,
    }
}

fn with_outcome(answer: Response<Bytes>, change: impl FnOnce(&mut Value)) -> Response<Bytes> {
    let (mut parts, body) = answer.into_parts();
    let mut said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let outcome = said["value"].as_str().map(serde_json::from_str::<Value>);
    if let Some(Ok(mut outcome)) = outcome {
        change(&mut outcome);
        said["value"] = outcome.to_string().into();
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Bytes::from(said.to_string()));
    }
    Response::from_parts(parts, body)
}
