//! A small HTTP proxy before an Airflow: it counts the writes, and lets a test act between a request's effect and its
//! answer, or lose the answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, ensure};

type Act = Box<dyn FnOnce() -> Result<()> + Send>;

/// What a test wants to happen, once.
struct Plan {
    method: &'static str,
    path: String,
    /// Runs when Airflow has answered, before the answer goes on.
    act: Act,
    /// The answer never arrives.
    loses_answer: bool,
}

#[derive(Default)]
struct State {
    plans: Mutex<Vec<Plan>>,
    failed: Mutex<Option<anyhow::Error>>,
    writes: AtomicUsize,
    stopped: AtomicBool,
}

/// A proxy on loopback; it ends when dropped.
pub struct PausingProxy {
    port: u16,
    state: Arc<State>,
}

impl PausingProxy {
    /// Starts a proxy before the server at `upstream` (`http://host:port`).
    pub fn start(upstream: &str) -> Result<Self> {
        let upstream = upstream
            .strip_prefix("http://")
            .context("not a plain address")?
            .to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || serve(&listener, &upstream, &shared));
        Ok(Self { port, state })
    }

    /// The address to give to Leeward.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Acts once, when Airflow has answered the next request of that method whose path ends so, and before the one
    /// who asked gets the answer.
    pub fn after(&self, method: &'static str, path: &str, act: impl FnOnce() -> Result<()> + Send + 'static) {
        self.plan(method, path, Box::new(act), false);
    }

    /// Loses the answer to the next request of that method whose path ends so, though Airflow did what it asked.
    pub fn lose_answer(&self, method: &'static str, path: &str) {
        self.plan(method, path, Box::new(|| Ok(())), true);
    }

    /// How many writes were passed on, sign-ins excluded.
    pub fn writes(&self) -> usize {
        self.state.writes.load(Ordering::SeqCst)
    }

    /// Fails when something that was planned has not happened, or could not be done.
    pub fn all_happened(&self) -> Result<()> {
        let left = self
            .state
            .plans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        ensure!(left == 0, "{left} planned moments did not come");
        let failed = self
            .state
            .failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        failed.map_or(Ok(()), Err)
    }

    fn plan(&self, method: &'static str, path: &str, act: Act, loses_answer: bool) {
        let plan = Plan {
            method,
            path: path.to_owned(),
            act,
            loses_answer,
        };
        self.state
            .plans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(plan);
    }
}

impl Drop for PausingProxy {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(listener: &TcpListener, upstream: &str, state: &Arc<State>) {
    for client in listener.incoming().flatten() {
        if state.stopped.load(Ordering::SeqCst) {
            return;
        }
        let (upstream, state) = (upstream.to_owned(), Arc::clone(state));
        // A client that is killed breaks its connection: nobody is left to tell.
        thread::spawn(move || drop(pass_on(client, &upstream, &state)));
    }
}

/// One request a connection: both sides are told to close, which keeps this simple.
fn pass_on(mut client: TcpStream, upstream: &str, state: &State) -> Result<()> {
    let request = Request::read(&client)?;
    if request.is_write() {
        state.writes.fetch_add(1, Ordering::SeqCst);
    }
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(&request.bytes)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if let Some(plan) = state.take(&request) {
        if let Err(error) = (plan.act)() {
            state
                .failed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(error);
        }
        if plan.loses_answer {
            return Ok(client.shutdown(Shutdown::Both)?);
        }
    }
    client.write_all(&answer)?;
    Ok(client.shutdown(Shutdown::Write)?)
}

impl State {
    fn take(&self, request: &Request) -> Option<Plan> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let at = plans
            .iter()
            .position(|plan| plan.method == request.method && request.path.ends_with(&plan.path))?;
        Some(plans.remove(at))
    }
}

struct Request {
    method: String,
    /// Without the query.
    path: String,
    /// As it goes on to the server.
    bytes: Vec<u8>,
}

impl Request {
    fn read(client: &TcpStream) -> Result<Self> {
        let mut reader = BufReader::new(client);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let method = words.next().context("an empty request")?.to_owned();
        let target = words.next().context("a request without a target")?;
        let path = target.split('?').next().unwrap_or_default().to_owned();
        let mut bytes = line.clone().into_bytes();
        let length = read_headers(&mut reader, &mut bytes)?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        bytes.extend(body);
        Ok(Self { method, path, bytes })
    }

    fn is_write(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PATCH" | "DELETE" | "PUT") && self.path.starts_with("/api/")
    }
}

/// Copies the headers, except that the connection is to be closed; returns the length of the body.
fn read_headers(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> Result<usize> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            bytes.extend(b"connection: close\r\n\r\n");
            return Ok(length);
        }
        if !lower.starts_with("connection:") {
            bytes.extend(line.into_bytes());
        }
    }
}
