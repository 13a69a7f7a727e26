//! A model of API v2 in memory: variables, pools, DAGs, runs, sign-in, health, event log. A pure state machine: one request
//! in, one answer out. Each behaviour is pinned by the contract suite, which runs the same cases on the real Airflow.

mod bulk;
pub mod companion;
mod connections;
mod dags;
mod events;
pub mod masker;
mod pools;
mod prefix;
pub mod python_json;
mod reply;
pub mod served;
mod spec;
mod variable_body;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{Transport, TransportError};
use serde_json::json;

use companion::Companion;
pub use dags::{FakeDag, FakeRun};
use events::Event;
use masker::{Masker, Rules};
pub use pools::{DEFAULT_POOL, PoolRow};
use reply::{Asked, detail, reply};

/// The largest page, whatever is asked for (H8).
const PAGE_MAX: usize = 100;
/// The page when nothing is asked for.
const PAGE_DEFAULT: usize = 50;
/// Each request takes this long by the model's clock.
const REQUEST_TIME: SignedDuration = SignedDuration::from_millis(1);

/// A variable as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The text as it was written.
    pub raw: String,
    /// The description.
    pub description: Option<String>,
}

#[derive(Debug, Clone)]
struct User {
    password: String,
    is_viewer: bool,
}

/// The model's state.
#[derive(Debug, Clone)]
pub struct FakeAirflow {
    /// The variables by key.
    pub variables: BTreeMap<String, Row>,
    /// The pools by name.
    pub pools: BTreeMap<String, PoolRow>,
    /// The passwords of the connections, by connection.
    pub connections: BTreeMap<String, String>,
    /// The DAGs, in order of their ids.
    pub dags: Vec<FakeDag>,
    /// The runs, in order of their creation.
    pub runs: Vec<FakeRun>,
    /// The largest page, whatever is asked for (H8).
    pub page_max: usize,
    /// The store behind the companion's DAGs.
    pub companion: Companion,
    /// Whether the scheduler's next pass comes whenever a run is asked for.
    pub is_eager: bool,
    /// Whether the scheduler lives: without it runs stay queued.
    pub scheduler_is_up: bool,
    /// Whether users may read the event log.
    pub event_log_is_readable: bool,
    /// Keys that pydantic refuses, whatever is written to them.
    pub refused_keys: BTreeSet<String>,
    /// Variables that the server's Fernet key does not open: they cannot be read, and no page with one of them can (H33).
    pub undecryptable: BTreeSet<String>,
    /// Whether secrets are shown in clear, as older versions do (H27).
    pub shows_secrets: bool,
    /// Whether a bulk update takes `update_mask`: 3.3 does, 3.1 does not (H28).
    pub bulk_takes_masks: bool,
    /// Its release's rules for what is masked, and what else differs.
    rules: Rules,
    /// The processes of the API server, which have met different secrets.
    maskers: Vec<Masker>,
    /// Which of them answers.
    process: usize,
    /// How many processes were ever started.
    started: u64,
    /// Whether answers tell the model's time in `Date`; off until [`FakeAirflow::pass_time`].
    tells_time: bool,
    users: BTreeMap<String, User>,
    /// User by token.
    tokens: BTreeMap<String, String>,
    expired: BTreeSet<String>,
    events: Vec<Event>,
    now: Timestamp,
}

impl Default for FakeAirflow {
    fn default() -> Self {
        Self::new(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000))
    }
}

impl FakeAirflow {
    /// An Airflow with no variables, the default pool, the three sample DAGs, and the harness's two users.
    pub fn new(now: Timestamp) -> Self {
        let user = |password: &str, is_viewer| User {
            password: password.to_owned(),
            is_viewer,
        };
        Self {
            variables: BTreeMap::new(),
            pools: BTreeMap::from([PoolRow::first()]),
            connections: BTreeMap::new(),
            dags: dags::samples(),
            runs: Vec::new(),
            companion: Companion::default(),
            is_eager: false,
            page_max: PAGE_MAX,
            scheduler_is_up: true,
            event_log_is_readable: true,
            refused_keys: BTreeSet::new(),
            undecryptable: BTreeSet::new(),
            shows_secrets: false,
            bulk_takes_masks: true,
            rules: Rules::Current,
            maskers: vec![Masker::default()],
            process: 0,
            started: 1,
            tells_time: false,
            users: [
                ("ann".into(), user("lee-shore-7", false)),
                ("viv".into(), user("looks-only-3", true)),
            ]
            .into(),
            tokens: BTreeMap::new(),
            expired: BTreeSet::new(),
            events: Vec::new(),
            now,
        }
    }

