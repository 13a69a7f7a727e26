//! The simulation: whole histories in virtual time, on one thread, from a seed. Several desktops with their real engines
//! and real SQLite mirrors share the model of Airflow with other writers; everything that can fail does.
//!
//! `history` plays a seed, `models` one of the second kind, about data models, and `companion` one of the third, about the
//! collections of the companion. `checkers` holds one judge for each invariant of the design. `bugs` are put in on
//! purpose, to prove that the judges see.

pub mod airflow;
pub mod bugs;
mod checkers;
pub mod collections;
pub mod companion;
pub mod contents;
pub mod counters;
pub mod desktop;
pub mod dice;
pub mod disk;
pub mod executor;
pub mod faults;
pub mod history;
pub mod invariant;
pub mod kind;
mod locked;
mod losses;
pub mod many;
pub mod models;
pub mod people;
pub mod plans;
pub mod report;
pub mod request;
pub mod smaller;
pub mod stale;
mod time;
pub mod tokens;
pub mod trace;
pub mod truth;
pub mod vfs;
pub mod window;
pub mod wire;

/// The model of Airflow that the other suites use too.
#[path = "../../harness"]
mod harness {
    pub mod fake_airflow;
}
pub use harness::fake_airflow;

/// Histories are made of many small pieces, and SQLite takes its own from here, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
