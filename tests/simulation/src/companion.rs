//! The third kind of history: two desktops and somebody who writes by SQL, on collections that the companion keeps. Batches
//! go out and come to their outcome, publications come in; runs are late, fail, are cleared and run again, and the database
//! is put back to an earlier state.
//!
//! It has a world of its own, since its truth is the store's log; desktops and their way to Airflow are those of the second
//! kind.

mod ends;
mod history;
mod judge;
mod people;
mod sabotage;
mod scheduler;
pub mod tables;
mod wire;
pub mod world;

pub use history::play;

/// What many histories together must have met.
pub const MUST_HAPPEN: &[&str] = &[
    "brake.accepted",
    "fault.airflow_restarted",
    "fault.answer_lost",
    "fault.disk_full",
    "fault.duplicate",
    "fault.failed_after",
    "fault.failed_before",
    "fault.killed",
    "fault.forbidden",
    "fault.late",
    "fault.mirror_lost",
    "fault.mirror_restored",
    "fault.paused",
    "fault.power_cut",
    "fault.pruned",
    "fault.publications_lost",
    "fault.request_lost",
    "fault.restored",
    "fault.run_cleared",
    "fault.run_deleted",
    "fault.scheduler_dead",
    "model.next",
    "outcome.applied",
    "outcome.conflict",
    "outcome.left_out",
    "outcome.refused",
    "outcome.refused_whole",
    "read.segment",
    "read.snapshot",
    "resolve.airflow",
    "resolve.edited",
    "resolve.mine",
    "sync.stopped",
    "told.in_sync",
    "told.refused",
    "work.taken_back",
    "work.undo",
];
