//! `cargo xtask test`: everything that CI runs, in stages; the first failure ends it, and says how to repeat it.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::fuzz;
use crate::setup::{self, Purpose};
use crate::shell::{self, cargo, npm, suite};
use crate::sim;
use crate::tour;

/// One part of what CI runs, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Install what is missing.
    Setup,
    /// Rust's formatting.
    Fmt,
    /// Lints of every crate that builds without the UI.
    Clippy,
    /// The UI's lints, formatting, types and unit tests.
    Ui,
    /// Unit tests of the crates, the table of merge cases, store tests, fresh bindings.
    Unit,
    /// Checks of the tree itself: dependency arrows, links, paths.
    Tidy,
    /// The client against the real Airflow; the engine against the model of it.
    Contract,
    /// The UI, the app and leewardctl, with the app's lints and tests.
    Build,
    /// leewardctl against the real Airflow.
    Cli,
    /// Secrets inside values survive leewardctl, by Airflow's own database; both releases.
    Masks,
    /// kill -9 while edits are made.
    Kill,
    /// A broken network, a killed server, a full disk, two engines; with the real Airflow.
    Faults,
    /// Histories of the whole engine in virtual time, from fixed seeds; those that once failed; bugs put in on purpose.
    Sim,
    /// Hostile inputs for every parser, a few; `cargo xtask fuzz` gives many.
    Fuzz,
    /// The tour, in the real app.
    E2e,
}

/// Runs one stage, or all of them in order; the first failure ends it. The table of stages is printed either way.
pub(crate) fn run(only: Option<Stage>) -> Result<()> {
    let stages = only.map_or_else(|| Stage::value_variants().to_vec(), |stage| vec![stage]);
    let mut done: Vec<Done> = Vec::new();
    let mut outcome = Ok(());
    for stage in &stages {
        let started = Instant::now();
        outcome = announced(*stage);
        let took = started.elapsed();
        let passed = outcome.is_ok();
        println!(
            "=== {} {} in {} ===",
            name(*stage),
            verdict(passed),
            show_duration(took)
        );
        done.push(Done {
            stage: *stage,
            took,
            passed,
        });
        if !passed {
            break;
        }
    }
    print!("{}", table(&stages, &done));
    outcome
}

/// A stage that ran.
struct Done {
    stage: Stage,
    took: Duration,
    passed: bool,
}

fn announced(stage: Stage) -> Result<()> {
    println!("\n=== {} ===", name(stage));
    perform(stage).with_context(|| {
        format!(
            "the stage {0} failed; `cargo xtask test --only {0}` repeats just that",
            name(stage)
        )
    })
}

fn perform(stage: Stage) -> Result<()> {
    match stage {
        Stage::Setup => setup::run(Purpose::Test),
        Stage::Fmt => shell::run(&mut cargo(&["fmt", "--all", "--check"])),
        Stage::Clippy => shell::run(&mut cargo(CLIPPY)),
        Stage::Ui => all(["lint", "format:check", "check", "test"].map(|script| npm(&["run", script]))),
        Stage::Unit => all(unit_commands()),
        Stage::Tidy => shell::run(&mut suite("tidy")),
        Stage::Contract => all([suite("contract"), suite("engine")]),
        Stage::Build => all(build_commands()),
        Stage::Cli => shell::run(&mut suite("cli")),
        Stage::Masks => shell::run(suite("masks").args(["--", "--nocapture"])),
        Stage::Kill => shell::run(suite("kill").args(["--", "--nocapture"])),
        Stage::Faults => shell::run(suite("faults").args(["--", "--nocapture"])),
        Stage::Sim => {
            shell::run(&mut cargo(SIMULATION_TESTS))?;
            sim::run(&sim::FIXED)
        }
        Stage::Fuzz => fuzz::few(),
        Stage::E2e => tour::play(),
    }
}

// The app's crate does not compile before the UI is built: the stage `build` checks it.
const CLIPPY: &[&str] = &[
    "clippy",
    "--workspace",
    "--exclude",
    "leeward",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];

