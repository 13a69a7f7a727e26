//! Actions: queued operations, immutable, sent exactly once.

use crate::Value;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use ulid::Ulid;

/// Trigger a DAG run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TriggerRun {
    /// The DAG.
    pub dag_id: String,
    /// The run's conf: a JSON object.
    #[ts(type = "Record<string, unknown>")]
    pub conf: Value,
    /// A note for the run; at most 1000 characters.
    #[serde(default)]
    pub note: Option<String>,
}

/// Why a conf does not suit a DAG's params.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConfFault {
    /// The param.
    pub param: String,
    /// What is wrong with it, in plain words and without its value: "region must be EU or US".
    pub says: String,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ActionKind {
    /// Trigger a DAG run, exactly once.
    TriggerRun(TriggerRun),
}

/// A queued operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Action {
    /// Unique for ever; the run's id is derived from it.
    #[ts(type = "string")]
    pub id: Ulid,
    /// What it does.
    pub what: ActionKind,
    /// Wait until every record edited before it is verified in Airflow.
    #[serde(default)]
    pub after_edits: bool,
}

impl Action {
    /// The `dag_run_id` that makes a trigger happen once: 409 on a second attempt (docs/AIRFLOW.md H11).
    #[must_use]
    pub fn dag_run_id(&self) -> String {
        format!("leeward__{}", self.id)
    }
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Waits to be sent.
    Queued,
    /// Waits for edits that are on their way; `note` counts them.
    Waiting,
    /// Cannot go out before a person settles something; `note` says what.
    Held,
    /// Sent, outcome unknown.
    InDoubt,
    /// It took effect in Airflow.
    Done,
    /// Airflow refused it; `note` says why.
    Rejected,
    /// Taken back before it was sent.
    Cancelled,
}

/// A record that an action waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WaitsFor {
    /// The record's collection.
    pub collection: String,
    /// The record's key.
    pub key: String,
}

/// An action as screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ActionView {
    /// The action itself.
    pub action: Action,
    /// Where it stands.
    pub state: ActionState,
    /// Why it is waiting, held, rejected or in doubt, in plain words.
    #[serde(default)]
    pub note: Option<String>,
    /// The analyst's reason.
    #[serde(default)]
    pub reason: Option<String>,
    /// When it was queued (RFC 3339).
    #[ts(type = "string")]
    pub queued_at: jiff::Timestamp,
    /// The records it still waits for.
    pub waits_for: Vec<WaitsFor>,
    /// The id of the run, once it took effect.
    #[serde(default)]
    pub run_id: Option<String>,
    /// The run's state as last seen (`queued`, `running`, `success`, `failed`, …).
    #[serde(default)]
    pub run_state: Option<String>,
}
