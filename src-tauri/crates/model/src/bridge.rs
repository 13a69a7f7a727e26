//! What crosses the Tauri commands between the webview's IndexedDB and the mirror,
//! and what screens only read.

use crate::carried::Carried;
use crate::{ActionView, ChangedBy, Conflict, Entry, Fields, RecordState, RecordView, Value};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use ulid::Ulid;

/// What the webview holds, cheaply told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Digest {
    /// Rows that came from the mirror (removed ones excluded), whatever the overlay says.
    #[ts(type = "number")]
    pub rows: u64,
}

/// An entry still in the client's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TailEntry {
    /// Its position.
    #[ts(type = "number")]
    pub seq: u64,
    /// Its id.
    #[ts(type = "string")]
    pub id: Ulid,
}

/// The newest entries of a client that works on the mirror itself (`leewardctl`), numbered in a row. By their ids, which
/// no clock can falsify, an older copy of the mirror is told apart from the one that was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Entered {
    /// The client.
    pub client: String,
    /// The epoch of its log.
    #[ts(type = "number")]
    pub epoch: u64,
    /// The `seq` of the last of them.
    #[ts(type = "number")]
    pub last_seq: u64,
    /// Their ids, oldest first.
    #[ts(type = "string[]")]
    pub ids: Vec<Ulid>,
}

impl Entered {
    /// The id of the entry of that `seq`; `None` outside of these.
    #[must_use]
    pub fn id_at(&self, seq: u64) -> Option<Ulid> {
        let from_the_end = usize::try_from(self.last_seq.checked_sub(seq)?).ok()?;
        self.ids.iter().rev().nth(from_the_end).copied()
    }
}

/// The client's first word at start-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Handshake {
    /// The client, such as `window`.
    pub client: String,
    /// The environment whose work it holds; `None` from a client that knows only one.
    #[serde(default)]
    #[ts(type = "string | null")]
    pub environment: Option<Ulid>,
    /// The mirror it last spoke with; `None` when its own store is new.
    #[ts(type = "string | null")]
    pub store_id: Option<Ulid>,
    /// The epoch of its log; 0 when its store is new.
    #[ts(type = "number")]
    pub epoch: u64,
    /// The last `seq` it ever gave out in that epoch.
    #[ts(type = "number")]
    pub last_seq: u64,
    /// The last feed position it has taken over.
    #[ts(type = "number")]
    pub cursor: u64,
    /// When it last pulled, by this computer's clock (RFC 3339): it knows what other clients entered before.
    #[serde(default)]
    #[ts(type = "string | null")]
    pub pulled_at: Option<jiff::Timestamp>,
    /// What other clients had entered when it last pulled, as far as it was told; `None` when it never was.
    #[serde(default)]
    #[ts(type = "Entered[] | null")]
    pub entered: Option<Vec<Entered>>,
    /// What it holds.
    pub digest: Digest,
    /// The entries still in its log, oldest first.
    pub tail: Vec<TailEntry>,
}

/// What the client must do before it pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// Both agree: push what follows `acked_seq`, pull from the cursor.
    Resume,
    /// The client's store is new, forked or damaged: drop the entries in `known`, renumber the others from
    /// `acked_seq` + 1 under the new epoch, clear the rows and pull from 0.
    Rehydrate,
    /// The mirror is another one than the client's, or older than it: send everything with `mirror_rebuild`, then shake
    /// hands again.
    Rebuild,
}

/// The mirror's answer to a handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HandshakeAnswer {
    /// The environment whose mirror this is; `None` where it was never told.
    #[ts(type = "string | null")]
    pub environment: Option<Ulid>,
    /// The mirror's identity; a new one after it was lost.
    #[ts(type = "string")]
    pub store_id: Ulid,
    /// The epoch to use from now on.
    #[ts(type = "number")]
    pub epoch: u64,
    /// The last `seq` of that epoch that the mirror holds.
    #[ts(type = "number")]
    pub acked_seq: u64,
    /// What to do.
    pub verdict: Resume,
    /// The ids of the client's tail that the mirror already holds.
    #[ts(type = "string[]")]
    pub known: Vec<Ulid>,
}

/// The mirror's answer to a push or a rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PushAnswer {
    /// The last `seq` that is durable in the mirror.
    #[ts(type = "number")]
    pub acked_seq: u64,
}

/// A row of the client as it is given back to a new mirror.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RebuildRecord {
    /// The record as last pulled.
    pub record: RecordView,
    /// The last `seq` that the pulled record included.
    #[ts(type = "number")]
    pub included_seq: u64,
}

impl Carried for Rebuild {
    fn carry(&mut self, way: fn(Value) -> Value) {
        self.records.iter_mut().for_each(|row| row.record.carry(way));
        self.entries.iter_mut().for_each(|entry| entry.carry(way));
    }
}

/// An action of the client as it is given back to a new mirror.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RebuildAction {
    /// The action as last pulled.
    pub action: ActionView,
}

/// What the client holds, sent to a mirror that was lost; may come in several parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Rebuild {
    /// The client.
    pub client: String,
    /// The epoch that the handshake gave.
    #[ts(type = "number")]
    pub epoch: u64,
    /// Rows.
    pub records: Vec<RebuildRecord>,
    /// Actions.
    pub actions: Vec<RebuildAction>,
    /// The whole log, with the last part only: entries that a row includes are noted, the others are applied.
    pub entries: Vec<Entry>,
    /// The last part.
    pub last: bool,
}

