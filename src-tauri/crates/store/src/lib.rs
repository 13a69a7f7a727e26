//! The mirror: the SQLite ledger of base, local, remote, outbox, intents, conflicts and history, with the change feed
//! kept for the window. The only crate that knows SQL. No clock and no randomness: both are passed in.
//!
//! A [`Mirror`] is one connection. [`Mirror::read`] gives a [`Ledger`] on one consistent state, [`Mirror::write`] one
//! that is committed as a whole or not at all.

mod actions;
mod activity;
mod answers;
mod apply_entry;
mod batches;
mod brakes;
mod cache;
mod claim;
mod columns;
mod companion_dags;
mod constraint;
mod constraints;
mod copy;
mod counters;
mod counts;
mod error;
mod feed;
mod follow_companion;
mod follow_models;
mod forget_clear;
mod frozen;
mod handshake;
mod history;
mod intents;
mod ledger;
mod log;
mod looked_for;
mod meta;
mod migrate_records;
mod mirror;
mod models;
mod others;
mod pack_clean;
mod parts;
mod published;
mod pull;
mod put_back;
mod rebuild;
mod record;
mod records;
mod remote_mark;
mod retention;
mod review;
mod scans;
mod schema;
mod sent;
mod violations;
mod waits;

pub use answers::{Answered, Doubt};
pub use batches::StoredBatch;
pub use companion_dags::{PUBLISH, ingest_dag};
pub use copy::{check_mirror, copy_mirror};
pub use counts::Counts;
pub use error::StoreError;
pub use follow_models::may_follow;
pub use history::NewHistory;
pub use intents::{Intent, IntentOp};
pub use ledger::Ledger;
pub use log::Work;
pub use mirror::Mirror;
pub use models::{RecordCounts, StoredCollection};
pub use parts::PartChanges;
pub use published::{Publication, RowVersion};
pub use put_back::PutBack;
pub use record::StoredRecord;
pub use remote_mark::RemoteMark;
pub use retention::HistoryKeep;
pub use review::Approved;
pub use scans::Observation;
pub use schema::Fresh;
pub use sent::{Sent, SentOutcome, WriteWindow};
pub use waits::Wait;
