//! `merge`: three versions of a record, like `git merge-file` for lines. The engine's own rules, and nothing else: no
//! environment, no mirror, no network.

mod read;

use crate::args::MergeArgs;
use crate::output::{Exit, Output, below, escape, plain};
use leeward_merge::{Merge, Side, merge_records};
use leeward_model::{ConflictField, ConflictKind, Fields, Problem, Slot, Value};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The result in this interface. The members that are not always there say more.
#[derive(Debug, Serialize)]
struct MergeJson {
    merged: Option<Fields>,
    deleted: bool,
    taken: BTreeMap<String, &'static str>,
    conflicts: Vec<ClashJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<ConflictKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    sealed: BTreeSet<String>,
}

/// A side that has no such field, or no such record, is not there: `null` is a value.
#[derive(Debug, Serialize)]
struct ClashJson {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Slot,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Slot,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Slot,
    paths: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Slot,
}

pub(crate) fn run(output: &Output, files: &MergeArgs) -> Result<Exit, Problem> {
    let input = read::input(files)?;
    let [base, local, remote] = input.records.each_ref().map(Option::as_ref);
    let result = MergeJson::of(merge_records(&input.model, base, local, remote));
    output.show(&result, MergeJson::text);
    Ok(if result.kind.is_some() {
        Exit::Unsettled
    } else {
        Exit::Done
    })
}

impl MergeJson {
    fn of(merge: Merge) -> Self {
        let taken = merge.taken.into_iter().map(|(name, side)| (name, word(side)));
        let (mut kind, mut note, mut conflicts) = (None, None, Vec::new());
        if let Some(conflict) = merge.conflict {
            (kind, note) = (Some(conflict.kind), conflict.note);
            conflicts = conflict.fields.into_iter().map(ClashJson::of).collect();
        }
        Self {
            merged: merge.record,
            deleted: merge.deleted,
            taken: taken.collect(),
            conflicts,
            kind,
            note,
            sealed: merge.sealed,
        }
    }

    fn text(&self) -> String {
        if self.kind.is_some() {
            return self.question();
        }
        match &self.merged {
            Some(record) => {
                escape::json(&serde_json::to_string_pretty(record).unwrap_or_default()).into_owned()
            }
            None if self.deleted => "The record is deleted.".into(),
            None => "There is no record.".into(),
        }
    }

    fn question(&self) -> String {
        let mut lines = vec!["conflict".to_owned()];
        lines.extend(self.note.clone());
        for clash in &self.conflicts {
            lines.push(String::new());
            lines.extend(clash.lines());
        }
        lines.join("\n")
    }
}

impl ClashJson {
    fn of(field: ConflictField) -> Self {
        Self {
            field: field.name,
            base: field.base,
            local: field.mine,
            remote: field.airflow,
            paths: field.paths,
            suggestion: field.suggestion,
        }
    }

    fn lines(&self) -> Vec<String> {
        let side = |name: &str, value: Option<&Value>| format!("  {name:<8} {}", below(&plain(value)));
        let mut lines = vec![
            escape::line(&self.field).into_owned(),
            side("base", self.base.as_ref()),
            side("local", self.local.as_ref()),
            side("remote", self.remote.as_ref()),
        ];
        if !self.paths.is_empty() {
            lines.push(format!("  clash at {}", escape::line(&self.paths.join(", "))));
        }
        lines
    }
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Local => "local",
        Side::Remote => "remote",
        Side::Both => "both",
        Side::Merged => "merged",
    }
}
