//! What goes wrong, as the UI and `leewardctl` get it: a code to branch on, and plain words.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What kind of trouble; screens and exit codes branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// Airflow does not answer.
    Unreachable,
    /// Wrong or expired credentials.
    SignInNeeded,
    /// The account may not do this.
    Forbidden,
    /// Something answered, but it is not an Airflow that Leeward can work with.
    NotAirflow,
    /// Airflow refused what was sent.
    Rejected,
    /// Airflow has trouble of its own.
    ServerTrouble,
    /// What was given cannot be used.
    BadInput,
    /// No such environment, record, conflict or action.
    NotFound,
    /// The mirror and the window disagree about the log: shake hands again.
    HandshakeNeeded,
    /// The environment was removed from this computer; one of its name may have been added since.
    EnvironmentGone,
    /// Another process syncs at the moment.
    Busy,
    /// A person stopped the sync before it was done.
    Stopped,
    /// The mirror could not be read or written.
    Storage,
    /// The secret could not be kept or read.
    Keychain,
    /// A fault of Leeward's own.
    Internal,
}

/// A sentence, a meaning, a next step (never a secret, never a value).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{what} {meaning} {next}")]
pub struct Problem {
    /// To branch on.
    pub code: ProblemCode,
    /// What happened, as a sentence.
    pub what: String,
    /// What it means for the analyst's work, as a sentence.
    pub meaning: String,
    /// What to do next, as a sentence.
    pub next: String,
    /// Trying again by itself can help.
    pub retry: bool,
}
