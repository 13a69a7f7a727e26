//! Variables: lossy and masked reads, check-then-upsert creates, masks (H2, H3, H4a, H6).

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::masker::Rules;
use super::python_json;
use super::reply::{Asked, broken, detail, empty, reply};
use super::variable_body::{merge, written};
use super::{FakeAirflow, Row, bulk, prefix, unknown_route};

pub(super) fn collection(airflow: &mut FakeAirflow, asked: &Asked, user: &str) -> Response<Bytes> {
    match asked.method {
        Method::GET => list(airflow, asked),
        Method::POST => create(airflow, asked, user),
        Method::PATCH => bulk::bulk(airflow, asked, user),
        _ => unknown_route(),
    }
}

pub(super) fn one(airflow: &mut FakeAirflow, asked: &Asked, key: &str, user: &str) -> Response<Bytes> {
    match asked.method {
        Method::GET => read(airflow, key),
        Method::PATCH => patch(airflow, asked, key, user),
        Method::DELETE => delete(airflow, key, user),
        _ => unknown_route(),
    }
}

fn read(airflow: &mut FakeAirflow, key: &str) -> Response<Bytes> {
    airflow.load(key);
    match airflow.variables.get(key) {
        Some(row) if !is_readable(airflow, key, row) => broken(),
        Some(row) => reply(StatusCode::OK, &shown(airflow, key, row)),
        None => missing(key),
    }
}

fn list(airflow: &mut FakeAirflow, asked: &Asked) -> Response<Bytes> {
    let filter = asked
        .query("variable_key_prefix_pattern")
        .filter(|_| airflow.rules == Rules::Current);
    let rows: Vec<_> = airflow
        .variables
        .iter()
        .filter(|(key, _)| prefix::passes(filter, key))
        .collect();
    let (page, total) = asked.page(&rows, airflow.page_max);
    if page.iter().any(|(key, row)| !is_readable(airflow, key, row)) {
        return broken();
    }
    // Every row of the page is read before the first is shown: a secret at its end is masked at its beginning.
    for (key, row) in &page {
        airflow.maskers[airflow.process].meet_variable(key, &row.raw);
    }
    // Only what is on the page is put in Airflow's words: a listing of many pages is read for its length.
    let page: Vec<Value> = page.iter().map(|(key, row)| shown(airflow, key, row)).collect();
    reply(
        StatusCode::OK,
        &json!({"variables": page, "total_entries": total}),
    )
}

fn create(airflow: &mut FakeAirflow, asked: &Asked, user: &str) -> Response<Bytes> {
    airflow.log_about("post_variable", user, &asked.body);
    let (key, row) = match written(airflow, &asked.body) {
        Ok(written) => written,
        Err(refusal) => return *refusal,
    };
    if airflow.load(&key) {
        return detail(
            StatusCode::CONFLICT,
            &format!("The Variable with key: `{key}` already exists"),
        );
    }
    if python_json::is_beyond_python(&row.raw) {
        return broken();
    }
    airflow.variables.insert(key.clone(), row);
    let mut answer = read(airflow, &key);
    *answer.status_mut() = StatusCode::CREATED;
    answer
}

fn patch(airflow: &mut FakeAirflow, asked: &Asked, key: &str, user: &str) -> Response<Bytes> {
    airflow.log_about("patch_variable", user, &asked.body);
    let (named, new) = match written(airflow, &asked.body) {
        Ok(written) => written,
        Err(refusal) => return *refusal,
    };
    if named != key {
        let text = "Invalid body, key from request body doesn't match uri parameter";
        return detail(StatusCode::BAD_REQUEST, text);
    }
    // The old text is read, and met if it is a secret; the new one when it is next read.
    airflow.load(key);
    let Some(row) = airflow.variables.get_mut(key) else {
        return missing(key);
    };
    let mask: Vec<&str> = asked.all("update_mask").collect();
    if python_json::is_beyond_python(&new.raw) {
        return broken();
    }
    merge(
        row,
        &asked.body,
        new,
        Some(mask.as_slice()).filter(|mask| !mask.is_empty()),
    );
    let written = row.clone();
    // What is written anew is encrypted with the server's own key.
    airflow.undecryptable.remove(key);
    reply(StatusCode::OK, &shown(airflow, key, &written))
}

fn delete(airflow: &mut FakeAirflow, key: &str, user: &str) -> Response<Bytes> {
    // The body of a request is masked at its value alone, its path wherever a secret stands (H39).
    airflow.log_redacted("delete_variable", user, &json!({"variable_key": key}));
    airflow.undecryptable.remove(key);
    match airflow.variables.remove(key) {
        Some(_) => empty(StatusCode::NO_CONTENT),
        None => missing(key),
    }
}

impl FakeAirflow {
    /// The process that answers reads a row, and meets what is secret in it; whether there is one.
    pub(super) fn load(&mut self, key: &str) -> bool {
        let Some(row) = self.variables.get(key) else {
            return false;
        };
        self.maskers[self.process].meet_variable(key, &row.raw);
        true
    }
}

/// What the API shows of a variable: `json.dumps(redact(json.loads(raw)))` where the text is JSON.
fn shown(airflow: &FakeAirflow, key: &str, row: &Row) -> Value {
    let value = if airflow.shows_secrets {
        row.raw.clone()
    } else {
        python_json::masked(airflow.masker(), key, &row.raw)
    };
    let mut shown = json!({
        "key": key, "value": value, "description": row.description, "is_encrypted": true,
    });
    if airflow.rules == Rules::Current {
        shown["team_name"] = Value::Null;
    }
    shown
}

/// Whether Airflow can show it.
fn is_readable(airflow: &FakeAirflow, key: &str, row: &Row) -> bool {
    !airflow.undecryptable.contains(key) && !python_json::is_beyond_python(&row.raw)
}

fn missing(key: &str) -> Response<Bytes> {
    detail(
        StatusCode::NOT_FOUND,
        &format!("The Variable with key: `{key}` was not found"),
    )
}
