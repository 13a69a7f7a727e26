//! A proxy before an Airflow that drops the query of every write, as some gateways do, and with it the mask of fields.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use crate::proxy::{Conduct, Proxy, Request, Way};

/// A proxy on loopback; it ends when dropped.
pub struct DroppingProxy {
    proxy: Proxy,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    dropped: AtomicUsize,
}

impl DroppingProxy {
    /// Starts a proxy before the server at `upstream`.
    pub fn start(upstream: &str) -> Result<Self> {
        let state = Arc::<State>::default();
        let proxy = Proxy::start(upstream, Arc::clone(&state))?;
        Ok(Self { proxy, state })
    }

    /// The address to give to Leeward.
    pub fn base_url(&self) -> String {
        self.proxy.base_url()
    }

    /// How many writes lost their query.
    pub fn dropped(&self) -> usize {
        self.state.dropped.load(Ordering::SeqCst)
    }
}

impl Conduct for State {
    fn pass(&self, request: &Request, way: &mut Way) -> Result<()> {
        let answer = match request.without_query().filter(|_| request.is_write()) {
            Some(plain) => {
                self.dropped.fetch_add(1, Ordering::SeqCst);
                way.ask(&plain)?
            }
            None => way.ask(request)?,
        };
        way.answer(&answer)
    }
}
