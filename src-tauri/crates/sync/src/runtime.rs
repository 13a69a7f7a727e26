//! Time and randomness, passed in so that a simulation can own them.

use async_trait::async_trait;
use jiff::Timestamp;
use rand::Rng;
use std::time::{Duration, Instant};
use ulid::Ulid;

/// The engine's clock, sleep and dice.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// The wall clock: stamped on what is shown, and the measure of a settle time across restarts.
    fn now(&self) -> Timestamp;
    /// Time since the process began; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, duration: Duration);
    /// 64 random bits.
    fn random(&self) -> u64;
}

/// The computer's own clock and randomness.
#[derive(Debug)]
pub struct SystemRuntime {
    began: Instant,
}

impl SystemRuntime {
    /// A runtime whose [`Runtime::elapsed`] counts from now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where real time enters")]
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
        }
    }
}

impl Default for SystemRuntime {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where real time and randomness enter"
)]
impl Runtime for SystemRuntime {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn random(&self) -> u64 {
        rand::rng().next_u64()
    }
}

/// A fresh ULID: sortable by the clock, unique by the dice.
#[must_use]
pub fn new_ulid(runtime: &dyn Runtime) -> Ulid {
    let ms = u64::try_from(runtime.now().as_millisecond()).unwrap_or_default();
    let random = (u128::from(runtime.random()) << 64) | u128::from(runtime.random());
    Ulid::from_parts(ms, random)
}
