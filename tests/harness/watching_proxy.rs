//! A proxy before an Airflow that watches one engine: what it had last read of a variable when it wrote to it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::proxy::{Conduct, Proxy, Request, Way};

const VARIABLES: &str = "/api/v2/variables";

/// A proxy on loopback; it ends when dropped.
pub struct WatchingProxy {
    proxy: Proxy,
    state: Arc<State>,
}

/// A value that was written, and what the writer had read there last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedWrite {
    /// The variable.
    pub key: String,
    /// What was written.
    pub text: String,
    /// What the writer knew.
    pub seen: Seen,
    /// Requests that it made between that read and this write.
    pub requests_between: usize,
}

/// What was last read of a variable.
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
    /// What was read of each variable, and by which request.
    read: Mutex<BTreeMap<String, (Seen, usize)>>,
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
        let rest = request.path.strip_prefix(VARIABLES);
        if let Some(rest) = rest.filter(|_| request.is_write()) {
            self.note_writes(&written(rest, &request.body), number);
        }
        let answer = way.ask(&request.without("accept-encoding"))?;
        if let Some(rest) = rest.filter(|_| !request.is_write()) {
            let mut known = locked(&self.read);
            for key in missing(&request.bytes, &answer) {
                known.insert(key, (Seen::Absent, number));
            }
            let read = read(rest, &answer).into_iter();
            known.extend(read.map(|(key, seen)| (key, (seen, number))));
        }
        way.answer(&answer)
    }
}

impl State {
    fn note_writes(&self, written: &[(String, String)], number: usize) {
        let read = locked(&self.read);
        let watched = written.iter().map(|(key, text)| {
            let (seen, at) = read.get(key).cloned().unwrap_or((Seen::Never, number));
            WatchedWrite {
                key: key.clone(),
                text: text.clone(),
                seen,
                requests_between: number.saturating_sub(at + 1),
            }
        });
        locked(&self.writes).extend(watched);
    }
}

/// The variables that an answer tells about. `rest` is what follows the collection in the path.
fn read(rest: &str, answer: &[u8]) -> Vec<(String, Seen)> {
    let body = body_of(answer);
    match rest.strip_prefix('/') {
        Some(key) if answer.starts_with(b"HTTP/1.1 404") => vec![(key.to_owned(), Seen::Absent)],
        Some(_) => text_of(&body).into_iter().map(seen).collect(),
        None => entities(&body["variables"]).into_iter().map(seen).collect(),
    }
}

/// The variables that a search in the listing asked for and did not find: it shows every one whose key begins so.
fn missing(request: &[u8], answer: &[u8]) -> Vec<String> {
    let head = String::from_utf8_lossy(request);
    let target = head.split_whitespace().nth(1).unwrap_or_default();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let Some((_, sought)) = pairs.find(|(name, _)| name == "variable_key_prefix_pattern") else {
        return Vec::new();
    };
    let body = body_of(answer);
    let (found, total) = (entities(&body["variables"]), body["total_entries"].as_u64());
    // Of a page that is not the whole answer nothing follows.
    if total != u64::try_from(found.len()).ok() {
        return Vec::new();
    }
    let is_missing = |key: &&str| found.iter().all(|(there, _)| there != key);
    sought.split('|').filter(is_missing).map(str::to_owned).collect()
}

/// The values that a request writes: one variable's, or in bulk.
fn written(rest: &str, body: &[u8]) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    match (rest, body["actions"].as_array()) {
        ("", Some(actions)) => actions
            .iter()
            .flat_map(|action| entities(&action["entities"]))
            .collect(),
        _ => text_of(&body).into_iter().collect(),
    }
}

fn entities(list: &Value) -> Vec<(String, String)> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(text_of)
        .collect()
}

fn text_of(variable: &Value) -> Option<(String, String)> {
    Some((
        variable["key"].as_str()?.to_owned(),
        variable["value"].as_str()?.to_owned(),
    ))
}

fn seen((key, text): (String, String)) -> (String, Seen) {
    (key, Seen::Text(text))
}

fn body_of(answer: &[u8]) -> Value {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    head.and_then(|at| serde_json::from_slice(&answer[at + 4..]).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_and_written_is_understood() {
        let page = b"HTTP/1.1 200 OK\r\n\r\n{\"variables\": [{\"key\": \"a\", \"value\": \"1\"}], \"total_entries\": 1}";
        assert_eq!(read("", page), [("a".to_owned(), Seen::Text("1".to_owned()))]);
        let one = b"HTTP/1.1 200 OK\r\n\r\n{\"key\": \"a\", \"value\": \"1\"}";
        assert_eq!(read("/a", one), [("a".to_owned(), Seen::Text("1".to_owned()))]);
        let none = b"HTTP/1.1 404 Not Found\r\n\r\n{}";
        assert_eq!(read("/a", none), [("a".to_owned(), Seen::Absent)]);
        let search = b"GET /api/v2/variables?limit=9&variable_key_prefix_pattern=a%7Cb HTTP/1.1\r\n\r\n";
        assert_eq!(missing(search, page), ["b"]);
        assert!(missing(b"GET /api/v2/variables?limit=9 HTTP/1.1\r\n\r\n", page).is_empty());
        let bulk = br#"{"actions": [{"action": "update", "entities": [{"key": "b", "value": "2"}]}]}"#;
        assert_eq!(written("", bulk), [("b".to_owned(), "2".to_owned())]);
        assert_eq!(
            written("/b", br#"{"key": "b", "value": "2"}"#),
            [("b".to_owned(), "2".to_owned())]
        );
    }
}
