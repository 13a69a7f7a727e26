//! `simulate --seeds N [--seed S] [--json]`: plays histories and says what did not hold. `cargo xtask sim` calls it.
#![expect(clippy::print_stdout, reason = "a command line tool says what it does")]

use clap::Parser;
use simulation::kind::Kind;
use simulation::many::{self, Wanted};
use simulation::report;
use std::process::ExitCode;
use std::time::Duration;

/// Plays histories, each from a seed.
#[derive(Parser)]
struct Arguments {
    /// What they are about.
    #[arg(long, value_enum, default_value_t)]
    kind: Kind,
    /// So many histories.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first one's seed; without it a fresh one, which is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// Go on for so long, but play at least `--seeds`.
    #[arg(long)]
    seconds: Option<u64>,
    /// Histories at a time; each has a thread of its own.
    #[arg(long)]
    jobs: Option<usize>,
    /// End with one line of JSON.
    #[arg(long)]
    json: bool,
    /// Print everything that happened, for each seed.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let kind = arguments.kind;
    let wanted = Wanted {
        kind,
        first: arguments.seed.unwrap_or_else(fresh),
        seeds: arguments.seeds,
        at_least: arguments.seconds.map(Duration::from_secs),
        jobs: arguments.jobs.unwrap_or_else(many::cores),
    };
    if arguments.trace {
        for seed in wanted.first..wanted.first + wanted.seeds {
            println!("{}", report::everything(kind, seed));
        }
        return ExitCode::SUCCESS;
    }
    println!(
        "{} histories of {} from seed {}",
        wanted.seeds,
        kind.name(),
        wanted.first
    );
    let sum = many::play(wanted, |line| println!("{line}"));
    for failed in sum.failed.iter().take(report::TOLD_MAX) {
        println!("\n{}", report::failure(kind, *failed));
    }
    println!("\n{}", report::counters(&sum));
    if arguments.json {
        println!("{}", report::json(&sum));
    } else {
        println!("{}", report::closing(&sum));
    }
    if sum.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A seed that nobody has played yet: from the clock and the process.
fn fresh() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    (u64::try_from(nanos / 1000).unwrap_or_default() ^ (u64::from(std::process::id()) << 20))
        % 1_000_000_000_000
}
