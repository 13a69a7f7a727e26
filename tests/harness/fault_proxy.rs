//! A proxy before an Airflow that breaks things: it cuts, delays and repeats requests, as a seeded schedule says.

mod schedule;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::dice::Dice;
use crate::proxy::{Conduct, Proxy, Request, Way};
use schedule::Schedule;
pub use schedule::{Class, Fault};

/// A proxy on loopback; it ends when dropped. Nothing is broken until [`FaultProxy::arm`].
pub struct FaultProxy {
    proxy: Proxy,
    state: Arc<State>,
}

struct State {
    schedule: Mutex<Schedule>,
    writes: AtomicUsize,
    /// How long a late request or answer is held back.
    held_back: Duration,
}

impl FaultProxy {
    /// Starts a proxy before the server at `upstream`. What is late is held back so long: longer than Leeward waits.
    pub fn start(upstream: &str, held_back: Duration) -> Result<Self> {
        let state = Arc::new(State {
            schedule: Mutex::default(),
            writes: AtomicUsize::new(0),
            held_back,
        });
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

    /// From now on requests meet faults: each fault meets each of these classes so many times, at random requests.
    pub fn arm(&self, dice: Dice, classes: &[Class], times: usize) {
        self.schedule().deal(dice, classes, times);
    }

    /// The next request of this class meets this fault.
    pub fn strike_next(&self, class: Class, fault: Fault) {
        self.schedule().plan(class, fault);
    }

    /// Faults that were dealt and have not happened yet.
    pub fn left(&self) -> usize {
        self.schedule().left()
    }

    /// How often each fault met each class so far.
    pub fn injected(&self) -> BTreeMap<(Class, Fault), usize> {
        self.schedule().injected.clone()
    }

    /// How many writes arrived here so far, sign-ins excluded.
    pub fn writes(&self) -> usize {
        self.state.writes.load(Ordering::SeqCst)
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.state.schedule()
    }
}

impl State {
    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strike(&self, fault: Fault, request: &Request, way: &mut Way) -> Result<()> {
        match fault {
            Fault::CutBefore => {}
            Fault::CutAfter => drop(way.ask(request)?),
            Fault::CutMidway => {
                let answer = way.ask(request)?;
                way.answer(&answer[..half_of_the_body(&answer)])?;
            }
            Fault::LateAnswer => {
                let answer = way.ask(request)?;
                thread::sleep(self.held_back);
                way.answer(&answer)?;
            }
            Fault::LateRequest => {
                thread::sleep(self.held_back);
                way.ask(request)?;
            }
            Fault::Repeated => {
                way.ask(request)?;
                let second = way.ask(request)?;
                way.answer(&second)?;
            }
        }
        Ok(())
    }
}

impl Conduct for State {
    fn pass(&self, request: &Request, way: &mut Way) -> Result<()> {
        if request.is_write() {
            self.writes.fetch_add(1, Ordering::SeqCst);
        }
        let fault = self.schedule().draw(Class::of(request));
        match fault {
            Some(fault) => self.strike(fault, request, way),
            None => {
                let answer = way.ask(request)?;
                way.answer(&answer)
            }
        }
    }
}

/// Where an answer is cut: in the middle of its body; of one without a body, in the middle of its headers.
fn half_of_the_body(answer: &[u8]) -> usize {
    let body = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(0, |at| at + 4);
    match answer.len() - body {
        0 => answer.len() / 2,
        length => body + length / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_within_its_body() {
        assert_eq!(half_of_the_body(b"HTTP/1.1 200 OK\r\n\r\nabcd"), 21);
        assert_eq!(half_of_the_body(b"HTTP/1.1 204 No Content\r\n\r\n"), 13);
    }
}
