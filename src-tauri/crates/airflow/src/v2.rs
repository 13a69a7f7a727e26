//! API v2: Airflow 3.

mod bulk;
mod dags;
mod events;
mod pools;
mod scan;
mod session;
mod spec;
mod variable_body;
mod variables;
mod wire;
mod xcoms;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::OnceCell;
use tracing::debug;

use crate::address::BaseUrl;
use crate::answer::Answer;
use crate::error::{AirflowError, Call, ErrorKind};
use crate::face::Airflow;
use crate::secret::{Credentials, Secret};
use crate::transport::{Pause, Transport, TransportError};
use crate::types::{
    BulkAbility, BulkOutcome, BulkWrite, Dag, DagRun, EventLook, Health, Page, Pool, PoolPatch, RecordEvents,
    ServerInfo, TriggerOutcome, Variable, VariablePatch,
};

use scan::scan;
use session::Session;

/// How many rows are asked for at once. The server may give fewer (100 by default, H8).
const PAGE_LIMIT: u64 = 1000;

/// What takes longer to break is no connection that was reset: asking again would wait as long.
const BREAKS_SOON: Duration = Duration::from_secs(5);

/// The server has told no time.
const NO_CLOCK: i64 = i64::MIN;

/// The client of one Airflow 3.
pub struct Client {
    transport: Arc<dyn Transport>,
    base: BaseUrl,
    session: Session,
    sent: AtomicU64,
    /// The longest page of variables that ever came.
    longest_page: AtomicUsize,
    /// Set when a page did not show what was thought to stand there: this server sorts in its own way.
    places_differ: AtomicBool,
    /// The server's clock in its last answer, in seconds of Unix time.
    clock: AtomicI64,
    spec: OnceCell<spec::Abilities>,
    pause: OnceLock<Arc<dyn Pause>>,
}

/// One request, before it is signed.
struct Ask {
    call: Call,
    method: Method,
    url: String,
    body: Option<Value>,
}

impl Client {
    /// Makes a client; nothing is sent yet.
    pub fn new(transport: Arc<dyn Transport>, base: BaseUrl, credentials: Credentials) -> Self {
        Self {
            transport,
            base,
            session: Session::new(credentials),
            sent: AtomicU64::new(0),
            longest_page: AtomicUsize::new(0),
            places_differ: AtomicBool::new(false),
            clock: AtomicI64::new(NO_CLOCK),
            spec: OnceCell::new(),
            pause: OnceLock::new(),
        }
    }

    fn ask(&self, call: Call, method: Method, path: &[&str], query: &[(&str, &str)]) -> Ask {
        let segments: Vec<&str> = ["api", "v2"].iter().chain(path).copied().collect();
        Ask {
            call,
            method,
            url: self.base.join(&segments, query),
            body: None,
        }
    }

    fn get(&self, doing: &'static str, path: &[&str], query: &[(&str, &str)]) -> Ask {
        self.ask(Call::read(doing), Method::GET, path, query)
    }

    /// Sends a request signed. A token that the server refuses is renewed once and the request repeated: a refusal
    /// says that nothing was executed.
    async fn signed(&self, ask: &Ask) -> Result<Answer, AirflowError> {
        let token = self.session.token(self).await?;
        let answer = self.send(ask, Some(&token)).await?;
        if !answer.refuses_token() {
            return Ok(answer);
        }
        let fresh = self.session.renew(self, &token).await?;
        let answer = self.send(ask, Some(&fresh)).await?;
        if answer.refuses_token() {
            Err(answer.failure())
        } else {
            Ok(answer)
        }
    }

    /// Sends one request. A read whose connection broke is asked once more: a server that was restarted, or that closed
    /// a connection which was not used for a while, is not away.
    async fn send(&self, ask: &Ask, token: Option<&Secret>) -> Result<Answer, AirflowError> {
        let Some(pause) = self.pause.get().filter(|_| ask.method == Method::GET) else {
            return self.send_once(ask, token).await;
        };
        let began = pause.elapsed();
        let outcome = self.send_once(ask, token).await;
        let broke = matches!(
            &outcome,
            Err(error) if matches!(error.kind(), ErrorKind::NoAnswer | ErrorKind::InDoubt { .. })
        );
        if !broke || pause.elapsed().saturating_sub(began) > BREAKS_SOON {
            return outcome;
        }
        pause.pause().await;
        self.send_once(ask, token).await
    }

