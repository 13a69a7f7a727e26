//! `cargo xtask fuzz`: hostile inputs for every parser. The binary that feeds them is in `tests/fuzz`.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::paths;
use crate::shell::{self, cargo, cargo_whole};

/// Inputs a parser in a run of everything.
const FEW: &str = "20000";

/// The variable that names the seed; without it the short run always feeds the same inputs.
const SEED: &str = "LEEWARD_FUZZ_SEED";

/// What is fed.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How many inputs each parser gets.
    #[arg(long, default_value_t = 1_000_000)]
    inputs: u64,
    /// Only this parser.
    #[arg(long)]
    parser: Option<String>,
    /// Makes the same inputs again; fresh ones when missing.
    #[arg(long)]
    seed: Option<u64>,
    /// The number of the first input.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// The short run, in the build that the other suites use.
pub(crate) fn few() -> [Command; 2] {
    [
        cargo_whole("build", &["--bin", "fuzz"]),
        shell::command(paths::built("fuzz"), &["--inputs", FEW]),
    ]
}

/// The long run.
pub(crate) fn many(arguments: &Arguments) -> Result<()> {
    let mut command = cargo(&[
        "run",
        "--profile",
        "fuzz",
        "-p",
        "leeward-tests",
        "--bin",
        "fuzz",
        "--",
    ]);
    command.args(["--inputs", &arguments.inputs.to_string()]);
    command.args(["--from", &arguments.from.to_string()]);
    if let Some(parser) = &arguments.parser {
        command.args(["--parser", parser]);
    }
    match arguments.seed {
        Some(seed) => drop(command.args(["--seed", &seed.to_string()])),
        None if std::env::var_os(SEED).is_none() => drop(command.env(SEED, "fresh")),
        None => {}
    }
    shell::run(&mut command)
}
