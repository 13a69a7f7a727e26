//! Connections, as far as their passwords are masked in variables: made, read, changed, listed and deleted (H29).

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::reply::{Asked, detail, empty, reply};
use super::{FakeAirflow, unknown_route};

pub(super) fn route(airflow: &mut FakeAirflow, asked: &Asked, rest: &[&str]) -> Response<Bytes> {
    match (&asked.method, rest) {
        (&Method::GET, []) => {
            let ids: Vec<String> = airflow.connections.keys().cloned().collect();
            let shown: Vec<Value> = ids.iter().map(|id| read(airflow, id)).collect();
            let body = json!({"total_entries": shown.len(), "connections": shown});
            reply(StatusCode::OK, &body)
        }
        (&Method::POST, []) => create(airflow, asked),
        (_, [id]) => one(airflow, asked, id),
        _ => unknown_route(),
    }
}

fn create(airflow: &mut FakeAirflow, asked: &Asked) -> Response<Bytes> {
    let word = |name: &str| asked.body[name].as_str().unwrap_or_default().to_owned();
    let id = word("connection_id");
    airflow.open_connection(&id, &word("password"));
    reply(StatusCode::CREATED, &read(airflow, &id))
}

fn one(airflow: &mut FakeAirflow, asked: &Asked, id: &str) -> Response<Bytes> {
    if !airflow.connections.contains_key(id) {
        return detail(
            StatusCode::NOT_FOUND,
            &format!("The Connection with connection_id: `{id}` was not found"),
        );
    }
    match asked.method {
        Method::GET => reply(StatusCode::OK, &read(airflow, id)),
        Method::PATCH => {
            // Read first: the old password is met, and the new one when the connection is next read.
            let answer = read(airflow, id);
            let password = asked.body["password"].as_str().unwrap_or_default();
            airflow.connections.insert(id.to_owned(), password.to_owned());
            reply(StatusCode::OK, &answer)
        }
        Method::DELETE => {
            airflow.look_at_connection(id);
            airflow.connections.remove(id);
            empty(StatusCode::NO_CONTENT)
        }
        _ => unknown_route(),
    }
}

fn read(airflow: &mut FakeAirflow, id: &str) -> Value {
    airflow.look_at_connection(id);
    json!({"connection_id": id, "conn_type": "generic", "password": "***"})
}

impl FakeAirflow {
    /// Somebody opens a connection; the process that answers meets its password.
    pub fn open_connection(&mut self, id: &str, password: &str) {
        self.connections.insert(id.to_owned(), password.to_owned());
        self.look_at_connection(id);
    }

    /// Somebody, or a task, has the process that answers read a connection.
    pub fn look_at_connection(&mut self, id: &str) {
        if let Some(password) = self.connections.get(id).cloned() {
            self.masker_mut().meet_password(&password);
        }
    }
}
