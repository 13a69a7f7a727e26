//! A small HTTP proxy before an Airflow: it counts the writes, and lets a test act between a request's effect and its
//! answer, or lose the answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::proxy::{Conduct, Proxy, Request, Way};

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
}

/// A proxy on loopback; it ends when dropped.
pub struct PausingProxy {
    proxy: Proxy,
    state: Arc<State>,
}

impl PausingProxy {
    /// Starts a proxy before the server at `upstream` (`http://host:port`).
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

impl Conduct for State {
    fn pass(&self, request: &Request, way: &mut Way) -> Result<()> {
        if request.is_write() {
            self.writes.fetch_add(1, Ordering::SeqCst);
        }
        let answer = way.ask(request)?;
        let Some(plan) = self.take(request) else {
            return way.answer(&answer);
        };
        if let Err(error) = (plan.act)() {
            self.failed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(error);
        }
        if plan.loses_answer {
            return Ok(());
        }
        way.answer(&answer)
    }
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
