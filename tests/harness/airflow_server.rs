//! A private, real Airflow on loopback: API server, scheduler and DAG processor, on SQLite in one folder or on PostgreSQL.
//!
//! Each process is held by a small shell that waits on a pipe from here. When this process ends, however it ends, the
//! pipe closes and the shell kills its whole group: nothing is left behind.

mod another;
mod audit;
mod components;
mod database;
mod moment;
mod postgres;
mod release;
mod secrets;
mod seed;
mod store;
mod writer;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, net::TcpListener};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use another::ApiServer;
pub use audit::Audit;
pub use database::Database;
pub(crate) use database::STORE_CONNECTION;
pub use release::Release;
pub use seed::{SeedVariable, seed, seed_variables};
pub use writer::Writer;

use crate::{wait, workspace};
use components::Component;
use database::{Begins, Opened};

/// Cold it takes 13 s on an idle machine; a very busy one was seen to take more than three minutes.
const START_LIMIT: Duration = Duration::from_secs(600);
/// A key for these throw-away servers only, so that variables are kept encrypted as they are in real ones.
const FERNET_KEY: &str = "bGVld2FyZC10ZXN0cy1mZXJuZXQta2V5LTMyYnl0ZXM=";
/// The same in every process of a server (HS512 wants 64 bytes).
const JWT_SECRET: &str = "leeward-tests-only-jwt-secret-leeward-tests-only-jwt-secret-leeward-tests";

/// A user of the private Airflow.
#[derive(Debug, Clone)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The password to sign in with.
    pub password: String,
    /// `admin`, `op`, `user` or `viewer`.
    pub role: String,
}

impl User {
    fn new(name: &str, password: &str, role: &str) -> Self {
        Self {
            name: name.into(),
            password: password.into(),
            role: role.into(),
        }
    }
}

/// How a server is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which Airflow it is.
    pub release: Release,
    /// Only the API server: no DAG is read and no run starts, and it is there in half the time.
    pub api_only: bool,
    /// Where it keeps its data.
    pub database: Database,
    /// The DAGs it serves.
    pub dags_folder: PathBuf,
    /// Encrypts variables; empty for none.
    pub fernet_key: String,
    /// Who may sign in; the first is the one that [`AirflowServer::username`] names.
    pub users: Vec<User>,
    /// Where its data goes; a temporary folder when `None`.
    pub data_dir: Option<PathBuf>,
    /// More environment variables (`AIRFLOW__…`).
    pub environment: Vec<(String, String)>,
    /// Gets a line at each step of starting.
    pub progress: fn(&str),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            release: Release::Current,
            api_only: false,
            database: Database::Sqlite,
            dags_folder: workspace::root().join("tests/harness/dags"),
            fernet_key: FERNET_KEY.to_owned(),
            users: vec![
                User::new("ann", "lee-shore-7", "admin"),
                User::new("viv", "looks-only-3", "viewer"),
            ],
            data_dir: None,
            environment: Vec::new(),
            progress: print_progress,
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a start of many seconds tells what it waits for"
)]
fn print_progress(line: &str) {
    eprintln!("airflow: {line}");
}

/// A running Airflow; killed with everything it started when dropped.
#[derive(Debug)]
pub struct AirflowServer {
    options: Options,
    venv: PathBuf,
    home: PathBuf,
    port: u16,
    components: Vec<Component>,
    database: Opened,
    /// Last, so that the folder goes after the processes.
    _temporary: Option<TempDir>,
}

impl AirflowServer {
    /// Prepares the database and starts the server; returns when it is healthy and has read its DAGs.
    pub fn start(options: Options) -> Result<Self> {
        let venv = options.release.venv()?;
        let (home, temporary) = home_for(&options)?;
        let (database, begins) = Opened::new(options.database, &home, &venv)?;
        let mut server = Self {
            options,
            venv,
            home,
            port: free_port()?,
            components: Vec::new(),
            database,
            _temporary: temporary,
        };
        server.write_passwords()?;
        server.migrate(begins)?;
        server.start_again()?;
        Ok(server)
    }

