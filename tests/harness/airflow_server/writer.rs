//! Another writer: plain HTTP against Airflow, sharing no code with Leeward's own client.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use ureq::Agent;

const REQUEST_LIMIT: Duration = Duration::from_secs(60);
const TRIES_MAX: u32 = 3;
/// Most that Airflow gives at once by default.
const PAGE: usize = 100;

/// Somebody who changes Airflow behind Leeward's back.
#[derive(Debug, Clone)]
pub struct Writer {
    agent: Agent,
    base: String,
    token: String,
}

impl Writer {
    /// Signs in at an Airflow 3.
    pub fn sign_in(base: &str, username: &str, password: &str) -> Result<Self> {
        let agent = agent();
        let mut answer = agent
            .post(format!("{base}/auth/token"))
            .send_json(json!({"username": username, "password": password}))?;
        ensure!(answer.status().is_success(), "signing in: {}", answer.status());
        let body: Value = answer.body_mut().read_json()?;
        let token = body["access_token"]
            .as_str()
            .context("no token in the answer")?
            .to_owned();
        Ok(Self {
            agent,
            base: base.to_owned(),
            token,
        })
    }

    /// The token, for tests that speak HTTP themselves.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A variable as the API gives it: `{key, value, description, is_encrypted, …}`; `None` when there is none.
    pub fn variable(&self, key: &str) -> Result<Option<Value>> {
        let (status, body) = self.call("GET", &variable_path(key), None)?;
        ensure!(status == 200 || status == 404, "reading {key}: {status} {body}");
        Ok((status == 200).then_some(body))
    }

    /// A pool as the API gives it: `{name, slots, description, include_deferred, …}`; `None` when there is none. The name
    /// needs no escaping in an address.
    pub fn pool(&self, name: &str) -> Result<Option<Value>> {
        let (status, body) = self.call("GET", &format!("/api/v2/pools/{name}"), None)?;
        ensure!(status == 200 || status == 404, "reading {name}: {status} {body}");
        Ok((status == 200).then_some(body))
    }

    /// Creates a pool of one slot with that description, or overwrites both.
    pub fn set_pool(&self, name: &str, description: &str) -> Result<()> {
        let path = format!("/api/v2/pools/{name}");
        let rest = json!({"slots": 1, "description": description, "include_deferred": false});
        let named = |by: &str| {
            let mut body = rest.clone();
            body[by] = json!(name);
            body
        };
        let (status, answer) = match self.pool(name)? {
            Some(_) => self.call("PATCH", &path, Some(&named("pool")))?,
            None => self.call("POST", "/api/v2/pools", Some(&named("name")))?,
        };
        ensure!(status < 300, "writing the pool {name}: {status} {answer}");
        Ok(())
    }

    /// Deletes a pool.
    pub fn delete_pool(&self, name: &str) -> Result<()> {
        let (status, answer) = self.call("DELETE", &format!("/api/v2/pools/{name}"), None)?;
        ensure!(status == 204, "deleting the pool {name}: {status} {answer}");
        Ok(())
    }

    /// Creates the variable, or overwrites value and description.
    pub fn set_variable(&self, key: &str, value: &str, description: Option<&str>) -> Result<()> {
        let body = json!({"key": key, "value": value, "description": description});
        let (status, answer) = match self.variable(key)? {
            Some(_) => self.call("PATCH", &variable_path(key), Some(&body))?,
            None => self.call("POST", "/api/v2/variables", Some(&body))?,
        };
        ensure!(status < 300, "writing {key}: {status} {answer}");
        Ok(())
    }

