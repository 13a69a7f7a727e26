//! `brake`: collections that are stopped until a person has looked.

use crate::args::BrakeCommand;
use crate::context::Context;
use crate::output::{Exit, Output, table};
use crate::problem::not_found;
use leeward_model::{BrakeView, Problem};
use leeward_store::StoreError;

pub(crate) fn run(context: &Context, output: &Output, command: BrakeCommand) -> Result<Exit, Problem> {
    match command {
        BrakeCommand::Show { collection } => show(context, output, collection.as_deref()),
        BrakeCommand::Accept { collection } => accept(context, output, &collection),
    }
}

fn show(context: &Context, output: &Output, only: Option<&str>) -> Result<Exit, Problem> {
    only.map(|name| context.collection(name)).transpose()?;
    let mut brakes = context.read(|ledger| ledger.brakes())?;
    brakes.retain(|brake| only.is_none_or(|only| brake.collection == only));
    if brakes.is_empty() {
        output.note("Nothing is stopped.");
    }
    output.show(&brakes, |brakes| text(brakes));
    Ok(Exit::Done)
}

fn text(brakes: &[BrakeView]) -> String {
    let rows: Vec<_> = brakes
        .iter()
        .map(|brake| {
            let vanished = format!("{} of {}", brake.vanished, brake.known);
            [
                brake.collection.clone(),
                vanished,
                brake.since.to_string(),
                brake.reason.clone(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    table(["collection", "vanished", "since", "why"], &rows)
}

fn accept(context: &Context, output: &Output, name: &str) -> Result<Exit, Problem> {
    context.collection(name)?;
    let accepted = context.write(|ledger| match ledger.accept_brake(name) {
        Err(StoreError::NotFound) => {
            Err(not_found(format!("{name} is not stopped."), "There is nothing to accept.").into())
        }
        other => Ok(other?),
    });
    accepted?;
    output.show(&serde_json::json!({ "accepted": name }), |_| {
        format!("Accepted: {name} goes on at the next sync.")
    });
    Ok(Exit::Done)
}
