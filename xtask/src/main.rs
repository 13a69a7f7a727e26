//! `cargo xtask …`: the project's own commands. Each can be interrupted and repeated.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool says what it does"
)]

mod apt;
mod bench;
mod bindings;
mod companion;
mod coverage;
mod demo;
mod dist;
mod failure;
mod fuzz;
mod icons;
mod npm;
mod paths;
mod setup;
mod shell;
mod sim;
mod stages;
mod stamp;
mod tour;
mod venv;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Leeward's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing: system packages, npm packages, a private Airflow.
    Setup {
        /// What it is for; the demo on a screen of your own needs fewer packages.
        #[arg(long = "for", value_enum, default_value_t = setup::Purpose::Test)]
        purpose: setup::Purpose,
    },
    /// Run everything that CI runs.
    Test {
        /// Only this stage.
        #[arg(long, value_enum)]
        only: Option<stages::Stage>,
    },
    /// Measure what docs/BENCHMARKS.md tells, each figure beside a reference.
    Bench(bench::Options),
    /// Try Leeward on a real Airflow: opens the app, or plays the tour where there is no display.
    Demo,
    /// Build the packages for Linux, .deb and .rpm, into target/dist, and look at what is in them.
    Dist(dist::Options),
    /// Feed hostile inputs to every parser, in an optimised build; prints what became of them.
    Fuzz(fuzz::Arguments),
    /// Play histories of the whole engine in virtual time, with every fault, each from a seed.
    Sim(sim::Wanted),
    /// Let two desktops and a person with SQL work on one collection of a real Airflow, with faults, for as long as is asked.
    Play {
        /// For so many seconds.
        #[arg(long, default_value_t = 600)]
        seconds: u64,
    },
    /// Render `icons/*.svg` to every size that the app and its bundles need.
    Icons,
    /// Measure which lines of merge, sync and store their tests reach; fails below the floors.
    Coverage,
    /// Write what is generated for the window: TypeScript types, the calls of commands, and what is permitted.
    Bindings,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Setup { purpose } => setup::run(purpose),
        Command::Test { only } => stages::run(only),
        Command::Bench(options) => bench::run(&options),
        Command::Demo => demo::run(),
        Command::Dist(options) => dist::run(&options),
        Command::Fuzz(arguments) => fuzz::many(&arguments),
        Command::Sim(wanted) => sim::run(&wanted),
        Command::Play { seconds } => companion::play(seconds),
        Command::Icons => icons::render(),
        Command::Coverage => coverage::run(),
        Command::Bindings => bindings::write(),
    };
    if let Err(error) = done {
        // Causes in one line, without the backtrace that `Debug` would add.
        eprintln!("\n{error:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
