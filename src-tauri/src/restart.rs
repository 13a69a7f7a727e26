//! A start while the last instance is just ending, as after a crash: it still owns its name on the session bus, and no
//! longer answers. The start is made again, a moment later, in place of this process.

use std::process::Command;
use std::time::Duration;

/// The plugin that gives the word to a running instance.
const PLUGIN: &str = "single-instance";
/// Counts the starts, across `exec`.
const ATTEMPT: &str = "LEEWARD_START_ATTEMPT";
const ATTEMPTS_MAX: u32 = 25;
const PAUSE: Duration = Duration::from_millis(200);

/// Whether another instance was found that went away before it could answer.
pub(crate) fn is_called_for(error: &tauri::Error) -> bool {
    matches!(error, tauri::Error::PluginInitialization(plugin, _) if plugin == PLUGIN)
        && attempt() < ATTEMPTS_MAX
}

fn attempt() -> u32 {
    let count = std::env::var(ATTEMPT).ok();
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Starts this program anew in place of this process; returns only when that cannot be done.
#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "there is no runtime yet: nothing else runs in this process"
)]
pub(crate) fn start_again() {
    use std::os::unix::process::CommandExt;
    tracing::info!("another instance is just ending: starting again");
    std::thread::sleep(PAUSE);
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut command = Command::new(program);
    command
        .args(std::env::args_os().skip(1))
        .env(ATTEMPT, (attempt() + 1).to_string());
    let error = command.exec();
    tracing::error!(%error, "could not start again");
}

/// Elsewhere the name goes with its process.
#[cfg(not(unix))]
pub(crate) fn start_again() {}
