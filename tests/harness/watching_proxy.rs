//! A proxy before an Airflow that watches one engine: what it had last read of a record when it wrote to it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::edited::{Collection, Edited};
use crate::proxy::{Conduct, Proxy, Request, Way};

const API: &str = "/api/v2/";

/// A proxy on loopback; it ends when dropped.
pub struct WatchingProxy {
    proxy: Proxy,
    state: Arc<State>,
}

/// A text that was written, and what the writer had read there last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedWrite {
    /// The record.
    pub record: Edited,
    /// What was written.
    pub text: String,
    /// What the writer knew.
    pub seen: Seen,
    /// Requests that it made between that read and this write.
    pub requests_between: usize,
}

/// What was last read of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It was not read.
    Never,
    /// Airflow said that there is none.
    Absent,
    /// Its text.
    Text(String),
}

#[derive(Default)]
struct State {
    /// What was read of each record, and by which request.
    read: Mutex<BTreeMap<Edited, (Seen, usize)>>,
    writes: Mutex<Vec<WatchedWrite>>,
    requests: AtomicUsize,
}

impl WatchingProxy {
    /// Starts a proxy before the server at `upstream`.
    pub fn start(upstream: &str) -> Result<Self> {
        let state = Arc::<State>::default();
        let proxy = Proxy::start(upstream, Arc::clone(&state))?;
        Ok(Self { proxy, state })
    }

    /// See [`Proxy::keep_writes_within`].
    #[must_use]
    pub fn keeping_writes_within(self, limit: Duration) -> Self {
        self.proxy.keep_writes_within(limit);
        self
    }

    /// The address to give to Leeward.
    pub fn base_url(&self) -> String {
        self.proxy.base_url()
    }

    /// Another process begins: what was read before does not count for it.
    pub fn begin(&self) {
        locked(&self.state.read).clear();
    }

    /// Every value that was written, in order.
    pub fn writes(&self) -> Vec<WatchedWrite> {
        locked(&self.state.writes).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Conduct for State {
    fn pass(&self, request: &Request, way: &mut Way) -> Result<()> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let addressed = Addressed::of(&request.path);
        if let Some(addressed) = addressed.filter(|_| request.is_write()) {
            self.note_writes(&addressed.written(&request.body), number);
        }
        let answer = way.ask(&request.without("accept-encoding"))?;
        if let Some(addressed) = addressed.filter(|_| !request.is_write()) {
            let mut known = locked(&self.read);
            for record in addressed.missing(&request.bytes, &answer) {
                known.insert(record, (Seen::Absent, number));
            }
            let read = addressed.read(&answer).into_iter();
            known.extend(read.map(|(record, seen)| (record, (seen, number))));
        }
        way.answer(&answer)
    }
}

impl State {
    fn note_writes(&self, written: &[(Edited, String)], number: usize) {
        let read = locked(&self.read);
        let watched = written.iter().map(|(record, text)| {
            let (seen, at) = read.get(record).cloned().unwrap_or((Seen::Never, number));
            WatchedWrite {
                record: record.clone(),
                text: text.clone(),
                seen,
                requests_between: number.saturating_sub(at + 1),
            }
        });
        locked(&self.writes).extend(watched);
    }
}

/// What a request is about: a collection, or one record of it.
#[derive(Clone, Copy)]
struct Addressed<'p> {
    collection: Collection,
    /// Empty for the collection as a whole.
    key: &'p str,
}

impl<'p> Addressed<'p> {
    fn of(path: &'p str) -> Option<Self> {
        let rest = path.strip_prefix(API)?;
        Collection::ALL.into_iter().find_map(|collection| {
            let key = rest.strip_prefix(collection.name())?;
            match key.strip_prefix('/') {
                Some(key) => Some(Self { collection, key }),
                None => key.is_empty().then_some(Self { collection, key }),
            }
        })
    }

    fn record(self, key: &str) -> Edited {
        Edited {
            collection: self.collection,
            key: key.to_owned(),
        }
    }

    /// The records that an answer tells about.
    fn read(self, answer: &[u8]) -> Vec<(Edited, Seen)> {
        let body = body_of(answer);
        match self.key {
            "" => self.texts_of(&body[self.collection.name()]),
            key if answer.starts_with(b"HTTP/1.1 404") => return vec![(self.record(key), Seen::Absent)],
            _ => self.text_of(&body).into_iter().collect(),
        }
        .into_iter()
        .map(|(record, text)| (record, Seen::Text(text)))
        .collect()
    }