// With optimisation, as the histories after it.
const SIMULATION_TESTS: &[&str] = &[
    "test",
    "--profile",
    "sim",
    "-p",
    "leeward-simulation",
    "--",
    "--nocapture",
];

fn unit_commands() -> [Command; 2] {
    // The suites of leeward-tests have stages of their own; its harness has unit tests too.
    [
        cargo(&[
            "test",
            "--workspace",
            "--exclude",
            "leeward",
            "--exclude",
            "leeward-tests",
            // Built with optimisation, in the stage `sim`.
            "--exclude",
            "leeward-simulation",
        ]),
        cargo(&["test", "-p", "leeward-tests", "--lib"]),
    ]
}

/// Builds what a person runs: the UI, the app with it inside, and leewardctl.
pub(crate) fn build_product() -> Result<()> {
    all(product_commands())
}

fn product_commands() -> [Command; 3] {
    [
        npm(&["run", "build"]),
        cargo(&["build", "-p", "leeward", "--features", "custom-protocol"]),
        cargo(&["build", "-p", "leeward-cli"]),
    ]
}

fn build_commands() -> Vec<Command> {
    let app = ["-p", "leeward", "--features", "custom-protocol"];
    let clippy = [&["clippy", "--all-targets"][..], &app, &["--", "-D", "warnings"]].concat();
    let test = [&["test"][..], &app].concat();
    product_commands()
        .into_iter()
        .chain([cargo(&clippy), cargo(&test)])
        .collect()
}

fn all(commands: impl IntoIterator<Item = Command>) -> Result<()> {
    commands
        .into_iter()
        .try_for_each(|mut command| shell::run(&mut command))
}

/// Every stage with what became of it and how long it took, and the sum.
fn table(stages: &[Stage], done: &[Done]) -> String {
    let mut table = format!("\n{:<10}{:>14}  outcome\n", "stage", "time");
    for (index, stage) in stages.iter().enumerate() {
        let (time, outcome) = done.get(index).map_or((String::new(), "not run"), |one| {
            debug_assert_eq!(one.stage, *stage, "stages run in order");
            (show_duration(one.took), verdict(one.passed))
        });
        table += &format!("{:<10}{time:>14}  {outcome}\n", name(*stage));
    }
    let total: Duration = done.iter().map(|one| one.took).sum();
    let passed = done.len() == stages.len() && done.iter().all(|one| one.passed);
    table += &format!("{:<10}{:>14}  {}\n", "all", show_duration(total), verdict(passed));
    table
}

fn verdict(passed: bool) -> &'static str {
    if passed { "passed" } else { "failed" }
}

fn name(stage: Stage) -> String {
    stage
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

fn show_duration(took: Duration) -> String {
    format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_stage_says_how_to_repeat_it() {
        let stages: Vec<String> = Stage::value_variants().iter().map(|stage| name(*stage)).collect();
        assert_eq!(stages.first().map(String::as_str), Some("setup"));
        assert_eq!(stages.last().map(String::as_str), Some("e2e"));
        let kill = stages.iter().position(|stage| stage == "kill");
        let faults = stages.iter().position(|stage| stage == "faults");
        assert!(kill < faults && kill.is_some(), "{stages:?}");
    }

    #[test]
    fn the_table_tells_of_every_stage_also_after_a_failure() {
        let stages = [Stage::Fmt, Stage::Ui, Stage::E2e];
        let ran = |stage, passed| Done {
            stage,
            took: Duration::from_secs(61),
            passed,
        };
        let table = table(&stages, &[ran(Stage::Fmt, true), ran(Stage::Ui, false)]);
        let rows: Vec<Vec<&str>> = table
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows[1], ["fmt", "1", "min", "01", "s", "passed"]);
        assert_eq!(rows[2], ["ui", "1", "min", "01", "s", "failed"]);
        assert_eq!(rows[3], ["e2e", "not", "run"]);
        assert_eq!(rows[4], ["all", "2", "min", "02", "s", "failed"]);
    }

    #[test]
    fn durations_are_read_in_minutes() {
        assert_eq!(show_duration(Duration::from_secs(125)), "2 min 05 s");
    }
}
