//! The engine: observe → reconcile → apply → verify. The only place that decides what is written where.
//!
//! Time and randomness come through [`Runtime`]; requests through [`Airflow`]; state through the mirror. A cycle can
//! be cut anywhere: what was on its way is found again as an intent and settled by looking, never by guessing.

mod account;
mod apply;
mod binding;
pub mod collections;
mod companion;
mod connect;
mod context;
mod cycle;
mod doubt;
mod driver;
mod engine;
mod event_log;
mod failure;
mod listener;
mod memory;
mod observe;
mod outbox;
mod overwritten;
mod record;
mod replacements;
mod runs;
mod runtime;
mod second_try;
mod sent_ago;
mod settings;
mod shared_mirror;
mod status;
mod stop;
mod tally;

pub use binding::Typed;
pub use connect::{
    check_sign_in, connect, connect_within, open_mirror, open_mirror_of, open_mirror_to_read, probe,
    problem_of,
};
pub use context::Progress;
pub use driver::{Driver, TryLock};
pub use engine::Engine;
pub use leeward_airflow::{Airflow, Credentials, KeyError, Secret, check_key, check_pool_name};
pub use leeward_store::HistoryKeep;
pub use listener::{Listener, Notice};
pub use outbox::params::conf_faults;
pub use replacements::Replacements;
pub use runtime::{Runtime, SystemRuntime, new_ulid};
pub use settings::Settings;
pub use status::{Live, status};
