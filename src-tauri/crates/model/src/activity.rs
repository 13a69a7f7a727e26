//! The account of the cycles: what each one read and wrote, and why it ran.

use crate::ProblemCode;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What called for a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The interval was over.
    #[default]
    Interval,
    /// The analyst edited something.
    Edit,
    /// Another process entered work.
    OtherProcess,
    /// Airflow answers again.
    NetworkBack,
    /// The computer woke up, or its clock was set.
    Resume,
    /// A person asked for it.
    Asked,
    /// The process began.
    Start,
}

/// How much of Airflow a cycle looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Scan {
    /// Nothing could be read.
    #[default]
    None,
    /// What the event log pointed at.
    Hinted,
    /// Every record.
    Full,
}

/// Why a cycle did not go through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CycleTrouble {
    /// Its kind.
    pub code: ProblemCode,
    /// What happened, in plain words.
    pub what: String,
}

/// One cycle that did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Activity {
    /// When it began (RFC 3339).
    #[ts(type = "string")]
    pub at: jiff::Timestamp,
    /// What called for it.
    pub trigger: Trigger,
    /// How much of Airflow it looked at.
    pub scan: Scan,
    /// Requests sent.
    #[ts(type = "number")]
    pub requests: u64,
    /// Records read.
    pub read: u32,
    /// Records whose remote values were taken over.
    pub pulled: u32,
    /// Records written to Airflow and verified, deletes included.
    pub written: u32,
    /// Writes that were planned or sent again: Airflow had moved, or an answer was lost.
    pub retried: u32,
    /// Records in which both sides' changes were merged.
    pub merged: u32,
    /// Conflicts that were new.
    pub conflicts: u32,
    /// Records that another writer may have changed within our write window.
    pub overwritten: u32,
    /// The longest time between the last look at a record and the end of its write, in milliseconds; `None` when
    /// nothing was written.
    #[ts(type = "number | null")]
    pub window_ms: Option<u64>,
    /// How long the cycle took, in milliseconds.
    #[ts(type = "number")]
    pub duration_ms: u64,
    /// What stopped it, or what went wrong with one of the things it did.
    pub trouble: Option<CycleTrouble>,
    /// Whether the event log can be read: without it nobody else's write within ours can be noticed.
    pub detection: bool,
    /// Cycles before this one, since the last that is listed, that found nothing to do.
    pub quiet_before: u32,
}
