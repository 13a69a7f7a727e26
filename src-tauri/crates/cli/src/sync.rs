//! `sync`: cycles of the engine, until nothing moves.

use crate::context::Context;
use crate::output::{Exit, Output, pairs};
use crate::progress::Progress;
use crate::{problem, status};
use leeward_model::{CycleSummary, Problem, ProblemCode, Status, Trigger};
use leeward_profile::{Environment, SyncLock};
use leeward_sync::{Engine, Runtime};
use std::future::pending;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A second cycle carries what the first one released; a third is for what moved meanwhile.
const CYCLES_MAX: usize = 3;

const REBUILDING: &str = "Leeward's window was about to restore this copy from what it knows itself, and did not \
                          finish. Nothing is sent until then: open Leeward.";

/// What takes longer to end after Ctrl+C says why.
const STOPS_WITHIN: Duration = Duration::from_secs(1);

const STOPPING: &str = "Stopping: waiting for the answer to what was sent. Ctrl+C again ends it at once; the next sync then \
                        looks whether it arrived.";

/// How long another process that syncs is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

const LOCK_RETRY: Duration = Duration::from_millis(100);

pub(crate) async fn run(context: &Context, output: &Output, send: bool) -> Result<Exit, Problem> {
    let environment = context.environment()?;
    let _lock = lock(context, &environment).await?;
    let engine = context.engine(&environment)?.telling(progress(context));
    if send {
        context.write(|ledger| Ok(ledger.approve_pending()?))?;
    }
    let summary = until_stopped(context, output, &engine).await;
    // With it goes the line that says how far it is.
    drop(engine);
    let summary = summary?;
    output.show(&summary, text);
    let status = status::read(context)?;
    if summary.stopped {
        output.note(&stopped(&status));
        return Ok(Exit::Stopped);
    }
    explain(output, &status);
    status::tell_standing_still(context, output)?;
    let is_rebuilding = context.read(|ledger| ledger.is_rebuilding())?;
    if is_rebuilding {
        output.note(REBUILDING);
    }
    Ok(if is_settled(&summary, &status) && !is_rebuilding {
        Exit::Done
    } else {
        Exit::Unsettled
    })
}

/// What is left behind, and how it goes on.
fn stopped(status: &Status) -> String {
    let waiting = match status.unsent {
        0 => String::new(),
        1 => " 1 change waits here.".into(),
        count => format!(" {count} changes wait here."),
    };
    format!("Stopped. What was read and sent until then counts.{waiting} `leewardctl sync` goes on.")
}

fn progress(context: &Context) -> leeward_sync::Progress {
    let runtime = context.runtime.clone();
    let line = Mutex::new(Progress::on_stderr(runtime.elapsed()));
    Box::new(move |progress| {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        line.synced(progress, runtime.elapsed());
    })
}

async fn lock(context: &Context, environment: &Environment) -> Result<SyncLock, Problem> {
    let began = context.runtime.elapsed();
    loop {
        if let Some(lock) = SyncLock::try_acquire(&context.data_dir, &environment.name)? {
            return Ok(lock);
        }
        if context.runtime.elapsed().saturating_sub(began) > LOCK_PATIENCE {
            return Err(busy(&environment.name));
        }
        context.runtime.sleep(LOCK_RETRY).await;
    }
}

fn busy(name: &str) -> Problem {
    Problem {
        code: ProblemCode::Busy,
        retry: true,
        ..problem::refused(
            format!("{name} is being synchronised by another process."),
            "It takes your changes along. `leewardctl status` says when it is done.",
        )
    }
}

/// Cycles until nothing moves, or until Ctrl+C: then the one under way ends where nothing is done by half. Another Ctrl+C ends
/// the program where it stands; what was on its way is found in doubt, as after a crash.
async fn until_stopped(context: &Context, output: &Output, engine: &Engine) -> Result<CycleSummary, Problem> {
    let mut cycles = pin!(until_quiet(context, engine));
    tokio::select! {
        summary = &mut cycles => return summary,
        Ok(()) = tokio::signal::ctrl_c() => engine.stop(),
    }
    let told = async {
        context.runtime.sleep(STOPS_WITHIN).await;
        output.note(STOPPING);
        pending().await
    };
    tokio::select! {
        summary = &mut cycles => summary,
        summary = told => summary,
        Ok(()) = tokio::signal::ctrl_c() => std::process::exit(Exit::Stopped as i32),
    }
}

async fn until_quiet(context: &Context, engine: &Engine) -> Result<CycleSummary, Problem> {
    let mut total = CycleSummary::default();
    for round in 0..CYCLES_MAX {
        // The first one has read everything just now.
        let trigger = if round == 0 {
            Trigger::Asked
        } else {
            Trigger::Interval
        };
        let cycle = engine.cycle_for(trigger).await?;
        let moved = cycle.pushed + cycle.merged + cycle.pulled > 0;
        total = total.and(&cycle);
        if cycle.stopped || !moved || !work_is_left(&status::read(context)?) {
            break;
        }
    }
    Ok(total)
}

/// Whether another cycle could do more, by itself.
fn work_is_left(status: &Status) -> bool {
    let goes = status.pending + status.outbox > status.in_doubt + status.held + status.to_review;
    !status.braked && goes
}

fn is_settled(summary: &CycleSummary, status: &Status) -> bool {
    let needs_a_person = summary.conflicts + summary.violations + summary.held + summary.rejected;
    let left = needs_a_person + summary.in_doubt + status.to_review;
    left == 0 && !status.braked
}

fn explain(output: &Output, status: &Status) {
    output.note(&status.line);
    if status.to_review > 0 {
        output.note("Changes here are reviewed first: `leewardctl sync --send` sends what is pending.");
    }
    if status.conflicts > 0 {
        output.note("`leewardctl conflicts list` shows what needs you.");
    }
    if status.violations > 0 {
        output.note("`leewardctl violations list` shows which records break a rule together; an edit of one settles it.");
    }
    if status.held > 0 || status.rejected > 0 {
        output.note("`leewardctl actions list` says what is held and why, `leewardctl records list` which records were refused,");
        output.note("and `leewardctl records get COLLECTION KEY` why.");
    }
    if status.braked {
        output.note("`leewardctl brake show` says what is stopped.");
    }
}

fn text(summary: &CycleSummary) -> String {
    let counts = [
        ("records read", summary.observed),
        ("taken over", summary.pulled),
        ("sent", summary.pushed),
        ("merged", summary.merged),
        ("conflicts", summary.conflicts),
        ("violations", summary.violations),
        ("held", summary.held),
        ("rejected", summary.rejected),
        ("in doubt", summary.in_doubt),
    ];
    let told = counts
        .iter()
        .enumerate()
        .filter(|(at, (_, count))| *at == 0 || *count > 0);
    pairs(
        &told
            .map(|(_, (what, count))| (*what, count.to_string()))
            .collect::<Vec<_>>(),
    )
}
