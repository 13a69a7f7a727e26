//! `leewardctl` as a person or a script runs it: a process of its own, with a data folder of its own.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io, thread};

use anyhow::{Context, Result, bail, ensure};
use leeward_profile::{DataDir, Environment, Environments};
use serde_json::Value;
use tempfile::TempDir;

use crate::airflow_server::AirflowServer;
use crate::edited::{Collection, Edited};
use crate::workspace;

/// The environment's name in every data folder here.
pub const ENVIRONMENT: &str = "test";
/// Unlocks the secrets, since there is no keychain.
const PASSPHRASE: &str = "only for these suites";
/// Between two syncs that wait for something to settle.
const BETWEEN_SYNCS: Duration = Duration::from_millis(1100);

/// A data folder, and `leewardctl` on it.
#[derive(Debug)]
pub struct Ctl {
    program: PathBuf,
    folder: TempDir,
    /// All that was printed, to be searched for secrets.
    printed: Mutex<String>,
}

/// What one run did.
#[derive(Debug)]
pub struct Answer {
    /// The exit code.
    pub code: i32,
    /// The JSON on its output; `null` when there was none, or it was text.
    pub json: Value,
    /// Its messages.
    pub messages: String,
}

impl Answer {
    /// The answer, if the exit code is this one.
    pub fn exits(self, code: i32) -> Result<Self> {
        ensure!(
            self.code == code,
            "exit code {} in place of {code}: {}\n{}",
            self.code,
            self.json,
            self.messages
        );
        Ok(self)
    }
}

impl Ctl {
    /// A new data folder with nothing in it.
    pub fn new() -> Result<Self> {
        Self::running(workspace::ctl()?)
    }

    /// A new data folder for another build of `leewardctl`.
    pub fn running(program: PathBuf) -> Result<Self> {
        Ok(Self {
            program,
            folder: tempfile::Builder::new().prefix("leewardctl-").tempdir()?,
            printed: Mutex::default(),
        })
    }

    /// A new data folder with an environment, at `url`, of that server.
    pub fn connected(server: &AirflowServer, url: &str) -> Result<Self> {
        let ctl = Self::new()?;
        ctl.add(url, server.username(), server.password())?.exits(0)?;
        Ok(ctl)
    }

    /// `env add` with a password.
    pub fn add(&self, url: &str, username: &str, password: &str) -> Result<Answer> {
        let line = [
            "env",
            "add",
            ENVIRONMENT,
            "--url",
            url,
            "--username",
            username,
            "--password-stdin",
        ];
        self.run_with(&line, password)
    }

    /// Runs a command with `-o json`.
    pub fn run<A: AsRef<OsStr>>(&self, line: &[A]) -> Result<Answer> {
        self.run_with(line, "")
    }

    /// Runs a command with `-o json`, and gives it this on its input.
    pub fn run_with<A: AsRef<OsStr>>(&self, line: &[A], input: &str) -> Result<Answer> {
        let mut command = self.command();
        command.args(line).args(["-o", "json"]);
        let (code, text, messages) = self.answer(command, input)?;
        let json = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).context(text)?
        };
        Ok(Answer { code, json, messages })
    }

    /// Runs a command as a person does, who also reads its messages, and gives it this on its input.
    pub fn run_for_person<A: AsRef<OsStr>>(&self, line: &[A], input: &str) -> Result<Answer> {
        let mut command = self.command();
        command.args(line);
        let (code, _, messages) = self.answer(command, input)?;
        let json = Value::Null;
        Ok(Answer { code, json, messages })
    }

    /// The exit code, the result and the messages.
    fn answer(&self, mut command: Command, input: &str) -> Result<(i32, String, String)> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("leewardctl")?;
        let mut pipe = child.stdin.take().context("its input")?;
        match pipe.write_all(input.as_bytes()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => return Err(e.into()),
            _ => drop(pipe),
        }
        let output = child.wait_with_output()?;
        let text = String::from_utf8(output.stdout)?;
        let messages = String::from_utf8(output.stderr)?;
        self.printed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_str(&format!("{text}{messages}"));
        let code = output.status.code().context("leewardctl was killed")?;
        Ok((code, text, messages))
    }

    /// `leewardctl` on this data folder, to be started by the caller.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LEEWARD_") {
                command.env_remove(name);
            }
        }
        command
            .env("LEEWARD_DATA_DIR", self.folder.path())
            .env("LEEWARD_PASSPHRASE", PASSPHRASE)
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}/no-bus", self.folder.path().display()),
            );
        command
    }

    /// `sync`.
    pub fn sync(&self) -> Result<Answer> {
        self.run(&["sync"])
    }

    /// `sync` as a process of its own, which leads a group.
    pub fn begin_sync(&self) -> Result<Child> {
        let mut sync = self.command();
        sync.arg("sync").process_group(0);
        sync.stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        sync.spawn().context("leewardctl sync")
    }

    /// Syncs until nothing is in doubt, in conflict or held; gives up after so many times.
    pub fn settle(&self, syncs_max: u32) -> Result<()> {
        for _ in 0..syncs_max {
            if self.sync()?.code == 0 {
                return Ok(());
            }
            thread::sleep(BETWEEN_SYNCS);
        }
        let status = self.run(&["status"])?.json;
        let conflicts = self.run(&["conflicts", "list"])?.json;
        bail!("not settled after {syncs_max} syncs: {status} {conflicts}")
    }

    /// `records set` of a variable's value.
    pub fn set(&self, key: &str, value: &str) -> Result<Answer> {
        self.run(&[
            "records",
            "set",
            "variables",
            key,
            "--field",
            &format!("value={value}"),
        ])
    }

    /// `records set` of the field that is edited; a pool also gets slots, which a new one needs.
    pub fn edit(&self, record: &Edited, text: &str) -> Result<Answer> {
        let collection = record.collection;
        let field = format!("{}={text}", collection.field());
        let mut line = vec![
            "records",
            "set",
            collection.name(),
            &record.key,
            "--field",
            &field,
        ];
        if collection == Collection::Pools {
            line.extend(["--field", "slots=3"]);
        }
        self.run(&line)
    }

    /// A variable as `records get` shows it.
    pub fn get(&self, key: &str) -> Result<Value> {
        Ok(self.run(&["records", "get", "variables", key])?.exits(0)?.json)
    }

    /// Changes the environment's settings behind `leewardctl`'s back.
    pub fn configure(&self, change: impl FnOnce(&mut Environment)) -> Result<()> {
        let dir = DataDir::resolve(Some(self.folder()))?;
        Environments::load(&dir)?.update(ENVIRONMENT, change)?;
        Ok(())
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Fails when one of these stands in a file of the data folder, or was ever printed.
    pub fn holds_none_of(&self, secrets: &[&str]) -> Result<()> {
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            ensure!(!printed.contains(secret), "a secret was printed");
            search(self.folder.path(), secret.as_bytes())?;
        }
        Ok(())
    }
}

fn search(folder: &Path, secret: &[u8]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            search(&path, secret)?;
        } else if fs::read(&path)?.windows(secret.len()).any(|part| part == secret) {
            bail!("a secret stands in {}", path.display());
        }
    }
    Ok(())
}
