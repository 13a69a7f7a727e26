//! What a request asks for, as the simulation needs to know it.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::Value;
use std::fmt;

/// A request, read.
#[derive(Debug, Clone)]
pub struct Asked {
    /// GET, POST, PATCH, DELETE.
    pub method: Method,
    /// Decoded segments after the version.
    pub path: Vec<String>,
    /// Decoded pairs.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Value,
}

impl Asked {
    /// Reads a request.
    #[must_use]
    pub fn of(request: &Request<Bytes>) -> Self {
        let path = request.uri().path().trim_start_matches('/');
        let path = path.strip_prefix("api/v2/").unwrap_or(path);
        let pairs = request.uri().query().unwrap_or_default().split('&');
        Self {
            method: request.method().clone(),
            path: path.split('/').map(decoded).collect(),
            query: pairs
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
            body: serde_json::from_slice(request.body()).unwrap_or_default(),
        }
    }

    fn starts(&self, with: &str) -> bool {
        self.path.first().is_some_and(|first| first == with)
    }

    /// Whether it can change anything in Airflow.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.method != Method::GET && !self.starts("auth")
    }

    /// Whether it can change Variables.
    #[must_use]
    pub fn writes_variables(&self) -> bool {
        self.is_write() && self.starts("variables")
    }

    /// Whether it reads a page of the Variables.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        self.method == Method::GET && self.path == ["variables"]
    }

    /// Whether it reads the listing of the pools.
    #[must_use]
    pub fn is_pool_listing(&self) -> bool {
        self.method == Method::GET && self.path == ["pools"]
    }

    /// Whether it reads the event log.
    #[must_use]
    pub fn is_event_log(&self) -> bool {
        self.starts("eventLogs")
    }

    /// Whether it starts a run.
    #[must_use]
    pub fn is_trigger(&self) -> bool {
        self.method == Method::POST && self.starts("dags")
    }

    /// The Variable that it is about, if it is about one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self.path.as_slice() {
            [first, key] if first == "variables" => Some(key),
            [first] if first == "variables" && self.method == Method::POST => self.body["key"].as_str(),
            _ => None,
        }
    }

    /// Whether it writes this Variable, alone or among others.
    #[must_use]
    pub fn is_about(&self, key: &str) -> bool {
        self.key() == Some(key)
            || (self.writes_variables() && self.body.to_string().contains(&format!("{key:?}")))
    }

    /// A number of the query.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        let (_, value) = self.query.iter().find(|(known, _)| known == name)?;
        value.parse().ok()
    }

    /// Whether the listing has any condition.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        let plain = ["order_by", "offset", "limit"];
        self.query.iter().any(|(name, _)| !plain.contains(&name.as_str()))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path.join("/"))?;
        if !self.query.is_empty() {
            let pairs: Vec<String> = self
                .query
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            write!(f, "?{}", pairs.join("&"))?;
        }
        if self.is_write() && !self.body.is_null() {
            write!(f, " {}", self.body)?;
        }
        Ok(())
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = (first == b'%').then(|| tail.get(..2)).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