    /// The same as an Airflow of another release is.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self.bulk_takes_masks = rules == Rules::Current;
        self.maskers = vec![Masker::new(rules, 0)];
        self
    }

    /// What it says of its version.
    fn version(&self) -> &'static str {
        match self.rules {
            Rules::Current => "3.3.2",
            Rules::Older => "3.1.8",
        }
    }

    /// From now on this process answers, as behind a balancer; one that did not answer before has met no secret.
    pub fn answer_by(&mut self, process: usize) {
        while self.maskers.len() <= process {
            self.maskers.push(Masker::new(self.rules, self.started));
            self.started += 1;
        }
        self.process = process;
    }

    /// Every process ends and starts again: what it had met is forgotten until it is met again.
    pub fn restart(&mut self) {
        for masker in &mut self.maskers {
            *masker = Masker::new(self.rules, self.started);
            self.started += 1;
        }
    }

    /// What the process that answers has met.
    pub fn masker(&self) -> &Masker {
        &self.maskers[self.process]
    }

    fn masker_mut(&mut self) -> &mut Masker {
        &mut self.maskers[self.process]
    }

    /// All tokens given so far are from now on expired.
    pub fn expire_tokens(&mut self) {
        self.expired.extend(self.tokens.keys().cloned());
    }

    /// The server's clock goes on.
    pub fn pass(&mut self, time: SignedDuration) {
        self.now += time;
    }

    /// The scheduler's next pass: every run that may goes one state further.
    pub fn tick(&mut self) {
        if self.scheduler_is_up {
            dags::advance(self, |_| true);
        }
    }

    /// So much time passes on the server, whose clock is from now on in every answer.
    pub fn pass_time(&mut self, time: SignedDuration) {
        self.now += time;
        self.tells_time = true;
    }

    /// Answers one request.
    pub fn handle(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        self.now += REQUEST_TIME;
        let told = self.events.len();
        let mut answer = self.answer(request);
        if self.rules == Rules::Older && is_rolled_back(answer.status()) {
            self.events.truncate(told);
        }
        if self.tells_time {
            reply::tell_time(&mut answer, self.now);
        }
        answer
    }

    fn answer(&mut self, request: &Request<Bytes>) -> Response<Bytes> {
        let asked = Asked::read(request);
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        match (&asked.method, path.as_slice()) {
            (&Method::GET, ["api", "v2", "version"]) => reply(
                StatusCode::OK,
                &json!({"version": self.version(), "git_version": null}),
            ),
            (&Method::GET, ["openapi.json"]) => reply(StatusCode::OK, &spec::spec(self.bulk_takes_masks)),
            (&Method::GET, ["api", "v2", "monitor", "health"]) => self.health(),
            (&Method::POST, ["auth", "token"]) => self.sign_in(&asked),
            (_, ["api", "v2", rest @ ..]) => self.signed(&asked, rest),
            _ => unknown_route(),
        }
    }

    fn health(&self) -> Response<Bytes> {
        let scheduler = if self.scheduler_is_up {
            "healthy"
        } else {
            "unhealthy"
        };
        reply(
            StatusCode::OK,
            &json!({
                "metadatabase": {"status": "healthy"},
                "scheduler": {"status": scheduler, "latest_scheduler_heartbeat": self.now.to_string()},
                "triggerer": {"status": null, "latest_triggerer_heartbeat": null},
                "dag_processor": {"status": "healthy", "latest_dag_processor_heartbeat": self.now.to_string()},
            }),
        )
    }

    fn sign_in(&mut self, asked: &Asked) -> Response<Bytes> {
        let word = |name: &str| asked.body[name].as_str().unwrap_or_default().to_owned();
        let (name, password) = (word("username"), word("password"));
        if name.is_empty() || password.is_empty() {
            return detail(StatusCode::BAD_REQUEST, "Username and password must be provided");
        }
        if self.users.get(&name).is_none_or(|user| user.password != password) {
            return detail(StatusCode::UNAUTHORIZED, "Invalid credentials");
        }
        let token = format!("fake-token-{}", self.tokens.len());
        self.tokens.insert(token.clone(), name);
        reply(StatusCode::CREATED, &json!({"access_token": token}))
    }

    fn signed(&mut self, asked: &Asked, rest: &[&str]) -> Response<Bytes> {
        let Some(token) = &asked.token else {
            return detail(StatusCode::UNAUTHORIZED, "Not authenticated");
        };
        if self.expired.contains(token) {
            return detail(StatusCode::UNAUTHORIZED, "Token Expired");
        }
        let Some(name) = self.tokens.get(token).cloned() else {
            return detail(StatusCode::FORBIDDEN, "Invalid JWT token");
        };
        if !self.may(&name, &asked.method, rest) {
            return detail(StatusCode::FORBIDDEN, "Forbidden");
        }
        self.route(asked, rest, &name)
    }

    /// A viewer reads everything but variables and connections, and writes nothing.
    fn may(&self, name: &str, method: &Method, rest: &[&str]) -> bool {
        let is_viewer = self.users.get(name).is_none_or(|user| user.is_viewer);
        if rest.first() == Some(&"eventLogs") {
            return self.event_log_is_readable;
        }
        let is_hidden = matches!(rest.first(), Some(&("variables" | "connections")));
        !is_viewer || (*method == Method::GET && !is_hidden)
    }

    fn route(&mut self, asked: &Asked, rest: &[&str], user: &str) -> Response<Bytes> {
        match (&asked.method, rest) {
            (_, ["variables"]) => variables::collection(self, asked, user),
            (_, ["pools"]) => pools::collection(self, asked, user),
            (_, [kind @ ("variables" | "pools"), name @ ..]) => match (*kind, addressed(name)) {
                (_, None) => detail(StatusCode::NOT_FOUND, "Not Found"),
                ("pools", Some(name)) => pools::one(self, asked, &name, user),
                (_, Some(key)) => variables::one(self, asked, &key, user),
            },
            (_, ["connections", rest @ ..]) => connections::route(self, asked, rest),
            (&Method::GET, ["eventLogs"]) => events::list(self, asked),
            (&Method::GET, ["eventLogs", id]) => events::one(self, id),
            (_, ["dags", rest @ ..]) => dags::route(self, asked, rest, user),
            _ => unknown_route(),
        }
    }

    /// The server's clock.
    pub fn clock(&self) -> Timestamp {
        self.now
    }

    /// The time is this from now on; each request still takes a moment.
    pub fn set_clock(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }
}

