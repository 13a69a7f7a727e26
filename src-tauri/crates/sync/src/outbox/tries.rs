//! How often a run is sent on which Airflow fails (H35): less and less often, and not for ever.

use crate::apply::failing::{FAILURES_MAX, settle};
use crate::context::Context;
use leeward_model::ActionView;
use leeward_store::StoreError;

/// What is next for a run that was looked for and is not there.
pub(crate) enum Next {
    /// It is sent again: the same id starts it once (H11).
    Send,
    /// Airflow failed on it a moment ago.
    Wait,
    /// Airflow failed on it again and again; why, in plain words.
    GiveUp(String),
}

/// Decides by how often Airflow has failed on it.
pub(crate) fn next(context: &Context<'_>, view: &ActionView) -> Result<Next, StoreError> {
    let id = view.action.id;
    let Some((times, last)) = context.mirror.read(|ledger| ledger.failures_of(id))? else {
        return Ok(Next::Send);
    };
    let is_last = times >= FAILURES_MAX;
    let wait = if is_last {
        settle(context)
    } else {
        settle(context).saturating_mul(1 << times.saturating_sub(1))
    };
    // A future timestamp means that the clock was moved back.
    if context.clock().duration_since(last).abs() < wait {
        return Ok(Next::Wait);
    }
    if !is_last {
        return Ok(Next::Send);
    }
    let reason = view.note.as_deref().unwrap_or_default();
    Ok(Next::GiveUp(format!(
        "{reason} It was tried {times} times, and the run was not there afterwards: Airflow cannot start it."
    )))
}
