//! Runs that were or may have been sent before: whether Airflow has them, or had.

use crate::context::Context;
use crate::failure::Failure;
use crate::outbox::outcome::{deleted, found};
use jiff::SignedDuration;
use leeward_airflow::{DagRun, EventLook};
use leeward_model::{ActionKind, ActionState, ActionView, TriggerRun};

/// The mirror was lost and rebuilt, or was perhaps put back from a copy before this process began: what it had sent last,
/// nobody here remembers, and it may still arrive.
pub(crate) async fn look_for_all(context: &Context<'_>) -> Result<(), Failure> {
    if !context.memory().has_looked_for_runs {
        context.mirror.write(|ledger| ledger.look_for_open_actions())?;
        context.memory().has_looked_for_runs = true;
    }
    for id in context.mirror.read(|ledger| ledger.actions_to_look_for())? {
        match context.mirror.read(|ledger| ledger.action(id))? {
            Some(view) => context.tolerate(look_for(context, &view).await)?,
            None => context.mirror.write(|ledger| ledger.action_was_looked_for(id))?,
        }
    }
    Ok(())
}

/// One that was taken back is looked for until nothing can arrive any more; another one may go out once it was not there,
/// since Airflow takes its id once.
async fn look_for(context: &Context<'_>, view: &ActionView) -> Result<(), Failure> {
    let ActionKind::TriggerRun(trigger) = &view.action.what;
    let run_id = view.action.dag_run_id();
    // One in doubt is looked for anyway, and one that is done was found.
    if !matches!(view.state, ActionState::InDoubt | ActionState::Done) {
        match trace(context, trigger, &run_id).await? {
            Trace::There(run) => found(context, view, trigger, &run)?,
            Trace::Deleted => deleted(context, view, &run_id)?,
            Trace::Unclear => return Ok(()),
            Trace::None if view.state == ActionState::Cancelled && may_still_arrive(context)? => {
                return Ok(());
            }
            Trace::None => {}
        }
    }
    Ok(context
        .mirror
        .write(|ledger| ledger.action_was_looked_for(view.action.id))?)
}

/// Whether what the lost mirror sent last may still take effect.
fn may_still_arrive(context: &Context<'_>) -> Result<bool, Failure> {
    let now = context.clock();
    let since = context
        .mirror
        .write(|ledger| ledger.actions_looked_for_since(now))?;
    let settle = SignedDuration::try_from(context.settings.settle).unwrap_or(SignedDuration::MAX);
    // A future timestamp means that the clock was moved back.
    Ok(now.duration_since(since).abs() < settle)
}

/// What Airflow has of a run that may have been sent.
pub(crate) enum Trace {
    There(Box<DagRun>),
    /// Somebody has deleted it since.
    Deleted,
    /// The event log could be read a moment ago, and cannot now.
    Unclear,
    None,
}

pub(crate) async fn trace(
    context: &Context<'_>,
    trigger: &TriggerRun,
    run_id: &str,
) -> Result<Trace, Failure> {
    let airflow = context.airflow;
    if let Some(run) = airflow.get_dag_run(&trigger.dag_id, run_id).await? {
        return Ok(Trace::There(Box::new(run)));
    }
    Ok(match airflow.run_deletion(&trigger.dag_id, run_id).await? {
        EventLook::Row(_) => Trace::Deleted,
        EventLook::Unreadable if context.memory().log_is_readable => Trace::Unclear,
        EventLook::Unreadable | EventLook::Absent => Trace::None,
    })
}
