//! `records set`.

use super::{Rules, not_claimed, now, show, work_on};
use crate::args::RecordName;
use crate::context::{Context, Failure};
use crate::output::{Exit, Output};
use leeward_model::{Change, EntryKind, Fields, Problem, RecordView, Value};
use leeward_store::{Ledger, StoredRecord, Work};

pub(super) fn run(
    context: &Context,
    output: &Output,
    rules: &Rules,
    name: &RecordName,
    fields: Fields,
    reason: Option<String>,
) -> Result<Exit, Problem> {
    rules.key(name)?;
    #[cfg(feature = "ack-before-commit")]
    if late::goes_first() {
        return Ok(Exit::Done);
    }
    let view = context.write(|ledger| enter(context, ledger, rules, name, fields, reason))?;
    show::changed(output, &view, what(&view));
    Ok(Exit::Done)
}

fn what(view: &RecordView) -> &'static str {
    match view.is_worked_on() {
        false => "is as it is in Airflow",
        true => "is changed here; `leewardctl sync` sends it",
    }
}

fn enter(
    context: &Context,
    ledger: &Ledger<'_>,
    rules: &Rules,
    name: &RecordName,
    mut fields: Fields,
    reason: Option<String>,
) -> Result<RecordView, Failure> {
    not_claimed(ledger, name)?;
    let record = ledger.record(&name.collection, &name.key)?;
    let record = record.as_ref().filter(|record| record.is_visible());
    rules.check(&name.key, &fields, record)?;
    let is_new = !record.is_some_and(StoredRecord::exists);
    rules.hold_key(&name.key, &mut fields, is_new)?;
    if is_new {
        rules.is_whole(&fields)?;
    }
    if record.is_some_and(StoredRecord::is_deleted) {
        // A new record under the old key: nothing of the deleted one comes back unasked.
        rules.fill(&mut fields);
    }
    let work = Work {
        fields: changes(record, fields),
        ..work_on(context, EntryKind::Edit, name, reason)
    };
    if !work.fields.is_empty() {
        context.enter(ledger, work)?;
    }
    now(ledger, name)
}

/// What differs from what is shown. Typing what is there again is no work, unless it tries a refused change anew.
fn changes(record: Option<&StoredRecord>, fields: Fields) -> std::collections::BTreeMap<String, Change> {
    let again = record.is_some_and(|record| record.rejected.is_some());
    let change = |(name, to): (String, Value)| {
        let from = record.and_then(|record| show::shown(record, &name));
        let differs = again || from.as_ref() != Some(&to);
        differs.then_some((name, Change { from, to: Some(to) }))
    };
    fields.into_iter().filter_map(change).collect()
}

/// The deliberate bug of the kill test: this process says "done" and ends, and another one commits a moment later.
#[cfg(feature = "ack-before-commit")]
mod late {
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::Duration;

    const LATE: &str = "LEEWARD_LATE_WRITER";
    const LATENESS: Duration = Duration::from_millis(30);

    /// True in the process that is to end now; the other returns after a while.
    pub(super) fn goes_first() -> bool {
        if std::env::var_os(LATE).is_some() {
            #[expect(clippy::disallowed_methods, reason = "a bug on purpose")]
            thread::sleep(LATENESS);
            return false;
        }
        let Ok(program) = std::env::current_exe() else {
            return false;
        };
        let mut other = Command::new(program);
        other.args(std::env::args_os().skip(1)).env(LATE, "1");
        other
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .is_ok()
    }
}
