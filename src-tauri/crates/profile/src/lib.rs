//! One analyst's Leeward on one computer, as the app and `leewardctl` share it: the data folder, the environments,
//! the secrets, the lock that lets one process sync at a time, and the log file.
//!
//! Nothing here knows Airflow, the mirror or the engine.

mod atomic;
mod data_dir;
mod environments;
mod lock;
pub mod log;
mod problem;
mod secret;
mod vault;

pub use data_dir::DataDir;
pub use environments::{Environment, Environments, default_colour};
pub use lock::SyncLock;
pub use secret::SecretText;
pub use vault::{Vault, environment_secret, replacement_secret};
