//! `cargo xtask demo`: the app on a real Airflow; without a display, the tour.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::setup::{self, Purpose};
use crate::{paths, shell, stages, tour};

/// Where the demo keeps its own profile: yours is never touched.
const FOLDER: &str = "demo";

/// The environment's name in the app.
const ENVIRONMENT: &str = "demo";

/// Opens the app, connected to a private Airflow; without a display plays the tour. Ends what it started.
pub(crate) fn run() -> Result<()> {
    let folder = paths::private().join(FOLDER);
    if has_display() {
        setup::run(Purpose::Demo)?;
        stages::build_product()?;
        return open(&folder);
    }
    println!("There is no display here: playing the tour on a screen of its own.");
    setup::run(Purpose::Test)?;
    stages::build_product()?;
    tour::play_with_pictures(&folder.join("screenshots"))
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn open(folder: &Path) -> Result<()> {
    let airflow = Airflow::start()?;
    let profile = Profile::fresh(folder.join("profile"))?;
    profile.connect(&airflow)?;
    println!("Airflow is at {} (user {}).", airflow.url, airflow.user);
    println!(
        "Opening Leeward; close its window and quit from the tray (or press Ctrl+C here) to end the demo."
    );
    let mut app = profile.command(&paths::built("leeward"));
    shell::run(&mut app)
}

/// A private Airflow in a process of its own, which ends when its input is closed: also when we are killed.
struct Airflow {
    process: Child,
    url: String,
    user: String,
    password: String,
}

impl Airflow {
    fn start() -> Result<Self> {
        println!("Starting Airflow; this takes a minute.");
        shell::run(&mut shell::cargo_whole("build", &["--bin", "demo-airflow"]))?;
        let mut process = shell::command(paths::built("demo-airflow"), &[])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Out of reach of Ctrl+C: it must stop its own children before it ends.
            .process_group(0)
            .spawn()
            .context("Airflow does not start")?;
        let output = process.stdout.take().context("Airflow says nothing")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let mut airflow = Self {
            process,
            url: String::new(),
            user: String::new(),
            password: String::new(),
        };
        let said: Value = serde_json::from_str(&line).context("Airflow ended before it was ready")?;
        let field = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        airflow.url = field("url");
        airflow.user = field("username");
        airflow.password = field("password");
        Ok(airflow)
    }
}

impl Drop for Airflow {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It has stopped when this returns; there is nothing to do about an error.
        let _ = self.process.wait();
    }
}

/// A Leeward of its own, beside the one that a person may have installed.
struct Profile {
    home: PathBuf,
}

impl Profile {
    fn fresh(home: PathBuf) -> Result<Self> {
        if home.exists() {
            fs::remove_dir_all(&home).with_context(|| format!("cannot empty {}", home.display()))?;
        }
        fs::create_dir_all(&home)?;
        Ok(Self { home })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = shell::command(program, &[]);
        command
            .env("LEEWARD_DATA_DIR", self.home.join("leeward"))
            // The webview keeps its IndexedDB here.
            .env("XDG_DATA_HOME", self.home.join("share"))
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            // For an encrypted file where there is no keychain; the secret is the demo's own throw-away password.
            .env("LEEWARD_PASSPHRASE", "demo");
        command
    }

    fn connect(&self, airflow: &Airflow) -> Result<()> {
        let mut add = self.command(&paths::built("leewardctl"));
        add.args([
            "env",
            "add",
            ENVIRONMENT,
            "--url",
            &airflow.url,
            "--username",
            &airflow.user,
            "--password-stdin",
        ]);
        let mut adding = add
            .stdin(Stdio::piped())
            .spawn()
            .context("leewardctl does not start")?;
        adding
            .stdin
            .take()
            .context("leewardctl takes no input")?
            .write_all(airflow.password.as_bytes())?;
        ensure!(adding.wait()?.success(), "`{}` failed", shell::show(&add));
        Ok(())
    }
}
