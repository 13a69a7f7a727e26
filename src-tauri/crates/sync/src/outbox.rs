//! The outbox: actions are released when what they wait for is verified, and take effect once.

use crate::cycle::{Cycle, Failure};
use crate::earlier::{self, Trace, trace};
use crate::precondition::{self, Ready};
use crate::review::Review;
use crate::tries::{self, Next};
use crate::{Notice, problem_of, runs};
use jiff::{SignedDuration, Timestamp};
use leeward_airflow::{AirflowError, DagRun, ErrorKind, TriggerOutcome};
use leeward_model::{ActionKind, ActionState, ActionView, TriggerRun};
use leeward_store::{Ledger, StoreError, StoredRecord, Wait};

/// After so long a run that is not found may have been cleaned up in Airflow: a person is asked.
const DOUBT_LIMIT: SignedDuration = SignedDuration::from_hours(24);

/// Sends every action that is due; one that fails never holds up the others.
pub(crate) async fn send_due(cycle: &Cycle<'_>) -> Result<(), Failure> {
    earlier::look_for_all(cycle).await?;
    let (open, unclear, review) = cycle.engine.read(|ledger| {
        let review = Review::of(cycle, ledger)?;
        Ok((ledger.open_actions()?, ledger.actions_to_look_for()?, review))
    })?;
    // One in doubt was sent already.
    let is_held =
        |view: &ActionView| view.state != ActionState::InDoubt && review.holds_action(view.action.id);
    for action in open
        .iter()
        .filter(|view| !unclear.contains(&view.action.id) && !is_held(view))
    {
        if release(cycle, action)? {
            cycle.bear(send(cycle, action).await)?;
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
fn release(cycle: &Cycle<'_>, action: &ActionView) -> Result<bool, Failure> {
    match action.state {
        ActionState::InDoubt => return Ok(true),
        // Held for a person, not for an edit.
        ActionState::Held if action.waits_for.is_empty() => return Ok(false),
        _ => {}
    }
    let id = action.action.id;
    let now = cycle.engine.runtime.now();
    Ok(cycle
        .engine
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
    } else if record.rejected.is_some() {
        Some("has a change that Airflow refused")
    } else {
        None
    }
}

async fn send(cycle: &Cycle<'_>, view: &ActionView) -> Result<(), Failure> {
    let ActionKind::TriggerRun(trigger) = &view.action.what;
    let run_id = view.action.dag_run_id();
    let mut note = None;
    if view.state == ActionState::InDoubt {
        match trace(cycle, trigger, &run_id).await? {
            Trace::There(run) => return Ok(found(cycle, view, trigger, &run)?),
            Trace::Deleted => return Ok(deleted(cycle, view, &run_id)?),
            Trace::Unclear => return Ok(()),
            Trace::None => {}
        }
        if is_too_old(cycle, view)? {
            let now = cycle.engine.runtime.now();
            return Ok(cycle
                .engine
                .write(|ledger| ledger.hold_action(view.action.id, TOO_OLD, now))?);
        }
        match tries::next(cycle, view)? {
            Next::Send => {}
            Next::Wait => return Ok(()),
            Next::GiveUp(why) => return Ok(refuse(cycle, view, &why)?),
        }
    } else {
        match precondition::check(cycle, trigger).await? {
            Ready::Go { note: said } => note = said,
            Ready::Never(why) => return Ok(refuse(cycle, view, &why)?),
        }
    }
    if !claim(cycle, view)? {
        return Ok(());
    }
    let sent = cycle.engine.airflow.trigger_dag_run(
        &trigger.dag_id,
        &run_id,
        &trigger.conf,
        trigger.note.as_deref(),
    );
    match sent.await {
        Ok(TriggerOutcome::Triggered(run)) => Ok(done(cycle, view, &run, note)?),
        Ok(TriggerOutcome::AlreadyExists) => whose_is_it(cycle, view, trigger, &run_id).await,
        Err(error) => failed(cycle, view, error),
    }
}

/// From here on it may have been sent, whatever becomes of this process. `false` when it may not go out any more: it was
/// taken back, or an edit it waits for met trouble, while its preconditions were looked at, or the mirror is being
/// rebuilt by a client that may know that it was sent long ago.
fn claim(cycle: &Cycle<'_>, view: &ActionView) -> Result<bool, StoreError> {
    let (id, now) = (view.action.id, cycle.engine.runtime.now());
    cycle.engine.write(|ledger| {
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
            let told = cycle.engine.airflow.server_clock();
            told.map_or(Ok(()), |told| ledger.note_server_clock(id, told))?;
        }
        Ok(free)
    })
}

const TOO_OLD: &str = "This run was sent over a day ago and never confirmed. It may have run and been cleaned up in \
                       Airflow: look there, then run it anyway or take it back.";

fn is_too_old(cycle: &Cycle<'_>, view: &ActionView) -> Result<bool, Failure> {
    Ok(since_sent(cycle, view)?.is_some_and(|waited| waited > DOUBT_LIMIT))
}

/// How long ago it was sent: by the server's clock, where it told it then and now; else by this computer's.
fn since_sent(cycle: &Cycle<'_>, view: &ActionView) -> Result<Option<SignedDuration>, StoreError> {
    let id = view.action.id;
    let (sent, sent_there) = cycle
        .engine
        .read(|ledger| Ok((ledger.sent_at(id)?, ledger.server_sent_at(id)?)))?;
    let ago = |then: Option<Timestamp>, now: Timestamp| then.map(|then| now.duration_since(then));
    let told = cycle.engine.airflow.server_clock();
    let there = told.and_then(|now| ago(sent_there, now));
    Ok(there.or_else(|| ago(sent, cycle.engine.runtime.now())))
}

/// 409: a run of that id is there already, ours from an earlier attempt (H11), or the clash was another's.
async fn whose_is_it(
    cycle: &Cycle<'_>,
    view: &ActionView,
    trigger: &TriggerRun,
    run_id: &str,
) -> Result<(), Failure> {
    match cycle.engine.airflow.get_dag_run(&trigger.dag_id, run_id).await? {
        Some(run) => Ok(found(cycle, view, trigger, &run)?),
        None => Ok(set(cycle, view, ActionState::Queued, None)?),
    }
}

/// A run under our id: ours if its conf is ours.
pub(crate) fn found(
    cycle: &Cycle<'_>,
    view: &ActionView,
    trigger: &TriggerRun,
    run: &DagRun,
) -> Result<(), StoreError> {
    if leeward_merge::canonically_equal(&run.conf.to_string(), &trigger.conf.to_string()) {
        return done(cycle, view, run, None);
    }
    let note = "Airflow already has a run with this id and another conf. Look at it there.";
    refuse(cycle, view, note)
}

fn done(cycle: &Cycle<'_>, view: &ActionView, run: &DagRun, note: Option<&str>) -> Result<(), StoreError> {
    let (id, now) = (view.action.id, cycle.engine.runtime.now());
    let state = Some(run.state.as_str());
    cycle
        .engine
        .write(|ledger| ledger.set_action(id, ActionState::Done, note, Some(&run.run_id), state, now))?;
    cycle.tally.started.add(1);
    Ok(())
}

/// It was there, and somebody deleted it: it must not start again.
pub(crate) fn deleted(cycle: &Cycle<'_>, view: &ActionView, run_id: &str) -> Result<(), StoreError> {
    let (id, now) = (view.action.id, cycle.engine.runtime.now());
    let note = Some("The run was started, and somebody has deleted it in Airflow since.");
    cycle.engine.write(|ledger| {
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

const MAY_HAVE_RUN: &str =
    " It was sent before and never confirmed: it may have run before the DAG was deleted.";

fn failed(cycle: &Cycle<'_>, view: &ActionView, error: AirflowError) -> Result<(), Failure> {
    let note = problem_of(&error).what;
    if error.outcome_unknown() {
        let (id, now) = (view.action.id, cycle.clock());
        cycle.engine.write(|ledger| match error.failed_there() {
            true => ledger.note_failure(id, now),
            false => ledger.forget_failures(id),
        })?;
        return Ok(set(cycle, view, ActionState::InDoubt, Some(&note))?);
    }
    // An earlier sending may still arrive: what became of this one says nothing of that.
    if may_still_arrive(cycle, view)? {
        set(cycle, view, ActionState::InDoubt, Some(&note))?;
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
            Ok(refuse(cycle, view, &why)?)
        }
        ErrorKind::Rejected { .. } | ErrorKind::Forbidden | ErrorKind::AlreadyExists => {
            Ok(refuse(cycle, view, &note)?)
        }
        _ => {
            set(cycle, view, ActionState::Queued, None)?;
            Err(error.into())
        }
    }
}

/// Whether the action was sent before, with an unknown outcome, and so lately that it may still take effect.
fn may_still_arrive(cycle: &Cycle<'_>, view: &ActionView) -> Result<bool, StoreError> {
    if view.state != ActionState::InDoubt {
        return Ok(false);
    }
    let settle = SignedDuration::try_from(cycle.engine.settings.settle).unwrap_or(SignedDuration::MAX);
    // A time that is still to come was told by a clock that was set back since: it is as good as none.
    Ok(since_sent(cycle, view)?.is_some_and(|waited| waited.abs() < settle))
}

/// An answer about this action, not about the link.
fn is_refused(error: &AirflowError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::Rejected { .. } | ErrorKind::Forbidden | ErrorKind::AlreadyExists
    )
}

/// It will never run as it is: parked with the reason, and told.
fn refuse(cycle: &Cycle<'_>, view: &ActionView, why: &str) -> Result<(), StoreError> {
    let ActionKind::TriggerRun(trigger) = &view.action.what;
    set(cycle, view, ActionState::Rejected, Some(why))?;
    cycle.tally.notice(Notice::RunRefused {
        dag_id: trigger.dag_id.clone(),
        why: why.to_owned(),
    });
    Ok(())
}

fn set(
    cycle: &Cycle<'_>,
    view: &ActionView,
    state: ActionState,
    note: Option<&str>,
) -> Result<(), StoreError> {
    let (id, now) = (view.action.id, cycle.engine.runtime.now());
    cycle
        .engine
        .write(|ledger| ledger.set_action(id, state, note, None, None, now))?;
    Ok(())
}
