//! Reading a request, and writing an answer, as FastAPI does.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{PAGE_DEFAULT, token_of};

/// A request, decoded.
pub(super) struct Asked {
    pub(super) method: Method,
    /// Decoded segments. A slash that was encoded is a separator again, as in Starlette.
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) token: Option<String>,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn read(request: &Request<Bytes>) -> Self {
        let path = decode(request.uri().path().trim_start_matches('/'));
        let pairs = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        Self {
            method: request.method().clone(),
            path: path.split('/').map(str::to_owned).collect(),
            query: pairs
                .filter_map(|p| p.split_once('='))
                .map(|(n, v)| (decode(n), decode(v)))
                .collect(),
            token: token_of(request),
            body: serde_json::from_slice(request.body()).unwrap_or(Value::Null),
        }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The page asked for, and how many rows there are in all.
    pub(super) fn page<T: Clone>(&self, rows: &[T], page_max: usize) -> (Vec<T>, usize) {
        let number = |name| self.query(name).and_then(|text| text.parse::<usize>().ok());
        let limit = number("limit").unwrap_or(PAGE_DEFAULT).min(page_max);
        let page = rows
            .iter()
            .skip(number("offset").unwrap_or(0))
            .take(limit)
            .cloned()
            .collect();
        (page, rows.len())
    }
}

pub(super) fn reply(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}

/// `Date`, to the second, as every HTTP server sends it.
pub(super) fn tell_time(response: &mut Response<Bytes>, now: Timestamp) {
    let text = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = header::HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::DATE, date);
    }
}

pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

pub(super) fn detail(status: StatusCode, text: &str) -> Response<Bytes> {
    reply(status, &json!({"detail": text}))
}

/// pydantic's refusal, which echoes what it refused (H15).
pub(super) fn invalid(kind: &str, place: &str, message: &str, input: &Value) -> Response<Bytes> {
    let problem = json!({"type": kind, "loc": ["body", place], "msg": message, "input": input});
    reply(StatusCode::UNPROCESSABLE_ENTITY, &json!({"detail": [problem]}))
}

/// An exception that nothing in Airflow catches: what was written is rolled back (H35).
pub(super) fn broken() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(b"Internal Server Error"));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = (first == b'%').then(|| tail.get(..2)).flatten();
        let byte = hex.and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
