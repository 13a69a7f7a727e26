//! What goes wrong in the mirror, and how it is said. Never with a value in it.

use leeward_model::{Problem, ProblemCode};
use rusqlite::ErrorCode;
use thiserror::Error;

/// What goes wrong in the mirror.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A push skipped entries: the client must shake hands again.
    #[error("expected entry {expected}, got {got}")]
    Gap {
        /// The next `seq` that the mirror can take.
        expected: u64,
        /// The `seq` that came.
        got: u64,
    },
    /// The client's epoch is not the current one, or no handshake was made.
    #[error("unknown epoch")]
    UnknownEpoch,
    /// The client holds another entry under a `seq` that the mirror knows.
    #[error("the log forked at entry {seq}")]
    Fork {
        /// Where.
        seq: u64,
    },
    /// What was given does not make sense; nothing of it was stored.
    #[error("{0}")]
    BadInput(String),
    /// There is no data model of that collection; nothing was stored.
    #[error("there is no collection {0}")]
    UnknownCollection(String),
    /// The file holds something that Leeward did not write.
    #[error("the mirror is damaged: {0}")]
    Corrupt(String),
    /// The file was written by a newer Leeward.
    #[error("the mirror was written by a newer Leeward (schema {found}, this one knows {known})")]
    Newer {
        /// The file's schema.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// The file, or the client, belongs to another environment.
    #[error("the mirror is of another environment")]
    OtherEnvironment,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The file, or its folder, cannot be opened, made or written.
    #[error("the mirror cannot be written: {0}")]
    Unwritable(&'static str),
    /// Another process held the file for too long.
    #[error("the mirror is in use by another process")]
    Busy,
    /// No such record or action.
    #[error("not found")]
    NotFound,
    /// SQLite could not do it.
    #[error("SQLite: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(code @ (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) => {
                Self::Corrupt(format!("{code:?}"))
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::Unwritable("it is read-only"),
            Some(ErrorCode::CannotOpen) => Self::Unwritable("it cannot be opened or made"),
            Some(ErrorCode::SystemIoFailure) => Self::Unwritable("the disk refused"),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (code, what, next, retry) = said(&error);
        let what = match &error {
            StoreError::UnknownCollection(name) => format!("There is no collection {name} here."),
            _ => what.to_owned(),
        };
        Self {
            code,
            what,
            meaning: meaning(&error).to_owned(),
            next: next.to_owned(),
            retry,
        }
    }
}

fn said(error: &StoreError) -> (ProblemCode, &'static str, &'static str, bool) {
    use ProblemCode::{BadInput, EnvironmentGone, HandshakeNeeded, NotFound, Storage};
    match error {
        StoreError::Gap { .. } | StoreError::UnknownEpoch | StoreError::Fork { .. } => (
            HandshakeNeeded,
            "The window and the local ledger count the work differently.",
            "Leeward compares both and goes on by itself.",
            true,
        ),
        StoreError::BadInput(_) => (
            BadInput,
            "What was entered cannot be used.",
            "Check it and try again.",
            false,
        ),
        StoreError::UnknownCollection(_) => (
            NotFound,
            "There is no such collection here.",
            "Check its name; if a newer Leeward knows it, use that one.",
            false,
        ),
        StoreError::NotFound => (
            NotFound,
            "There is no such record or action.",
            "Look at the list again.",
            false,
        ),
        StoreError::OtherEnvironment => (
            EnvironmentGone,
            "The local ledger under this name is of another environment.",
            "Move the ledger's file to another folder, or remove the environment and add it again.",
            false,
        ),
        StoreError::Full => (
            Storage,
            "The disk is full.",
            "Free some space, then try again.",
            true,
        ),
        StoreError::Unwritable(_) => (
            Storage,
            "The local ledger cannot be written where it is.",
            "Check that its disk works, has room and is not read-only, and that its folder is yours; then try again.",
            true,
        ),
        StoreError::Busy => (
            Storage,
            "Another program holds the local ledger.",
            "Try again in a moment.",
            true,
        ),
        StoreError::Newer { .. } => (
            Storage,
            "The local ledger was written by a newer Leeward.",
            "Install that version or a newer one.",
            false,
        ),
        StoreError::Corrupt(_) => (
            Storage,
            "The local ledger is damaged.",
            "Quit Leeward, move the ledger's file away and start again: it is rebuilt from the window's copy.",
            false,
        ),
        StoreError::Sqlite(_) => (
            Storage,
            "The local ledger could not be read or written.",
            "Try again; the log file says more.",
            true,
        ),
    }
}

fn meaning(error: &StoreError) -> &'static str {
    match error {
        StoreError::BadInput(_) | StoreError::NotFound | StoreError::UnknownCollection(_) => {
            "Nothing was changed."
        }
        StoreError::OtherEnvironment => "Nothing of one went to the other.",
        StoreError::Corrupt(_) | StoreError::Newer { .. } => {
            "Nothing is sent to Airflow; the window keeps its own copy of your work."
        }
        _ => "Your work stays where it is; nothing is lost.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disagreement_about_the_log_asks_for_a_handshake() {
        let problem = Problem::from(StoreError::Gap { expected: 3, got: 9 });
        assert_eq!(problem.code, ProblemCode::HandshakeNeeded);
        assert!(problem.retry);
    }

    #[test]
    fn detail_never_reaches_the_analyst() {
        let problem = Problem::from(StoreError::Corrupt("hunter2".into()));
        assert!(!problem.to_string().contains("hunter2"));
    }
}
