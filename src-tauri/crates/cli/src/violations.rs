//! `violations`: what records break together, and by which of them it is settled.

use crate::args::ViolationsCommand;
use crate::context::Context;
use crate::output::{Exit, Output, short, table, word};
use leeward_model::{Problem, Violation};

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
    output.show(&violations, |violations| text(violations));
    Ok(Exit::Done)
}

fn text(violations: &[Violation]) -> String {
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
