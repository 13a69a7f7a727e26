//! The pause before a read whose connection broke is asked a second time, by the engine's clock and dice.

use crate::runtime::Runtime;
use async_trait::async_trait;
use leeward_airflow::Pause;
use std::sync::Arc;
use std::time::Duration;

/// The pause is half of it to all of it, so that desktops which lost a server together do not come back together.
const LONGEST_MS: u64 = 1_000;

pub(crate) struct SecondTry(pub(crate) Arc<dyn Runtime>);

#[async_trait]
impl Pause for SecondTry {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn pause(&self) {
        let jitter = self.0.random() % (LONGEST_MS / 2 + 1);
        self.0.sleep(Duration::from_millis(LONGEST_MS / 2 + jitter)).await;
    }
}
