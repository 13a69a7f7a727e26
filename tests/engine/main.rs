//! The engine on a real mirror (a SQLite file) and the in-memory Airflow, step by step: what may and may not be
//! overwritten, what survives a lost answer or a crash, when a run goes out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod actions;
mod apart;
mod brakes;
mod bulk;
mod companion;
mod conflicts;
mod desk;
mod doubts;
mod guarded_writes;
mod history;
mod late_writes;
mod mask_changes;
mod masked;
mod models;
mod pools;
mod problems;
mod quiet;
mod rebuilds;
mod refused;
mod review;
mod schedule;
mod secrets;
mod status;
mod stopped;
mod undone_decisions;
mod upgraded;
mod violations;
mod violations_played;
