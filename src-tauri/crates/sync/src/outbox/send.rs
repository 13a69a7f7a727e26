//! The outbox: actions are released when what they wait for is verified, and take effect once.

use crate::context::Context;
use crate::failure::Failure;
use crate::outbox::earlier::{self, Trace, trace};
use crate::outbox::outcome::{deleted, done, found, refuse, set};
use crate::outbox::precondition::{self, Ready};
use crate::outbox::tries::{self, Next};
use crate::record::review::Review;
use crate::sent_ago;
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{AirflowError, ErrorKind, TriggerOutcome};
use leeward_model::{ActionKind, ActionState, ActionView, Problem, TriggerRun};
use leeward_store::{Ledger, StoreError, StoredRecord, Wait};

/// After so long a run that is not found may have been cleaned up in Airflow: a person is asked.
const DOUBT_LIMIT: SignedDuration = SignedDuration::from_hours(24);

/// Sends every action that is due; one that fails never holds up the others.
pub(crate) async fn send_due(context: &Context<'_>) -> Result<(), Failure> {
    earlier::look_for_all(context).await?;
    let (open, unclear, review) = context.mirror.read(|ledger| {
        let review = Review::of(context, ledger)?;
        Ok((ledger.open_actions()?, ledger.actions_to_look_for()?, review))
    })?;
    // One in doubt was sent already.
    let is_held =
        |view: &ActionView| view.state != ActionState::InDoubt && review.holds_action(view.action.id);
    for action in open
        .iter()
        .filter(|view| !unclear.contains(&view.action.id) && !is_held(view))
    {
        context.look_for_stop()?;
        if release(context, action)? {
            context.tolerate(send(context, action).await)?;
        }
    }
    Ok(())
}

/// What keeps an action back.
enum Release {
    Go,
    Wait(usize),
    Hold(String),
}

/// Whether the action may go out now; writes down why not.
fn release(context: &Context<'_>, action: &ActionView) -> Result<bool, Failure> {
    match action.state {
        ActionState::InDoubt => return Ok(true),
        // Held for a person, not for an edit.
        ActionState::Held if action.waits_for.is_empty() => return Ok(false),
        _ => {}
    }
    let id = action.action.id;
    let now = context.runtime.now();
    Ok(context
        .mirror
        .write(|ledger| match release_of(ledger, &ledger.waits(id)?)? {
            Release::Go => Ok(true),
            Release::Wait(edits) => {
                let edits = if edits == 1 {
                    "1 edit".into()
                } else {
                    format!("{edits} edits")
                };
                let note = format!("Waits for {edits} to arrive in Airflow.");
                ledger.set_action(id, ActionState::Waiting, Some(&note), None, None, now)?;
                Ok(false)
            }
            Release::Hold(note) => {
                ledger.set_action(id, ActionState::Held, Some(&note), None, None, now)?;
                Ok(false)
            }
        })?)
}

fn release_of(ledger: &Ledger<'_>, waits: &[Wait]) -> Result<Release, StoreError> {
    let mut open = 0;
    for wait in waits {
        let Some(record) = ledger.record(&wait.collection, &wait.key)? else {
            continue;
        };
        if is_verified(&record, wait) {
            continue;
        }
        if let Some(why) = stuck(&record) {
            return Ok(Release::Hold(format!("Waiting: {} {why}.", wait.key)));
        }
        open += 1;
    }
    Ok(if open == 0 {
        Release::Go
    } else {
        Release::Wait(open)
    })
}

/// At or past the edit that is waited for, or nothing of it is left (taken back).
fn is_verified(record: &StoredRecord, wait: &Wait) -> bool {
    record.verified_rev >= wait.rev || (!record.has_work() && !record.in_doubt)
}

fn stuck(record: &StoredRecord) -> Option<&'static str> {
    if record.conflict.is_some() {
        Some("has a conflict")
    } else if record.is_parked() {
        Some("has a change that Airflow refused")
    } else if record.rejected.is_some() {
        Some("has a change that was refused")
    } else {
        None
    }
}

async fn send(context: &Context<'_>, view: &ActionView) -> Result<(), Failure> {
    let ActionKind::TriggerRun(trigger) = &view.action.what;
    let run_id = view.action.dag_run_id();
    let mut note = None;
    if view.state == ActionState::InDoubt {
        match trace(context, trigger, &run_id).await? {
            Trace::There(run) => return Ok(found(context, view, trigger, &run)?),
            Trace::Deleted => return Ok(deleted(context, view, &run_id)?),
            Trace::Unclear => return Ok(()),
            Trace::None => {}
        }
        if is_too_old(context, view)? {
            let now = context.runtime.now();
            return Ok(context
                .mirror
                .write(|ledger| ledger.hold_action(view.action.id, TOO_OLD, now))?);
        }
        match tries::next(context, view)? {
            Next::Send => {}
            Next::Wait => return Ok(()),
            Next::GiveUp(why) => return Ok(refuse(context, view, &why)?),
        }
    } else {
        match precondition::check(context, trigger).await? {
            Ready::Go { note: said } => note = said,
            Ready::Never(why) => return Ok(refuse(context, view, &why)?),
        }
    }
    if !claim(context, view)? {
        return Ok(());
    }
    let sent =
        context
            .airflow
            .trigger_dag_run(&trigger.dag_id, &run_id, &trigger.conf, trigger.note.as_deref());
    match sent.await {
        Ok(TriggerOutcome::Triggered(run)) => Ok(done(context, view, &run, note)?),
        Ok(TriggerOutcome::AlreadyExists) => whose_is_it(context, view, trigger, &run_id).await,
        Err(error) => failed(context, view, error),
    }
}

