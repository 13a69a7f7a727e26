//! The shapes of API v2 as they go over the wire, and their one conversion to [`crate::types`].
//!
//! Unknown fields are ignored and optional ones may be missing: 3.1 has fewer than 3.3.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::MASK;
use crate::types::{self, HealthStatus, Page, RunState};

#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: String,
}

#[derive(Deserialize)]
pub(super) struct Variables {
    variables: Vec<Variable>,
    total_entries: u64,
}

#[derive(Deserialize)]
pub(super) struct Variable {
    key: String,
    /// `null` when Airflow cannot decrypt it: it exists and cannot be read, as if masked.
    value: Option<String>,
    description: Option<String>,
    #[serde(default)]
    is_encrypted: bool,
}

#[derive(Deserialize)]
pub(super) struct Pools {
    pools: Vec<Pool>,
    total_entries: u64,
}

#[derive(Deserialize)]
pub(super) struct Pool {
    name: String,
    slots: i64,
    description: Option<String>,
    include_deferred: bool,
}

/// The account of a bulk request, by kind of action.
#[derive(Deserialize)]
pub(super) struct BulkAnswer {
    create: Option<BulkPart>,
    update: Option<BulkPart>,
}

#[derive(Deserialize)]
struct BulkPart {
    #[serde(default)]
    errors: Vec<Value>,
}

impl BulkAnswer {
    /// What the errors say is not for reading (a Python set's text, H5), and may echo keys.
    pub(super) fn names_no_error(&self) -> bool {
        let parts = [&self.create, &self.update];
        parts.into_iter().flatten().all(|part| part.errors.is_empty())
    }
}

#[derive(Deserialize)]
pub(super) struct Dags {
    dags: Vec<Dag>,
    total_entries: u64,
}

