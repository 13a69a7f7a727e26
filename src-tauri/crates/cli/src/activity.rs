//! `activity`: what the cycles did, and why they ran.

use crate::context::Context;
use crate::output::{Exit, Output, short, table, word};
use leeward_model::{Activity, Problem};

pub(crate) fn run(context: &Context, output: &Output, limit: u32) -> Result<Exit, Problem> {
    let cycles = context.read(|ledger| ledger.activities(limit))?;
    if cycles.is_empty() {
        output.note("There was no cycle yet. `leewardctl sync` makes one.");
    } else if cycles.first().is_some_and(|newest| !newest.detection) {
        output.note(
            "Detection is off: the event log of this Airflow cannot be read, so a write of somebody else in the same \
             moment as one of yours cannot be noticed.",
        );
    }
    output.show(&cycles, |cycles| text(cycles));
    Ok(Exit::Done)
}

fn text(cycles: &[Activity]) -> String {
    let rows: Vec<_> = cycles
        .iter()
        .map(|cycle| {
            [
                cycle.at.to_string(),
                word(&cycle.trigger).replace('_', " "),
                format!("{} ({})", cycle.read, word(&cycle.scan)),
                cycle.pulled.to_string(),
                cycle.written.to_string(),
                cycle.requests.to_string(),
                format!("{} ms", cycle.duration_ms),
                cycle.quiet_before.to_string(),
                rest(cycle),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let heads = [
        "at",
        "why",
        "read",
        "taken over",
        "sent",
        "requests",
        "took",
        "quiet before",
        "and",
    ];
    table(heads, &rows)
}

/// What happens seldom is only said when it happened.
fn rest(cycle: &Activity) -> String {
    let count = |count: u32, what: &str| (count > 0).then(|| format!("{count} {what}"));
    let parts = [
        count(cycle.merged, "merged"),
        count(cycle.conflicts, "in conflict"),
        count(cycle.retried, "tried again"),
        count(cycle.overwritten, "maybe overwritten"),
        cycle.trouble.as_ref().map(|trouble| trouble.what.clone()),
    ];
    short(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::{CycleTrouble, ProblemCode, Scan, Trigger};

    #[test]
    fn only_what_happened_is_said() {
        let mut cycle = Activity {
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            trigger: Trigger::NetworkBack,
            scan: Scan::Hinted,
            requests: 3,
            read: 1,
            pulled: 1,
            written: 0,
            retried: 0,
            merged: 2,
            conflicts: 0,
            overwritten: 0,
            window_ms: None,
            duration_ms: 12,
            trouble: None,
            detection: true,
            quiet_before: 4,
        };
        assert_eq!(rest(&cycle), "2 merged");
        let what = "Airflow did not answer.".into();
        cycle.trouble = Some(CycleTrouble {
            code: ProblemCode::Unreachable,
            what,
        });
        let told = text(&[cycle]);
        assert!(told.contains("network back  1 (hinted)"), "{told}");
        assert!(told.contains("2 merged, Airflow did not answer."), "{told}");
    }
}
