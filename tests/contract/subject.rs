//! What the cases run against.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::{Context, Result};
use async_trait::async_trait;
use bytes::Bytes;
pub(crate) use harness::airflow_server::Release;
use harness::airflow_server::{AirflowServer, ApiServer, Database, Options};
use harness::fake_airflow::masker::Rules;
use harness::fake_airflow::{FakeAirflow, InProcess};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use leeward_airflow::{Airflow, BaseUrl, Credentials, HttpTransport, Secret, Transport, TransportError, v2};

const VIEWER: (&str, &str) = ("viv", "looks-only-3");

/// An Airflow, real or modelled, and the ways around the client that the cases need.
pub(crate) struct Subject {
    pub(crate) name: String,
    release: Release,
    transport: Arc<dyn Transport>,
    base: BaseUrl,
    admin: (String, String),
    behind: Behind,
}

/// The way behind the API.
enum Behind {
    Real(Box<AirflowServer>),
    Model(InProcess),
}

impl Subject {
    pub(crate) fn model(release: Release) -> Result<Self> {
        let rules = match release {
            Release::Current => Rules::Current,
            Release::Older => Rules::Older,
        };
        let model = InProcess::default();
        model.with(|airflow| *airflow = FakeAirflow::default().with_rules(rules));
        Ok(Self {
            name: format!("model of {}", release.version()),
            release,
            transport: Arc::new(model.clone()),
            base: BaseUrl::parse("http://model.invalid")?,
            admin: ("ann".into(), "lee-shore-7".into()),
            behind: Behind::Model(model),
        })
    }

    pub(crate) fn real(release: Release) -> Result<Self> {
        Self::of(AirflowServer::start(Options {
            release,
            // The older one's environment has no client of PostgreSQL.
            database: match release {
                Release::Current => Database::Postgres,
                Release::Older => Database::Sqlite,
            },
            ..Options::default()
        })?)
    }

    /// That server.
    pub(crate) fn of(server: AirflowServer) -> Result<Self> {
        let release = server.release();
        Ok(Self {
            name: format!("real {}", release.version()),
            release,
            transport: Arc::new(HttpTransport::new(None)?),
            base: BaseUrl::parse(&server.base_url())?,
            admin: (server.username().to_owned(), server.password().to_owned()),
            behind: Behind::Real(Box::new(server)),
        })
    }

    /// What is behind the API of a real one, and of a model.
    pub(crate) fn behind<T>(
        &self,
        real: impl FnOnce(&AirflowServer) -> T,
        model: impl FnOnce(&mut FakeAirflow) -> T,
    ) -> T {
        match &self.behind {
            Behind::Real(server) => real(server),
            Behind::Model(airflow) => airflow.with(model),
        }
    }

    /// Which Airflow it is.
    pub(crate) fn release(&self) -> Release {
        self.release
    }

    /// Another process of the API server on the same data, which has met no secret yet.
    pub(crate) fn another_process(&self) -> Result<Another> {
        Ok(match &self.behind {
            Behind::Real(server) => {
                let process = server.start_another_api_server()?;
                Another {
                    transport: self.transport.clone(),
                    base: BaseUrl::parse(process.base_url())?,
                    _process: Some(process),
                }
            }
            Behind::Model(model) => Another {
                transport: Arc::new(SecondProcess(model.clone())),
                base: self.base.clone(),
                _process: None,
            },
        })
    }

    pub(crate) fn client(&self) -> Arc<dyn Airflow> {
        self.client_with(password(&self.admin.0, &self.admin.1))
    }

    pub(crate) fn viewer(&self) -> Arc<dyn Airflow> {
        self.client_with(password(VIEWER.0, VIEWER.1))
    }

    pub(crate) fn client_with(&self, credentials: Credentials) -> Arc<dyn Airflow> {
        Arc::new(v2::Client::new(
            self.transport.clone(),
            self.base.clone(),
            credentials,
        ))
    }

    /// A client whose token is spoiled on the way, once, when asked to.
    pub(crate) fn client_with_spoiler(&self) -> (Arc<dyn Airflow>, Arc<Spoiler>) {
        let spoiler = Arc::new(Spoiler {
            inner: self.transport.clone(),
            how: AtomicU8::new(0),
        });
        let credentials = password(&self.admin.0, &self.admin.1);
        (
            Arc::new(v2::Client::new(spoiler.clone(), self.base.clone(), credentials)),
            spoiler,
        )
    }

