//! `cargo xtask bench`: builds what is measured as a person would install it, and starts the benchmarks.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use crate::{npm, paths, shell, venv};

/// The benchmarks that need the app.
const OF_THE_APP: [&str; 2] = ["window", "grid"];
/// The one that is compared with Airflow's own Python client.
const OF_THE_CLIENT: [&str; 1] = ["companion"];

/// What to measure, and how to tell it.
#[derive(Args)]
pub(crate) struct Options {
    /// Only this benchmark (may be given several times): reconcile, imports, mirror_push, large_pull, first_pull, quiet,
    /// guarded_push, companion, window or grid.
    #[arg(long)]
    only: Vec<String>,
    /// `json`: the last line is an object with the rows.
    #[arg(short, long, value_parser = ["text", "json"], default_value = "text")]
    output: String,
    /// Print the table of docs/BENCHMARKS.md.
    #[arg(long)]
    markdown: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.wants(&OF_THE_APP) {
        build_app()?;
    }
    if options.wants(&OF_THE_CLIENT) {
        venv::ensure_client()?;
    }
    let program = build()?;
    let mut command = shell::command(program, &[]);
    let optimised = |name: &str| paths::target().join("release").join(name);
    command.env("LEEWARD_CTL", optimised("leewardctl"));
    command.env("LEEWARD_APP", optimised("leeward"));
    command.env("LEEWARD_AIRFLOW_CLIENT", venv::client_python());
    for name in &options.only {
        command.args(["--only", name]);
    }
    if options.markdown {
        command.arg("--markdown");
    } else if options.output == "json" {
        command.arg("--json");
    }
    shell::run(&mut command)
}

impl Options {
    /// Whether one of these is to be measured.
    fn wants(&self, names: &[&str]) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| names.contains(&only.as_str()))
    }
}

/// Builds the app as `cargo xtask test --only build` does, but with optimisation.
fn build_app() -> Result<()> {
    npm::ensure_packages()?;
    shell::run(&mut shell::npm(&["run", "build"]))?;
    let app = ["-p", "leeward", "--features", "custom-protocol"];
    shell::run(&mut shell::cargo(&[&["build", "--release"][..], &app].concat()))
}

/// Builds `leewardctl` and the benchmarks at once, so that both are made of the same parts; returns the benchmarks.
fn build() -> Result<PathBuf> {
    let packages = ["-p", "leeward-cli", "-p", "leeward-tests"];
    let targets = ["--bin", "leewardctl", "--bench", "bench"];
    let how = [
        "build",
        "--release",
        "--message-format",
        "json-render-diagnostics",
    ];
    let mut command = shell::cargo(&[&how[..], &packages, &targets].concat());
    command.stderr(std::process::Stdio::inherit());
    let said = shell::read(&mut command)?;
    let messages = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter(|message| message["target"]["name"] == "bench")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo does not say where the benchmarks are")
}
