//! DAGs and their runs over API v2.

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Client, PAGE_LIMIT, wire};
use crate::error::{AirflowError, Call, ErrorKind};
use crate::types::{Dag, DagRun, Page, TriggerOutcome};

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
        let ended = page.items.is_empty();
        all.extend(page.items);
        if ended || all.len() as u64 >= page.total {
            break;
        }
    }
    all.truncate(limit);
    Ok(all)
}

pub(super) async fn runs_changed(client: &Client, since: Timestamp) -> Result<Vec<DagRun>, AirflowError> {
    let (since, limit) = (since.to_string(), PAGE_LIMIT.to_string());
    let query = [
        ("updated_at_gte", since.as_str()),
        ("order_by", "-updated_at"),
        ("limit", &limit),
    ];
    let ask = client.get("list the runs", &["dags", "~", "dagRuns"], &query);
    Ok(Page::<DagRun>::from(client.signed(&ask).await?.parse::<wire::DagRuns>()?).items)
}

pub(super) async fn run(client: &Client, dag_id: &str, run_id: &str) -> Result<Option<DagRun>, AirflowError> {
    let ask = client.get("read the run", &["dags", dag_id, "dagRuns", run_id], &[]);
    let answer = client.signed(&ask).await?;
    if answer.says_missing(run_id) {
        return Ok(None);
    }
    Ok(Some(answer.parse::<wire::DagRun>()?.into()))
}

pub(super) async fn last_success(client: &Client, dag_id: &str) -> Result<Option<DagRun>, AirflowError> {
    let query = [("state", "success"), ("order_by", "-end_date"), ("limit", "1")];
    let ask = client.get("read the last run", &["dags", dag_id, "dagRuns"], &query);
    let answer = client.signed(&ask).await?;
    if answer.says_missing(dag_id) {
        return Err(answer.error(ErrorKind::NotFound));
    }
    Ok(Page::<DagRun>::from(answer.parse::<wire::DagRuns>()?)
        .items
        .into_iter()
        .next())
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
