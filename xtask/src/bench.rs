//! `cargo xtask bench`: builds what is measured as a person would install it, and starts the benchmarks.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use crate::{npm, paths, shell};

/// The benchmarks that need the app.
const OF_THE_APP: [&str; 2] = ["window", "grid"];

/// What to measure, and how to tell it.
#[derive(Args)]
pub(crate) struct Options {
    /// Only this benchmark (may be given several times).
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
    let needs_app = |name: &String| OF_THE_APP.contains(&name.as_str());
    if options.only.is_empty() || options.only.iter().any(needs_app) {
        build_app()?;
    }
    let program = build()?;
    let mut command = shell::command(program, &[]);
    let optimised = |name: &str| paths::target().join("release").join(name);
    command.env("LEEWARD_CTL", optimised("leewardctl"));
    command.env("LEEWARD_APP", optimised("leeward"));
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
