//! The way between Leeward and an Airflow, one request a connection; what happens on it is the business of a [`Conduct`].

mod overdue;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use overdue::Overdue;

/// What a proxy does with each request.
pub(crate) trait Conduct: Send + Sync + 'static {
    /// Brings one request to the server and its answer back, or does not. An error here is a broken connection.
    fn pass(&self, request: &Request, way: &mut Way) -> Result<()>;
}

/// Listens on loopback until it is dropped.
pub(crate) struct Proxy {
    port: u16,
    stopped: Arc<AtomicBool>,
    overdue: Arc<Overdue>,
}

impl Proxy {
    /// Starts before the server at `upstream` (`http://host:port`).
    pub(crate) fn start(upstream: &str, conduct: Arc<impl Conduct>) -> Result<Self> {
        let upstream = upstream
            .strip_prefix("http://")
            .context("not a plain address")?
            .to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let stopped = Arc::new(AtomicBool::new(false));
        let overdue = Arc::<Overdue>::default();
        let (ends, writes) = (Arc::clone(&stopped), Arc::clone(&overdue));
        thread::spawn(move || serve(&listener, &upstream, &conduct, &ends, &writes));
        Ok(Self {
            port,
            stopped,
            overdue,
        })
    }

    /// Every write has reached the server this long after it arrived here: what comes later waits for it. Leeward
    /// relies on that for its settle time, and a busy machine does not keep to it by itself. Keep it shorter than that,
    /// and longer than Leeward waits for an answer: what it sends without waiting for the rest is let through.
    pub(crate) fn keep_writes_within(&self, limit: Duration) {
        self.overdue.keep_within(limit);
    }

    /// The address to give to Leeward.
    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(
    listener: &TcpListener,
    upstream: &str,
    conduct: &Arc<impl Conduct>,
    ends: &AtomicBool,
    overdue: &Arc<Overdue>,
) {
    for client in listener.incoming().flatten() {
        if ends.load(Ordering::SeqCst) {
            return;
        }
        let (upstream, conduct, overdue) = (upstream.to_owned(), Arc::clone(conduct), Arc::clone(overdue));
        thread::spawn(move || {
            let Ok(request) = Request::read(&client) else {
                return;
            };
            let _on_its_way = request.is_write().then(|| overdue.begin());
            overdue.wait();
            let mut way = Way { client, upstream };
            // A client that is killed, or a server that is, breaks its connection: nobody is left to tell.
            let _ = conduct.pass(&request, &mut way);
            way.cut();
        });
    }
}

/// Both ends of one connection.
pub(crate) struct Way {
    client: TcpStream,
    upstream: String,
}

impl Way {
    /// Sends the request on and reads the whole answer.
    pub(crate) fn ask(&self, request: &Request) -> Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream)?;
        server.write_all(&request.bytes)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }

    /// Sends this to the one who asked.
    pub(crate) fn answer(&mut self, answer: &[u8]) -> Result<()> {
        self.client.write_all(answer)?;
        Ok(self.client.shutdown(Shutdown::Write)?)
    }

    /// The one who asked gets no more.
    pub(crate) fn cut(&self) {
        // It fails only when the other end has closed it already.
        let _ = self.client.shutdown(Shutdown::Both);
    }
}

/// A request as it goes on to the server.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
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
        bytes.extend(&body);
        Ok(Self {
            method,
            path,
            body,
            bytes,
        })
    }

    /// The same without a header, named in small letters.
    pub(crate) fn without(&self, header: &str) -> Self {
        let head_ends = self.bytes.len() - self.body.len();
        let kept = self.bytes[..head_ends].split_inclusive(|byte| *byte == b'\n');
        let kept = kept.filter(|line| !line.to_ascii_lowercase().starts_with(header.as_bytes()));
        Self {
            method: self.method.clone(),
            path: self.path.clone(),
            body: self.body.clone(),
            bytes: kept.flatten().chain(&self.body).copied().collect(),
        }
    }

    /// The same without its query; `None` where it has none.
    pub(crate) fn without_query(&self) -> Option<Self> {
        let line_ends = self.bytes.iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8_lossy(&self.bytes[..line_ends]);
        let (before, query) = line.split_once('?')?;
        let (_, after) = query.split_once(' ')?;
        let mut bytes = format!("{before} {after}").into_bytes();
        bytes.extend(&self.bytes[line_ends..]);
        Some(Self {
            method: self.method.clone(),
            path: self.path.clone(),
            body: self.body.clone(),
            bytes,
        })
    }

    /// Whether it changes something in Airflow; signing in does not.
    pub(crate) fn is_write(&self) -> bool {
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
