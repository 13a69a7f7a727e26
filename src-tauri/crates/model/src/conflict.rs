//! Conflicts: stored, visible, settled by a person.

use crate::{Slot, Value, slot};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why a record cannot be merged without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// The same field changed on both sides.
    Fields,
    /// Edited on one side, deleted on the other.
    EditDelete,
    /// Created on both sides with different content.
    CreateCreate,
    /// The clean merge breaks the data model.
    Invalid,
}

/// Who the analyst's value clashes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// A value in Airflow.
    #[default]
    Airflow,
    /// An edit by another client on this computer (`leewardctl` or the window).
    Local,
}

/// One field of a conflict. A missing side means that the field, or the record, is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct ConflictField {
    /// The field's name.
    pub name: String,
    /// The value before both changes.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    #[ts(type = "unknown", optional)]
    pub base: Slot,
    /// The analyst's value.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    #[ts(type = "unknown", optional)]
    pub mine: Slot,
    /// The value it clashes with: Airflow's now or, where `against` says so, another edit on this computer.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    #[ts(type = "unknown", optional)]
    pub airflow: Slot,
    /// Airflow has a value that holds something secret: it cannot be shown, and `airflow` is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub sealed: bool,
    /// The clashing paths inside a JSON value, as JSON Pointers (RFC 6901); empty when the whole field clashes.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Who it clashes with.
    #[serde(default)]
    pub against: Against,
    /// Both sides' changes of a text, merged line by line: for a person to look at, never sent by itself. Missing where
    /// the lines clash, too.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    #[ts(type = "unknown", optional)]
    pub suggestion: Slot,
}

/// A record that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Conflict {
    /// Why.
    pub kind: ConflictKind,
    /// The clashing fields.
    pub fields: Vec<ConflictField>,
    /// The analyst's side is a delete.
    #[serde(default)]
    pub mine_deleted: bool,
    /// Airflow has no such record (any more).
    #[serde(default)]
    pub airflow_deleted: bool,
    /// When it was found (RFC 3339).
    #[ts(type = "string")]
    pub found_at: jiff::Timestamp,
    /// Decisions made against an older value of Airflow's, and edits whose place a later one took: kept, to be looked at
    /// again. The latest of a field stands under its name, those before it under its name and a number, as in `value (2)`.
    #[ts(type = "Record<string, unknown> | null")]
    #[serde(default)]
    pub decided: Option<crate::Fields>,
    /// In plain words, where the kind alone does not say it (such as the broken rule).
    #[serde(default)]
    pub note: Option<String>,
}

impl Conflict {
    /// Keeps a value of a field that was decided or typed, to be looked at again; those that are kept already stay.
    pub fn keep(&mut self, field: &str, value: Value) {
        if self.kept(field).any(|kept| *kept == value) {
            return;
        }
        let decided = self.decided.get_or_insert_default();
        let Some(before) = decided.insert(field.to_owned(), value) else {
            return;
        };
        decided.insert(free_place(decided, field), before);
    }

    /// Keeps what another conflict over the same record keeps, beside what is kept here.
    pub fn keep_all_of(&mut self, other: &Self) {
        for (name, value) in other.decided.iter().flatten() {
            let field = kept_field(name);
            if self.kept(field).any(|kept| kept == value) {
                continue;
            }
            let decided = self.decided.get_or_insert_default();
            let place = if decided.contains_key(name) {
                free_place(decided, field)
            } else {
                name.clone()
            };
            decided.insert(place, value.clone());
        }
    }

    /// What is kept of a field, beside its two sides.
    pub fn kept<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Value> {
        let decided = self.decided.iter().flatten();
        decided
            .filter(move |(name, _)| kept_field(name) == field)
            .map(|(_, value)| value)
    }
}

/// The field whose value is kept under this name.
#[must_use]
pub fn kept_field(name: &str) -> &str {
    let numbered = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    match numbered {
        Some((field, number)) if number.parse::<usize>().is_ok() => field,
        _ => name,
    }
}

fn free_place(decided: &crate::Fields, field: &str) -> String {
    let mut number = 2;
    loop {
        let place = format!("{field} ({number})");
        if !decided.contains_key(&place) {
            return place;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn conflict() -> Conflict {
        Conflict {
            kind: ConflictKind::Fields,
            fields: Vec::new(),
            mine_deleted: false,
            airflow_deleted: false,
            found_at: jiff::Timestamp::UNIX_EPOCH,
            decided: None,
            note: None,
        }
    }

    #[test]
    fn every_value_that_is_kept_stays() {
        let mut conflict = conflict();
        for value in [1, 2, 2, 3, 1] {
            conflict.keep("value", json!(value));
        }
        conflict.keep("values", json!(9));
        let decided = conflict.decided.clone().unwrap();
        assert_eq!(decided["value"], json!(3), "the latest");
        assert_eq!(
            [&decided["value (2)"], &decided["value (3)"]],
            [&json!(1), &json!(2)]
        );
        assert_eq!(conflict.kept("value").count(), 3);
    }

    #[test]
    fn what_two_conflicts_keep_is_kept_together() {
        let kept = |values: &[(&str, i32)]| Conflict {
            decided: Some(
                values
                    .iter()
                    .map(|(name, value)| ((*name).into(), json!(value)))
                    .collect(),
            ),
            ..conflict()
        };
        let mut here = kept(&[("value", 1)]);
        here.keep_all_of(&kept(&[("value", 2), ("value (2)", 1), ("note", 3)]));
        assert_eq!(
            here.decided,
            kept(&[("value", 1), ("value (2)", 2), ("note", 3)]).decided
        );
    }
}
