//! Is it still the same server? A restored or exchanged Airflow must not be synchronised with as if nothing happened.

use crate::cycle::{Cycle, Failure};
use leeward_airflow::{EventLook, EventRow};
use leeward_model::{BrakeView, VARIABLES};
use std::collections::BTreeSet;

/// The last event-log row seen: the mark by which a server is recognised.
const SERVER_MARK: &str = "server_mark";

/// Whether the server is another one than last time. Brakes the collection until a person has looked.
pub(crate) async fn is_another(cycle: &Cycle<'_>) -> Result<bool, Failure> {
    let engine = cycle.engine;
    let Some(mark) = engine
        .read(|ledger| ledger.get_meta::<Option<EventRow>>(SERVER_MARK))?
        .flatten()
    else {
        return Ok(false);
    };
    let same = match engine.airflow.event_log_row(mark.id).await? {
        EventLook::Row(row) => row.when == mark.when && row.event == mark.event,
        EventLook::Unreadable => true,
        EventLook::Absent => was_cleaned(cycle, &mark).await?,
    };
    if same {
        return Ok(false);
    }
    brake_or_go_on(cycle)
}

/// Old rows are removed by Airflow's own clean-up; then the log has gone on past the mark.
async fn was_cleaned(cycle: &Cycle<'_>, mark: &EventRow) -> Result<bool, Failure> {
    let newest = cycle.engine.airflow.event_log_tail().await?;
    Ok(match newest {
        EventLook::Row(row) => row.id > mark.id,
        EventLook::Absent => false,
        EventLook::Unreadable => true,
    })
}

/// A person who has accepted the server lets it become the new mark.
fn brake_or_go_on(cycle: &Cycle<'_>) -> Result<bool, Failure> {
    let engine = cycle.engine;
    let now = engine.runtime.now();
    let braked = engine.write(|ledger| {
        if ledger.is_accepted(VARIABLES)? {
            ledger.set_meta(SERVER_MARK, &None::<EventRow>)?;
            return Ok(false);
        }
        let known = u32::try_from(ledger.remote_map(VARIABLES)?.len()).unwrap_or(u32::MAX);
        let reason = "This Airflow's event log is not the one Leeward knows: it may be another server, or one that was \
                      restored from a backup.";
        let brake =
            BrakeView { collection: VARIABLES.into(), reason: reason.into(), vanished: 0, known, since: now };
        ledger.set_brake(&brake, &BTreeSet::new())?;
        Ok(true)
    })?;
    Ok(braked)
}

/// Remembers the newest event-log row, when there is none yet or something was written since.
pub(crate) async fn mark(cycle: &Cycle<'_>) -> Result<(), Failure> {
    let engine = cycle.engine;
    let known = engine
        .read(|ledger| ledger.get_meta::<Option<EventRow>>(SERVER_MARK))?
        .flatten();
    if known.is_some() && cycle.tally.pushed.count() == 0 {
        return Ok(());
    }
    if let EventLook::Row(row) = engine.airflow.event_log_tail().await? {
        engine.write(|ledger| ledger.set_meta(SERVER_MARK, &Some(row)))?;
    }
    Ok(())
}