    /// Starts what is not running, on the same port and with the same data; returns when it is healthy.
    pub fn start_again(&mut self) -> Result<()> {
        self.say(&format!("starting on {}", self.base_url()));
        for (name, arguments) in components::commands(self.options.api_only) {
            if !self.runs(name) {
                let component = Component::start(name, &self.command(arguments), &self.log_of(name))?;
                self.components.retain(|c| c.name() != *name);
                self.components.push(component);
            }
        }
        self.wait_until_healthy()?;
        self.say("healthy");
        Ok(())
    }

    /// Stops every process; the data stays.
    pub fn stop(&mut self) {
        self.say("stopping");
        self.components.clear();
    }

    /// Stops everything and starts it again on the same port with the same data.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        self.start_again()
    }

    /// `kill -9` of the API server alone; the scheduler goes on.
    pub fn kill_api_server(&mut self) {
        self.components.retain(|c| c.name() != components::API_SERVER);
    }

    /// `kill -9` of the scheduler alone; the API goes on answering.
    pub fn kill_scheduler(&mut self) {
        self.components.retain(|c| c.name() != components::SCHEDULER);
    }

    /// The address to give to Leeward.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// One who may look at most things, and change none.
    pub fn viewer(&self) -> Option<&User> {
        self.options.users.iter().find(|user| user.role == "viewer")
    }

    /// The first user's name.
    pub fn username(&self) -> &str {
        &self.options.users[0].name
    }

    /// The first user's password.
    pub fn password(&self) -> &str {
        &self.options.users[0].password
    }

    /// Somebody else who changes things in this Airflow, signed in as the first user.
    pub fn writer(&self) -> Result<Writer> {
        Writer::sign_in(&self.base_url(), self.username(), self.password())
    }

    /// Runs a script with Airflow's own Python, on the database: its path stands between the arguments.
    fn python(&self, script: &str, before: &[&str], after: &[&str]) -> Result<Vec<u8>> {
        self.python_on(&self.database.place(), script, before, after)
    }

    fn python_on(&self, place: &str, script: &str, before: &[&str], after: &[&str]) -> Result<Vec<u8>> {
        let output = Command::new(self.venv.join("bin/python"))
            .args(["-c", script])
            .args(before)
            .arg(place)
            .args(after)
            .output()
            .context("reading the database")?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(output.stdout)
    }

    /// Which Airflow it is.
    pub fn release(&self) -> Release {
        self.options.release
    }

    /// The folder with the database and the logs.
    pub fn home(&self) -> &Path {
        &self.home
    }

    fn runs(&mut self, name: &str) -> bool {
        self.components
            .iter_mut()
            .any(|c| c.name() == name && c.is_running())
    }

    fn say(&self, line: &str) {
        (self.options.progress)(line);
    }

    fn log_of(&self, name: &str) -> PathBuf {
        self.home.join(format!("{name}.log"))
    }

    fn write_passwords(&self) -> Result<()> {
        let users = self
            .options
            .users
            .iter()
            .map(|u| (u.name.clone(), json!(u.password)));
        let passwords = Value::Object(users.collect());
        fs::write(self.home.join("passwords.json"), passwords.to_string()).context("writing the passwords")
    }

    /// Brings the database to its release's schema.
    fn migrate(&mut self, begins: Begins) -> Result<()> {
        if begins == Begins::Prepared {
            return Ok(());
        }
        self.say("preparing its database");
        let output = self
            .command(&["db", "migrate"])
            .output()
            .context("running airflow")?;
        ensure!(
            output.status.success(),
            "airflow db migrate: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        if begins == Begins::Empty {
            self.database.keep(&self.venv)?;
        }
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.venv.join("bin/airflow"));
        command.args(arguments).current_dir(&self.home);
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|n| n.to_string_lossy().starts_with("AIRFLOW")) {
            command.env_remove(name);
        }
        command.envs(self.environment());
        let address = self.database.address(components::patience(arguments));
        command.env("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", address);
        command.envs(self.database.store_connection());
        command.envs(self.options.environment.iter().cloned());
        command
    }

    fn environment(&self) -> Vec<(String, String)> {
        let users: Vec<String> = self
            .options
            .users
            .iter()
            .map(|u| format!("{}:{}", u.name, u.role))
            .collect();
        let home = self.home.display();
        let path = std::env::var("PATH").unwrap_or_default();
        [
            ("AIRFLOW_HOME", home.to_string()),
            ("PATH", format!("{}:{path}", self.venv.join("bin").display())),
            ("no_proxy", "127.0.0.1,localhost".to_owned()),
            ("AIRFLOW__CORE__LOAD_EXAMPLES", "False".to_owned()),
            (
                "AIRFLOW__CORE__DAGS_FOLDER",
                self.options.dags_folder.display().to_string(),
            ),
            ("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION", "False".to_owned()),
            ("AIRFLOW__CORE__FERNET_KEY", self.options.fernet_key.clone()),
            // The default of 32 keeps 32 idle processes.
            ("AIRFLOW__CORE__PARALLELISM", "4".to_owned()),
            ("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", users.join(",")),
            (
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
                format!("{home}/passwords.json"),
            ),
            (
                "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
                format!("{}/execution/", self.base_url()),
            ),
            ("AIRFLOW__API__HOST", "127.0.0.1".to_owned()),
            ("AIRFLOW__API__PORT", self.port.to_string()),
            ("AIRFLOW__API__SECRET_KEY", "leeward-tests-only".to_owned()),
            ("AIRFLOW__API_AUTH__JWT_SECRET", JWT_SECRET.to_owned()),
            ("AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL", "5".to_owned()),
            ("AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", "False".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let dags = if self.options.api_only {
            0
        } else {
            count_dag_files(&self.options.dags_folder)?
        };
        self.say(&format!("waiting until it is healthy and has read {dags} DAGs"));
        let parts = components::health_parts(self.options.api_only);
        let (base, user, password) = (
            self.base_url(),
            self.username().to_owned(),
            self.password().to_owned(),
        );
        let mut writer = None;
        let components = &mut self.components;
        let healthy = wait::until("Airflow to be healthy", START_LIMIT, || {
            for component in components.iter_mut() {
                ensure!(
                    component.is_running(),
                    "Airflow's {} ended by itself",
                    component.name()
                );
            }
            if !writer::is_healthy(&base, parts) {
                return Ok(None);
            }
            // A server that has only just come up answers 500 now and then while its database is busy.
            writer = writer
                .take()
                .or_else(|| Writer::sign_in(&base, &user, &password).ok());
            let seen = writer.as_ref().and_then(|writer| writer.count_dags().ok());
            Ok(seen.filter(|seen| *seen >= dags).map(|_| ()))
        });
        healthy.with_context(|| self.log_tails())
    }

    fn log_tails(&self) -> String {
        let tails = components::COMMANDS.iter().map(|(name, _)| {
            let text = fs::read_to_string(self.log_of(name)).unwrap_or_default();
            let lines: Vec<&str> = text.lines().rev().take(15).collect();
            format!(
                "--- {name}\n{}",
                lines.into_iter().rev().collect::<Vec<_>>().join("\n")
            )
        });
        tails.collect::<Vec<_>>().join("\n")
    }
}

fn home_for(options: &Options) -> Result<(PathBuf, Option<TempDir>)> {
    if let Some(place) = &options.data_dir {
        fs::create_dir_all(place)?;
        return Ok((fs::canonicalize(place)?, None));
    }
    let temporary = tempfile::Builder::new().prefix("leeward-airflow-").tempdir()?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn count_dag_files(folder: &Path) -> Result<usize> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    Ok(entries
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "py"))
        .count())
}
