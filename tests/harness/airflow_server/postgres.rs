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
    account: Option<Account>,
    /// None only while it is kept.
    process: Option<Component>,
    folder: TempDir,
}

impl Postgres {
    /// With both databases in it, empty.
    pub(super) fn start() -> Result<Self> {
        let mut server = Self::new()?;
        let data = server.data();
        let place = data.to_str().context("a temporary folder with a plain name")?;
        let new = ["-D", place, "-U", AIRFLOW, "-A", "trust", "-E", "UTF8"];
        let run = |program, arguments: &[&str]| run(server.account.as_ref(), program, arguments);
        run("initdb", &[&new[..], &["--no-sync", "--locale=C"]].concat())?;
        server.run()?;
        let (port, at) = (server.port.to_string(), "127.0.0.1");
        for name in [AIRFLOW, STORE] {
            let create = ["-h", at, "-p", &port, "-U", AIRFLOW, name];
            self::run(server.account.as_ref(), "createdb", &create)?;
        }
        Ok(server)
    }

    /// As another was when it was kept there.
    pub(super) fn start_as_kept(folder: &Path) -> Result<Self> {
        let mut server = Self::new()?;
        copy(folder, &server.data())?;
        server.run()?;
        Ok(server)
    }

    /// Copies its data into that folder, which is not there yet or is a copy that somebody else made meanwhile. It stops for
    /// that moment.
    pub(super) fn keep(&mut self, folder: &Path) -> Result<()> {
        self.stop(Signal::INT);
        let beside = folder.parent().context("a folder in a folder")?;
        let part = tempfile::Builder::new().prefix("postgres-").tempdir_in(beside)?;
        let copied = part.path().join("data");
        copy(&self.data(), &copied)?;
        let renamed = fs::rename(&copied, folder);
        ensure!(folder.exists(), "the prepared database is not kept: {renamed:?}");
        self.run()
    }

    fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("leeward-postgres-").tempdir()?;
        let account = Account::find()?;
        if let Some(account) = &account {
            chown(folder.path(), Some(account.user), Some(account.group))?;
        }
        Ok(Self {
            port: free_port()?,
            account,
            process: None,
            folder,
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&mut self) -> Result<()> {
        let mut server = command(self.account.as_ref(), "postgres");
        server.arg("-D").arg(self.data());
        for setting in settings(self.port, self.folder.path()) {
            server.args(["-c", &setting]);
        }
        let log = self.folder.path().join("log");
        self.process = Some(Component::start("postgres", &server, &log)?);
        self.wait_until_ready()
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

    fn wait_until_ready(&mut self) -> Result<()> {
        let log = self.folder.path().join("log");
        let port = self.port.to_string();
        wait::until("PostgreSQL", START_LIMIT, || {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            ensure!(self.is_running(), "PostgreSQL ended by itself: {}", said());
            let mut ready = command(self.account.as_ref(), "pg_isready");
            ready.args(["-q", "-h", "127.0.0.1", "-p", &port]);
            Ok(ready.status()?.success().then_some(()))
        })
    }

    fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Component::is_running)
    }

    /// Has it end by itself: killed, it would leave what it shares among its processes.
    fn stop(&mut self, how: Signal) {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let id = text.lines().next().and_then(|line| line.trim().parse().ok());
        if let Some(id) = id.and_then(Pid::from_raw) {
            let _ = kill_process(id, how);
            let gone = || Ok((!self.is_running()).then_some(()));
            let _ = wait::until("PostgreSQL to end", STOP_LIMIT, gone);
        }
        self.process = None;
    }
}

impl Drop for Postgres {
    /// At once: its data goes, too.
    fn drop(&mut self) {
        self.stop(Signal::QUIT);
    }
}

/// Copies a folder of data, whose files stay those of their owner.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = Command::new("cp").arg("--archive").args([from, to]).status()?;
    ensure!(copied.success(), "{} cannot be copied", from.display());
    Ok(())
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
