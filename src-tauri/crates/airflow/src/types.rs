//! What an Airflow says, whichever version of its API said it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the REST API: v1 is Airflow 2, v2 is Airflow 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiVersion {
    /// Airflow 2.
    V1,
    /// Airflow 3.
    V2,
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// The API it serves.
    pub api: ApiVersion,
    /// Airflow's own version, as it says it (`3.3.2`).
    pub version: String,
}

/// One part of an Airflow, by its own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It works.
    Healthy,
    /// It does not.
    Unhealthy,
    /// This Airflow has no such part, or says nothing of it.
    Absent,
    /// Another word than those known here.
    Other(String),
}

/// What `/monitor/health` says in its body; its status is 200 even when the scheduler is dead (H17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Airflow's own database.
    pub metadatabase: HealthStatus,
    /// Starts queued runs.
    pub scheduler: HealthStatus,
    /// The scheduler's last sign of life.
    pub scheduler_heartbeat: Option<Timestamp>,
    /// Reads DAG files.
    pub dag_processor: HealthStatus,
    /// Serves deferred tasks; many Airflows have none.
    pub triggerer: HealthStatus,
}

impl Health {
    /// Whether a triggered run would start.
    pub fn runs_start(&self) -> bool {
        self.metadatabase == HealthStatus::Healthy && self.scheduler == HealthStatus::Healthy
    }
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What came back, which may be fewer than asked for (H8).
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

/// An Airflow Variable as it was read or is to be created.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its key.
    pub key: String,
    /// Airflow's text, exactly; [`crate::MASK`] where it may not be read. JSON is re-serialised by v2 (H2).
    pub value: String,
    /// Its description; `None` and `""` are distinct.
    pub description: Option<String>,
    /// Whether Airflow keeps it encrypted. Not sent when creating.
    pub is_encrypted: bool,
}

impl fmt::Debug for Variable {
    /// Without value and description: they belong to the analyst, not in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable")
            .field("key", &self.key)
            .field("value_bytes", &self.value.len())
            .field("is_encrypted", &self.is_encrypted)
            .finish_non_exhaustive()
    }
}

/// Which fields of a Variable to write. What is `None` is left as it is in Airflow.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct VariablePatch {
    /// The new value.
    pub value: Option<String>,
    /// The new description; `Some(None)` clears it.
    pub description: Option<Option<String>>,
    /// The value as it was just read, where `value` is `None`: PATCH wants one in its body, and where the mask of fields
    /// gets lost on the way it is written (H30). `None` where Airflow hides the value.
    pub value_as_read: Option<String>,
}

impl fmt::Debug for VariablePatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VariablePatch")
            .field("writes_value", &self.value.is_some())
            .field("writes_description", &self.description.is_some())
            .finish()
    }
}

/// An Airflow pool as it was read or is to be created.
#[derive(Clone, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// How many task slots it has; -1 is unlimited. Airflow refuses less (422).
    pub slots: i64,
    /// Its description; `None` and `""` are distinct.
    pub description: Option<String>,
    /// Whether deferred tasks take slots, too.
    pub include_deferred: bool,
}

impl fmt::Debug for Pool {
    /// Without description: it belongs to the analyst, not in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name)
            .field("slots", &self.slots)
            .field("include_deferred", &self.include_deferred)
            .finish_non_exhaustive()
    }
}

/// Which fields of a pool to write. What is `None` is left as it is in Airflow.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PoolPatch {
    /// The new number of slots; -1 is unlimited.
    pub slots: Option<i64>,
    /// The new description; `Some(None)` clears it.
    pub description: Option<Option<String>>,
    /// Whether deferred tasks take slots from now on.
    pub include_deferred: Option<bool>,
    /// The pool as it was just read: PATCH wants slots and `include_deferred` in its body (H37), and where the mask of
    /// fields gets lost on the way they are written (H30). Where it is `None` and wanted, it is read first.
    pub as_read: Option<Pool>,
}

impl fmt::Debug for PoolPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolPatch")
            .field("slots", &self.slots)
            .field("writes_description", &self.description.is_some())
            .field("include_deferred", &self.include_deferred)
            .finish_non_exhaustive()
    }
}

/// Changes to many Variables in one request. A key occurs once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkWrite {
    /// To be created, all fields; if one of them exists, none is.
    pub creates: Vec<Variable>,
    /// To be changed, only the fields that are named; those that are gone are passed over.
    pub updates: Vec<(String, VariablePatch)>,
}

