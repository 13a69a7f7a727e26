//! The numbered log of work.

use crate::{Action, Slot, slot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;
use ulid::Ulid;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Fields were changed, or a record created.
    Edit,
    /// The record was deleted.
    Delete,
    /// A conflict was settled.
    Resolve,
    /// An action was queued.
    Act,
    /// Pending work on a record, or a queued action, was taken back.
    TakeBack,
    /// A held action is to go out now, without what it waits for.
    Release,
}

/// A field's change. `from` is what the analyst was shown when they began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Change {
    /// What was shown; missing where there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    #[ts(type = "unknown", optional)]
    pub from: Slot,
    /// What was typed; missing where the field was emptied, and in a delete.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    #[ts(type = "unknown", optional)]
    pub to: Slot,
}

/// One entry of a client's log. Immutable once written; applied once, found again by its `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Entry {
    /// Unique for ever.
    #[ts(type = "string")]
    pub id: Ulid,
    /// Position in this client's log, from 1, without gaps in an epoch.
    #[ts(type = "number")]
    pub seq: u64,
    /// What it is.
    pub kind: EntryKind,
    /// The record's collection; empty for `act` and for an action's `take_back` or `release`.
    #[serde(default)]
    pub collection: String,
    /// The record's key; the action's id for an action's `take_back` or `release`.
    #[serde(default)]
    pub key: String,
    /// The changes, by field. In a `delete`, the record that was seen (`from` only). In a `resolve`, what it was
    /// decided against (`from`: the clashing value as shown) and the result (`to`). In a `take_back`, the clashing values
    /// that were shown (`from` only).
    #[serde(default)]
    pub fields: BTreeMap<String, Change>,
    /// In an `edit`: the client knew no record of this key, not even one to be deleted. It has seen nothing here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub creates: bool,
    /// In a `resolve` and a `take_back`: the analyst's side as it was shown, by field, without those that had none. A
    /// decision over another one is not carried out, and other work is not taken back. `None` where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "Record<string, unknown>", optional)]
    pub mine: Option<crate::Fields>,
    /// In a `resolve`: the result is that the record is deleted. In a `take_back`: it was shown as deleted.
    #[serde(default)]
    pub deleted: bool,
    /// In an `act`: the action.
    #[serde(default)]
    pub action: Option<Action>,
    /// The analyst's reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// When the analyst did it, by this computer's clock (RFC 3339). Shown, never used to decide.
    #[ts(type = "string")]
    pub at: jiff::Timestamp,
}