    /// Creates many variables in one request.
    pub fn create_variables(&self, variables: &[(String, String)]) -> Result<()> {
        let entities: Vec<Value> = variables
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value}))
            .collect();
        let body = json!({"actions": [{"action": "create", "entities": entities, "action_on_existence": "overwrite"}]});
        let (status, answer) = self.call("PATCH", "/api/v2/variables", Some(&body))?;
        let errors = &answer["create"]["errors"];
        ensure!(
            status == 200 && errors == &json!([]),
            "creating in bulk: {status} {answer}"
        );
        Ok(())
    }

    /// Deletes a variable that is there.
    pub fn delete_variable(&self, key: &str) -> Result<()> {
        let (status, body) = self.call("DELETE", &variable_path(key), None)?;
        ensure!(status == 204, "deleting {key}: {status} {body}");
        Ok(())
    }

    /// Every variable's key, in order.
    pub fn keys(&self) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        loop {
            let path = format!(
                "/api/v2/variables?order_by=key&limit={PAGE}&offset={}",
                keys.len()
            );
            let (status, body) = self.call("GET", &path, None)?;
            ensure!(status == 200, "listing variables: {status} {body}");
            let page = body["variables"].as_array().cloned().unwrap_or_default();
            if page.is_empty() {
                return Ok(keys);
            }
            keys.extend(
                page.iter()
                    .filter_map(|one| Some(one["key"].as_str()?.to_owned())),
            );
        }
    }

    /// How many variables there are.
    pub fn count_variables(&self) -> Result<usize> {
        self.total("/api/v2/variables?limit=1")
    }

    /// How many DAGs there are.
    pub fn count_dags(&self) -> Result<usize> {
        self.total("/api/v2/dags?limit=1")
    }

    /// How many runs a DAG has.
    pub fn count_runs(&self, dag_id: &str) -> Result<usize> {
        self.total(&format!("/api/v2/dags/{dag_id}/dagRuns?limit=1"))
    }

    /// The newest runs of a DAG, as the API gives them, newest first.
    pub fn runs(&self, dag_id: &str) -> Result<Vec<Value>> {
        let path = format!("/api/v2/dags/{dag_id}/dagRuns?order_by=-run_after&limit={PAGE}");
        let (status, body) = self.call("GET", &path, None)?;
        ensure!(status == 200, "listing runs: {status} {body}");
        Ok(body["dag_runs"].as_array().cloned().unwrap_or_default())
    }

    /// Pauses a DAG, or lets it go on.
    pub fn pause(&self, dag_id: &str, paused: bool) -> Result<()> {
        let body = json!({"is_paused": paused});
        let (status, answer) = self.call("PATCH", &format!("/api/v2/dags/{dag_id}"), Some(&body))?;
        ensure!(status == 200, "pausing {dag_id}: {status} {answer}");
        Ok(())
    }

    /// Any request; status and body, `null` where the body is not JSON. A write that is answered with 500 is sent
    /// again: on SQLite the server answers so where it has waited for itself (see [`super::Database`]), before it did anything.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let mut answer = self.call_once(method, path, body)?;
        for _ in 1..TRIES_MAX {
            if answer.0 != 500 || method == "GET" {
                break;
            }
            answer = self.call_once(method, path, body)?;
        }
        Ok(answer)
    }

    fn call_once(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body.map(Value::to_string).unwrap_or_default())?;
        let mut answer = self
            .agent
            .run(request)
            .with_context(|| format!("{method} {path}"))?;
        let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string()?;
        Ok((
            answer.status().as_u16(),
            serde_json::from_str(&text).unwrap_or(Value::Null),
        ))
    }

    fn total(&self, path: &str) -> Result<usize> {
        let (status, body) = self.call("GET", path, None)?;
        ensure!(status == 200, "{path}: {status} {body}");
        let total = body["total_entries"].as_u64().context("no total in the answer")?;
        Ok(usize::try_from(total)?)
    }
}

/// Whether every part that is needed says so. The status alone is 200 even with a dead scheduler.
pub(super) fn is_healthy(base: &str, parts: &[&str]) -> bool {
    let answer = agent().get(format!("{base}/api/v2/monitor/health")).call();
    let body: Option<Value> = answer.ok().and_then(|mut a| a.body_mut().read_json().ok());
    body.is_some_and(|b| parts.iter().all(|part| b[*part]["status"] == "healthy"))
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(REQUEST_LIMIT))
        // After a 500 the server may close a connection that would be used again.
        .max_idle_connections(0)
        .http_status_as_error(false);
    config.build().into()
}

fn variable_path(key: &str) -> String {
    let encoded: String = key
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("/api/v2/variables/{encoded}")
}
