//! A cycle's account: its summary, and its row in the activity.

use crate::context::Context;
use leeward_model::{Activity, CycleSummary, CycleTrouble, Problem, Trigger};
use leeward_store::StoreError;
use std::time::Duration;

/// Old history is forgotten at most so often.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the cycle did, and how things stand after it.
pub(crate) fn summary(context: &Context<'_>) -> Result<CycleSummary, StoreError> {
    let counts = context.mirror.read(|ledger| ledger.counts())?;
    Ok(CycleSummary {
        observed: context.tally.observed.count(),
        pulled: context.tally.pulled.count(),
        pushed: context.tally.pushed.count(),
        merged: context.tally.merged.count(),
        conflicts: counts.conflicts,
        violations: counts.violations,
        held: counts.held,
        rejected: counts.rejected,
        in_doubt: counts.in_doubt,
        requests: context.requests(),
        duration_ms: duration_ms(context),
        stopped: false,
    })
}

/// Adds the cycle to the activity. One that found nothing to do is only counted, so that it writes nothing at all.
pub(crate) fn note(
    context: &Context<'_>,
    trouble: Option<&Problem>,
    feed_before: u64,
) -> Result<(), StoreError> {
    let code = trouble.map(|problem| problem.code);
    let is_new = std::mem::replace(&mut context.memory().trouble, code) != code;
    let moved = context.mirror.read(|ledger| ledger.last_feed())? != feed_before;
    let asked = context.trigger == Trigger::Asked;
    if context.tally.is_quiet() && !moved && !is_new && !asked {
        context.memory().quiet += 1;
        return Ok(());
    }
    let activity = activity(context, trouble);
    let prunes = is_time_to_prune(context);
    context.mirror.write(|ledger| {
        if prunes {
            ledger.prune_history(&context.settings.history_keep, context.began_at)?;
            ledger.prune_log(context.began_at)?;
        }
        ledger.add_activity(&activity)
    })
}

fn activity(context: &Context<'_>, trouble: Option<&Problem>) -> Activity {
    let tally = &context.tally;
    let trouble = trouble.map(|problem| CycleTrouble {
        code: problem.code,
        what: problem.what.clone(),
    });
    let mut memory = context.memory();
    Activity {
        at: context.began_at,
        trigger: context.trigger,
        scan: tally.scanned(),
        requests: context.requests(),
        read: tally.observed.count(),
        pulled: tally.pulled.count(),
        written: tally.pushed.count(),
        retried: tally.retried.count(),
        merged: tally.merged.count(),
        conflicts: tally.conflicts.count(),
        overwritten: tally.overwritten.count(),
        window_ms: tally.longest_window().map(ms),
        duration_ms: duration_ms(context),
        trouble,
        detection: memory.log_is_readable,
        quiet_before: std::mem::take(&mut memory.quiet),
    }
}

fn is_time_to_prune(context: &Context<'_>) -> bool {
    let mut memory = context.memory();
    let due = memory
        .pruned
        .is_none_or(|at| context.began.saturating_sub(at) >= PRUNE_EVERY);
    if due {
        memory.pruned = Some(context.began);
    }
    due
}

fn duration_ms(context: &Context<'_>) -> u64 {
    ms(context.runtime.elapsed().saturating_sub(context.began))
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
