//! Ending the app while a secret is half typed: the window keeps it nowhere else, and asks first.

use crate::{events, window};
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::{AppHandle, Manager};

/// Whether the window has to ask before it goes.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    holds: AtomicBool,
    asked: AtomicBool,
}

impl Closing {
    /// The window holds something that would go with it, or no more. What was asked before is answered by that.
    pub(crate) fn holds(&self, holds: bool) {
        self.holds.store(holds, Ordering::SeqCst);
        self.asked.store(false, Ordering::SeqCst);
    }

    /// Whether it is to be asked now. It is asked once: a page that hangs could not answer, and would never end.
    fn is_to_ask(&self) -> bool {
        self.holds.load(Ordering::SeqCst) && !self.asked.swap(true, Ordering::SeqCst)
    }
}

/// Has the window ask where something would be lost; then nothing ends now.
pub(crate) fn asks(app: &AppHandle) -> bool {
    let asks = app
        .try_state::<Closing>()
        .is_some_and(|closing| closing.is_to_ask());
    if asks {
        tracing::info!("a secret is half typed: the window asks");
        window::show(app);
        events::closing_asked(app);
    }
    asks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_be_lost_is_asked_about_and_once() {
        let closing = Closing::default();
        assert!(!closing.is_to_ask());
        closing.holds(true);
        assert!(closing.is_to_ask());
        assert!(!closing.is_to_ask());
        closing.holds(true);
        assert!(closing.is_to_ask());
        closing.holds(false);
        assert!(!closing.is_to_ask());
    }
}
