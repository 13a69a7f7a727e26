//! A person may stop a cycle. It ends where nothing is done by half: between two pages, two records or two runs. A read that
//! is under way is given up at once, a write never: its outcome is looked at and taken down first.

use tokio::sync::watch;

/// Whether a person wants the cycle to end.
pub(crate) struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// From now on cycles end at the next place where they can.
    pub(crate) fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Cycles may run again.
    pub(crate) fn lift(&self) {
        self.0.send_replace(false);
    }

    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is asked for.
    pub(crate) async fn asked(&self) {
        // It fails when the sender is gone, which is here.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
