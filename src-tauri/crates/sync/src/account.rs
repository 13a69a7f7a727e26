//! A cycle's account: its summary, and its row in the activity.

use crate::cycle::Cycle;
use leeward_model::{Activity, CycleSummary, CycleTrouble, Problem, Trigger};
use leeward_store::StoreError;
use std::time::Duration;

/// Old history is forgotten at most so often.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the cycle did, and how things stand after it.
pub(crate) fn summary(cycle: &Cycle<'_>) -> Result<CycleSummary, StoreError> {
    let counts = cycle.engine.read(|ledger| ledger.counts())?;
    Ok(CycleSummary {
        observed: cycle.tally.observed.count(),
        pulled: cycle.tally.pulled.count(),
        pushed: cycle.tally.pushed.count(),
        merged: cycle.tally.merged.count(),
        conflicts: counts.conflicts,
        held: counts.held,
        rejected: counts.rejected,
        in_doubt: counts.in_doubt,
        requests: cycle.requests(),
        duration_ms: duration_ms(cycle),
    })
}

/// Adds the cycle to the activity. One that found nothing to do is only counted, so that it writes nothing at all.
pub(crate) fn note(cycle: &Cycle<'_>, trouble: Option<&Problem>, feed_before: u64) -> Result<(), StoreError> {
    let code = trouble.map(|problem| problem.code);
    let is_new = std::mem::replace(&mut cycle.engine.memory().trouble, code) != code;
    let moved = cycle.engine.read(|ledger| ledger.last_feed())? != feed_before;
    let asked = cycle.trigger == Trigger::Asked;
    if cycle.tally.is_quiet() && !moved && !is_new && !asked {
        cycle.engine.memory().quiet += 1;
        return Ok(());
    }
    let activity = activity(cycle, trouble);
    let prunes = is_time_to_prune(cycle);
    cycle.engine.write(|ledger| {
        if prunes {
            ledger.prune_history(&cycle.engine.settings.history_keep, cycle.began_at)?;
            ledger.prune_log(cycle.began_at)?;
        }
        ledger.add_activity(&activity)
    })
}

fn activity(cycle: &Cycle<'_>, trouble: Option<&Problem>) -> Activity {
    let tally = &cycle.tally;
    let trouble = trouble.map(|problem| CycleTrouble {
        code: problem.code,
        what: problem.what.clone(),
    });
    let mut memory = cycle.engine.memory();
    Activity {
        at: cycle.began_at,
        trigger: cycle.trigger,
        scan: tally.scanned(),
        requests: cycle.requests(),
        read: tally.observed.count(),
        pulled: tally.pulled.count(),
        written: tally.pushed.count(),
        retried: tally.retried.count(),
        merged: tally.merged.count(),
        conflicts: tally.conflicts.count(),
        overwritten: tally.overwritten.count(),
        window_ms: tally.longest_window().map(ms),
        duration_ms: duration_ms(cycle),
        trouble,
        detection: memory.log_is_readable,
        quiet_before: std::mem::take(&mut memory.quiet),
    }
}

fn is_time_to_prune(cycle: &Cycle<'_>) -> bool {
    let mut memory = cycle.engine.memory();
    let due = memory
        .pruned
        .is_none_or(|at| cycle.began.saturating_sub(at) >= PRUNE_EVERY);
    if due {
        memory.pruned = Some(cycle.began);
    }
    due
}

fn duration_ms(cycle: &Cycle<'_>) -> u64 {
    ms(cycle.engine.runtime.elapsed().saturating_sub(cycle.began))
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
