//! From a decision to the changes that a `resolve` entry carries: what it was decided against, and the result.

use crate::args::Side;
use crate::context::Failure;
use crate::problem::usage;
use leeward_model::{Change, Conflict, Fields, Problem, Slot};
use leeward_store::StoredRecord;
use std::collections::BTreeMap;

/// What was decided.
pub(super) enum Decision {
    /// One side, whole.
    Take(Side),
    /// Fields of the result.
    Fields(Fields),
}

type Changes = BTreeMap<String, Change>;

/// The changes, and whether the result is that the record is deleted.
pub(super) fn changes(
    record: &StoredRecord,
    conflict: &Conflict,
    decision: Decision,
) -> Result<(Changes, bool), Failure> {
    Ok(match decision {
        Decision::Take(Side::Mine) if conflict.mine_deleted => (deletes(conflict), true),
        Decision::Take(Side::Airflow) if conflict.airflow_deleted => (deletes(conflict), true),
        Decision::Take(Side::Mine) => (keeps(record, conflict), false),
        Decision::Take(Side::Airflow) => (by_field(conflict, |field| field.airflow.clone()), false),
        Decision::Fields(fields) => (given(record, conflict, fields)?, false),
    })
}

fn by_field(conflict: &Conflict, to: impl Fn(&leeward_model::ConflictField) -> Slot) -> Changes {
    let change = |field: &leeward_model::ConflictField| {
        let change = Change {
            from: field.airflow.clone(),
            to: to(field),
        };
        (field.name.clone(), change)
    };
    conflict.fields.iter().map(change).collect()
}

fn deletes(conflict: &Conflict) -> Changes {
    by_field(conflict, |_| None)
}

/// Mine; a record that is gone in Airflow is written again with all it has.
fn keeps(record: &StoredRecord, conflict: &Conflict) -> Changes {
    let mut changes = by_field(conflict, |field| field.mine.clone());
    if conflict.airflow_deleted {
        for (name, to) in record.local_fields().unwrap_or_default() {
            let change = Change {
                from: None,
                to: Some(to),
            };
            changes.entry(name).or_insert(change);
        }
    }
    changes
}

/// Fields beside the conflict are edits of what is shown; a clashing field must be decided.
fn given(record: &StoredRecord, conflict: &Conflict, mut fields: Fields) -> Result<Changes, Problem> {
    if let Some(missing) = conflict
        .fields
        .iter()
        .find(|field| !fields.contains_key(&field.name))
    {
        return Err(usage(
            format!("The result lacks the {}, which is in conflict.", missing.name),
            "Give every field that `leewardctl conflicts show` lists.",
        ));
    }
    let mut changes = by_field(conflict, |_| None);
    for (name, change) in &mut changes {
        change.to = fields.remove(name);
    }
    for (name, to) in fields {
        let from = record.local(&name).cloned();
        changes.insert(name, Change { from, to: Some(to) });
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::{Against, ConflictField, ConflictKind};
    use serde_json::json;

    fn conflict() -> Conflict {
        Conflict {
            kind: ConflictKind::Fields,
            fields: vec![ConflictField {
                name: "value".into(),
                base: Some(json!("1")),
                mine: Some(json!("2")),
                airflow: Some(json!("3")),
                paths: Vec::new(),
                against: Against::Airflow,
                sealed: false,
                suggestion: None,
            }],
            mine_deleted: false,
            airflow_deleted: false,
            found_at: jiff::Timestamp::UNIX_EPOCH,
            decided: None,
            note: None,
        }
    }

    fn decided(conflict: &Conflict, decision: Decision) -> (Changes, bool) {
        changes(&StoredRecord::new("variables", "k"), conflict, decision).unwrap()
    }

    fn change(from: &str, to: Option<&str>) -> Change {
        Change {
            from: Some(json!(from)),
            to: to.map(|to| json!(to)),
        }
    }

    #[test]
    fn a_side_is_taken_against_what_airflow_has() {
        let (mine, deleted) = decided(&conflict(), Decision::Take(Side::Mine));
        assert_eq!((&mine["value"], deleted), (&change("3", Some("2")), false));
        let (airflow, _) = decided(&conflict(), Decision::Take(Side::Airflow));
        assert_eq!(airflow["value"], change("3", Some("3")));
    }

    #[test]
    fn taking_the_side_that_deleted_deletes() {
        let mine = Conflict {
            mine_deleted: true,
            ..conflict()
        };
        assert!(decided(&mine, Decision::Take(Side::Mine)).1);
        assert!(!decided(&mine, Decision::Take(Side::Airflow)).1);
        let theirs = Conflict {
            airflow_deleted: true,
            ..conflict()
        };
        assert!(decided(&theirs, Decision::Take(Side::Airflow)).1);
        assert!(!decided(&theirs, Decision::Take(Side::Mine)).1);
    }

    #[test]
    fn a_result_decides_every_clashing_field() {
        let record = StoredRecord::new("variables", "k");
        let without = Decision::Fields(Fields::from([("description".into(), json!("x"))]));
        assert!(changes(&record, &conflict(), without).is_err());
        let with = Decision::Fields(Fields::from([
            ("value".into(), json!("4")),
            ("description".into(), json!("x")),
        ]));
        let (result, _) = decided(&conflict(), with);
        assert_eq!(result["value"], change("3", Some("4")));
        assert_eq!(result["description"].to, Some(json!("x")));
    }
}