#[derive(Deserialize)]
pub(super) struct Dag {
    dag_id: String,
    dag_display_name: Option<String>,
    description: Option<String>,
    doc_md: Option<String>,
    #[serde(default)]
    is_paused: bool,
    #[serde(default)]
    tags: Vec<Tag>,
    timetable_summary: Option<String>,
    next_dagrun_run_after: Option<String>,
    #[serde(default)]
    owners: Vec<String>,
    #[serde(default)]
    has_import_errors: bool,
    #[serde(default)]
    params: Value,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
pub(super) struct DagRuns {
    dag_runs: Vec<DagRun>,
    total_entries: u64,
}

#[derive(Deserialize)]
pub(super) struct DagRun {
    dag_id: String,
    dag_run_id: String,
    state: String,
    #[serde(default)]
    conf: Value,
    note: Option<String>,
    queued_at: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    run_after: Option<String>,
    triggering_user_name: Option<String>,
    #[serde(default)]
    run_type: String,
}

#[derive(Deserialize)]
pub(super) struct XCom {
    #[serde(default)]
    pub(super) value: Value,
}

#[derive(Deserialize)]
pub(super) struct EventLogs {
    pub(super) event_logs: Vec<EventLog>,
    #[serde(default)]
    pub(super) total_entries: u64,
}

#[derive(Deserialize)]
pub(super) struct EventLog {
    event_log_id: i64,
    when: Timestamp,
    #[serde(default)]
    event: String,
    owner: Option<String>,
    /// JSON as text: the request, masked.
    pub(super) extra: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Health {
    metadatabase: Part,
    scheduler: Part,
    triggerer: Option<Part>,
    dag_processor: Option<Part>,
}

#[derive(Deserialize)]
struct Part {
    status: Option<String>,
    latest_scheduler_heartbeat: Option<String>,
}

/// A time that cannot be read is no reason to lose the whole row.
fn time(text: Option<String>) -> Option<Timestamp> {
    text?.parse().ok()
}

impl From<Variables> for Page<types::Variable> {
    fn from(wire: Variables) -> Self {
        Self {
            items: wire.variables.into_iter().map(Into::into).collect(),
            total: wire.total_entries,
        }
    }
}

impl From<Variable> for types::Variable {
    fn from(wire: Variable) -> Self {
        Self {
            key: wire.key,
            value: wire.value.unwrap_or_else(|| MASK.to_owned()),
            description: wire.description,
            is_encrypted: wire.is_encrypted,
        }
    }
}

impl From<Pools> for Page<types::Pool> {
    fn from(wire: Pools) -> Self {
        Self {
            items: wire.pools.into_iter().map(Into::into).collect(),
            total: wire.total_entries,
        }
    }
}

impl From<Pool> for types::Pool {
    fn from(wire: Pool) -> Self {
        Self {
            name: wire.name,
            slots: wire.slots,
            description: wire.description,
            include_deferred: wire.include_deferred,
        }
    }
}

impl From<Dags> for Page<types::Dag> {
    fn from(wire: Dags) -> Self {
        Self {
            items: wire.dags.into_iter().map(Into::into).collect(),
            total: wire.total_entries,
        }
    }
}

impl From<Dag> for types::Dag {
    fn from(wire: Dag) -> Self {
        Self {
            display_name: wire.dag_display_name.unwrap_or_else(|| wire.dag_id.clone()),
            dag_id: wire.dag_id,
            description: wire.description,
            doc_md: wire.doc_md,
            is_paused: wire.is_paused,
            tags: wire.tags.into_iter().map(|t| t.name).collect(),
            timetable_summary: wire.timetable_summary,
            next_run: time(wire.next_dagrun_run_after),
            owners: wire.owners,
            has_import_errors: wire.has_import_errors,
            params: wire.params,
        }
    }
}

impl From<DagRuns> for Page<types::DagRun> {
    fn from(wire: DagRuns) -> Self {
        Self {
            items: wire.dag_runs.into_iter().map(Into::into).collect(),
            total: wire.total_entries,
        }
    }
}

impl From<DagRun> for types::DagRun {
    fn from(wire: DagRun) -> Self {
        Self {
            dag_id: wire.dag_id,
            run_id: wire.dag_run_id,
            state: RunState::from(wire.state),
            conf: wire.conf,
            note: wire.note,
            queued_at: time(wire.queued_at),
            start_date: time(wire.start_date),
            end_date: time(wire.end_date),
            run_after: time(wire.run_after),
            triggering_user_name: wire.triggering_user_name,
            run_type: wire.run_type,
        }
    }
}

impl From<EventLog> for types::EventRow {
    fn from(wire: EventLog) -> Self {
        Self {
            id: wire.event_log_id,
            when: wire.when,
            event: wire.event,
            owner: wire.owner,
        }
    }
}

impl From<Health> for types::Health {
    fn from(wire: Health) -> Self {
        Self {
            metadatabase: status(wire.metadatabase.status.as_deref()),
            scheduler: status(wire.scheduler.status.as_deref()),
            scheduler_heartbeat: time(wire.scheduler.latest_scheduler_heartbeat),
            dag_processor: status(wire.dag_processor.and_then(|p| p.status).as_deref()),
            triggerer: status(wire.triggerer.and_then(|p| p.status).as_deref()),
        }
    }
}

fn status(word: Option<&str>) -> HealthStatus {
    match word {
        None => HealthStatus::Absent,
        Some("healthy") => HealthStatus::Healthy,
        Some("unhealthy") => HealthStatus::Unhealthy,
        Some(other) => HealthStatus::Other(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_unknown_is_kept_and_what_is_missing_is_borne() {
        let json = json!({"dag_id": "d", "dag_run_id": "r", "state": "restarting", "later_field": 1,
            "queued_at": "2026-11-22T20:09:04.546641+00:00", "start_date": "not a time"});
        let run: types::DagRun = serde_json::from_value::<DagRun>(json).expect("a run").into();
        assert_eq!(run.state, RunState::Other("restarting".to_owned()));
        assert!(run.queued_at.is_some() && run.start_date.is_none() && run.note.is_none());
        let dag: types::Dag = serde_json::from_value::<Dag>(json!({"dag_id": "d"}))
            .expect("a DAG")
            .into();
        assert_eq!((dag.display_name.as_str(), dag.params), ("d", Value::Null));
    }

    #[test]
    fn a_value_that_airflow_cannot_decrypt_is_unreadable_not_empty() {
        let json = json!({"key": "k", "value": null, "description": null, "is_encrypted": true});
        let variable: types::Variable = serde_json::from_value::<Variable>(json)
            .expect("a variable")
            .into();
        assert_eq!(variable.value, MASK);
    }

    #[test]
    fn a_pool_prints_without_its_description() {
        let json = json!({"name": "p", "slots": -1, "description": "hunter2", "include_deferred": false,
            "open_slots": -1, "team_name": null});
        let pool: types::Pool = serde_json::from_value::<Pool>(json).expect("a pool").into();
        assert_eq!((pool.slots, pool.include_deferred), (-1, false));
        assert!(!format!("{pool:?}").contains("hunter2"));
    }

    #[test]
    fn a_dead_scheduler_is_seen_in_the_body() {
        let json = json!({"metadatabase": {"status": "healthy"}, "scheduler": {"status": "unhealthy",
            "latest_scheduler_heartbeat": null}, "triggerer": {"status": null}});
        let health: types::Health = serde_json::from_value::<Health>(json).expect("health").into();
        assert_eq!(health.scheduler, HealthStatus::Unhealthy);
        assert_eq!(
            (health.triggerer.clone(), health.dag_processor.clone()),
            (HealthStatus::Absent, HealthStatus::Absent)
        );
        assert!(!health.runs_start());
    }

    #[test]
    fn a_variable_prints_without_its_value() {
        let json = json!({"key": "k", "value": "hunter2", "description": "hunter2", "is_encrypted": false});
        let variable: types::Variable = serde_json::from_value::<Variable>(json)
            .expect("a variable")
            .into();
        assert!(!format!("{variable:?}").contains("hunter2"));
    }
}
