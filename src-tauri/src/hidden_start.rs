//! A start with the tray alone, as at login. Where there is no tray, the window opens after all: a program must not run unseen.

use crate::problems::blocking;
use crate::{tray, window};
use leeward_sync::Runtime;
use std::ffi::OsStr;
use std::time::Duration;
use tauri::AppHandle;

/// The argument that asks for it.
pub(crate) const HIDDEN: &str = "--hidden";
/// A panel may come up after the programs that are started with it.
const LOOKS_MAX: u32 = 20;
const LOOK: Duration = Duration::from_secs(1);

/// Whether these arguments ask for it.
pub(crate) fn is_asked_for<A: AsRef<OsStr>>(mut arguments: impl Iterator<Item = A>) -> bool {
    arguments.any(|argument| argument.as_ref() == HIDDEN)
}

/// Waits for a tray, and shows the window where none comes.
pub(crate) async fn show_without_tray(app: AppHandle, runtime: impl Runtime) {
    for _ in 0..LOOKS_MAX {
        let asked = app.clone();
        if blocking(move || Ok(tray::is_usable(&asked))).await == Ok(true) {
            return;
        }
        runtime.sleep(LOOK).await;
    }
    tracing::info!("no tray came up: the window opens");
    window::show(&app);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_argument_asks_for_it() {
        assert!(is_asked_for(["leeward", "--hidden"].iter()));
        assert!(!is_asked_for(["leeward", "hidden", "--hidden=no"].iter()));
    }
}
