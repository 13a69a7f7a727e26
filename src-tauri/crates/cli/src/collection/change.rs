//! `collection change`: what the next version of a data model does to the records that there are; and the change.

use super::{author, follow, read_model, show};
use crate::context::{Context, Failure};
use crate::output::{Exit, Output};
use leeward_model::Problem;
use leeward_sync::collections::{self, Effect};
use serde::Serialize;
use std::path::Path;

/// What a change would do.
#[derive(Serialize)]
struct Preview {
    name: String,
    version: u32,
    /// What needs no step, in words.
    additions: Vec<String>,
    /// How many steps lead to the version.
    steps: usize,
    records: u32,
    /// Records that would read otherwise than now.
    changed: u32,
    /// Records that would break a rule.
    broken: Vec<Broken>,
}

#[derive(Serialize)]
struct Broken {
    key: String,
    field: String,
    why: String,
}

pub(super) fn run(
    context: &Context,
    output: &Output,
    name: &str,
    file: &Path,
    dry_run: bool,
) -> Result<Exit, Problem> {
    let next = read_model(file)?;
    if dry_run {
        let found = context.read(|ledger| Ok(collections::effect(ledger, name, &next)))?;
        let effect = found.map_err(|refusal| Failure::from(refusal).0)?;
        output.show(&Preview::of(name, effect), Preview::text);
        return Ok(Exit::Done);
    }
    context.write(|ledger| Ok(collections::change(ledger, author(context), name, &next)?))?;
    follow(context)?;
    show::changed(
        context,
        output,
        name,
        "has its next data model here; `leewardctl sync` shares it",
    )
}

impl Preview {
    fn of(name: &str, effect: Effect) -> Self {
        let broken = effect.broken.into_iter().map(|one| Broken {
            key: one.key,
            field: one.field,
            why: one.why,
        });
        Self {
            name: name.to_owned(),
            version: effect.version,
            additions: effect.additions.iter().map(ToString::to_string).collect(),
            steps: effect.steps.len(),
            records: effect.records,
            changed: effect.changed,
            broken: broken.collect(),
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![format!(
            "Version {} of {}: {} of {} records change.",
            self.version, self.name, self.changed, self.records
        )];
        lines.extend(self.additions.iter().cloned());
        let broken = self.broken.iter();
        lines.extend(broken.map(|one| format!("{}: {} {}.", one.key, one.field, one.why)));
        lines.join("\n")
    }
}
