//! What a request asks for, as the simulation needs to know it.

use crate::collections::{Id, Kind, PREFIX};
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

    /// Whether it can change records.
    #[must_use]
    pub fn writes_records(&self) -> bool {
        self.is_write() && (self.starts("variables") || self.starts("pools"))
    }

    /// Whether it can change Variables, those of the typed collection included.
    #[must_use]
    pub fn writes_variables(&self) -> bool {
        self.is_write() && self.starts("variables")
    }

    /// Whether it reads a page of a listing.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        self.listed().is_some()
    }

    /// The collection by whose listing it asks.
    #[must_use]
    pub fn listed(&self) -> Option<Kind> {
        if self.method != Method::GET {
            return None;
        }
        match self.path.as_slice() {
            [first] if first == "pools" => Some(Kind::Pools),
            [first] if first == "variables" => Some(match self.filter() {
                Some(filter) if filter.starts_with(PREFIX) => Kind::Rates,
                _ => Kind::Variables,
            }),
            _ => None,
        }
    }

    /// The collection of which it reads a page, to read all of it.
    #[must_use]
    pub fn scans(&self) -> Option<Kind> {
        let kind = self.listed()?;
        match (kind, self.filter()) {
            (Kind::Rates, Some(PREFIX)) | (Kind::Variables | Kind::Pools, None) => Some(kind),
            _ => None,
        }
    }

    fn filter(&self) -> Option<&str> {
        let filter = |(name, _): &&(String, String)| name == "variable_key_prefix_pattern";
        self.query.iter().find(filter).map(|(_, value)| value.as_str())
    }

    /// Whether a row of the listing is one that was asked for; others come along with it.
    #[must_use]
    pub fn asks_for(&self, id: &Id) -> bool {
        match self.filter() {
            None => self.listed() == Some(id.kind),
            Some(filter) => {
                let address = id.address();
                filter
                    .split('|')
                    .any(|term| term == address || (term == PREFIX && id.kind == Kind::Rates))
            }
        }
    }

    /// The record that a row of the answer is.
    #[must_use]
    pub fn id_of(&self, row: &Value) -> Option<Id> {
        match self.listed()? {
            Kind::Pools => Some(Kind::Pools.id(row["name"].as_str()?)),
            _ => Some(Id::of_variable(row["key"].as_str()?)),
        }
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

    /// The record that it is about, if it is about one.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        match self.path.as_slice() {
            [first, key] if first == "variables" => Some(Id::of_variable(key)),
            [first, name] if first == "pools" => Some(Kind::Pools.id(name)),
            [first] if first == "variables" && self.method == Method::POST => {
                self.body["key"].as_str().map(Id::of_variable)
            }
            [first] if first == "pools" && self.method == Method::POST => {
                self.body["name"].as_str().map(|name| Kind::Pools.id(name))
            }
            _ => None,
        }
    }

    /// Whether it is about this record, alone or among others that it writes.
    #[must_use]
    pub fn is_about(&self, id: &Id) -> bool {
        let among_others = || {
            id.kind != Kind::Pools
                && self.writes_variables()
                && self.body.to_string().contains(&format!("{:?}", id.address()))
        };
        self.id().as_ref() == Some(id) || among_others()
    }

    /// Whether it reads or writes records of this collection.
    #[must_use]
    pub fn touches(&self, kind: Kind) -> bool {
        match self.id().map(|id| id.kind).or_else(|| self.listed()) {
            Some(about) => about == kind,
            // Many in one request: all of one collection.
            None => {
                kind != Kind::Pools && self.writes_variables() && {
                    let is_typed = self.body.to_string().contains(&format!("\"key\":\"{PREFIX}"));
                    is_typed == (kind == Kind::Rates)
                }
            }
        }
    }

    /// A number of the query.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        let (_, value) = self.query.iter().find(|(known, _)| known == name)?;
        value.parse().ok()
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
