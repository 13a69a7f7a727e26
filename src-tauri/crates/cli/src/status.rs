//! `status`: where things stand, as the tray and the screens say it.

use crate::context::Context;
use crate::output::{Exit, Output, pairs};
use leeward_model::{Problem, Status};
use leeward_sync::{Live, Runtime};

pub(crate) fn run(context: &Context, output: &Output) -> Result<Exit, Problem> {
    output.show(&read(context)?, text);
    tell_standing_still(context, output)?;
    Ok(Exit::Done)
}

/// Says which collections stand still, and why: the rest may be in sync meanwhile.
pub(crate) fn tell_standing_still(context: &Context, output: &Output) -> Result<(), Problem> {
    let views = context.read(|ledger| ledger.collection_views())?;
    for view in views.iter().filter(|view| view.stands_still) {
        let why = view.trouble.as_deref().unwrap_or_default();
        output.note(&format!("The collection {} stands still. {why}", view.name));
    }
    Ok(())
}

/// Another process may be syncing or paused; only the mirror's part is known here.
pub(crate) fn read(context: &Context) -> Result<Status, Problem> {
    let environment = context.environment()?;
    let now = context.runtime.now();
    let live = Live {
        review: environment.reviews(),
        ..Live::default()
    };
    context.read(|ledger| leeward_sync::status(ledger, &environment.name, &live, now))
}

fn text(status: &Status) -> String {
    let count = |count: u32, what: &'static str| (count > 0).then(|| (what, count.to_string()));
    let mut lines = vec![
        ("environment", status.environment.clone()),
        ("state", status.line.clone()),
    ];
    lines.extend(
        [
            count(status.pending, "pending"),
            count(status.to_review, "to review"),
            count(status.conflicts, "conflicts"),
            count(status.violations, "violations"),
            count(status.rejected, "rejected"),
            count(status.in_doubt, "in doubt"),
            count(status.outbox, "outbox"),
            count(status.held, "held"),
        ]
        .into_iter()
        .flatten(),
    );
    if status.braked {
        lines.push(("stopped", "yes: see `leewardctl brake show`".into()));
    }
    let seen = status.last_complete_observation;
    lines.push((
        "last read",
        seen.map_or_else(|| "never".into(), |at| at.to_string()),
    ));
    if let Some(at) = status.last_check.filter(|_| status.last_check > seen) {
        lines.push(("last check", at.to_string()));
    }
    if let Some(trouble) = &status.trouble {
        lines.push(("trouble", trouble.clone()));
    }
    pairs(&lines)
}