/// What the answer to a [`BulkWrite`] is good for. Its status is 200 whatever happened, and it does not say which keys
/// were passed over or why (H5): only reading back tells what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkOutcome {
    /// Airflow named no error. Nothing follows for a single key.
    pub without_errors: bool,
}

/// How this server takes many Variables at once, by the description that it serves of its own API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkAbility {
    /// A bulk change may name the fields to write. Without that it would overwrite the others (3.1, H28).
    pub masks: bool,
    /// How many it gives on one page, as far as it was seen.
    pub page: usize,
}

/// A DAG.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dag {
    /// Its id.
    pub dag_id: String,
    /// The name that Airflow shows.
    pub display_name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its long documentation, as Markdown; only in the detail.
    pub doc_md: Option<String>,
    /// Whether it is paused: a run triggered now would wait (H20).
    pub is_paused: bool,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its schedule, shortly; `None` when it only runs on demand.
    pub timetable_summary: Option<String>,
    /// When the next scheduled run may start.
    pub next_run: Option<Timestamp>,
    /// Its owners.
    pub owners: Vec<String>,
    /// Whether its file did not load the last time.
    pub has_import_errors: bool,
    /// Parameters by name, each `{value, schema, description}`; `null` in listings, only in the detail.
    pub params: Value,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum RunState {
    /// Waiting for the scheduler.
    Queued,
    /// Under way.
    Running,
    /// Ended well.
    Success,
    /// Ended badly.
    Failed,
    /// A state that this client does not know.
    Other(String),
}

impl RunState {
    /// Airflow's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }

    /// Whether the run has ended.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

impl From<String> for RunState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "success" => Self::Success,
            "failed" => Self::Failed,
            _ => Self::Other(word),
        }
    }
}

impl From<RunState> for String {
    fn from(state: RunState) -> Self {
        state.as_str().to_owned()
    }
}

/// A run of a DAG.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct DagRun {
    /// The DAG.
    pub dag_id: String,
    /// The run's id, unique within the DAG.
    pub run_id: String,
    /// How far it is.
    pub state: RunState,
    /// What it was started with: an object.
    pub conf: Value,
    /// A person's note.
    pub note: Option<String>,
    /// When it was queued.
    pub queued_at: Option<Timestamp>,
    /// When it began.
    pub start_date: Option<Timestamp>,
    /// When it ended.
    pub end_date: Option<Timestamp>,
    /// The earliest moment at which it may begin.
    pub run_after: Option<Timestamp>,
    /// Who triggered it (3.1 and later).
    pub triggering_user_name: Option<String>,
    /// `manual`, `scheduled`, `backfill`, `asset_triggered`, or a later word.
    pub run_type: String,
}

impl fmt::Debug for DagRun {
    /// Without conf and note: they belong to people, not in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DagRun")
            .field("dag_id", &self.dag_id)
            .field("run_id", &self.run_id)
            .field("state", &self.state)
            .field("run_type", &self.run_type)
            .finish_non_exhaustive()
    }
}

/// What became of a trigger.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerOutcome {
    /// The run was made by this request.
    Triggered(Box<DagRun>),
    /// 409: a run of this id, or of the same logical date, is there already (H11). Read it to know whose it is.
    AlreadyExists,
}

/// One row of Airflow's event log, as a mark by which a server is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// Its number.
    pub id: i64,
    /// When it was written.
    pub when: Timestamp,
    /// What happened.
    pub event: String,
    /// Who did it.
    pub owner: Option<String>,
}

/// What a look at the event log showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventLook {
    /// The row.
    Row(EventRow),
    /// The log can be read, and holds no such row.
    Absent,
    /// This user may not read the log.
    Unreadable,
}

/// What one row of the event log is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// The Variables that it names.
    Keys(Vec<String>),
    /// Variables that it does not name: an import, a command line, a request that could not be understood, a key that is
    /// masked (H39).
    Unnamed,
    /// The pools that it names.
    Pools(Vec<String>),
    /// Pools that it does not name: the command line, else as [`EventSubject::Unnamed`].
    UnnamedPools,
}

/// A row of the event log about Variables or pools. It is written *before* the operation, and also when that fails (H9):
/// a hint where to look, and who was at it; never a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordEvent {
    /// The row.
    pub row: EventRow,
    /// What it is about.
    pub about: EventSubject,
}

/// What a look at the event log's rows about Variables and pools showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordEvents {
    /// Rows, oldest first.
    Rows(Page<RecordEvent>),
    /// This user may not read the log.
    Unreadable,
}
