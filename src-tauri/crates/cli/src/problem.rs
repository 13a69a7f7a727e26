//! Problems that the command line has by itself.

use leeward_model::{Problem, ProblemCode};

const NOTHING: &str = "Nothing was changed.";

/// Something that was typed cannot be used: exit code 2.
pub(crate) fn usage(what: impl Into<String>, next: impl Into<String>) -> Problem {
    problem(ProblemCode::BadInput, what, next)
}

/// There is no such thing.
pub(crate) fn not_found(what: impl Into<String>, next: impl Into<String>) -> Problem {
    problem(ProblemCode::NotFound, what, next)
}

/// Leeward does not do that.
pub(crate) fn refused(what: impl Into<String>, next: impl Into<String>) -> Problem {
    problem(ProblemCode::Rejected, what, next)
}

/// The system did not give what every program needs.
pub(crate) fn internal(error: &std::io::Error) -> Problem {
    problem(
        ProblemCode::Internal,
        format!("The system refused something that Leeward needs: {error}."),
        "Try again.",
    )
}

fn problem(code: ProblemCode, what: impl Into<String>, next: impl Into<String>) -> Problem {
    Problem {
        code,
        what: what.into(),
        meaning: NOTHING.into(),
        next: next.into(),
        retry: false,
    }
}

/// No record of that key.
pub(crate) fn no_record(collection: &str, key: &str) -> Problem {
    not_found(
        format!("There is no record {key} in {collection}."),
        format!(
            "`leewardctl records list {collection}` lists those that there are; `leewardctl sync` reads Airflow."
        ),
    )
}