/// From here on it may have been sent, whatever becomes of this process. `false` when it may not go out any more: it was
/// taken back, or an edit it waits for met trouble, while its preconditions were looked at, or the mirror is being
/// rebuilt by a client that may know that it was sent long ago.
fn claim(context: &Context<'_>, view: &ActionView) -> Result<bool, StoreError> {
    let (id, now) = (view.action.id, context.runtime.now());
    context.mirror.write(|ledger| {
        let state = ledger.action(id)?.map(|action| action.state);
        let free = match state {
            _ if ledger.is_rebuilding()? => false,
            Some(ActionState::InDoubt) => view.state == ActionState::InDoubt,
            Some(ActionState::Queued | ActionState::Waiting | ActionState::Held) => {
                matches!(release_of(ledger, &ledger.waits(id)?)?, Release::Go)
            }
            _ => false,
        };
        if free {
            ledger.set_action(id, ActionState::InDoubt, None, None, None, now)?;
            let told = context.airflow.server_clock();
            told.map_or(Ok(()), |told| ledger.note_server_clock(id, told))?;
        }
        Ok(free)
    })
}

const TOO_OLD: &str = "This run was sent over a day ago and never confirmed. It may have run and been cleaned up in \
                       Airflow: look there, then run it anyway or take it back.";

fn is_too_old(context: &Context<'_>, view: &ActionView) -> Result<bool, Failure> {
    Ok(since_sent(context, view, sent_ago::about)?.is_some_and(|waited| waited > DOUBT_LIMIT))
}

/// How long ago it was sent, by one of [`sent_ago`]'s measures; `None` where that is not known.
fn since_sent(
    context: &Context<'_>,
    view: &ActionView,
    measure: fn(&Context<'_>, Timestamp, Option<Timestamp>) -> SignedDuration,
) -> Result<Option<SignedDuration>, StoreError> {
    let id = view.action.id;
    let (sent, told) = context
        .mirror
        .read(|ledger| Ok((ledger.sent_at(id)?, ledger.server_sent_at(id)?)))?;
    Ok(sent.map(|sent| measure(context, sent, told)))
}

/// 409: a run of that id is there already, ours from an earlier attempt (H11), or the clash was another's.
async fn whose_is_it(
    context: &Context<'_>,
    view: &ActionView,
    trigger: &TriggerRun,
    run_id: &str,
) -> Result<(), Failure> {
    match context.airflow.get_dag_run(&trigger.dag_id, run_id).await? {
        Some(run) => Ok(found(context, view, trigger, &run)?),
        None => Ok(set(context, view, ActionState::Queued, None)?),
    }
}

const MAY_HAVE_RUN: &str =
    " It was sent before and never confirmed: it may have run before the DAG was deleted.";

fn failed(context: &Context<'_>, view: &ActionView, error: AirflowError) -> Result<(), Failure> {
    let note = Problem::from(&error).what;
    if error.outcome_unknown() {
        let (id, now) = (view.action.id, context.clock());
        context.mirror.write(|ledger| match error.failed_there() {
            true => ledger.note_failure(id, now),
            false => ledger.forget_failures(id),
        })?;
        return Ok(set(context, view, ActionState::InDoubt, Some(&note))?);
    }
    // An earlier sending may still arrive: what became of this one says nothing of that.
    if may_still_arrive(context, view)? {
        set(context, view, ActionState::InDoubt, Some(&note))?;
        return if is_refused(&error) {
            Ok(())
        } else {
            Err(error.into())
        };
    }
    match error.kind() {
        ErrorKind::NotFound => {
            let ActionKind::TriggerRun(trigger) = &view.action.what;
            let mut why = precondition::no_dag(&trigger.dag_id);
            if view.state == ActionState::InDoubt {
                why.push_str(MAY_HAVE_RUN);
            }
            Ok(refuse(context, view, &why)?)
        }
        ErrorKind::Rejected { .. } | ErrorKind::Forbidden | ErrorKind::AlreadyExists => {
            Ok(refuse(context, view, &note)?)
        }
        _ => {
            set(context, view, ActionState::Queued, None)?;
            Err(error.into())
        }
    }
}

/// Whether the action was sent before, with an unknown outcome, and so lately that it may still take effect.
fn may_still_arrive(context: &Context<'_>, view: &ActionView) -> Result<bool, StoreError> {
    if view.state != ActionState::InDoubt {
        return Ok(false);
    }
    let settle = SignedDuration::try_from(context.settings.settle).unwrap_or(SignedDuration::MAX);
    // A future timestamp means that the clock was moved back: it is as good as none.
    let waited = since_sent(context, view, sent_ago::at_least)?;
    Ok(waited.is_some_and(|waited| waited.abs() < settle))
}

/// An answer about this action, not about the link.
fn is_refused(error: &AirflowError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::Rejected { .. } | ErrorKind::Forbidden | ErrorKind::AlreadyExists
    )
}