/// A record as the window stores it: packed in one text, which is read once somebody looks at the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PackedRecord {
    /// Where its pending work stands.
    pub state: RecordState,
    /// The fields as JSON, a line break, and the rest as JSON.
    pub text: String,
}

/// What a packed record says behind its fields: the rest of its view, but for the collection and the key, and for what nearly
/// all records say alike.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct PackedRest {
    /// The base; missing where it is the same as the fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(type = "Record<string, unknown> | null", optional)]
    pub base: Option<Option<Fields>>,
    /// As in the view; missing where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub sealed: Vec<String>,
    /// As in the view; missing where it is `clean`.
    #[serde(skip_serializing_if = "RecordState::is_clean")]
    #[ts(optional, as = "Option<RecordState>")]
    pub state: RecordState,
    /// As in the view; missing where it is not.
    #[serde(skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub deleted: bool,
    /// As in the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub note: Option<String>,
    /// As in the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reason: Option<String>,
    /// As in the view.
    #[ts(type = "string | null")]
    pub changed_at: Option<jiff::Timestamp>,
    /// As in the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub changed_by: Option<ChangedBy>,
    /// As in the view; missing where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub conflict: Option<Conflict>,
    /// As in the view.
    #[ts(type = "unknown")]
    pub ledger: Value,
    /// The client's last `seq` that the record includes; missing where that is none of its log.
    #[serde(skip_serializing_if = "is_zero")]
    #[ts(optional, as = "Option<u32>")]
    pub included_seq: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl PackedRecord {
    /// The record of that view, its values as the window gets them, which includes the client's work up to that `seq`.
    ///
    /// # Errors
    /// Those of JSON, which a view does not have.
    pub fn of(view: RecordView, included_seq: u64) -> serde_json::Result<Self> {
        let view = view.to_window();
        let fields = serde_json::to_string(&view.fields)?;
        let is_base_implied = view.base.as_ref() == Some(&view.fields);
        let rest = PackedRest {
            base: (!is_base_implied).then_some(view.base),
            sealed: view.sealed,
            state: view.state,
            deleted: view.deleted,
            note: view.note,
            reason: view.reason,
            changed_at: view.changed_at,
            changed_by: view.changed_by,
            conflict: view.conflict,
            ledger: view.ledger,
            included_seq,
        };
        Ok(Self {
            state: view.state,
            text: format!("{fields}\n{}", serde_json::to_string(&rest)?),
        })
    }
}

/// One change of the mirror, as it is now; `R` is the form of its record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct FeedItem<R = RecordView> {
    /// Its position.
    #[ts(type = "number")]
    pub feed: u64,
    /// The collection; empty for an action.
    pub collection: String,
    /// The record's key, or the action's id.
    pub key: String,
    /// The record; `None` when it is gone (or when this is an action).
    pub record: Option<R>,
    /// The action.
    pub action: Option<ActionView>,
}

/// The mirror's answer to a pull: one consistent read; `R` is the form of its records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct PullAnswer<R = RecordView> {
    /// The changes after the cursor, oldest first, one a record.
    pub items: Vec<FeedItem<R>>,
    /// The cursor to pull from next.
    #[ts(type = "number")]
    pub cursor: u64,
    /// There is more.
    pub more: bool,
    /// The client's last `seq` that these items include. A record whose last local `seq` is above it is skipped:
    /// a later item supersedes this one.
    #[ts(type = "number")]
    pub included_seq: u64,
    /// The latest time at which other clients entered work that is in this mirror (RFC 3339), by this computer's clock,
    /// which may have been set back since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string", optional)]
    pub entered_until: Option<jiff::Timestamp>,
    /// The newest of those entries; with the last page of changes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "Entered[]", optional)]
    pub entered: Option<Vec<Entered>>,
}

/// A DAG as last read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DagView {
    /// The DAG's id.
    pub dag_id: String,
    /// The name it shows.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// A paused DAG accepts a trigger and leaves it queued.
    pub is_paused: bool,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its schedule in words.
    pub schedule: Option<String>,
    /// The next scheduled run (RFC 3339).
    #[ts(type = "string | null")]
    pub next_run: Option<jiff::Timestamp>,
    /// Its params: a JSON object by name, each with `value`, `schema` and `description`.
    #[ts(type = "Record<string, unknown> | null")]
    pub params: Option<Value>,
}

/// A DAG run as last read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RunView {
    /// The DAG's id.
    pub dag_id: String,
    /// The run's id.
    pub run_id: String,
    /// `queued`, `running`, `success`, `failed`, or what a newer Airflow says.
    pub state: String,
    /// The run's conf.
    #[ts(type = "unknown")]
    pub conf: Value,
    /// When it was queued (RFC 3339).
    #[ts(type = "string | null")]
    pub queued_at: Option<jiff::Timestamp>,
    /// When it started (RFC 3339).
    #[ts(type = "string | null")]
    pub start_date: Option<jiff::Timestamp>,
    /// When it ended (RFC 3339).
    #[ts(type = "string | null")]
    pub end_date: Option<jiff::Timestamp>,
    /// Who triggered it.
    pub triggered_by: Option<String>,
    /// Its note.
    pub note: Option<String>,
    /// Queued from this computer.
    pub mine: bool,
}

/// A collection that is stopped until a person has looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BrakeView {
    /// The collection.
    pub collection: String,
    /// What was seen, in plain words.
    pub reason: String,
    /// Records that seem to have vanished.
    pub vanished: u32,
    /// Records that were known.
    pub known: u32,
    /// When it was found (RFC 3339).
    #[ts(type = "string")]
    pub since: jiff::Timestamp,
}
