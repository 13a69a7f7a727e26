//! `cargo xtask test`: everything that CI runs, in stages; the first failure ends it, and says how to repeat it.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use clap::ValueEnum;

use crate::companion;
use crate::fuzz;
use crate::setup::{self, Purpose};
use crate::shell::{self, cargo, cargo_whole, npm, suite};
use crate::sim;
use crate::tour;

/// One part of what CI runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// Install what is missing.
    Setup,
    /// Rust's formatting.
    Fmt,
    /// The UI, the app with it inside, and leewardctl.
    Build,
    /// Lints of every crate.
    Clippy,
    /// Unit tests of the crates, the table of merge cases, store tests, fresh bindings.
    Unit,
    /// Checks of the tree itself: dependency arrows, links, paths.
    Tidy,
    /// Histories of the whole engine in virtual time, from fixed seeds; those that once failed; bugs put in on purpose.
    Sim,
    /// The companion: its lints and types, its tests on SQLite and PostgreSQL, and on real Airflows of both lines; leewardctl with it.
    Companion,
    /// Secrets inside values survive leewardctl, by Airflow's own database; both releases.
    Masks,
    /// The UI's lints, formatting, types and unit tests.
    Ui,
    /// leewardctl against the real Airflow.
    Cli,
    /// The client against the real Airflow; the engine against the model of it.
    Contract,
    /// kill -9 while edits are made.
    Kill,
    /// A broken network, a killed server, a full disk, two engines; with the real Airflow.
    Faults,
    /// Hostile inputs for every parser, a few; `cargo xtask fuzz` gives many.
    Fuzz,
    /// The tour, in the real app.
    E2e,
}

/// Stages one after the other.
type Line = &'static [Stage];

/// What runs when: the lines of a step side by side, and the steps one after the other. What computes runs beside what waits
/// for servers, and the lines of a step are about as long as each other; the real app is alone, as it is with a person.
const STEPS: &[&[Line]] = &[
    &[&[
        Stage::Setup,
        Stage::Fmt,
        Stage::Build,
        Stage::Clippy,
        Stage::Unit,
        Stage::Tidy,
    ]],
    &[
        &[Stage::Sim, Stage::Companion, Stage::Masks],
        &[Stage::Ui, Stage::Cli, Stage::Contract],
        &[Stage::Kill, Stage::Faults, Stage::Fuzz],
    ],
    &[&[Stage::E2e]],
];

/// Runs one stage, or all of them; the first failure ends it. The table of stages is printed either way.
pub(crate) fn run(only: Option<Stage>) -> Result<()> {
    let started = Instant::now();
    let (stages, done, outcome) = match only {
        Some(stage) => {
            let (done, outcome) = run_line(&[stage], false, &AtomicBool::new(false));
            (vec![stage], done, outcome)
        }
        None => {
            let (done, outcome) = run_steps();
            (Stage::value_variants().to_vec(), done, outcome)
        }
    };
    print!("{}", table(&stages, &done, started.elapsed()));
    outcome
}

/// A stage that ran.
struct Done {
    stage: Stage,
    took: Duration,
    passed: bool,
}

fn run_steps() -> (Vec<Done>, Result<()>) {
    let failed = AtomicBool::new(false);
    let mut done = Vec::new();
    for step in STEPS {
        let labelled = step.len() > 1;
        let lines: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = step
                .iter()
                .map(|line| scope.spawn(|| run_line(line, labelled, &failed)))
                .collect();
            running
                .into_iter()
                .map(|line| {
                    line.join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        });
        let mut outcome = Ok(());
        for (stages, ended) in lines {
            done.extend(stages);
            outcome = outcome.and(ended);
        }
        if outcome.is_err() {
            return (done, outcome);
        }
    }
    (done, Ok(()))
}

/// Runs stages until one fails, here or in a line beside it.
fn run_line(line: &[Stage], labelled: bool, failed: &AtomicBool) -> (Vec<Done>, Result<()>) {
    let mut done = Vec::new();
    for stage in line {
        if failed.load(Ordering::SeqCst) {
            break;
        }
        let started = Instant::now();
        println!("\n=== {} ===", name(*stage));
        let outcome = perform(*stage, labelled).map_err(|error| how_to_repeat(error, *stage));
        let took = started.elapsed();
        let passed = outcome.is_ok();
        let (stage_name, verdict) = (name(*stage), verdict(passed));
        println!("=== {stage_name} {verdict} in {} ===", show_duration(took));
        done.push(Done {
            stage: *stage,
            took,
            passed,
        });
        if outcome.is_err() {
            failed.store(true, Ordering::SeqCst);
            return (done, outcome);
        }
    }
    (done, Ok(()))
}

fn how_to_repeat(error: Error, stage: Stage) -> Error {
    error.context(format!(
        "the stage {0} failed; `cargo xtask test --only {0}` repeats just that",
        name(stage)
    ))
}

fn perform(stage: Stage, labelled: bool) -> Result<()> {
    if stage == Stage::Setup {
        return setup::run(Purpose::Test);
    }
    let label = format!("{:<8}", name(stage));
    let label = labelled.then_some(label.as_str());
    if stage == Stage::Companion {
        companion::run(label)?;
    }
    commands(stage)
        .into_iter()
        .try_for_each(|command| shell::run_watched(label, command))
}