/// What Starlette's `path` converter makes of the end of a path: it stops at a line break, and cuts off one at the very
/// end (H14).
fn addressed(segments: &[&str]) -> Option<String> {
    let path = segments.join("/");
    let path = path.strip_suffix('\n').unwrap_or(&path);
    (!path.contains('\n')).then(|| path.to_owned())
}

/// 3.1.8 keeps no row of the event log about a request that the route itself refused; one that pydantic refused has one.
fn is_rolled_back(status: StatusCode) -> bool {
    (status.is_client_error() || status.is_server_error()) && status != StatusCode::UNPROCESSABLE_ENTITY
}

fn unknown_route() -> Response<Bytes> {
    reply(StatusCode::NOT_FOUND, &json!({"error": "API route not found"}))
}

/// The model as a [`Transport`]: every request arrives, and is answered at once.
#[derive(Debug, Clone, Default)]
pub struct InProcess(Arc<Mutex<FakeAirflow>>);

impl InProcess {
    /// Looks at the model, or changes it behind the client's back.
    pub fn with<T>(&self, act: impl FnOnce(&mut FakeAirflow) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        Ok(self.with(|airflow| airflow.handle(&request)))
    }
}

/// The bearer token of a request.
fn token_of(request: &Request<Bytes>) -> Option<String> {
    let text = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(text.strip_prefix("Bearer ")?.to_owned())
}
