//! `violations`: what records break together, and by which of them it is settled.

use crate::args::ViolationsCommand;
use crate::context::Context;
use crate::output::{Exit, Output, short, table, word};
use leeward_model::{BrokenRule, Problem, Violation};
use serde::Serialize;

/// A violation as scripts read it: its members are fixed.
#[derive(Serialize)]
struct Told {
    collection: String,
    rule: BrokenRule,
    keys: Vec<String>,
    fields: Vec<String>,
    why: String,
}

impl From<Violation> for Told {
    fn from(violation: Violation) -> Self {
        let Violation {
            collection,
            rule,
            keys,
            fields,
            why,
            values: _,
            refers_to: _,
        } = violation;
        Self {
            collection,
            rule,
            keys,
            fields,
            why,
        }
    }
}

pub(crate) fn run(context: &Context, output: &Output, command: ViolationsCommand) -> Result<Exit, Problem> {
    match command {
        ViolationsCommand::List => list(context, output),
    }
}

fn list(context: &Context, output: &Output) -> Result<Exit, Problem> {
    let violations = context.read(|ledger| ledger.violations())?;
    if violations.is_empty() {
        output.note("No violations.");
    }
    let told: Vec<Told> = violations.into_iter().map(Told::from).collect();
    output.show(&told, |told| text(told));
    Ok(Exit::Done)
}

fn text(violations: &[Told]) -> String {
    let rows: Vec<_> = violations
        .iter()
        .map(|violation| {
            [
                violation.collection.clone(),
                word(&violation.rule),
                short(&violation.keys.join(", ")),
                violation.why.clone(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    table(["collection", "rule", "keys", "why"], &rows)
}
