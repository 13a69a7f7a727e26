//! DAGs and their runs: one run an id, params checked by type, states that advance (H11, H20).

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::reply::{Asked, detail, empty, invalid, reply};
use super::{FakeAirflow, unknown_route};

/// A DAG of the model.
#[derive(Debug, Clone)]
pub struct FakeDag {
    /// Its id.
    pub dag_id: String,
    /// The name that it shows.
    pub display_name: String,
    /// Whether it is paused: its runs stay queued.
    pub is_paused: bool,
    /// Its tags.
    pub tags: Vec<String>,
    /// Params by name: `{value, schema, description}`.
    pub params: Value,
}

/// A run of the model.
#[derive(Debug, Clone)]
pub struct FakeRun {
    /// The DAG.
    pub dag_id: String,
    /// The run's id.
    pub run_id: String,
    /// `queued`, `running`, `success` or `failed`.
    pub state: &'static str,
    /// What it was started with.
    pub conf: Value,
    note: Value,
    by: String,
    queued_at: Timestamp,
    start_date: Option<Timestamp>,
    end_date: Option<Timestamp>,
}

impl FakeRun {
    /// When its state last changed; not shown, and a note does not move it (H10).
    fn updated_at(&self) -> Timestamp {
        self.end_date.or(self.start_date).unwrap_or(self.queued_at)
    }
}

pub(super) fn samples() -> Vec<FakeDag> {
    let dag = |dag_id: &str, display_name: &str, params: Value| FakeDag {
        dag_id: dag_id.to_owned(),
        display_name: display_name.to_owned(),
        is_paused: false,
        tags: vec!["sample".to_owned()],
        params,
    };
    let discount = json!({"value": 0, "description": "Discount in percent",
        "schema": {"type": "number", "minimum": 0, "maximum": 50}});
    let segment =
        json!({"value": null, "description": "Only this segment", "schema": {"type": ["null", "string"]}});
    vec![
        dag("customer_export", "Customer export", json!({"segment": segment})),
        dag("daily_pricing", "Daily pricing", json!({"discount": discount})),
        dag("slow_report", "Slow report", json!({})),
    ]
}

/// One state further for every one of these runs whose DAG is not paused.
pub(super) fn advance(airflow: &mut FakeAirflow, which: impl Fn(&FakeRun) -> bool) {
    let (now, dags) = (airflow.now, &airflow.dags);
    let mut ended = Vec::new();
    for run in airflow.runs.iter_mut().filter(|run| which(run)) {
        if dags.iter().any(|dag| dag.dag_id == run.dag_id && dag.is_paused) {
            continue;
        }
        match run.state {
            "queued" => (run.state, run.start_date) = ("running", Some(now)),
            "running" => {
                (run.state, run.end_date) = ("success", Some(now));
                ended.push(run.clone());
            }
            _ => {}
        }
    }
    for run in ended {
        airflow.companion_ran(&run);
    }
}

pub(super) fn route(airflow: &mut FakeAirflow, asked: &Asked, rest: &[&str], user: &str) -> Response<Bytes> {
    match (&asked.method, rest) {
        (&Method::GET, []) => list(airflow, asked),
        (&Method::GET, [id, "details"]) => match find(airflow, id) {
            Some(dag) => reply(StatusCode::OK, &dag_json(dag, true)),
            None => missing(id),
        },
        (&Method::GET, [id, "dagRuns"]) => runs(airflow, asked, id),
        (&Method::POST, [id, "dagRuns"]) => trigger(airflow, asked, id, user),
        (&Method::GET, [id, "dagRuns", run_id]) => {
            if airflow.is_eager {
                airflow.tick();
            }
            one_run(airflow, id, run_id)
        }
        (&Method::POST, [id, "dagRuns", run_id, "taskInstances", task_id, "xcomEntries"]) => {
            leave(airflow, asked, [id, run_id, task_id])
        }
        (
            &Method::GET,
            [
                id,
                "dagRuns",
                run_id,
                "taskInstances",
                task_id,
                "xcomEntries",
                key,
            ],
        ) => xcom(airflow, [id, run_id, task_id, key]),
        (&Method::DELETE, [id, "dagRuns", run_id]) => match airflow.delete_run(user, id, run_id) {
            true => empty(StatusCode::NO_CONTENT),
            false => missing_run(id, run_id),
        },
        _ => unknown_route(),
    }
}

impl FakeAirflow {
    /// The scheduler moves these runs on by one state.
    pub fn advance(&mut self, which: impl Fn(&FakeRun) -> bool) {
        if self.scheduler_is_up {
            advance(self, which);
        }
    }

