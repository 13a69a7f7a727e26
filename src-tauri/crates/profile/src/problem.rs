//! Building [`Problem`]s: what happened, what it means for the analyst's work, the next step.

use leeward_model::{Problem, ProblemCode};
use std::io;
use std::path::Path;

/// A problem that trying again does not solve.
pub(crate) fn problem(
    code: ProblemCode,
    what: impl Into<String>,
    meaning: impl Into<String>,
    next: impl Into<String>,
) -> Problem {
    Problem {
        code,
        what: what.into(),
        meaning: meaning.into(),
        next: next.into(),
        retry: false,
    }
}

/// A file that could not be used; `doing` follows "could not".
pub(crate) fn file_trouble(doing: &str, path: &Path, error: &io::Error) -> Problem {
    problem(
        ProblemCode::Storage,
        format!("Leeward could not {doing} {}: {error}.", path.display()),
        "Nothing was changed.",
        "Check that the folder exists, belongs to you and has room, then try again.",
    )
}
