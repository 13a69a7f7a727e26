//! The event log: rows come before what they tell of, and also when that fails; values are masked (H9).

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::FakeAirflow;
use super::reply::{Asked, detail, reply};

#[derive(Debug, Clone)]
pub(super) struct Event {
    id: usize,
    when: Timestamp,
    event: String,
    owner: String,
    /// `(dag_id, run_id)`.
    run: Option<(String, String)>,
    extra: Value,
}

impl FakeAirflow {
    /// A row as another user's request on one variable leaves it, before anything else happens.
    pub fn note_event(&mut self, event: &str, user: &str, key: &str) {
        self.log_about(event, user, &json!({"key": key, "value": "***"}));
    }

    /// A row whose `extra` is this; it names its keys as the route does, or none.
    pub fn log_about(&mut self, event: &str, user: &str, extra: &Value) {
        let id = self.events.last().map_or(1, |last| last.id + 1);
        self.events.push(Event {
            id,
            when: self.now,
            event: event.to_owned(),
            owner: user.to_owned(),
            run: None,
            extra: masked(extra),
        });
    }

    /// A row in which secrets that the process has met are masked wherever they stand, names included (H39).
    pub(super) fn log_redacted(&mut self, event: &str, user: &str, extra: &Value) {
        let redacted = self.redacted(extra);
        self.log_about(event, user, &redacted);
    }

    /// What the process that answers shows of each text.
    fn redacted(&self, extra: &Value) -> Value {
        match extra {
            Value::String(text) => {
                let text: Vec<u16> = text.encode_utf16().collect();
                String::from_utf16_lossy(&self.masker().replace(&text)).into()
            }
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| (name.clone(), self.redacted(value)))
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.redacted(item)).collect(),
            other => other.clone(),
        }
    }

    /// A row about a run.
    pub(super) fn log_run(&mut self, event: &str, user: &str, dag_id: &str, run_id: &str) {
        self.log(event, user);
        if let Some(row) = self.events.last_mut() {
            row.run = Some((dag_id.to_owned(), run_id.to_owned()));
        }
    }

    /// A row about no variable.
    pub(super) fn log(&mut self, event: &str, user: &str) {
        self.log_about(event, user, &Value::Null);
    }

    /// Airflow's own clean-up: only rows after this one are left.
    pub fn clean_event_log(&mut self, up_to: usize) {
        self.events.retain(|event| event.id > up_to);
    }
}

/// Values never stand in a row, whatever the key.
fn masked(extra: &Value) -> Value {
    match extra {
        Value::Object(members) => {
            let mask = |(name, value): (&String, &Value)| {
                let value = if name == "value" {
                    json!("***")
                } else {
                    masked(value)
                };
                (name.clone(), value)
            };
            members.iter().map(mask).collect()
        }
        Value::Array(items) => items.iter().map(masked).collect(),
        other => other.clone(),
    }
}

pub(super) fn list(airflow: &FakeAirflow, asked: &Asked) -> Response<Bytes> {
    let names: Vec<&str> = asked.all("included_events").chain(asked.query("event")).collect();
    let (dag_id, run_id) = (asked.query("dag_id"), asked.query("run_id"));
    let after: Option<Timestamp> = asked.query("after").and_then(|after| after.parse().ok());
    let chosen = |event: &&Event| {
        (names.is_empty() || names.contains(&event.event.as_str()))
            && after.is_none_or(|after| event.when > after)
            && dag_id.is_none_or(|id| event.run.as_ref().is_some_and(|run| run.0 == id))
            && run_id.is_none_or(|id| event.run.as_ref().is_some_and(|run| run.1 == id))
    };
    let mut rows: Vec<&Event> = airflow.events.iter().filter(chosen).collect();
    if asked.query("order_by") == Some("-event_log_id") {
        rows.reverse();
    }
    let (page, total) = asked.page(&rows, airflow.page_max);
    let rows: Vec<Value> = page.iter().map(|event| json_of(event)).collect();
    reply(
        StatusCode::OK,
        &json!({"event_logs": rows, "total_entries": total}),
    )
}

pub(super) fn one(airflow: &FakeAirflow, id: &str) -> Response<Bytes> {
    match airflow.events.iter().find(|event| event.id.to_string() == id) {
        Some(event) => reply(StatusCode::OK, &json_of(event)),
        None => detail(
            StatusCode::NOT_FOUND,
            &format!("The Event Log with id: `{id}` not found"),
        ),
    }
}

fn json_of(event: &Event) -> Value {
    let extra = if event.extra.is_null() {
        Value::Null
    } else {
        event.extra.to_string().into()
    };
    let (dag_id, run_id) = event.run.clone().unzip();
    json!({
        "event_log_id": event.id, "when": event.when.to_string(), "event": event.event, "owner": event.owner,
        "dag_id": dag_id, "run_id": run_id, "extra": extra,
    })
}
