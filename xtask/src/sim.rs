//! `cargo xtask sim`: plays histories of the whole engine in virtual time, each from a seed.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::paths;
use crate::shell::{self, cargo_whole};

/// The kinds of histories, as the simulation calls them.
const RECORDS: &str = "records";
const MODELS: &str = "models";
const COMPANION: &str = "companion";

/// What is to be played.
#[derive(Args)]
pub(crate) struct Wanted {
    /// What they are about: `records`, with every fault, `models`, their changes, rules and imports, or `companion`, its
    /// batches and publications.
    #[arg(long, default_value = RECORDS)]
    pub(crate) kind: String,
    /// So many histories.
    #[arg(long, default_value_t = 1000)]
    pub(crate) seeds: u64,
    /// The first one's seed; without it a fresh one, which is printed.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Go on for so long, but play at least `--seeds`.
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// End with one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What CI plays: always the same seeds, whatever the machine's speed, so that a tree gets the same verdict each time.
/// Fresh ones are for finding: `cargo xtask sim`.
pub(crate) fn fixed() -> [Wanted; 3] {
    [(RECORDS, 500), (MODELS, 160), (COMPANION, 110)].map(|(kind, seeds)| Wanted {
        kind: kind.to_owned(),
        seeds,
        seed: Some(1),
        seconds: None,
        json: true,
    })
}

/// Builds the simulation, and plays.
pub(crate) fn run(wanted: &Wanted) -> Result<()> {
    shell::run(&mut build())?;
    shell::run(&mut play(wanted))
}

/// Builds the simulation, with every check and the engine optimised a little.
pub(crate) fn build() -> Command {
    cargo_whole("build", &["--bin", "simulate"])
}

/// Plays, by what was built.
pub(crate) fn play(wanted: &Wanted) -> Command {
    let mut command = shell::command(paths::built("simulate"), &[]);
    command.arg("--kind").arg(&wanted.kind);
    command.arg("--seeds").arg(wanted.seeds.to_string());
    for (name, value) in [("--seed", wanted.seed), ("--seconds", wanted.seconds)] {
        if let Some(value) = value {
            command.arg(name).arg(value.to_string());
        }
    }
    if wanted.json {
        command.arg("--json");
    }
    command
}
