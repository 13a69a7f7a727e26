//! Waiting for something that another process does: polled, bounded, and named when it does not come.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Between two looks. Short beside anything that is waited for.
const POLL_EVERY: Duration = Duration::from_millis(40);

/// Calls `look` until it returns a value; fails after `limit`, saying `what` was waited for.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if started.elapsed() > limit {
            bail!("waited {} s for {what}", limit.as_secs());
        }
        thread::sleep(POLL_EVERY);
    }
}
