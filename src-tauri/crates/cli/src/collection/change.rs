//! `collection change`: what the next version of a data model does to the records that there are; and the change.

use super::{follow, put_model, read_model, show, stored};
use crate::context::{Context, Failure};
use crate::output::{Exit, Output};
use crate::problem::usage;
use leeward_model::Problem;
use leeward_schema::{DataModel, Step};
use leeward_store::{Ledger, may_follow};
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
    let found = context.read(|ledger| Ok(look(ledger, name, &next)))?;
    let preview = found.map_err(|Failure(problem)| problem)?;
    if dry_run {
        output.show(&preview, Preview::text);
        return Ok(Exit::Done);
    }
    context.write(|ledger| {
        // Another process may have changed it meanwhile.
        look(ledger, name, &next)?;
        let prefix = stored(ledger, name)?.prefix;
        put_model(context, ledger, &prefix, &next)
    })?;
    follow(context)?;
    show::changed(
        context,
        output,
        name,
        "has its next data model here; `leewardctl sync` shares it",
    )
}

/// Checks that the model can follow, and says what it would do.
fn look(ledger: &Ledger<'_>, name: &str, next: &DataModel) -> Result<Preview, Failure> {
    let present = stored(ledger, name)?.data_model()?;
    let difference = present.difference(next);
    if !difference.is_complete() && present.write() != next.write() {
        let missing: Vec<String> = difference.missing.iter().map(ToString::to_string).collect();
        return Err(usage(
            format!(
                "This data model cannot follow version {}.\n{}",
                present.version(),
                missing.join("\n")
            ),
            "docs/COLLECTIONS.md says how a data model changes.",
        )
        .into());
    }
    may_follow(&present, next).map_err(|why| {
        usage(
            format!("This data model {}.", why.trim_end_matches('.')),
            "Make another one.",
        )
    })?;
    let mut preview = Preview {
        name: name.to_owned(),
        version: next.version(),
        additions: difference.additions.iter().map(ToString::to_string).collect(),
        steps: difference
            .steps
            .iter()
            .filter(|step: &&Step| step.version > present.version())
            .count(),
        records: 0,
        changed: 0,
        broken: Vec::new(),
    };
    ledger.each_record(name, |record| {
        if let Some(before) = record.local_fields().filter(|_| record.is_visible()) {
            let after = next.with_defaults(present.migrate(next, before.clone()));
            preview.records += 1;
            preview.changed += u32::from(after != before);
            let broken = next.check(&after).into_iter();
            let key = &record.key;
            preview.broken.extend(broken.map(|(field, why)| Broken {
                key: key.clone(),
                field,
                why,
            }));
        }
        Ok::<_, Failure>(())
    })?;
    Ok(preview)
}

impl Preview {
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
