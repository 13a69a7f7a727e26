//! What an import did or would do, as it is printed.

use crate::output::{escape, table};
use leeward_exchange::{FoundJson, Plan, PlannedKind};
use leeward_tables::Refused;
use serde::Serialize;

/// The result in this interface. The members that are not always there are for what needs a word more.
#[derive(Debug, Serialize)]
pub(super) struct ImportJson {
    added: usize,
    changed: usize,
    deleted: usize,
    unchanged: usize,
    refused: Vec<RefusedJson>,
    found: FoundJson,
    kept: bool,
    #[serde(skip_serializing_if = "is_zero")]
    conflicts: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip)]
    dry_run: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(Debug, Serialize)]
struct RefusedJson {
    row: u64,
    column: Option<String>,
    value: Option<String>,
    why: String,
}

impl From<Refused> for RefusedJson {
    fn from(refused: Refused) -> Self {
        Self {
            row: refused.row,
            column: refused.column,
            value: refused.value,
            why: refused.why,
        }
    }
}

impl ImportJson {
    pub(super) fn new(plan: Plan, kept: bool, conflicts: usize, dry_run: bool) -> Self {
        Self {
            added: plan.count(PlannedKind::Added),
            changed: plan.count(PlannedKind::Changed),
            deleted: plan.deleted.len(),
            unchanged: plan.unchanged,
            refused: plan.refused.into_iter().map(RefusedJson::from).collect(),
            found: plan.found,
            kept,
            conflicts,
            notes: plan.notes.into_iter().map(|note| note.sentence).collect(),
            dry_run,
        }
    }

    pub(super) fn text(&self) -> String {
        let mut lines = vec![format!(
            "{} added, {} changed, {} deleted, {} unchanged, {} refused",
            self.added,
            self.changed,
            self.deleted,
            self.unchanged,
            self.refused.len()
        )];
        lines.push(self.found_text());
        lines.extend(self.notes.iter().map(|note| escape::line(note).into_owned()));
        if !self.refused.is_empty() {
            lines.push(table(["row", "column", "value", "why"], &self.refused_rows()));
        }
        lines.push(self.outcome());
        lines.join("\n")
    }

    fn found_text(&self) -> String {
        let found = &self.found;
        let parts = [
            ("format", found.format),
            ("encoding", found.encoding),
            ("delimiter", found.delimiter.as_deref()),
            ("decimal", found.decimal),
            ("date order", found.date_order),
        ];
        let told = parts.iter().filter_map(|(name, word)| Some((name, (*word)?)));
        let told: Vec<String> = told
            .map(|(name, word)| format!("{name} {}", escape::line(word)))
            .collect();
        format!("Found: {}", told.join(", "))
    }

    fn refused_rows(&self) -> Vec<[String; 4]> {
        let row = |refused: &RefusedJson| {
            [
                refused.row.to_string(),
                refused.column.clone().unwrap_or_default(),
                crate::output::short(refused.value.as_deref().unwrap_or_default()),
                refused.why.clone(),
            ]
        };
        self.refused.iter().map(row).collect()
    }

    fn outcome(&self) -> String {
        let conflicts = match self.conflicts {
            0 => String::new(),
            count => format!(" In conflict: {count}; `leewardctl conflicts list` lists them."),
        };
        let changes = self.added + self.changed + self.deleted;
        match (self.kept, self.dry_run, self.refused.is_empty()) {
            (true, _, _) if changes == 0 => "Nothing is to be changed.".into(),
            (true, _, _) => format!("Kept; `leewardctl sync` sends it.{conflicts}"),
            (false, true, _) => "Nothing was kept: this only shows what an import would do.".into(),
            (false, false, false) => {
                "Nothing was kept. Correct the file, or keep the rows that are good with --keep-good.".into()
            }
            (false, false, true) => "There is nothing to keep.".into(),
        }
    }
}