    /// A run fails before its task did anything, or after it did all and before that was told.
    pub fn fail_run(&mut self, dag_id: &str, run_id: &str, has_effect: bool) {
        let now = self.now;
        let is_it = |run: &&mut FakeRun| run.dag_id == dag_id && run.run_id == run_id;
        let Some(run) = self.runs.iter_mut().find(is_it) else {
            return;
        };
        (run.state, run.end_date) = ("failed", Some(now));
        let run = run.clone();
        if has_effect {
            self.companion_ran(&run);
        }
        self.forget_xcoms(dag_id, run_id);
    }

    /// A person clears a run: what it told is gone, and it runs again.
    pub fn clear_run(&mut self, dag_id: &str, run_id: &str) {
        let is_it = |run: &&mut FakeRun| run.dag_id == dag_id && run.run_id == run_id;
        if let Some(run) = self.runs.iter_mut().find(is_it) {
            (run.state, run.start_date, run.end_date) = ("queued", None, None);
        }
        self.forget_xcoms(dag_id, run_id);
    }

    fn forget_xcoms(&mut self, dag_id: &str, run_id: &str) {
        let is_of_it = |place: &[String; 4]| place[0] == dag_id && place[1] == run_id;
        self.companion.xcoms.retain(|place, _| !is_of_it(place));
    }

    /// A user deletes a run; whether it was there.
    pub fn delete_run(&mut self, user: &str, dag_id: &str, run_id: &str) -> bool {
        self.log_run("delete_dag_run", user, dag_id, run_id);
        let before = self.runs.len();
        self.runs
            .retain(|run| run.dag_id != dag_id || run.run_id != run_id);
        self.runs.len() < before
    }
}

impl FakeRun {
    /// A run that Airflow starts by itself.
    pub(super) fn scheduled(dag_id: &str, run_id: String, now: Timestamp) -> Self {
        Self {
            dag_id: dag_id.to_owned(),
            run_id,
            state: "queued",
            conf: json!({}),
            note: Value::Null,
            by: String::new(),
            queued_at: now,
            start_date: None,
            end_date: None,
        }
    }
}

fn list(airflow: &FakeAirflow, asked: &Asked) -> Response<Bytes> {
    let rows: Vec<Value> = airflow.dags.iter().map(|dag| dag_json(dag, false)).collect();
    let (page, total) = asked.page(&rows, airflow.page_max);
    reply(StatusCode::OK, &json!({"dags": page, "total_entries": total}))
}

fn runs(airflow: &FakeAirflow, asked: &Asked, dag_id: &str) -> Response<Bytes> {
    if dag_id != "~" && find(airflow, dag_id).is_none() {
        return missing(dag_id);
    }
    let state = asked.query("state");
    let since: Option<Timestamp> = asked.query("updated_at_gte").and_then(|since| since.parse().ok());
    let chosen = airflow
        .runs
        .iter()
        .filter(|run| dag_id == "~" || run.dag_id == dag_id)
        .filter(|run| since.is_none_or(|since| run.updated_at() >= since))
        .filter(|run| state.is_none_or(|state| run.state == state));
    let mut chosen: Vec<&FakeRun> = chosen.rev().collect();
    if asked.query("order_by") == Some("-end_date") {
        chosen.sort_by_key(|run| std::cmp::Reverse(run.end_date));
    }
    let rows: Vec<Value> = chosen.into_iter().map(run_json).collect();
    let (page, total) = asked.page(&rows, airflow.page_max);
    reply(StatusCode::OK, &json!({"dag_runs": page, "total_entries": total}))
}

fn one_run(airflow: &FakeAirflow, dag_id: &str, run_id: &str) -> Response<Bytes> {
    match airflow
        .runs
        .iter()
        .find(|run| run.dag_id == dag_id && run.run_id == run_id)
    {
        Some(run) => reply(StatusCode::OK, &run_json(run)),
        None => missing_run(dag_id, run_id),
    }
}

fn xcom(airflow: &FakeAirflow, place: [&str; 4]) -> Response<Bytes> {
    let [dag_id, run_id, task_id, key] = place;
    match airflow.companion.xcom(place) {
        Some(text) => reply(
            StatusCode::OK,
            &json!({"key": key, "dag_id": dag_id, "run_id": run_id, "task_id": task_id, "map_index": -1, "value": airflow.as_left(text)}),
        ),
        None => detail(
            StatusCode::NOT_FOUND,
            &format!("XCom entry with key: `{key}` not found"),
        ),
    }
}

