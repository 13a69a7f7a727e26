//! The client's parsers, through its own face: each call gets the hostile answer to everything that it asks.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use leeward_airflow::{
    Airflow, AirflowError, BaseUrl, BulkWrite, Credentials, Pool, PoolPatch, Secret, Transport,
    TransportError, Variable, VariablePatch, v2,
};
use leeward_model::Problem;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::{Feed, Parser};
use crate::hostile::Input;

/// Answers of a real Airflow 3.3.2: `[{name, status, type, body}]`.
const ANSWERS: &str = include_str!("../answers.json");
/// Errors that every call may get.
const ERRORS: &[&str] = &[
    "unauthenticated",
    "bad_token",
    "variable_unprocessable",
    "run_exists",
    "run_bad_param",
    "unknown_route",
    "malformed",
];

/// The call's own answers count so much more than errors.
const OWN: usize = 8;

/// The parser, and the recorded answer, of what a server says about its own API: a part of it.
const DESCRIPTION: &str = "description";

type Call = fn(&Runtime, &dyn Airflow) -> Result<(), AirflowError>;

/// Name, recorded answers, and the call that reads them.
const CALLS: &[(&str, &[&str], Call)] = &[
    ("version", &["version", "version_v1"], |run, a| {
        run.block_on(a.probe()).map(drop)
    }),
    ("health", &["health"], |run, a| run.block_on(a.health()).map(drop)),
    ("variables page", &["variables"], |run, a| {
        run.block_on(a.variables_page(0, 100)).map(drop)
    }),
    ("variables scan", &["variables"], |run, a| {
        run.block_on(a.list_variables()).map(drop)
    }),
    ("variable", &["variable", "variable_missing"], |run, a| {
        run.block_on(a.get_variable("recorded_none")).map(drop)
    }),
    (
        "variable created",
        &["variable_created", "variable_exists"],
        |run, a| run.block_on(a.create_variable(&variable())).map(drop),
    ),
    (
        "variable patched",
        &["variable_patched", "variable_missing"],
        |run, a| {
            run.block_on(a.patch_variable("recorded_none", &patch()))
                .map(drop)
        },
    ),
    ("variable deleted", &["deleted", "deleted_missing"], |run, a| {
        run.block_on(a.delete_variable("recorded_text"))
    }),
    ("bulk answer", &["bulk"], |run, a| {
        run.block_on(a.write_variables(&bulk())).map(drop)
    }),
    ("variables found", &["variables"], |run, a| {
        run.block_on(a.find_variables(&["recorded_rules", "recorded_none"], None))
            .map(drop)
    }),
    (DESCRIPTION, &["description"], |run, a| {
        run.block_on(a.bulk_ability()).map(drop)
    }),
    ("pools scan", &["pools"], |run, a| {
        run.block_on(a.list_pools()).map(drop)
    }),
    ("pool", &["pool", "pool_missing"], |run, a| {
        run.block_on(a.get_pool("gone")).map(drop)
    }),
    ("pool created", &["pool_created", "pool_exists"], |run, a| {
        run.block_on(a.create_pool(&pool())).map(drop)
    }),
    (
        "pool patched",
        &["pool", "pool_missing", "pool_default"],
        |run, a| run.block_on(a.patch_pool("gone", &pool_patch())).map(drop),
    ),
    ("pool deleted", &["deleted", "pool_missing"], |run, a| {
        run.block_on(a.delete_pool("gone"))
    }),
    ("DAGs", &["dags"], |run, a| run.block_on(a.list_dags()).map(drop)),
    ("DAG", &["dag", "dag_missing"], |run, a| {
        run.block_on(a.get_dag("none")).map(drop)
    }),
    ("runs", &["runs"], |run, a| {
        run.block_on(a.list_dag_runs(None, 10)).map(drop)
    }),
    ("run", &["run"], |run, a| {
        run.block_on(a.get_dag_run("customer_export", "recorded__1"))
            .map(drop)
    }),
    ("run triggered", &["run_triggered", "run_exists"], |run, a| {
        run.block_on(a.trigger_dag_run("d", "r", &json!({}), None))
            .map(drop)
    }),
    ("event log", &["events"], |run, a| {
        run.block_on(a.event_log_tail()).map(drop)
    }),
    ("runs changed", &["runs"], |run, a| {
        run.block_on(a.dag_runs_changed(Timestamp::UNIX_EPOCH)).map(drop)
    }),
    (
        "record events",
        &["variable_events", "pool_events", "events"],
        |run, a| {
            let page = a.record_events(Some(Timestamp::UNIX_EPOCH), 0);
            run.block_on(page).map(drop)
        },
    ),
    ("event", &["event"], |run, a| {
        run.block_on(a.event_log_row(1)).map(drop)
    }),
];

