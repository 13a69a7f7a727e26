//! Hostile inputs for every parser: no panic, no hang, no flood of memory.
//!
//! Each parser runs in a process of its own, whose memory is limited, so that what would end a process is seen and
//! named: `cargo xtask fuzz --parser NAME --seed S --from N --inputs 1` gives it that input again.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a measurement: it prints what it found, and ends where it cannot measure"
)]

mod hostile;
mod parsers;
mod tokens;
mod worker;

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use harness::dice::Dice;
use worker::Outcome;

/// Feeds hostile inputs to every parser, and prints what became of them.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many inputs each parser gets.
    #[arg(long, default_value_t = 20_000)]
    inputs: u64,
    /// Only this parser.
    #[arg(long)]
    parser: Option<String>,
    /// Makes other inputs; without it, the seed is LEEWARD_FUZZ_SEED's or always the same.
    #[arg(long)]
    seed: Option<u64>,
    /// The number of the first input.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This process feeds the parser itself.
    #[arg(long, hide = true)]
    worker: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if arguments.worker {
        work(&arguments)
    } else {
        all(&arguments)
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(arguments: &Arguments) -> Result<()> {
    let name = arguments.parser.as_deref().context("which parser?")?;
    let parser = parsers::all().into_iter().find(|parser| parser.name == name);
    let parser = parser.with_context(|| format!("there is no parser {name}"))?;
    let seed = arguments.seed.unwrap_or_default();
    let outcome = worker::feed(parser, seed, arguments.from, arguments.inputs)?;
    println!("{}", outcome.line());
    Ok(())
}

fn all(arguments: &Arguments) -> Result<()> {
    let chosen = |name: &str| arguments.parser.as_deref().is_none_or(|only| only == name);
    let names: Vec<&str> = parsers::all().iter().map(|parser| parser.name).collect();
    ensure!(
        names.iter().any(|name| chosen(name)),
        "there is no such parser; there are: {}",
        names.join(", ")
    );
    let seed = arguments
        .seed
        .unwrap_or_else(|| Dice::from_environment("LEEWARD_FUZZ_SEED").seed());
    println!("seed {seed} (--seed repeats it)");
    println!(
        "{:<18}{:>10}{:>10}{:>10}{:>9}{:>8}{:>11}{:>9}",
        "parser", "inputs", "accepted", "refused", "panics", "slow", "slowest ms", "peak MB"
    );
    let mut total = Outcome::default();
    let mut bad = Vec::new();
    for parser in parsers::all().iter().filter(|parser| chosen(parser.name)) {
        let outcome = in_a_process(parser.name, seed, arguments)?;
        println!("{}", outcome.row(parser.name));
        // A seed that is taken as it is shows that inputs come as far as what they are meant for.
        if !outcome.is_good(arguments.inputs) {
            bad.push(parser.name);
        }
        total.add(&outcome);
    }
    println!("{}", total.row("all"));
    ensure!(bad.is_empty(), "not every input was borne: {}", bad.join(", "));
    Ok(())
}

/// Feeds one parser in a process of its own. One that dies leaves the number of its last input behind.
fn in_a_process(name: &str, seed: u64, arguments: &Arguments) -> Result<Outcome> {
    let progress = tempfile::NamedTempFile::new()?;
    let output = Command::new(std::env::current_exe()?)
        .args(["--worker", "--parser", name])
        .args(["--seed", &seed.to_string()])
        .args(["--from", &arguments.from.to_string()])
        .args(["--inputs", &arguments.inputs.to_string()])
        .env(worker::PROGRESS, progress.path())
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if let (true, Some(outcome)) = (output.status.success(), Outcome::from_line(&text)) {
        return Ok(outcome);
    }
    let last = worker::last_input(progress.path())?;
    println!("{name}: the process ended ({}) at input {last}", output.status);
    Ok(Outcome {
        inputs: last,
        panics: 1,
        ..Outcome::default()
    })
}
