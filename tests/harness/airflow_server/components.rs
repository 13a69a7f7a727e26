//! The processes of an Airflow, each in a group of its own.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::wait;

pub(super) const API_SERVER: &str = "api-server";
pub(super) const SCHEDULER: &str = "scheduler";
/// Name and arguments of each. `--skip-serve-logs`: it would listen on all interfaces, on a fixed port.
pub(super) const COMMANDS: &[(&str, &[&str])] = &[
    (API_SERVER, &["api-server"]),
    (SCHEDULER, &["scheduler", "--skip-serve-logs"]),
    ("dag-processor", &["dag-processor"]),
];

/// The processes that are to run.
pub(super) fn commands(api_only: bool) -> &'static [(&'static str, &'static [&'static str])] {
    if api_only { &COMMANDS[..1] } else { COMMANDS }
}

/// What must be healthy, as `/monitor/health` names it.
pub(super) fn health_parts(api_only: bool) -> &'static [&'static str] {
    const PARTS: &[&str] = &["metadatabase", "scheduler", "dag_processor"];
    if api_only { &PARTS[..1] } else { PARTS }
}

/// How long a process waits for a lock on a SQLite. The API server is the one that waits for itself (see [`super::Database`]): it
/// gives up first, with a 500 for one request. On a busy machine the others hold a lock for longer than the 5 s that Python
/// waits by itself.
pub(super) fn patience(arguments: &[&str]) -> Duration {
    let is_api_server = arguments.first() == Some(&API_SERVER);
    Duration::from_secs(if is_api_server { 10 } else { 120 })
}

/// Runs its arguments, and kills the whole group when they end, or when the pipe on its input closes.
const HOLDER: &str = r#"{ "$@" </dev/null; kill -KILL 0; } & read -r _; kill -KILL 0"#;

/// One process, with the shell that holds it.
#[derive(Debug)]
pub(super) struct Component {
    name: &'static str,
    holder: Child,
}

impl Component {
    pub(super) fn start(name: &'static str, command: &Command, log: &Path) -> Result<Self> {
        let log = File::options().create(true).append(true).open(log)?;
        let mut shell = Command::new("sh");
        shell
            .args(["-c", HOLDER, "airflow"])
            .arg(command.get_program())
            .args(command.get_args());
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(variable, value),
                None => shell.env_remove(variable),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        shell
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        let holder = shell
            .spawn()
            .with_context(|| format!("starting Airflow's {name}"))?;
        Ok(Self { name, holder })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.holder.try_wait(), Ok(None))
    }
}

impl Drop for Component {
    /// `kill -9` of the group, and of what left it. SQLite bears that; a gentle stop takes many seconds.
    fn drop(&mut self) {
        let family = family_of(self.holder.id());
        if let Some(group) = pid(self.holder.id()) {
            // It fails only when the group has ended already.
            let _ = kill_process_group(group, Signal::KILL);
        }
        for member in family.iter().filter_map(|id| pid(*id)) {
            let _ = kill_process(member, Signal::KILL);
        }
        let _ = self.holder.wait();
        let gone = || Ok(family.iter().all(|id| !is_alive(*id)).then_some(()));
        let _ = wait::until("Airflow's processes to end", Duration::from_secs(10), gone);
    }
}

/// A process and all its descendants, as they are now.
fn family_of(root: u32) -> Vec<u32> {
    let parents = parents();
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    family
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|e| e.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Some((id, stat(id)?.1))).collect()
}

/// State and parent of a process. The name before them, in brackets, may hold anything.
fn stat(id: u32) -> Option<(char, u32)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut words = text.rsplit_once(')')?.1.split_whitespace();
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

/// A zombie is not alive, though `kill -0` says so.
fn is_alive(id: u32) -> bool {
    stat(id).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}
