//! The engine: observe → reconcile → apply → verify. The only place that decides what is written where.
//!
//! Time and randomness come through [`Runtime`]; requests through [`Airflow`]; state through the mirror. A cycle can
//! be cut anywhere: what was on its way is found again as an intent and settled by looking, never by guessing.

mod account;
mod agenda;
mod apply;
mod backoff;
mod binding;
mod brakes;
mod carry_out;
mod connect;
mod cycle;
mod divide;
mod doubt;
mod driver;
mod earlier;
mod echo;
mod engine;
mod event_log;
mod failing;
mod hints;
mod listener;
mod masks;
mod memory;
mod observe;
mod outbox;
mod overwritten;
mod page;
mod pages;
mod params;
mod precondition;
mod review;
mod runs;
mod runtime;
mod scan_due;
mod second_try;
mod server;
mod sight;
mod status;
mod take;
mod tally;
mod tries;
mod unlisted;
mod verify;

pub use connect::{
    check_sign_in, connect, connect_within, open_mirror, open_mirror_of, open_mirror_to_read, probe,
    problem_of,
};
pub use driver::{Driver, TryLock};
pub use engine::{Engine, Progress, Replacements, Settings};
pub use leeward_airflow::{Airflow, Credentials, KeyError, Secret, check_key};
pub use leeward_store::HistoryKeep;
pub use listener::{Listener, Notice};
pub use params::conf_faults;
pub use runtime::{Runtime, SystemRuntime, new_ulid};
pub use status::{Live, status};
