//! The history of a record.

use crate::Fields;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The analyst's edit.
    Local,
    /// The analyst took their edits back.
    TakenBack,
    /// What Airflow had when it was first read: since when, nobody knows.
    FirstRead,
    /// Observed in Airflow.
    Airflow,
    /// The engine merged both.
    Merge,
}

/// One value that a record had.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct HistoryItem {
    /// By which it can be put back, such as `h12`; unique within the mirror.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When (RFC 3339).
    #[ts(type = "string")]
    pub at: jiff::Timestamp,
    /// Where it came from.
    pub source: Source,
    /// Who, where it is known.
    pub author: Option<String>,
    /// The analyst's reason.
    pub reason: Option<String>,
    /// The whole record at that point; `None` when it was deleted. Sealed fields are missing.
    #[ts(type = "Record<string, unknown> | null")]
    pub fields: Option<Fields>,
    /// The run that carried it, where one did.
    pub run: Option<String>,
}
