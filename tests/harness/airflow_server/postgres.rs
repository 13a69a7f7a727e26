//! A PostgreSQL of our own: a new cluster in a temporary folder, on 127.0.0.1, run by an account without rights.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use super::components::Component;
use super::free_port;
use crate::wait;

/// Where Debian puts the programs.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// The user, and the database of Airflow's own.
const AIRFLOW: &str = "airflow";
/// The database of the companion's collections.
const STORE: &str = "leeward";

/// A running server. It ends, and its data goes, when this is dropped.
#[derive(Debug)]
pub(super) struct Postgres {
    port: u16,
    process: Component,
    folder: TempDir,
}

impl Postgres {
    pub(super) fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("leeward-postgres-").tempdir()?;
        let account = Account::find()?;
        if let Some(account) = &account {
            chown(folder.path(), Some(account.user), Some(account.group))?;
        }
        let data = folder.path().join("data");
        let run = |program: &str, arguments: &[&str]| run(account.as_ref(), program, arguments);
        let place = data.to_str().context("a temporary folder with a plain name")?;
        let new = ["-D", place, "-U", AIRFLOW, "-A", "trust", "-E", "UTF8"];
        run("initdb", &[&new[..], &["--no-sync", "--locale=C"]].concat())?;
        let port = free_port()?;
        let mut server = command(account.as_ref(), "postgres");
        server.args(["-D", place]);
        for setting in settings(port, folder.path()) {
            server.args(["-c", &setting]);
        }
        let process = Component::start("postgres", &server, &folder.path().join("log"))?;
        let mut started = Self {
            port,
            process,
            folder,
        };
        started.wait_until_ready(account.as_ref())?;
        let (port, at) = (port.to_string(), "127.0.0.1");
        for name in [AIRFLOW, STORE] {
            run("createdb", &["-h", at, "-p", &port, "-U", AIRFLOW, name])?;
        }
        Ok(started)
    }

    /// The address of Airflow's database, for that kind of client.
    pub(super) fn address(&self, scheme: &str) -> String {
        self.address_of(scheme, AIRFLOW)
    }

    /// The address of the companion's.
    pub(super) fn store_address(&self) -> String {
        self.address_of("postgresql", STORE)
    }

    fn address_of(&self, scheme: &str, database: &str) -> String {
        format!("{scheme}://{AIRFLOW}@127.0.0.1:{}/{database}", self.port)
    }

    fn wait_until_ready(&mut self, account: Option<&Account>) -> Result<()> {
        let log = self.folder.path().join("log");
        let port = self.port.to_string();
        wait::until("PostgreSQL", START_LIMIT, || {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            ensure!(
                self.process.is_running(),
                "PostgreSQL ended by itself: {}",
                said()
            );
            let mut ready = command(account, "pg_isready");
            ready.args(["-q", "-h", "127.0.0.1", "-p", &port]);
            Ok(ready.status()?.success().then_some(()))
        })
    }
}

impl Drop for Postgres {
    /// At once, but by itself: killed, it would leave what it shares among its processes.
    fn drop(&mut self) {
        let text = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        let id = text.lines().next().and_then(|line| line.trim().parse().ok());
        if let Some(id) = id.and_then(Pid::from_raw) {
            let _ = kill_process(id, Signal::QUIT);
            let gone = || Ok((!self.process.is_running()).then_some(()));
            let _ = wait::until("PostgreSQL to end", STOP_LIMIT, gone);
        }
    }
}

fn settings(port: u16, folder: &Path) -> [String; 4] {
    [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", folder.display()),
        // A machine that loses its power loses the test, too.
        "fsync=off".to_owned(),
    ]
}

/// Who runs it: PostgreSQL does not run as root.
#[derive(Debug)]
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// None where we are no root ourselves.
    fn find() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let known = fs::read_to_string("/etc/passwd").context("reading the accounts")?;
        let line = known.lines().find(|line| line.starts_with("postgres:"));
        let line = line.context("there is no account postgres: run `cargo xtask setup`")?;
        let number = |at: usize| line.split(':').nth(at).and_then(|text| text.parse().ok());
        let (user, group) = number(2).zip(number(3)).context("the account postgres")?;
        Ok(Some(Self { user, group }))
    }
}

fn command(account: Option<&Account>, program: &str) -> Command {
    let program = PathBuf::from(PROGRAMS).join(program);
    let mut command = match account {
        None => Command::new(program),
        Some(Account { user, group }) => {
            let mut command = Command::new("setpriv");
            command
                .args([
                    &format!("--reuid={user}"),
                    &format!("--regid={group}"),
                    "--clear-groups",
                ])
                .arg(program);
            command
        }
    };
    command.current_dir("/");
    command
}

fn run(account: Option<&Account>, program: &str, arguments: &[&str]) -> Result<()> {
    let output = command(account, program)
        .args(arguments)
        .output()
        .with_context(|| format!("`{program}` of PostgreSQL does not start: run `cargo xtask setup`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {said}");
    Ok(())
}