    pub(crate) fn username(&self) -> &str {
        &self.admin.0
    }

    /// The stored text of a variable, not what the API shows of it.
    pub(crate) fn raw(&self, key: &str) -> Result<String> {
        let raw = match &self.behind {
            Behind::Real(server) => server.raw_variable(key)?,
            Behind::Model(model) => model.with(|m| m.variables.get(key).map(|row| row.raw.clone())),
        };
        raw.with_context(|| format!("there is no variable {key}"))
    }

    /// Lets the scheduler work a little.
    pub(crate) async fn pass_time(&self) {
        match &self.behind {
            Behind::Real(_) => tokio::time::sleep(std::time::Duration::from_millis(300)).await,
            Behind::Model(model) => model.with(|m| m.tick()),
        }
    }

    /// The model tells no time until some has passed.
    pub(crate) fn let_it_tell_time(&self) {
        if let Behind::Model(model) = &self.behind {
            model.with(|m| m.pass_time(jiff::SignedDuration::ZERO));
        }
    }

    /// One raw request: what the API answers, whatever the client would make of it.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> Result<(u16, String)> {
        ask(self.transport.as_ref(), &self.base, (method, path), token, body).await
    }

    /// A token of the first user.
    pub(crate) async fn token(&self) -> Result<String> {
        let body = serde_json::json!({"username": self.admin.0, "password": self.admin.1}).to_string();
        let (_, text) = self.ask("POST", "/auth/token", "none", &body).await?;
        let answer: serde_json::Value = serde_json::from_str(&text)?;
        Ok(answer["access_token"].as_str().context("a token")?.to_owned())
    }
}

async fn ask(
    transport: &dyn Transport,
    base: &BaseUrl,
    (method, path): (&str, &str),
    token: &str,
    body: &str,
) -> Result<(u16, String)> {
    let request = Request::builder()
        .method(method)
        .uri(format!("{base}{path}"))
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(body.as_bytes()))?;
    let answer = transport.send(request).await?;
    Ok((
        answer.status().as_u16(),
        String::from_utf8_lossy(answer.body()).into_owned(),
    ))
}

/// A second API server beside the subject's own.
pub(crate) struct Another {
    transport: Arc<dyn Transport>,
    base: BaseUrl,
    /// Ends with this.
    _process: Option<ApiServer>,
}

impl Another {
    /// One raw `GET`, with a token of the subject's.
    pub(crate) async fn get(&self, path: &str, token: &str) -> Result<String> {
        Ok(ask(self.transport.as_ref(), &self.base, ("GET", path), token, "")
            .await?
            .1)
    }
}

/// The model, answering by its second process.
struct SecondProcess(InProcess);

#[async_trait]
impl Transport for SecondProcess {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        Ok(self.0.with(|airflow| {
            airflow.answer_by(1);
            let answer = airflow.handle(&request);
            airflow.answer_by(0);
            answer
        }))
    }
}

pub(crate) fn password(username: &str, password: &str) -> Credentials {
    Credentials::Password {
        username: username.to_owned(),
        password: Secret::new(password),
    }
}

/// Replaces or drops the token of the next request that has one.
pub(crate) struct Spoiler {
    inner: Arc<dyn Transport>,
    how: AtomicU8,
}

impl Spoiler {
    /// The next token is not one: 403 "Invalid JWT token".
    pub(crate) fn forge_next(&self) {
        self.how.store(1, Ordering::SeqCst);
    }

    /// The next request goes without its token: 401.
    pub(crate) fn drop_next(&self) {
        self.how.store(2, Ordering::SeqCst);
    }
}

#[async_trait]
impl Transport for Spoiler {
    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if request.headers().contains_key(AUTHORIZATION) {
            match self.how.swap(0, Ordering::SeqCst) {
                1 => drop(
                    request
                        .headers_mut()
                        .insert(AUTHORIZATION, HeaderValue::from_static("Bearer spoiled")),
                ),
                2 => drop(request.headers_mut().remove(AUTHORIZATION)),
                _ => {}
            }
        }
        self.inner.send(request).await
    }
}
