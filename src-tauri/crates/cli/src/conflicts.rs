//! `conflicts`: look at them, resolve them.

mod decide;

use crate::args::{ConflictsCommand, RecordName};
use crate::context::{Context, Failure};
use crate::output::{Exit, Output, below, escape, plain, short, table, word};
use crate::problem::{no_record, not_found};
use crate::records::{self, RecordJson, Rules};
use decide::Decision;
use leeward_model::{Against, Conflict, ConflictField, ConflictKind, EntryKind, Problem, Slot, kept_field};
use leeward_store::{Ledger, StoredRecord, Work};
use serde::Serialize;

/// A conflict in this interface. A side that has no such field, or no such record, is `null`; the members that are not
/// always there say more.
#[derive(Debug, Serialize)]
struct ConflictJson {
    collection: String,
    key: String,
    kind: ConflictKind,
    fields: Vec<FieldJson>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mine_deleted: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    airflow_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<leeward_model::Fields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Serialize)]
struct FieldJson {
    name: String,
    base: Slot,
    mine: Slot,
    airflow: Slot,
    paths: Vec<String>,
    #[serde(skip_serializing_if = "is_airflow")]
    against: Against,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Slot,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_airflow(against: &Against) -> bool {
    *against == Against::Airflow
}

impl ConflictJson {
    fn of(record: &StoredRecord) -> Option<Self> {
        let conflict = record.conflict.clone()?;
        Some(Self {
            collection: record.collection.clone(),
            key: record.key.clone(),
            kind: conflict.kind,
            fields: conflict.fields.into_iter().map(Into::into).collect(),
            mine_deleted: conflict.mine_deleted,
            airflow_deleted: conflict.airflow_deleted,
            decided: conflict.decided,
            note: conflict.note,
        })
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("{} · {}", escape::line(&self.key), self.kind_text())];
        lines.extend(self.note.as_deref().map(below));
        for field in &self.fields {
            let other = if field.against == Against::Local {
                "other"
            } else {
                "airflow"
            };
            lines.push(String::new());
            lines.push(escape::line(&field.name).into_owned());
            lines.push(format!("  before   {}", value(field.base.as_ref())));
            lines.push(format!("  {other:<7}  {}", value(field.airflow.as_ref())));
            lines.push(format!("  mine     {}", value(field.mine.as_ref())));
            let kept = self.decided.iter().flatten();
            for (_, decided) in kept.filter(|(name, _)| kept_field(name) == field.name) {
                lines.push(format!("  decided  {}", value(Some(decided))));
            }
            if let Some(suggestion) = &field.suggestion {
                lines.push(format!("  proposal {}", value(Some(suggestion))));
            }
            if !field.paths.is_empty() {
                lines.push(format!("  clash at {}", escape::line(&field.paths.join(", "))));
            }
        }
        lines.join("\n")
    }

    fn kind_text(&self) -> &'static str {
        match self.kind {
            ConflictKind::EditDelete if self.mine_deleted => "deleted here, changed there",
            ConflictKind::EditDelete => "changed here, deleted there",
            ConflictKind::CreateCreate => "created on both sides",
            ConflictKind::Invalid => "the merged record breaks a rule",
            ConflictKind::Fields => "changed on both sides",
        }
    }
}

/// A side's value, below what names the side.
fn value(value: Option<&leeward_model::Value>) -> String {
    below(&plain(value))
}

impl From<ConflictField> for FieldJson {
    fn from(field: ConflictField) -> Self {
        Self {
            name: field.name,
            base: field.base,
            mine: field.mine,
            airflow: field.airflow,
            paths: field.paths,
            against: field.against,
            suggestion: field.suggestion,
        }
    }
}

pub(crate) fn run(context: &Context, output: &Output, command: ConflictsCommand) -> Result<Exit, Problem> {
    match command {
        ConflictsCommand::List => list(context, output),
        ConflictsCommand::Show { record } => show(context, output, &record),
        ConflictsCommand::Resolve {
            record,
            take,
            given,
            reason,
            force_text,
        } => {
            let rules = Rules::of(context, &record.collection, force_text)?;
            let decision = match take {
                Some(side) => Decision::Take(side),
                None => {
                    let given = records::given_fields(output, rules.model(), given)?;
                    Decision::Fields(rules.canonical(given)?)
                }
            };
            resolve(context, output, &rules, &record, decision, reason)
        }
    }
}

