//! What became of an action, taken down in the mirror.

use crate::context::Context;
use crate::listener::Notice;
use crate::runs;
use leeward_airflow::DagRun;
use leeward_model::{ActionKind, ActionState, ActionView, TriggerRun};
use leeward_store::StoreError;

/// A run under our id: ours if its conf is ours.
pub(crate) fn found(
    context: &Context<'_>,
    view: &ActionView,
    trigger: &TriggerRun,
    run: &DagRun,
) -> Result<(), StoreError> {
    if leeward_merge::canonically_equal(&run.conf.to_string(), &trigger.conf.to_string()) {
        return done(context, view, run, None);
    }
    let note = "Airflow already has a run with this id and another conf. Look at it there.";
    refuse(context, view, note)
}

pub(crate) fn done(
    context: &Context<'_>,
    view: &ActionView,
    run: &DagRun,
    note: Option<&str>,
) -> Result<(), StoreError> {
    let (id, now) = (view.action.id, context.runtime.now());
    let state = Some(run.state.as_str());
    context
        .mirror
        .write(|ledger| ledger.set_action(id, ActionState::Done, note, Some(&run.run_id), state, now))?;
    context.tally.started.add(1);
    Ok(())
}

/// It was there, and somebody deleted it: it must not start again.
pub(crate) fn deleted(context: &Context<'_>, view: &ActionView, run_id: &str) -> Result<(), StoreError> {
    let (id, now) = (view.action.id, context.runtime.now());
    let note = Some("The run was started, and somebody has deleted it in Airflow since.");
    context.mirror.write(|ledger| {
        ledger.set_action(
            id,
            ActionState::Done,
            note,
            Some(run_id),
            Some(runs::REMOVED),
            now,
        )
    })?;
    Ok(())
}

/// It will never run as it is: parked with the reason, and told.
pub(crate) fn refuse(context: &Context<'_>, view: &ActionView, why: &str) -> Result<(), StoreError> {
    let ActionKind::TriggerRun(trigger) = &view.action.what;
    set(context, view, ActionState::Rejected, Some(why))?;
    context.tally.notice(Notice::RunRefused {
        dag_id: trigger.dag_id.clone(),
        why: why.to_owned(),
    });
    Ok(())
}

pub(crate) fn set(
    context: &Context<'_>,
    view: &ActionView,
    state: ActionState,
    note: Option<&str>,
) -> Result<(), StoreError> {
    let (id, now) = (view.action.id, context.runtime.now());
    context
        .mirror
        .write(|ledger| ledger.set_action(id, state, note, None, None, now))?;
    Ok(())
}
