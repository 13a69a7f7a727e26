//! What stops a step.

use leeward_airflow::{AirflowError, ErrorKind};
use leeward_model::{Problem, ProblemCode};
use leeward_store::StoreError;

/// What stops a step, or the whole cycle. What was done until then is kept.
#[derive(Debug)]
pub(crate) enum Failure {
    Airflow(AirflowError),
    Problem(Problem),
    /// A person stopped it.
    Stopped,
}

impl From<AirflowError> for Failure {
    fn from(error: AirflowError) -> Self {
        Self::Airflow(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Airflow(error) => Self::from(&error),
            Failure::Problem(problem) => problem,
            Failure::Stopped => stopped(),
        }
    }
}

fn stopped() -> Problem {
    Problem {
        code: ProblemCode::Stopped,
        what: "The sync was stopped before it was done.".into(),
        meaning: "What was read and sent until then counts; the rest of your work waits here.".into(),
        next: "Sync again to go on.".into(),
        retry: false,
    }
}

/// Whether the trouble may be that of the one thing that was asked for.
pub(crate) fn is_one_things(error: &AirflowError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ServerTrouble { .. } | ErrorKind::Protocol { .. }
    )
}

/// Whether the trouble may be one collection's alone: that of its resource, its listing, or the right to it.
pub(crate) fn is_one_collections(error: &AirflowError) -> bool {
    is_one_things(error) || matches!(error.kind(), ErrorKind::ScanShifted | ErrorKind::Forbidden)
}
