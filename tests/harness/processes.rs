//! Ending processes that the harness started, and the ones that those started.
//!
//! A process is recognised by a marker in its environment: children inherit it, also when they lose their parent.

use std::fs;
use std::process::Child;
use std::time::Duration;

use anyhow::Result;
use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// The variable that marks everything one `Desktop` started.
pub const MARKER: &str = "LEEWARD_HARNESS";

/// Asks a child to end, and makes it end when it has not after two seconds.
pub fn stop(child: &mut Child) {
    send(child.id(), Signal::TERM);
    let ended = wait::until("a process to end", Duration::from_secs(2), || {
        Ok(child.try_wait()?)
    });
    if ended.is_err() {
        kill(child);
    }
}

/// `kill -9` of one child, and reaps it.
pub fn kill(child: &mut Child) {
    // Both fail only when it has ended, which is what was wanted.
    let _ = child.kill();
    let _ = child.wait();
}

/// `kill -9` of every process with this marker whose name `chosen` accepts; returns when all of them are gone.
pub fn kill_marked(marker: &str, chosen: impl Fn(&str) -> bool) -> Result<()> {
    let alive = || {
        marked(marker)
            .into_iter()
            .filter(|(_, name)| chosen(name))
            .map(|(id, _)| id)
    };
    wait::until("killed processes to be gone", Duration::from_secs(10), || {
        let ids: Vec<u32> = alive().collect();
        ids.iter().for_each(|id| send(*id, Signal::KILL));
        Ok(ids.is_empty().then_some(()))
    })
}

/// Process id and name of every living process with this marker in its environment.
pub fn marked(marker: &str) -> Vec<(u32, String)> {
    let wanted = format!("{MARKER}={marker}");
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|id| has_variable(*id, &wanted))
        .map(|id| (id, name_of(id)))
        .collect()
}

fn has_variable(id: u32, wanted: &str) -> bool {
    // A zombie's environment reads as empty: it does not count as living.
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == wanted.as_bytes())
}

fn name_of(id: u32) -> String {
    fs::read_to_string(format!("/proc/{id}/comm"))
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

fn send(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It may have ended by itself in the meantime.
        let _ = kill_process(pid, signal);
    }
}