fn list(context: &Context, output: &Output) -> Result<Exit, Problem> {
    let active = context.read(|ledger| {
        let names = ledger.collections()?;
        let all = names.iter().map(|name| ledger.active(name));
        Ok(all.collect::<Result<Vec<_>, _>>()?.concat())
    })?;
    let conflicts: Vec<ConflictJson> = active.iter().filter_map(ConflictJson::of).collect();
    if conflicts.is_empty() {
        output.note("No conflicts.");
    }
    output.show(&conflicts, |conflicts| list_text(conflicts));
    Ok(Exit::Done)
}

fn list_text(conflicts: &[ConflictJson]) -> String {
    if conflicts.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = conflicts
        .iter()
        .map(|conflict| {
            let names = conflict.fields.iter().map(|field| field.name.as_str());
            let names: Vec<&str> = names.collect();
            [
                conflict.key.clone(),
                word(&conflict.kind),
                short(&names.join(", ")),
            ]
        })
        .collect();
    table(["key", "kind", "fields"], &rows)
}

fn show(context: &Context, output: &Output, name: &RecordName) -> Result<Exit, Problem> {
    context.collection(&name.collection)?;
    let found = context.read(|ledger| Ok(in_conflict(ledger, name).map(|(record, _)| record)))?;
    let record = found.map_err(|Failure(problem)| problem)?;
    let conflict = ConflictJson::of(&record).ok_or_else(|| no_conflict(name))?;
    output.show(&conflict, ConflictJson::text);
    Ok(Exit::Done)
}

fn in_conflict(ledger: &Ledger<'_>, name: &RecordName) -> Result<(StoredRecord, Conflict), Failure> {
    let record = ledger.record(&name.collection, &name.key)?;
    let record = record.ok_or_else(|| no_record(&name.collection, &name.key))?;
    let conflict = record.conflict.clone().ok_or_else(|| no_conflict(name))?;
    Ok((record, conflict))
}

fn no_conflict(name: &RecordName) -> Problem {
    not_found(
        format!("{} is not in conflict.", name.key),
        "`leewardctl conflicts list` lists those that are.",
    )
}

fn resolve(
    context: &Context,
    output: &Output,
    rules: &Rules,
    name: &RecordName,
    decision: Decision,
    reason: Option<String>,
) -> Result<Exit, Problem> {
    let view = context.write(|ledger| {
        let (record, conflict) = in_conflict(ledger, name)?;
        if let Decision::Fields(fields) = &decision {
            rules.check(&name.key, fields, Some(&record))?;
        }
        let (fields, deleted) = decide::changes(&record, &conflict, decision)?;
        let work = Work {
            fields,
            deleted,
            ..work_on(context, name, reason)
        };
        context.enter(ledger, work)?;
        records::now(ledger, name)
    })?;
    let settled = view.conflict.is_none();
    output.show(&RecordJson::from(view), |record| record.settled_text(settled));
    Ok(if settled { Exit::Done } else { Exit::Unsettled })
}

fn work_on(context: &Context, name: &RecordName, reason: Option<String>) -> Work {
    records::work_on(context, EntryKind::Resolve, name, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_shows_every_value_that_there_is_to_choose_from() {
        let field = ConflictField {
            name: "value".into(),
            base: Some(json!("1")),
            mine: Some(json!("2")),
            airflow: Some(json!("3")),
            suggestion: Some(json!("5")),
            ..ConflictField::default()
        };
        let conflict = ConflictJson {
            collection: "variables".into(),
            key: "rate".into(),
            kind: ConflictKind::Fields,
            fields: vec![field.into()],
            mine_deleted: false,
            airflow_deleted: false,
            decided: Some(leeward_model::Fields::from([("value".into(), json!("4"))])),
            note: None,
        };
        let lines = [
            "  before   1",
            "  airflow  3",
            "  mine     2",
            "  decided  4",
            "  proposal 5",
        ];
        let text = conflict.text();
        assert!(text.ends_with(&lines.join("\n")), "{text}");
    }
}
