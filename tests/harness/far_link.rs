//! A link to a server that is farther away than it is: every byte arrives later, in both directions. It counts them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

#[derive(Debug, Default)]
struct State {
    bytes: AtomicU64,
    stopped: AtomicBool,
}

/// The link; it ends when dropped.
#[derive(Debug)]
pub struct FarLink {
    port: u16,
    state: Arc<State>,
}

impl FarLink {
    /// A link to the server at `upstream` (`http://host:port`) that adds this much to every round trip.
    pub fn start(upstream: &str, round_trip: Duration) -> Result<Self> {
        let upstream = upstream
            .strip_prefix("http://")
            .context("not a plain address")?
            .to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                // A server that refuses is seen by the client as a closed connection.
                let _ = join(&client, &upstream, round_trip / 2, &shared);
            }
        });
        Ok(Self { port, state })
    }

    /// The address to use in place of the server's own.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many bytes went over it so far, both ways.
    pub fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::SeqCst)
    }
}

impl Drop for FarLink {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn join(client: &TcpStream, upstream: &str, one_way: Duration, state: &Arc<State>) -> Result<()> {
    let server = TcpStream::connect(upstream)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    carry(
        client.try_clone()?,
        server.try_clone()?,
        one_way,
        Arc::clone(state),
    );
    carry(server, client.try_clone()?, one_way, Arc::clone(state));
    Ok(())
}

/// One direction: what is read is written when its time has come, however much is on its way.
fn carry(mut from: TcpStream, mut to: TcpStream, one_way: Duration, state: Arc<State>) {
    let (arrivals, arriving) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            state.bytes.fetch_add(length as u64, Ordering::SeqCst);
            if arrivals
                .send((Instant::now() + one_way, buffer[..length].to_vec()))
                .is_err()
            {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in arriving {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        // One end has closed: so does the other.
        let _ = to.shutdown(Shutdown::Both);
    });
}