fn leave(airflow: &mut FakeAirflow, asked: &Asked, [dag_id, run_id, task_id]: [&str; 3]) -> Response<Bytes> {
    let (key, value) = (&asked.body["key"], &asked.body["value"]);
    let place = [dag_id, run_id, task_id, key.as_str().unwrap_or_default()].map(str::to_owned);
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    airflow.companion.xcoms.insert(place, text);
    reply(
        StatusCode::CREATED,
        &json!({"key": key, "value": value, "map_index": -1}),
    )
}

fn missing_run(dag_id: &str, run_id: &str) -> Response<Bytes> {
    let text = format!("The DagRun with dag_id: `{dag_id}` and run_id: `{run_id}` was not found");
    detail(StatusCode::NOT_FOUND, &text)
}

fn trigger(airflow: &mut FakeAirflow, asked: &Asked, dag_id: &str, user: &str) -> Response<Bytes> {
    let run_id = asked.body["dag_run_id"].as_str().unwrap_or_default().to_owned();
    airflow.log_run("trigger_dag_run", user, dag_id, &run_id);
    if let Some(refusal) = refusal(&asked.body) {
        return refusal;
    }
    let Some(dag) = find(airflow, dag_id) else {
        return detail(
            StatusCode::NOT_FOUND,
            &format!("Dag with dag_id: '{dag_id}' not found"),
        );
    };
    if let Some(text) = unsuitable(&dag.params, &asked.body["conf"]) {
        return detail(StatusCode::BAD_REQUEST, &text);
    }
    if airflow
        .runs
        .iter()
        .any(|run| run.dag_id == dag_id && run.run_id == run_id)
    {
        let hidden =
            json!({"reason": "Unique constraint violation", "statement": "hidden", "orig_error": "hidden"});
        return reply(StatusCode::CONFLICT, &json!({"detail": hidden}));
    }
    let run = FakeRun {
        dag_id: dag_id.to_owned(),
        run_id,
        state: "queued",
        conf: asked.body["conf"].clone(),
        note: asked.body["note"].clone(),
        by: user.to_owned(),
        queued_at: airflow.now,
        start_date: None,
        end_date: None,
    };
    let answer = reply(StatusCode::OK, &run_json(&run));
    airflow.runs.push(run);
    answer
}

/// What pydantic refuses in the body of a trigger.
fn refusal(body: &Value) -> Option<Response<Bytes>> {
    if body.get("logical_date").is_none() {
        return Some(invalid("missing", "logical_date", "Field required", body));
    }
    if !body["conf"].is_object() && !body["conf"].is_null() {
        return Some(invalid(
            "dict_type",
            "conf",
            "Input should be a valid dictionary",
            &body["conf"],
        ));
    }
    None
}

/// Airflow's words for a conf that does not suit the params; they quote the value. Only types are modelled.
fn unsuitable(params: &Value, conf: &Value) -> Option<String> {
    let wrong = conf
        .as_object()?
        .iter()
        .find(|(name, value)| params[name.as_str()]["schema"]["type"] == "number" && !value.is_number());
    wrong.map(|(name, value)| {
        format!(
            "Invalid input for param {name}: {value} is not of type 'number'\n\nFailed validating 'type' in schema:\n    \
             {{'type': 'number'}}\n\nOn instance:\n    {value}"
        )
    })
}

fn find<'a>(airflow: &'a FakeAirflow, dag_id: &str) -> Option<&'a FakeDag> {
    airflow.dags.iter().find(|dag| dag.dag_id == dag_id)
}

fn missing(dag_id: &str) -> Response<Bytes> {
    detail(
        StatusCode::NOT_FOUND,
        &format!("The Dag with ID: `{dag_id}` was not found"),
    )
}

fn dag_json(dag: &FakeDag, with_params: bool) -> Value {
    let mut json = json!({
        "dag_id": dag.dag_id, "dag_display_name": dag.display_name, "is_paused": dag.is_paused,
        "description": "A sample", "tags": dag.tags.iter().map(|name| json!({"name": name, "dag_id": dag.dag_id})).collect::<Vec<_>>(), "owners": ["airflow"],
        "timetable_summary": null, "next_dagrun_run_after": null, "has_import_errors": false,
    });
    if with_params {
        json["params"] = dag.params.clone();
    }
    json
}

fn run_json(run: &FakeRun) -> Value {
    let time = |at: Option<Timestamp>| at.map(|t| t.to_string());
    json!({
        "dag_id": run.dag_id, "dag_run_id": run.run_id, "state": run.state, "conf": run.conf, "note": run.note,
        "queued_at": run.queued_at.to_string(), "run_after": run.queued_at.to_string(), "logical_date": null,
        "start_date": time(run.start_date), "end_date": time(run.end_date), "run_type": "manual",
        "triggering_user_name": run.by,
    })
}
