//! Conflicts: stored, visible, settled by a person.

use crate::{Slot, slot};
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
    /// A decision made against an older value of Airflow's: kept, to be looked at again.
    #[ts(type = "Record<string, unknown> | null")]
    #[serde(default)]
    pub decided: Option<crate::Fields>,
    /// In plain words, where the kind alone does not say it (such as the broken rule).
    #[serde(default)]
    pub note: Option<String>,
}
