//! What is told of histories: a failing one shrunk and readable, and the closing lines.

use crate::history::{Options, Outcome};
use crate::kind::Kind;
use crate::many::Sum;
use serde_json::json;

/// So many failing histories are told.
pub const TOLD_MAX: usize = 3;
/// So many lines of each.
const LINES_MAX: usize = 90;

/// Everything that happened.
#[must_use]
pub fn everything(kind: Kind, seed: u64) -> String {
    let outcome = recorded(kind, seed, None);
    format!(
        "{}\nseed {seed}: trace {:016x}",
        outcome.lines.join("\n"),
        outcome.hash
    )
}

/// A failing history, with as few operations as it fails with, and how to repeat it.
#[must_use]
pub fn failure(kind: Kind, seed: u64) -> String {
    let shortest = shrink(kind, seed);
    let outcome = recorded(kind, seed, shortest);
    let telling: Vec<&str> = outcome
        .lines
        .iter()
        .map(String::as_str)
        .filter(|line| tells(line))
        .collect();
    let from = telling.len().saturating_sub(LINES_MAX);
    let with = shortest.map_or("all its".to_owned(), |operations| operations.to_string());
    format!(
        "seed {seed}, which fails with {with} operations:\n{}{}\nrepeat it: cargo xtask sim --kind {} --seed {seed} --seeds 1",
        if from > 0 { "  …\n" } else { "" },
        telling[from..].join("\n"),
        kind.name(),
    )
}

/// Reads that went well say nothing.
fn tells(line: &str) -> bool {
    !line.contains(" asks: GET ") || line.contains('!')
}

fn recorded(kind: Kind, seed: u64, operations_max: Option<u64>) -> Outcome {
    let options = Options {
        recording: true,
        operations_max,
        ..Options::default()
    };
    kind.play(seed, options)
}

fn fails(kind: Kind, seed: u64, operations: u64) -> bool {
    let options = Options {
        operations_max: Some(operations),
        ..Options::default()
    };
    !kind.play(seed, options).violations.is_empty()
}

/// The fewest operations with which it fails, if fewer than all do.
fn shrink(kind: Kind, seed: u64) -> Option<u64> {
    let found = (0..7)
        .map(|power| 1 << power)
        .find(|operations| fails(kind, seed, *operations))?;
    let fewer = (found / 2 + 1)..found;
    Some(
        fewer
            .into_iter()
            .find(|operations| fails(kind, seed, *operations))
            .unwrap_or(found),
    )
}

/// How often what happened.
#[must_use]
pub fn counters(sum: &Sum) -> String {
    let counts = sum
        .counters
        .iter()
        .map(|(name, count)| format!("{count:>12}  {name}"));
    let missing = sum
        .missing()
        .into_iter()
        .map(|name| format!("never happened: {name}"));
    let broken = sum.by_invariant.iter();
    let broken = broken.map(|(name, count)| format!("did not hold in {count} histories: {name}"));
    counts.chain(missing).chain(broken).collect::<Vec<_>>().join("\n")
}

/// The closing line for people.
#[must_use]
pub fn closing(sum: &Sum) -> String {
    format!(
        "{} histories of {} from seed {} in {:.1} s: {} failed",
        sum.seeds,
        sum.kind.name(),
        sum.first,
        sum.took.as_secs_f64(),
        sum.failed.len()
    )
}

/// The closing line for programs.
#[must_use]
pub fn json(sum: &Sum) -> String {
    json!({
        "kind": sum.kind.name(),
        "seeds": sum.seeds,
        "violations": sum.failed.len(),
        "first_seed": sum.first,
        "seconds": (sum.took.as_secs_f64() * 10.0).round() / 10.0,
        "counters": sum.counters.json(),
    })
    .to_string()
}
