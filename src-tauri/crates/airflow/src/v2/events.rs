//! The event log over API v2: a mark by which a server is recognised, and hints about Variables and pools (H9).

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::{Client, wire};
use crate::answer::Answer;
use crate::error::AirflowError;
use crate::types::{EventLook, EventRow, EventSubject, Page, RecordEvent, RecordEvents};
use leeward_model::sensitive::holds_mask;

/// A kind of record: the rows that are about it, over the API and the UI (the same routes in Airflow 3) and from the
/// command line; and the words for its name in a request, the more certain first.
struct Kind {
    events: [&'static str; 7],
    words: &'static [&'static str],
    named: fn(Vec<String>) -> EventSubject,
    unnamed: EventSubject,
}

const VARIABLES: Kind = Kind {
    events: [
        "post_variable",
        "patch_variable",
        "delete_variable",
        "bulk_variables",
        "cli_variables_set",
        "cli_variables_delete",
        "cli_variables_import",
    ],
    words: &["key", "variable_key"],
    named: EventSubject::Keys,
    unnamed: EventSubject::Unnamed,
};

/// The row of a change holds the address's name and the body's: Airflow goes by the former.
const POOLS: Kind = Kind {
    events: [
        "post_pool",
        "patch_pool",
        "delete_pool",
        "bulk_pools",
        "cli_pool_set",
        "cli_pool_delete",
        "cli_pool_import",
    ],
    words: &["pool_name", "name", "pool"],
    named: EventSubject::Pools,
    unnamed: EventSubject::UnnamedPools,
};
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

pub(super) async fn about_records(
    client: &Client,
    after: Option<Timestamp>,
    offset: u64,
) -> Result<RecordEvents, AirflowError> {
    let (after, offset) = (after.map(|after| after.to_string()), offset.to_string());
    let events = VARIABLES.events.into_iter().chain(POOLS.events);
    let mut query: Vec<(&str, &str)> = events.map(|event| ("included_events", event)).collect();
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
        return Ok(RecordEvents::Unreadable);
    }
    Ok(RecordEvents::Rows(answer.parse::<wire::EventLogs>()?.into()))
}

impl From<wire::EventLogs> for Page<RecordEvent> {
    fn from(wire: wire::EventLogs) -> Self {
        let total = wire.total_entries;
        let items = wire.event_logs.into_iter().map(RecordEvent::from).collect();
        Self { items, total }
    }
}

impl From<wire::EventLog> for RecordEvent {
    fn from(mut wire: wire::EventLog) -> Self {
        let extra = wire.extra.take().unwrap_or_default();
        let row = EventRow::from(wire);
        Self {
            about: subject(&row.event, &extra),
            row,
        }
    }
}

/// The keys or names in a row's `extra`: the masked body of the request, or its path. Values are not looked at. One that
/// may be masked itself names nothing (H39).
fn subject(event: &str, extra: &str) -> EventSubject {
    let kind = if POOLS.events.contains(&event) {
        POOLS
    } else {
        VARIABLES
    };
    let extra: Value = serde_json::from_str(extra).unwrap_or_default();
    let names = match (name_of(&extra, kind.words), extra["actions"].as_array()) {
        (Some(name), _) => Some(vec![name]),
        (None, Some(actions)) => actions
            .iter()
            .map(|action| names_of(action, kind.words))
            .collect::<Option<Vec<_>>>()
            .map(|names| names.concat()),
        (None, None) => None,
    };
    let names = names.filter(|names| names.iter().all(|name| !holds_mask(name)));
    names.map_or(kind.unnamed, kind.named)
}

/// The names in one action of a bulk request: its entities, or for a delete their names. `None` where one is unclear.
fn names_of(action: &Value, words: &[&str]) -> Option<Vec<String>> {
    let name = |entity: &Value| match entity {
        Value::String(name) => Some(name.clone()),
        entity => name_of(entity, words),
    };
    action["entities"].as_array()?.iter().map(name).collect()
}

fn name_of(fields: &Value, words: &[&str]) -> Option<String> {
    let name = words.iter().find_map(|word| fields[word].as_str());
    name.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn every_route_names_its_keys_in_its_own_way() {
        let keys = |names| EventSubject::Keys(named(names));
        let patch = r#"{"key": "a", "value": "***", "description": null, "method": "PATCH"}"#;
        assert_eq!(subject("patch_variable", patch), keys(&["a"]));
        let delete = r#"{"variable_key": "a/b", "method": "DELETE"}"#;
        assert_eq!(subject("delete_variable", delete), keys(&["a/b"]));
        let bulk = r#"{"actions": [{"action": "update", "entities": [{"key": "a", "value": "***"}]},
            {"action": "delete", "entities": ["b", {"key": "c"}]}], "method": "PATCH"}"#;
        assert_eq!(subject("bulk_variables", bulk), keys(&["a", "b", "c"]));
    }

    #[test]
    fn every_route_names_its_pools_in_its_own_way() {
        let pools = |names| EventSubject::Pools(named(names));
        let post = r#"{"name": "a", "slots": 1, "description": "d", "method": "POST"}"#;
        assert_eq!(subject("post_pool", post), pools(&["a"]));
        let patch =
            r#"{"update_mask": "slots", "pool_name": "a/b", "pool": "other", "slots": 2, "method": "PATCH"}"#;
        assert_eq!(subject("patch_pool", patch), pools(&["a/b"]));
        assert_eq!(
            subject("delete_pool", r#"{"pool_name": "a", "method": "DELETE"}"#),
            pools(&["a"])
        );
        let bulk = r#"{"actions": [{"action": "create", "entities": [{"name": "a", "slots": 1}, {"pool": "b"}]},
            {"action": "delete", "entities": ["c"]}], "method": "PATCH"}"#;
        assert_eq!(subject("bulk_pools", bulk), pools(&["a", "b", "c"]));
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
            r#"{"variable_key": "in-***", "pool_name": "in-***", "method": "DELETE"}"#,
            r#"{"actions": [{"action": "delete", "entities": ["a", "in-***"]}]}"#,
        ] {
            assert_eq!(subject("bulk_variables", extra), EventSubject::Unnamed, "{extra}");
            assert_eq!(
                subject("cli_pool_set", extra),
                EventSubject::UnnamedPools,
                "{extra}"
            );
        }
    }
}