/// What a stage runs, one after the other.
fn commands(stage: Stage) -> Vec<Command> {
    match stage {
        // Not a command: it looks first at what is there.
        Stage::Setup => Vec::new(),
        // After Python's own tests, of which two run at once.
        Stage::Companion => vec![suite("companion")],
        Stage::Fmt => vec![cargo(&["fmt", "--all", "--check"])],
        Stage::Build => product_commands().into(),
        Stage::Clippy => vec![cargo_whole("clippy", &lints())],
        Stage::Unit => vec![cargo_whole("test", &[])],
        Stage::Tidy => vec![suite("tidy")],
        Stage::Ui => ["lint", "format:check", "check", "test"]
            .map(|script| npm(&["run", script]))
            .into(),
        Stage::Sim => {
            let tests = cargo_whole("test", SIMULATION_TESTS);
            let plays = sim::fixed().map(|wanted| sim::play(&wanted));
            [tests, sim::build()].into_iter().chain(plays).collect()
        }
        Stage::Fuzz => fuzz::few().into(),
        Stage::Contract => vec![suite("contract"), suite("engine")],
        Stage::Cli => vec![suite("cli")],
        Stage::Masks => vec![told("masks")],
        Stage::Kill => vec![told("kill")],
        Stage::Faults => vec![told("faults")],
        Stage::E2e => vec![tour::suite()],
    }
}

/// The suites that neither `cargo test` nor `--all-targets` takes without their names.
const SUITES: [&str; 12] = [
    "tidy",
    "contract",
    "engine",
    "e2e",
    "cli",
    "kill",
    "faults",
    "companion",
    "masks",
    "packages",
    "bugs",
    "replays",
];

/// What clippy is to look at: everything, and that nothing may be left to say.
fn lints() -> Vec<&'static str> {
    let suites = SUITES.into_iter().flat_map(|suite| ["--test", suite]);
    std::iter::once("--all-targets")
        .chain(suites)
        .chain(["--", "-D", "warnings"])
        .collect()
}

/// A suite that prints what it counted.
fn told(name: &str) -> Command {
    let mut suite = suite(name);
    suite.args(["--", "--nocapture"]);
    suite
}

/// Histories that once failed, and bugs put in on purpose.
const SIMULATION_TESTS: &[&str] = &["--test", "bugs", "--test", "replays", "--", "--nocapture"];

/// Builds what a person runs: the UI, the app with it inside, and leewardctl.
pub(crate) fn build_product() -> Result<()> {
    product_commands()
        .into_iter()
        .try_for_each(|mut command| shell::run(&mut command))
}

fn product_commands() -> [Command; 2] {
    [
        npm(&["run", "build"]),
        cargo_whole("build", &["--bin", "leeward", "--bin", "leewardctl"]),
    ]
}

/// Every stage with what became of it and how long it took, and the whole time. Stages ran side by side, so it is no sum.
fn table(stages: &[Stage], done: &[Done], whole: Duration) -> String {
    let mut table = format!("\n{:<10}{:>14}  outcome\n", "stage", "time");
    for stage in stages {
        let ran = done.iter().find(|one| one.stage == *stage);
        let (time, outcome) = ran.map_or((String::new(), "not run"), |one| {
            (show_duration(one.took), verdict(one.passed))
        });
        table += &format!("{:<10}{time:>14}  {outcome}\n", name(*stage));
    }
    let passed = done.len() == stages.len() && done.iter().all(|one| one.passed);
    table += &format!("{:<10}{:>14}  {}\n", "all", show_duration(whole), verdict(passed));
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
    fn a_run_of_everything_runs_each_stage_once() {
        let run: Vec<Stage> = STEPS.iter().flat_map(|step| step.concat()).collect();
        assert_eq!(run, Stage::value_variants());
    }

    #[test]
    fn a_failure_in_one_line_ends_the_line_beside_it() {
        let failed = AtomicBool::new(true);
        let (done, outcome) = run_line(&[Stage::Fmt], true, &failed);
        assert!(done.is_empty(), "a stage began after a failure");
        assert!(
            outcome.is_ok(),
            "the failure is told by the line that it came from"
        );
    }

    #[test]
    fn a_failing_stage_says_how_to_repeat_it() {
        let error = how_to_repeat(anyhow::anyhow!("`cargo test` failed"), Stage::Kill);
        assert_eq!(
            format!("{error:#}"),
            "the stage kill failed; `cargo xtask test --only kill` repeats just that: `cargo test` failed"
        );
    }

    #[test]
    fn the_table_tells_of_every_stage_also_after_a_failure() {
        let stages = [Stage::Fmt, Stage::Ui, Stage::E2e];
        let ran = |stage, passed| Done {
            stage,
            took: Duration::from_secs(61),
            passed,
        };
        let done = [ran(Stage::Fmt, true), ran(Stage::Ui, false)];
        let table = table(&stages, &done, Duration::from_secs(100));
        let rows: Vec<Vec<&str>> = table
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows[1], ["fmt", "1", "min", "01", "s", "passed"]);
        assert_eq!(rows[2], ["ui", "1", "min", "01", "s", "failed"]);
        assert_eq!(rows[3], ["e2e", "not", "run"]);
        assert_eq!(rows[4], ["all", "1", "min", "40", "s", "failed"]);
    }

    #[test]
    fn every_suite_that_must_be_named_is_looked_at() {
        let manifests = ["tests/Cargo.toml", "tests/simulation/Cargo.toml"]
            .map(|path| std::fs::read_to_string(crate::paths::root().join(path)).unwrap())
            .concat();
        let sections = manifests.split("[[test]]").skip(1);
        let named: Vec<_> = sections.filter_map(|section| section.split('"').nth(1)).collect();
        assert_eq!(named, SUITES);
    }

    #[test]
    fn durations_are_read_in_minutes() {
        assert_eq!(show_duration(Duration::from_secs(125)), "2 min 05 s");
    }
}
