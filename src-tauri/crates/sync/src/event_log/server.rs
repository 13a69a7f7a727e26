//! Which server this is. A restored or exchanged Airflow must not be synchronised with as if nothing happened.

use crate::context::Context;
use crate::failure::Failure;
use leeward_airflow::{EventLook, EventRow, RecordEvent};
use leeward_model::BrakeView;
use std::collections::BTreeSet;

/// The last event-log row seen: the mark by which a server is recognised, and from which the log is read on.
const SERVER_MARK: &str = "server_mark";

/// The mark, if there is one.
pub(crate) fn known_mark(context: &Context<'_>) -> Result<Option<EventRow>, Failure> {
    let mark = context
        .mirror
        .read(|ledger| ledger.get_meta::<Option<EventRow>>(SERVER_MARK))?;
    Ok(mark.flatten())
}

/// Takes down another mark.
pub(crate) fn put_mark(context: &Context<'_>, row: &EventRow) -> Result<(), Failure> {
    Ok(context
        .mirror
        .write(|ledger| ledger.set_meta(SERVER_MARK, &Some(row)))?)
}

/// Whether the server is the one that we know; `rows` are those just read from it. If not, the collection is stopped
/// until a person has looked, unless one has.
pub(crate) async fn is_same(
    context: &Context<'_>,
    mark: &EventRow,
    rows: &[RecordEvent],
) -> Result<bool, Failure> {
    let same = |row: &EventRow| row.when == mark.when && row.event == mark.event;
    if let Some(shown) = rows.iter().find(|event| event.row.id == mark.id) {
        return Ok(same(&shown.row) || !brake_or_go_on(context)?);
    }
    let known = match context.airflow.event_log_row(mark.id).await? {
        EventLook::Row(row) => same(&row),
        EventLook::Unreadable => true,
        EventLook::Absent => was_cleaned(context, mark).await?,
    };
    Ok(known || !brake_or_go_on(context)?)
}

/// Old rows are removed by Airflow's own clean-up; then the log has gone on past the mark, which moves on with it.
async fn was_cleaned(context: &Context<'_>, mark: &EventRow) -> Result<bool, Failure> {
    Ok(match context.airflow.event_log_tail().await? {
        EventLook::Row(row) if row.id > mark.id => {
            put_mark(context, &row)?;
            true
        }
        EventLook::Row(_) | EventLook::Absent => false,
        EventLook::Unreadable => true,
    })
}

/// A person who has accepted the server lets it become the new mark.
fn brake_or_go_on(context: &Context<'_>) -> Result<bool, Failure> {
    let now = context.runtime.now();
    let braked = context.mirror.write(|ledger| {
        if ledger.is_accepted(context.collection())? {
            ledger.set_meta(SERVER_MARK, &None::<EventRow>)?;
            return Ok(false);
        }
        let known = u32::try_from(ledger.record_count(context.collection())?).unwrap_or(u32::MAX);
        let reason = "This Airflow's event log is not the one Leeward knows: it may be another server, or one that was \
                      restored from a backup.";
        let brake =
            BrakeView { collection: context.collection().into(), reason: reason.into(), vanished: 0, known, since: now };
        ledger.set_brake(&brake, &BTreeSet::new())?;
        Ok(true)
    })?;
    Ok(braked)
}