    async fn send_once(&self, ask: &Ask, token: Option<&Secret>) -> Result<Answer, AirflowError> {
        let request = build(ask, token)?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let outcome = self.transport.send(request).await;
        let status = outcome.as_ref().map_or(0, |r| r.status().as_u16());
        debug!(doing = ask.call.doing, method = %ask.method, status, "asked Airflow");
        let response = outcome.map_err(|e| AirflowError::from_transport(ask.call, e))?;
        self.read_clock(response.headers());
        Ok(Answer::new(ask.call, response))
    }

    fn read_clock(&self, headers: &HeaderMap) {
        let date = headers.get(header::DATE).and_then(|value| value.to_str().ok());
        let told = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        if let Some(told) = told {
            self.clock.store(told.timestamp().as_second(), Ordering::Relaxed);
        }
    }
}

/// Lets the probe's requests be counted with the others.
#[async_trait]
impl Transport for Client {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.transport.send(request).await
    }
}

fn build(ask: &Ask, token: Option<&Secret>) -> Result<http::Request<Bytes>, AirflowError> {
    let body = ask
        .body
        .as_ref()
        .map_or_else(Bytes::new, |b| Bytes::from(b.to_string()));
    let mut builder = http::Request::builder()
        .method(ask.method.clone())
        .uri(&ask.url)
        .header(header::ACCEPT, "application/json");
    if ask.body.is_some() {
        builder = builder.header(header::CONTENT_TYPE, "application/json");
    }
    if let Some(token) = token {
        builder = builder.header(header::AUTHORIZATION, bearer(ask.call, token)?);
    }
    let unbuildable = |_| {
        let detail = "the request could not be put together".to_owned();
        AirflowError::new(ask.call, ErrorKind::Rejected { detail })
    };
    builder.body(body).map_err(unbuildable)
}

