//! The event log over API v2: a mark by which a server is recognised, and hints about Variables (H9).

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::{Client, wire};
use crate::answer::Answer;
use crate::error::AirflowError;
use crate::types::{EventLook, EventRow, EventSubject, Page, VariableEvent, VariableEvents};
use leeward_model::sensitive::holds_mask;

/// Rows that are about Variables: over the API and the UI (the same routes in Airflow 3), and from the command line.
const ABOUT_VARIABLES: [&str; 7] = [
    "post_variable",
    "patch_variable",
    "delete_variable",
    "bulk_variables",
    "cli_variables_set",
    "cli_variables_delete",
    "cli_variables_import",
];
/// The server's default cap; rows of bulk writes are long, so no more is asked for where it allows more.
const ROWS_LIMIT: &str = "100";

pub(super) async fn tail(client: &Client) -> Result<EventLook, AirflowError> {
    newest(client, &[]).await
}

pub(super) async fn run_deletion(
    client: &Client,
    dag_id: &str,
    run_id: &str,
) -> Result<EventLook, AirflowError> {
    let about = [
        ("dag_id", dag_id),
        ("run_id", run_id),
        ("event", "delete_dag_run"),
    ];
    newest(client, &about).await
}

async fn newest(client: &Client, about: &[(&str, &str)]) -> Result<EventLook, AirflowError> {
    let query = [about, &[("order_by", "-event_log_id"), ("limit", "1")]].concat();
    let ask = client.get("read the event log", &["eventLogs"], &query);
    let answer = client.signed(&ask).await?;
    if is_forbidden(&answer) {
        return Ok(EventLook::Unreadable);
    }
    let newest = answer.parse::<wire::EventLogs>()?.event_logs.into_iter().next();
    Ok(newest.map_or(EventLook::Absent, |row| EventLook::Row(EventRow::from(row))))
}

pub(super) async fn row(client: &Client, id: i64) -> Result<EventLook, AirflowError> {
    let id = id.to_string();
    let ask = client.get("read the event log", &["eventLogs", &id], &[]);
    let answer = client.signed(&ask).await?;
    if is_forbidden(&answer) {
        return Ok(EventLook::Unreadable);
    }
    if answer.says_missing(&id) {
        return Ok(EventLook::Absent);
    }
    Ok(EventLook::Row(answer.parse::<wire::EventLog>()?.into()))
}

fn is_forbidden(answer: &Answer) -> bool {
    answer.status == StatusCode::FORBIDDEN && answer.json().is_some()
}

pub(super) async fn about_variables(
    client: &Client,
    after: Option<Timestamp>,
    offset: u64,
) -> Result<VariableEvents, AirflowError> {
    let (after, offset) = (after.map(|after| after.to_string()), offset.to_string());
    let mut query: Vec<(&str, &str)> = ABOUT_VARIABLES.map(|event| ("included_events", event)).into();
    match &after {
        Some(after) => query.extend([
            ("after", after.as_str()),
            ("order_by", "event_log_id"),
            ("offset", &offset),
            ("limit", ROWS_LIMIT),
        ]),
        None => query.extend([("order_by", "-event_log_id"), ("limit", "1")]),
    }
    let ask = client.get("read the event log", &["eventLogs"], &query);
    let answer = client.signed(&ask).await?;
    if is_forbidden(&answer) {
        return Ok(VariableEvents::Unreadable);
    }
    Ok(VariableEvents::Rows(answer.parse::<wire::EventLogs>()?.into()))
}

impl From<wire::EventLogs> for Page<VariableEvent> {
    fn from(wire: wire::EventLogs) -> Self {
        let total = wire.total_entries;
        let items = wire.event_logs.into_iter().map(VariableEvent::from).collect();
        Self { items, total }
    }
}

impl From<wire::EventLog> for VariableEvent {
    fn from(wire: wire::EventLog) -> Self {
        let about = wire.extra.as_deref().map_or(EventSubject::Unnamed, subject);
        Self {
            about,
            row: EventRow::from(wire),
        }
    }
}

/// The keys in a row's `extra`: the masked body of the request, or its path. Values are not looked at. A key that may be
/// masked itself names nothing (H39).
fn subject(extra: &str) -> EventSubject {
    let extra: Value = serde_json::from_str(extra).unwrap_or_default();
    let one = extra["key"].as_str().or_else(|| extra["variable_key"].as_str());
    let keys = match (one, extra["actions"].as_array()) {
        (Some(key), _) => Some(vec![key.to_owned()]),
        (None, Some(actions)) => actions
            .iter()
            .map(keys_of)
            .collect::<Option<Vec<_>>>()
            .map(|k| k.concat()),
        (None, None) => None,
    };
    let keys = keys.filter(|keys| keys.iter().all(|key| !holds_mask(key)));
    keys.map_or(EventSubject::Unnamed, EventSubject::Keys)
}

/// The keys of one action of a bulk request: its entities, or for a delete their keys. `None` where one is unclear.
fn keys_of(action: &Value) -> Option<Vec<String>> {
    let key = |entity: &Value| {
        entity
            .as_str()
            .or_else(|| entity["key"].as_str())
            .map(str::to_owned)
    };
    action["entities"].as_array()?.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> EventSubject {
        EventSubject::Keys(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn every_route_names_its_keys_in_its_own_way() {
        let patch = r#"{"key": "a", "value": "***", "description": null, "method": "PATCH"}"#;
        assert_eq!(subject(patch), keys(&["a"]));
        assert_eq!(
            subject(r#"{"variable_key": "a/b", "method": "DELETE"}"#),
            keys(&["a/b"])
        );
        let bulk = r#"{"actions": [{"action": "update", "entities": [{"key": "a", "value": "***"}]},
            {"action": "delete", "entities": ["b", {"key": "c"}]}], "method": "PATCH"}"#;
        assert_eq!(subject(bulk), keys(&["a", "b", "c"]));
    }

    #[test]
    fn what_names_no_key_may_be_about_any() {
        let import = r#"{"host_name": "h", "full_command": "['airflow', 'variables', 'import', 'f.json']"}"#;
        for extra in [
            import,
            "",
            "not json",
            "[]",
            r#"{"actions": [{"action": "create"}]}"#,
            r#"{"variable_key": "in-***", "method": "DELETE"}"#,
            r#"{"actions": [{"action": "delete", "entities": ["a", "in-***"]}]}"#,
        ] {
            assert_eq!(subject(extra), EventSubject::Unnamed, "{extra}");
        }
    }
}
