//! DAGs, their runs and the event log over API v2.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Client, PAGE_LIMIT, wire};
use crate::answer::Answer;
use crate::error::{AirflowError, Call, ErrorKind};
use crate::types::{Dag, DagRun, EventLook, EventRow, Page, TriggerOutcome};

pub(super) const LIST: Call = Call::read("list the DAGs");
const TRIGGER: Call = Call::write("start the run");

pub(super) async fn page(client: &Client, offset: u64) -> Result<Page<Dag>, AirflowError> {
    let (offset, limit) = (offset.to_string(), PAGE_LIMIT.to_string());
    let query = [("order_by", "dag_id"), ("offset", &offset), ("limit", &limit)];
    let ask = client.ask(LIST, Method::GET, &["dags"], &query);
    Ok(client.signed(&ask).await?.parse::<wire::Dags>()?.into())
}

pub(super) async fn get(client: &Client, dag_id: &str) -> Result<Option<Dag>, AirflowError> {
    let ask = client.get("read the DAG", &["dags", dag_id, "details"], &[]);
    let answer = client.signed(&ask).await?;
    if answer.says_missing(dag_id) {
        return Ok(None);
    }
    Ok(Some(answer.parse::<wire::Dag>()?.into()))
}

pub(super) async fn runs(client: &Client, dag_id: &str, limit: usize) -> Result<Vec<DagRun>, AirflowError> {
    let mut all: Vec<DagRun> = Vec::new();
    while all.len() < limit {
        let (offset, rest) = (all.len().to_string(), (limit - all.len()).to_string());
        let query = [("order_by", "-run_after"), ("offset", &offset), ("limit", &rest)];
        let ask = client.get("list the runs", &["dags", dag_id, "dagRuns"], &query);
        let answer = client.signed(&ask).await?;
        if answer.says_missing(dag_id) {
            return Err(answer.error(ErrorKind::NotFound));
        }
        let page = Page::<DagRun>::from(answer.parse::<wire::DagRuns>()?);
        if page.items.is_empty() {
            break;
        }
        all.extend(page.items);
    }
    all.truncate(limit);
    Ok(all)
}

pub(super) async fn run(client: &Client, dag_id: &str, run_id: &str) -> Result<Option<DagRun>, AirflowError> {
    let ask = client.get("read the run", &["dags", dag_id, "dagRuns", run_id], &[]);
    let answer = client.signed(&ask).await?;
    if answer.says_missing(run_id) {
        return Ok(None);
    }
    Ok(Some(answer.parse::<wire::DagRun>()?.into()))
}

pub(super) async fn trigger(
    client: &Client,
    dag_id: &str,
    run_id: &str,
    conf: &Value,
    note: Option<&str>,
) -> Result<TriggerOutcome, AirflowError> {
    let mut ask = client.ask(TRIGGER, Method::POST, &["dags", dag_id, "dagRuns"], &[]);
    // Without a logical date the run id alone decides what is the same run (H11).
    ask.body = Some(json!({"dag_run_id": run_id, "logical_date": null, "conf": conf, "note": note}));
    let answer = client.signed(&ask).await?;
    match answer.status {
        StatusCode::CONFLICT => Ok(TriggerOutcome::AlreadyExists),
        _ if answer.says_missing(dag_id) => Err(answer.error(ErrorKind::NotFound)),
        _ => Ok(TriggerOutcome::Triggered(Box::new(
            answer.parse::<wire::DagRun>()?.into(),
        ))),
    }
}

pub(super) async fn event_tail(client: &Client) -> Result<EventLook, AirflowError> {
    let query = [("order_by", "-event_log_id"), ("limit", "1")];
    let ask = client.get("read the event log", &["eventLogs"], &query);
    let answer = client.signed(&ask).await?;
    if is_forbidden(&answer) {
        return Ok(EventLook::Unreadable);
    }
    let newest = answer.parse::<wire::EventLogs>()?.event_logs.into_iter().next();
    Ok(newest.map_or(EventLook::Absent, |row| EventLook::Row(EventRow::from(row))))
}

pub(super) async fn event_row(client: &Client, id: i64) -> Result<EventLook, AirflowError> {
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
