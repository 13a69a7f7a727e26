//! A record's states: base, local (as an overlay on base), remote; and the view of it that screens show.

use crate::{Conflict, Fields, Seal, Slot, Source, Value, slot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// What Airflow holds in a field: a value, or something secret that is never kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A value that may be stored and shown.
    Value(Value),
    /// A sensitive value: only keyed hashes, to notice a change of what Airflow shows.
    Sealed(Seal),
}

impl Content {
    /// The value, or `None` where it is sealed.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Sealed(_) => None,
        }
    }
}

/// A field's base: what Airflow returned (`seen`), and the local value whose write reads back as that (`typed`).
///
/// Airflow 3 re-serialises JSON (`3.10` comes back `3.1`), so one value is not enough (docs/AIRFLOW.md H2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseField {
    /// Airflow's own value.
    pub seen: Content,
    /// The analyst's value that reads back as `seen`; `None` when they are the same.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    pub typed: Slot,
}

/// A reference, by id, to a secret that waits in the keychain: what the log and the mirror hold in its place.
#[must_use]
pub fn secret_ref(id: &str) -> Value {
    serde_json::json!({ SECRET_REF: id })
}

/// The id in a [`secret_ref`], if the value is one.
#[must_use]
pub fn secret_id(value: &Value) -> Option<&str> {
    value.as_object()?.get(SECRET_REF)?.as_str()
}

/// The member that marks a reference to a secret. A Variable's value is text, so it cannot be mistaken for one.
const SECRET_REF: &str = "$leeward_secret";

impl BaseField {
    /// A base whose local value is exactly what Airflow returned.
    #[must_use]
    pub fn seen(seen: Content) -> Self {
        Self { seen, typed: None }
    }

    /// The base of a value that was written as `typed` and read back as `seen`.
    #[must_use]
    pub fn written(seen: Content, typed: Value) -> Self {
        let same = seen.value() == Some(&typed);
        Self {
            seen,
            typed: (!same).then_some(typed),
        }
    }

    /// The value as the analyst sees it; `None` where it is sealed.
    #[must_use]
    pub fn local(&self) -> Option<&Value> {
        self.typed.as_ref().or_else(|| self.seen.value())
    }
}

/// An edited field: the analyst's value, and the base that the edit was made on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverlayField {
    /// The analyst's value; missing where the field was emptied, and in a delete.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]
    pub to: Slot,
    /// What the edit was made on; `None` where the field had no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseField>,
}

/// The analyst's pending work on a record: edited fields, or a delete.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Overlay {
    /// The edited fields. In a delete: every field that was seen, with its base and no `to`.
    pub fields: BTreeMap<String, OverlayField>,
    /// The record is to be deleted.
    #[serde(default)]
    pub deleted: bool,
}

/// What was last observed in Airflow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remote {
    /// Not looked at yet.
    #[default]
    Unknown,
    /// Confirmed to be absent.
    Absent,
    /// There, with these fields.
    Present(BTreeMap<String, Content>),
}

/// Where a record's pending work stands; the order is that of urgency, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// Nothing pending.
    Clean,
    /// Edits wait to be sent.
    Pending,
    /// It breaks a rule of a data model together with other records: nothing of it is sent until one of them is edited.
    Violation,
    /// A write was sent and its outcome is unknown.
    InDoubt,
    /// Airflow refused the change; the reason is kept.
    Rejected,
    /// A person must decide.
    Conflict,
}

impl RecordState {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::Clean
    }
}

/// Who or what gave a record its latest value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChangedBy {
    /// Where the value came from.
    pub source: Source,
    /// Who, where it is known.
    pub author: Option<String>,
}

/// A record as screens and `leewardctl` show it: base with the overlay on top.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RecordView {
    /// The collection's name.
    pub collection: String,
    /// The record's key.
    pub key: String,
    /// The record as the analyst sees it, edits included. Sealed fields are missing here.
    #[ts(type = "Record<string, unknown>")]
    pub fields: Fields,
    /// The record as last confirmed by Airflow, as the analyst would see it; `None` when it is not in Airflow.
    #[ts(type = "Record<string, unknown> | null")]
    pub base: Option<Fields>,
    /// Names of the fields that hold something secret: never stored, never shown.
    pub sealed: Vec<String>,
    /// Where the pending work stands.
    pub state: RecordState,
    /// The analyst deleted it (pending).
    pub deleted: bool,
    /// Why it is rejected, in doubt or stopped, in plain words.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The analyst's reason for the pending edit.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the pending edit was made, or else when the record last changed here (RFC 3339).
    #[ts(type = "string | null")]
    pub changed_at: Option<jiff::Timestamp>,
    /// Who or what changed it last; told to the window only, and missing where the history does not say.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<ChangedBy>,
    /// The stored conflict, if there is one.
    pub conflict: Option<Conflict>,
    /// The mirror's own form of base and overlay, opaque to screens; given back in a rebuild.
    #[ts(type = "unknown")]
    pub ledger: Value,
}

impl RecordView {
    /// Whether work on the record is unfinished. One that breaks a rule together with others may have none.
    #[must_use]
    pub fn is_worked_on(&self) -> bool {
        match self.state {
            RecordState::Clean => false,
            RecordState::Violation => self.deleted || self.base.as_ref() != Some(&self.fields),
            _ => true,
        }
    }
}
