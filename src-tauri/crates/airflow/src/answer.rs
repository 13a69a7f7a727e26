//! What an answer says, leniently: JSON with `detail` as text, list or object, problem+json, HTML, plain text (H15).
//!
//! What a server echoes of our request (`input` in a 422) may be a secret: it is never read. The bodies of pages and
//! plain text are not quoted either.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{AirflowError, Call, ErrorKind};

/// The longest reason of a server that is quoted, in characters.
const DETAIL_LENGTH_MAX: usize = 300;

/// An answer, with what it was the answer to.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) call: Call,
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(crate) fn new(call: Call, response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            call,
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The body as JSON of the expected shape, of a 2xx answer.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, AirflowError> {
        self.expect_success()?;
        serde_json::from_slice(&self.body).map_err(|e| self.misunderstood(&e))
    }

    /// Fails unless the answer is 2xx.
    pub(crate) fn expect_success(&self) -> Result<(), AirflowError> {
        if self.status.is_success() {
            Ok(())
        } else {
            Err(self.failure())
        }
    }

    /// Whether Airflow itself says that the thing named `id` is not there. The path's own 404 (`Not Found`,
    /// `API route not found`) and a proxy's are not about the thing.
    pub(crate) fn says_missing(&self, id: &str) -> bool {
        self.status == StatusCode::NOT_FOUND
            && self.json().is_some_and(|body| {
                body["detail"]
                    .as_str()
                    .is_some_and(|d| d.contains(id) && d.contains("not found"))
            })
    }

    /// Whether the server refused the token without executing anything.
    pub(crate) fn refuses_token(&self) -> bool {
        match self.status {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::FORBIDDEN => self
                .json()
                .is_some_and(|body| body["detail"].as_str() == Some("Invalid JWT token")),
            _ => false,
        }
    }

    /// The answer as an error.
    pub(crate) fn failure(&self) -> AirflowError {
        self.error(self.kind())
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> AirflowError {
        AirflowError::with_status(self.call, kind, self.status)
    }

    fn kind(&self) -> ErrorKind {
        if self.status.is_redirection() {
            return ErrorKind::Redirected {
                to_host: self.location_host(),
            };
        }
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::TooManyRequests {
                retry_after: self.retry_after(),
            },
            status if status.is_server_error() => ErrorKind::ServerTrouble {
                detail: self.reason(),
            },
            StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::Rejected {
                detail: "it is too large".to_owned(),
            },
            _ => self
                .json()
                .map_or_else(|| self.not_airflow(), |body| self.kind_of_json(&body)),
        }
    }

    fn kind_of_json(&self, body: &Value) -> ErrorKind {
        match self.status {
            StatusCode::UNAUTHORIZED => sign_in_again(),
            StatusCode::FORBIDDEN if self.refuses_token() => sign_in_again(),
            StatusCode::FORBIDDEN => ErrorKind::Forbidden,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => self.not_airflow(),
            _ => ErrorKind::Rejected {
                detail: detail_of(body).unwrap_or_else(|| self.reason()),
            },
        }
    }

    /// A page or an unknown path in place of the API.
    pub(crate) fn not_airflow(&self) -> ErrorKind {
        let status = self.status.as_u16();
        let found = match (self.is_html(), self.status) {
            (true, StatusCode::OK) => "a web page, perhaps a sign-in page".to_owned(),
            (true, _) => format!("a web page with status {status}"),
            (false, StatusCode::NOT_FOUND) => "there is no such path".to_owned(),
            (false, _) => format!("an answer of another kind, status {status}"),
        };
        ErrorKind::NotAirflow { found, instead: None }
    }

    fn misunderstood(&self, error: &serde_json::Error) -> AirflowError {
        if self.is_html() {
            return self.error(self.not_airflow());
        }
        // serde_json's own words may quote the text: only where and what kind is said.
        let detail = format!(
            "the answer could not be read ({:?} error at byte {})",
            error.classify(),
            error.column()
        );
        self.error(ErrorKind::Protocol { detail })
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    fn is_html(&self) -> bool {
        let declared = self
            .header(header::CONTENT_TYPE)
            .is_some_and(|t| t.contains("html"));
        declared || self.body.trim_ascii_start().starts_with(b"<")
    }

    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn location_host(&self) -> String {
        let target = self
            .header(header::LOCATION)
            .and_then(|l| url::Url::parse(l).ok());
        target.map_or_else(
            || "another path of the same host".to_owned(),
            |u| u.origin().ascii_serialization(),
        )
    }

    fn retry_after(&self) -> Option<Duration> {
        self.header(header::RETRY_AFTER)?
            .trim()
            .parse()
            .ok()
            .map(Duration::from_secs)
    }

    fn reason(&self) -> String {
        let said = self.json().as_ref().and_then(detail_of);
        said.unwrap_or_else(|| format!("status {}", self.status.as_u16()))
    }
}

fn sign_in_again() -> ErrorKind {
    ErrorKind::SignInNeeded {
        detail: "you are no longer signed in".to_owned(),
    }
}

/// The reason that a JSON error gives, in any of the shapes that Airflow uses, without what it echoes.
fn detail_of(body: &Value) -> Option<String> {
    let text = match &body["detail"] {
        Value::String(text) => without_echo(text),
        Value::Array(problems) => problems.iter().map(problem).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => fields.get("reason")?.as_str()?.to_owned(),
        _ => body["title"]
            .as_str()
            .or_else(|| body["error"].as_str())?
            .to_owned(),
    };
    Some(text.chars().take(DETAIL_LENGTH_MAX).collect())
}

/// One entry of pydantic's list: where and what, never `input` or `ctx`.
fn problem(entry: &Value) -> String {
    let place = entry["loc"].as_array().map(|parts| {
        let words = parts.iter().filter(|p| p.as_str() != Some("body"));
        words
            .map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(".")
    });
    let what = entry["msg"]
        .as_str()
        .or_else(|| entry["type"].as_str())
        .unwrap_or("not accepted");
    match place {
        Some(place) if !place.is_empty() => format!("{place}: {what}"),
        _ => what.to_owned(),
    }
}

/// A failed DAG param quotes the value and prints the schema over several lines: the name and the rule are kept.
fn without_echo(text: &str) -> String {
    let Some(rest) = text.strip_prefix("Invalid input for param ") else {
        return text.lines().next().unwrap_or_default().to_owned();
    };
    let name = rest.split(':').next().unwrap_or_default();
    let rule = rest
        .split("Failed validating '")
        .nth(1)
        .and_then(|r| r.split('\'').next());
    match rule {
        Some(rule) => format!("the parameter {name} does not satisfy its rule '{rule}'"),
        None => format!("the parameter {name} does not satisfy its rules"),
    }
}