    /// The variables that a search in the listing asked for and did not find: it shows every one whose key begins so.
    fn missing(self, request: &[u8], answer: &[u8]) -> Vec<Edited> {
        let head = String::from_utf8_lossy(request);
        let target = head.split_whitespace().nth(1).unwrap_or_default();
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        let Some((_, sought)) = pairs.find(|(name, _)| name == "variable_key_prefix_pattern") else {
            return Vec::new();
        };
        let body = body_of(answer);
        let found = self.texts_of(&body[self.collection.name()]);
        // Of a page that is not the whole answer nothing follows.
        if body["total_entries"].as_u64() != u64::try_from(found.len()).ok() {
            return Vec::new();
        }
        let sought = sought.split('|').map(|key| self.record(key));
        sought
            .filter(|record| found.iter().all(|(there, _)| there != record))
            .collect()
    }

    /// The texts that a request writes: one record's, or in bulk.
    fn written(self, body: &[u8]) -> Vec<(Edited, String)> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match (self.key, body["actions"].as_array()) {
            ("", Some(actions)) => actions
                .iter()
                .flat_map(|action| self.texts_of(&action["entities"]))
                .collect(),
            _ => self.text_of(&body).into_iter().collect(),
        }
    }

    fn texts_of(self, list: &Value) -> Vec<(Edited, String)> {
        let rows = list.as_array().into_iter().flatten();
        rows.filter_map(|row| self.text_of(row)).collect()
    }

    /// The text in a row of Airflow's; a pool's key is its `name`, and `pool` in a write.
    fn text_of(self, row: &Value) -> Option<(Edited, String)> {
        let key = ["key", "name", "pool"]
            .iter()
            .find_map(|name| row[*name].as_str())?;
        let text = row[self.collection.field()].as_str()?;
        Some((self.record(key), text.to_owned()))
    }
}

fn body_of(answer: &[u8]) -> Value {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    head.and_then(|at| serde_json::from_slice(&answer[at + 4..]).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addressed(path: &str) -> Addressed<'_> {
        Addressed::of(path).expect("a collection")
    }

    #[test]
    fn what_was_read_and_written_is_understood() {
        let (all, a) = (addressed("/api/v2/variables"), addressed("/api/v2/variables/a"));
        let is_one = [(Edited::variable("a"), Seen::Text("1".to_owned()))];
        let page = b"HTTP/1.1 200 OK\r\n\r\n{\"variables\": [{\"key\": \"a\", \"value\": \"1\"}], \"total_entries\": 1}";
        assert_eq!(all.read(page), is_one);
        let one = b"HTTP/1.1 200 OK\r\n\r\n{\"key\": \"a\", \"value\": \"1\"}";
        assert_eq!(a.read(one), is_one);
        let none = b"HTTP/1.1 404 Not Found\r\n\r\n{}";
        assert_eq!(a.read(none), [(Edited::variable("a"), Seen::Absent)]);
        let search = b"GET /api/v2/variables?limit=9&variable_key_prefix_pattern=a%7Cb HTTP/1.1\r\n\r\n";
        assert_eq!(all.missing(search, page), [Edited::variable("b")]);
        let listing = b"GET /api/v2/variables?limit=9 HTTP/1.1\r\n\r\n";
        assert!(all.missing(listing, page).is_empty());
        let is_two = [(Edited::variable("b"), "2".to_owned())];
        let bulk = br#"{"actions": [{"action": "update", "entities": [{"key": "b", "value": "2"}]}]}"#;
        assert_eq!(all.written(bulk), is_two);
        let b = addressed("/api/v2/variables/b");
        assert_eq!(b.written(br#"{"key": "b", "value": "2"}"#), is_two);
    }

    #[test]
    fn pools_are_understood() {
        let (all, etl) = (addressed("/api/v2/pools"), addressed("/api/v2/pools/etl"));
        let page = b"HTTP/1.1 200 OK\r\n\r\n{\"pools\": [{\"name\": \"etl\", \"description\": \"1\"}]}";
        assert_eq!(
            all.read(page),
            [(Edited::pool("etl"), Seen::Text("1".to_owned()))]
        );
        let is_two = [(Edited::pool("etl"), "2".to_owned())];
        assert_eq!(etl.written(br#"{"pool": "etl", "description": "2"}"#), is_two);
        assert_eq!(
            all.written(br#"{"name": "etl", "slots": 3, "description": "2"}"#),
            is_two
        );
        assert!(Addressed::of("/api/v2/poolside").is_none() && Addressed::of("/api/v2/dags").is_none());
    }
}
