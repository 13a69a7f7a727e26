//! A data model that became another one while somebody described its next version.

use super::Refusal;
use leeward_schema::{DataModel, Step, StepKind};

/// So many changes are told.
const CHANGES_MAX: usize = 8;

/// Checks that the model is still the one that a change was made from.
///
/// # Errors
/// `Moved`, with what came.
pub(super) fn check(from: &DataModel, now: &DataModel) -> Result<(), Refusal> {
    match from.write() == now.write() {
        true => Ok(()),
        false => Err(Refusal::Moved {
            name: from.collection().into(),
            changes: changes(from, now),
        }),
    }
}

/// What leads from one version to a later one, each as a sentence.
fn changes(from: &DataModel, now: &DataModel) -> Vec<String> {
    let difference = from.difference(now);
    let steps = difference
        .steps
        .iter()
        .filter(|step| step.version > from.version());
    let mut told: Vec<String> = steps.map(sentence).collect();
    told.extend(difference.additions.iter().map(ToString::to_string));
    if told.is_empty() {
        told.push("Another file stands in its place.".into());
    }
    let more = told.len().saturating_sub(CHANGES_MAX);
    told.truncate(CHANGES_MAX);
    if more > 0 {
        told.push(format!("And {more} more."));
    }
    told
}

fn sentence(step: &Step) -> String {
    match &step.kind {
        StepKind::Rename { from, to } => format!("{from} is called {to} now."),
        StepKind::Drop { field } => format!("{field} was taken out."),
        StepKind::Convert { field, .. } => format!("{field} has other values or another rule."),
        StepKind::Key { .. } => "The key is another one.".into(),
    }
}
