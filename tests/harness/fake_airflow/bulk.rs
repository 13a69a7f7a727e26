//! PATCH of all variables (H4, H5): 200 whatever happened, each action whole or not at all, later ones still run.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::FakeAirflow;
use super::masker::Rules;
use super::reply::{Asked, broken, invalid, reply};
use super::variable_body::{merge, written};

/// A refusal of the whole request; boxed because answers are large.
type Refused = Box<Response<Bytes>>;

pub(super) fn bulk(airflow: &mut FakeAirflow, asked: &Asked, user: &str) -> Response<Bytes> {
    airflow.log_about("bulk_variables", user, &asked.body);
    let Some(actions) = asked.body["actions"].as_array() else {
        return invalid("missing", "actions", "Field required", &asked.body);
    };
    if let Err(refusal) = check_all(airflow, actions) {
        return *refusal;
    }
    let mut account =
        Map::from_iter(["create", "update", "delete"].map(|kind| (kind.to_owned(), Value::Null)));
    for action in actions {
        run(airflow, action, &mut account);
    }
    reply(StatusCode::OK, &Value::Object(account))
}

/// pydantic reads the whole request before anything is done: one bad entity refuses all.
fn check_all(airflow: &FakeAirflow, actions: &[Value]) -> Result<(), Refused> {
    for action in actions {
        let kind = action["action"].as_str().unwrap_or_default();
        // The discriminator raises a plain ValueError or KeyError.
        if !matches!(kind, "create" | "update" | "delete") {
            return Err(Box::new(broken()));
        }
        if action.get("update_mask").is_some() && (kind != "update" || !airflow.bulk_takes_masks) {
            return Err(Box::new(invalid(
                "extra_forbidden",
                "update_mask",
                "Extra inputs are not permitted",
                action,
            )));
        }
        for entity in entities(action) {
            check(airflow, kind, entity)?;
        }
    }
    Ok(())
}

fn check(airflow: &FakeAirflow, kind: &str, entity: &Value) -> Result<(), Refused> {
    match kind {
        "delete" if entity.is_string() => Ok(()),
        "delete" if airflow.rules == Rules::Older => {
            let message = "Input should be a valid string";
            Err(Box::new(invalid("string_type", "entities", message, entity)))
        }
        // Accepted by the data model, and then not hashable.
        "delete" => Err(Box::new(broken())),
        _ => written(airflow, entity).map(drop),
    }
}

fn run(airflow: &mut FakeAirflow, action: &Value, account: &mut Map<String, Value>) {
    let kind = action["action"].as_str().unwrap_or_default();
    let outcome = match kind {
        "create" => create(airflow, action),
        "update" => update(airflow, action),
        _ => delete(airflow, action),
    };
    let part = account.entry(kind).or_insert(Value::Null);
    if part.is_null() {
        *part = json!({"success": [], "errors": []});
    }
    match outcome {
        Ok(keys) => extend(&mut part["success"], keys.into_iter().map(Value::String)),
        Err(error) => extend(&mut part["errors"], [error]),
    }
}

fn extend(list: &mut Value, more: impl IntoIterator<Item = Value>) {
    if let Some(list) = list.as_array_mut() {
        list.extend(more);
    }
}

/// The keys that were written, or the action's error.
type Outcome = Result<Vec<String>, Value>;

/// A description that is left out is written as null.
fn create(airflow: &mut FakeAirflow, action: &Value) -> Outcome {
    let (there, _) = sorted(airflow, action);
    let how = action["action_on_existence"].as_str().unwrap_or("fail");
    if how == "fail" && !there.is_empty() {
        return Err(
            json!({"error": format!("The variables with these keys: {} already exist.", set(&there)), "status_code": 409}),
        );
    }
    let mut done = Vec::new();
    for entity in entities(action) {
        let Ok((key, row)) = written(airflow, entity) else {
            continue;
        };
        if how != "skip" || !there.contains(&key) {
            airflow.variables.insert(key.clone(), row);
            done.push(key);
        }
    }
    Ok(done)
}

fn update(airflow: &mut FakeAirflow, action: &Value) -> Outcome {
    let (there, gone) = sorted(airflow, action);
    absent(action, &gone)?;
    let mask = action["update_mask"].as_array();
    let mask: Option<Vec<&str>> = mask.map(|names| names.iter().filter_map(Value::as_str).collect());
    let mut done = Vec::new();
    for entity in entities(action) {
        let Ok((key, new)) = written(airflow, entity) else {
            continue;
        };
        if let Some(row) = airflow.variables.get_mut(&key).filter(|_| there.contains(&key)) {
            merge(row, entity, new, mask.as_deref());
            done.push(key);
        }
    }
    Ok(done)
}

fn delete(airflow: &mut FakeAirflow, action: &Value) -> Outcome {
    let (there, gone) = sorted(airflow, action);
    absent(action, &gone)?;
    for key in &there {
        airflow.variables.remove(key);
    }
    Ok(there.into_iter().collect())
}

fn absent(action: &Value, gone: &BTreeSet<String>) -> Result<(), Value> {
    let fails = action["action_on_non_existence"].as_str().unwrap_or("fail") == "fail";
    if !fails || gone.is_empty() {
        return Ok(());
    }
    Err(
        json!({"error": format!("The variables with these keys: {} were not found.", set(gone)), "status_code": 404}),
    )
}

/// The action's keys: those that are there, which are read, and those that are not.
fn sorted(airflow: &mut FakeAirflow, action: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let key = |entity: &Value| {
        entity
            .as_str()
            .or_else(|| entity["key"].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    entities(action)
        .iter()
        .map(key)
        .partition(|key| airflow.load(key))
}

fn entities(action: &Value) -> &[Value] {
    action["entities"].as_array().map_or(&[], Vec::as_slice)
}

/// A Python set's own text, which nobody can read back.
fn set(keys: &BTreeSet<String>) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("'{key}'")).collect();
    format!("{{{}}}", quoted.join(", "))
}
