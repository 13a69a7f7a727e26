//! The collections that the companion keeps in a database: read from what its DAG publishes, written in batches, each a run
//! that compares and sets. Nothing here is guarded by a look before and one after: the companion decides with the row locked,
//! and a batch takes effect once, however often it is sent (docs/adr/0020-a-log-structured-store-behind-airflow.md).

mod body;
mod head;
mod news;
mod outcome;
mod publication;
mod push;
mod settle;

pub(crate) use publication::observe;
pub(crate) use push::{follow, settle_and_apply};