pub(super) fn parsers() -> Vec<Parser> {
    let read = |(name, answers, call): &(&'static str, &[&str], Call)| {
        let (name, call) = (*name, *call);
        Parser {
            name,
            seeds: seeds(answers),
            open: Box::new(move || feed(Credentials::Token(Secret::new("t")), name, call)),
        }
    };
    let sign_in = Parser {
        name: "sign-in",
        seeds: seeds(&["token", "bad_password"]),
        open: Box::new(|| {
            feed(password(), "sign-in", |run, airflow| {
                run.block_on(airflow.sign_in())
            })
        }),
    };
    CALLS.iter().map(read).chain([sign_in]).collect()
}

fn seeds(names: &[&str]) -> Vec<Input> {
    let recorded: Vec<Value> = serde_json::from_str(ANSWERS).expect("the recorded answers");
    let wanted = std::iter::repeat_n(names, OWN).flatten().chain(ERRORS);
    let answer = |name: &&str| recorded.iter().find(|answer| answer["name"] == **name);
    let seeds = wanted.map(|name| input(answer(name).expect("a recorded answer of that name")));
    seeds.collect()
}

fn input(answer: &Value) -> Input {
    let text = |name: &str| answer[name].as_str().unwrap_or_default().as_bytes().to_vec();
    Input {
        status: u16::try_from(answer["status"].as_u64().unwrap_or_default()).unwrap_or_default(),
        headers: vec![("content-type", text("type"))],
        body: text("body"),
    }
}

/// Gives the same answer to every request, but the server's description of its API where that is not what is read.
struct Canned {
    answer: Mutex<Response<Bytes>>,
    description: Option<Response<Bytes>>,
}

#[async_trait]
impl Transport for Canned {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if let Some(description) = &self.description
            && request.uri().path().ends_with("openapi.json")
        {
            return Ok(description.clone());
        }
        Ok(self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// A new client for each input: none remembers what the last one said.
fn feed(credentials: Credentials, name: &str, call: Call) -> Feed {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let description = (name != DESCRIPTION).then(|| response(&seeds(&[DESCRIPTION])[0]));
    let canned = Arc::new(Canned {
        answer: Mutex::default(),
        description,
    });
    let base = BaseUrl::parse("http://airflow.invalid").expect("an address");
    Box::new(move |input| {
        *canned.answer.lock().unwrap_or_else(PoisonError::into_inner) = response(input);
        let client = v2::Client::new(canned.clone(), base.clone(), credentials.clone());
        let outcome = call(&runtime, &client);
        // What the `Date` header said.
        let _ = client.server_clock();
        match outcome {
            Ok(()) => true,
            Err(error) => {
                told(&error);
                false
            }
        }
    })
}

/// As hyper would hand it on: what is no header or no status never comes this far.
fn response(input: &Input) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(input.body.clone()));
    *response.status_mut() = StatusCode::from_u16(input.status).unwrap_or(StatusCode::OK);
    for (name, value) in &input.headers {
        if let Ok(value) = http::HeaderValue::from_bytes(value) {
            response.headers_mut().append(*name, value);
        }
    }
    response
}

/// An error is told in words, and its text is bounded whatever the server said.
fn told(error: &AirflowError) {
    const WORDS_MAX: usize = 10_000;
    let words = format!("{error} {error:?} {}", Problem::from(error));
    assert!(words.len() < WORDS_MAX, "an error of {} bytes", words.len());
}

fn password() -> Credentials {
    Credentials::Password {
        username: "ann".into(),
        password: Secret::new("p"),
    }
}

fn variable() -> Variable {
    Variable {
        key: "k".into(),
        value: "v".into(),
        description: None,
        is_encrypted: false,
    }
}

fn patch() -> VariablePatch {
    VariablePatch {
        value: Some("v".into()),
        description: None,
        ..VariablePatch::default()
    }
}

fn pool() -> Pool {
    Pool {
        name: "p1".into(),
        slots: 3,
        description: None,
        include_deferred: false,
    }
}

fn pool_patch() -> PoolPatch {
    PoolPatch {
        slots: Some(3),
        as_read: Some(pool()),
        ..PoolPatch::default()
    }
}

fn bulk() -> BulkWrite {
    BulkWrite {
        creates: vec![variable()],
        updates: vec![("recorded_text".into(), patch())],
    }
}