fn bearer(call: Call, token: &Secret) -> Result<HeaderValue, AirflowError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal())).map_err(|_| {
        let detail = "the token holds characters that cannot be sent".to_owned();
        AirflowError::new(call, ErrorKind::SignInNeeded { detail })
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[async_trait]
impl Airflow for Client {
    async fn probe(&self) -> Result<ServerInfo, AirflowError> {
        crate::probe::probe(self, &self.base).await
    }

    async fn health(&self) -> Result<Health, AirflowError> {
        let ask = self.get("ask Airflow how it is", &["monitor", "health"], &[]);
        Ok(self.send(&ask, None).await?.parse::<wire::Health>()?.into())
    }

    async fn sign_in(&self) -> Result<(), AirflowError> {
        self.session.prove(self).await
    }

    async fn variables_page(&self, offset: u64, limit: u64) -> Result<Page<Variable>, AirflowError> {
        variables::page(self, offset, limit).await
    }

    async fn scan_variables(
        &self,
        look: &mut (dyn for<'p> FnMut(&'p [Variable]) + Send),
    ) -> Result<Vec<Variable>, AirflowError> {
        let page_at = |offset| self.variables_page(offset, PAGE_LIMIT);
        scan(variable_body::LIST, page_at, |v| &v.key, look).await
    }

    async fn scan_variables_under(
        &self,
        prefix: &str,
        look: &mut (dyn for<'p> FnMut(&'p [Variable]) + Send),
    ) -> Result<Vec<Variable>, AirflowError> {
        // An older release passes over what it does not know, and shows all of them.
        if !bulk::is_searchable(prefix) {
            return self.scan_variables(look).await;
        }
        let page_at = |offset| variables::page_under(self, prefix, offset, PAGE_LIMIT);
        scan(variable_body::LIST, page_at, |v| &v.key, look).await
    }

    async fn get_variable(&self, key: &str) -> Result<Option<Variable>, AirflowError> {
        variables::get(self, key).await
    }

    async fn create_variable(&self, variable: &Variable) -> Result<Variable, AirflowError> {
        variables::create(self, variable).await
    }

    async fn patch_variable(&self, key: &str, patch: &VariablePatch) -> Result<Variable, AirflowError> {
        variables::patch(self, key, patch).await
    }

    async fn delete_variable(&self, key: &str) -> Result<(), AirflowError> {
        variables::delete(self, key).await
    }

    async fn bulk_ability(&self) -> Result<BulkAbility, AirflowError> {
        bulk::ability(self).await
    }

    async fn find_variables(&self, keys: &[&str], near: Option<u64>) -> Result<Vec<Variable>, AirflowError> {
        bulk::find(self, keys, near).await
    }

    async fn write_variables(&self, bulk: &BulkWrite) -> Result<BulkOutcome, AirflowError> {
        bulk::write(self, bulk).await
    }

    async fn scan_pools(
        &self,
        look: &mut (dyn for<'p> FnMut(&'p [Pool]) + Send),
    ) -> Result<Vec<Pool>, AirflowError> {
        let page_at = |offset| pools::page(self, offset);
        scan(pools::LIST, page_at, |pool| &pool.name, look).await
    }

    async fn get_pool(&self, name: &str) -> Result<Option<Pool>, AirflowError> {
        pools::get(self, name).await
    }

    async fn create_pool(&self, pool: &Pool) -> Result<Pool, AirflowError> {
        pools::create(self, pool).await
    }

    async fn patch_pool(&self, name: &str, patch: &PoolPatch) -> Result<Pool, AirflowError> {
        pools::patch(self, name, patch).await
    }

    async fn delete_pool(&self, name: &str) -> Result<(), AirflowError> {
        pools::delete(self, name).await
    }

    async fn list_dags(&self) -> Result<Vec<Dag>, AirflowError> {
        let page_at = |offset| dags::page(self, offset);
        scan(dags::LIST, page_at, |d| &d.dag_id, &mut |_| ()).await
    }

    async fn get_dag(&self, dag_id: &str) -> Result<Option<Dag>, AirflowError> {
        dags::get(self, dag_id).await
    }

    async fn list_dag_runs(&self, dag_id: Option<&str>, limit: usize) -> Result<Vec<DagRun>, AirflowError> {
        dags::runs(self, dag_id.unwrap_or("~"), limit).await
    }

    async fn dag_runs_changed(&self, since: Timestamp) -> Result<Vec<DagRun>, AirflowError> {
        dags::runs_changed(self, since).await
    }

    async fn get_dag_run(&self, dag_id: &str, run_id: &str) -> Result<Option<DagRun>, AirflowError> {
        dags::run(self, dag_id, run_id).await
    }

    async fn last_success(&self, dag_id: &str) -> Result<Option<DagRun>, AirflowError> {
        dags::last_success(self, dag_id).await
    }

    async fn xcom_object(
        &self,
        dag_id: &str,
        run_id: &str,
        task_id: &str,
        keys: &[&str],
    ) -> Result<Option<String>, AirflowError> {
        xcoms::object(self, [dag_id, run_id, task_id], keys).await
    }

    async fn trigger_dag_run(
        &self,
        dag_id: &str,
        run_id: &str,
        conf: &Value,
        note: Option<&str>,
    ) -> Result<TriggerOutcome, AirflowError> {
        dags::trigger(self, dag_id, run_id, conf, note).await
    }

    async fn event_log_tail(&self) -> Result<EventLook, AirflowError> {
        events::tail(self).await
    }

    async fn event_log_row(&self, id: i64) -> Result<EventLook, AirflowError> {
        events::row(self, id).await
    }

    async fn run_deletion(&self, dag_id: &str, run_id: &str) -> Result<EventLook, AirflowError> {
        events::run_deletion(self, dag_id, run_id).await
    }

    async fn record_events(
        &self,
        after: Option<Timestamp>,
        offset: u64,
    ) -> Result<RecordEvents, AirflowError> {
        events::about_records(self, after, offset).await
    }

    fn pause_with(&self, pause: Arc<dyn Pause>) {
        // A second engine on the same client waits as the first does.
        let _first = self.pause.set(pause);
    }

    fn user_name(&self) -> Option<String> {
        self.session.user_name().map(str::to_owned)
    }

    fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    fn server_clock(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.clock.load(Ordering::Relaxed)).ok()
    }
}
