//! What is wrong with a file, as every problem is told.

use leeward_model::{Problem, ProblemCode};
use leeward_tables::FileFault;

const NOTHING: &str = "Nothing was changed.";

/// A file that cannot be used. Nothing of it was taken.
#[must_use]
pub fn unusable(fault: &FileFault) -> Problem {
    usage(format!("{} {}", fault.what, fault.why), fault.next.clone())
}

pub(crate) fn usage(what: impl Into<String>, next: impl Into<String>) -> Problem {
    problem(ProblemCode::BadInput, what, next)
}

pub(crate) fn not_found(what: impl Into<String>, next: impl Into<String>) -> Problem {
    problem(ProblemCode::NotFound, what, next)
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
