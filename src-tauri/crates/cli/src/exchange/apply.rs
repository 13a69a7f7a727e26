//! Keeping a plan: one entry of this client's log for each record, all of them in one transaction.

use crate::context::{Context, Failure};
use crate::exchange::working::Working;
use leeward_store::{Ledger, Work};
use leeward_sync::new_ulid;
use leeward_transfer::Planned;

/// Enters all of a plan's work. Returns how many of its records are in conflict then.
pub(super) fn keep(
    context: &Context,
    ledger: &Ledger<'_>,
    collection: &str,
    planned: &Planned,
    working: &Working,
) -> Result<usize, Failure> {
    let plan = &planned.plan;
    let make_key = || new_ulid(context.runtime.as_ref()).to_string();
    let all = plan.planned.len() + plan.deleted.len();
    let mut conflicts = 0;
    for (done, step) in (1..).zip(plan.steps(planned.seen(), make_key)) {
        let work = Work {
            collection: collection.to_owned(),
            key: step.key.clone(),
            fields: step.fields,
            ..Work::new(new_ulid(context.runtime.as_ref()), step.kind)
        };
        context.enter(ledger, work)?;
        let record = ledger.record(collection, &step.key)?;
        conflicts += usize::from(record.is_some_and(|record| record.conflict.is_some()));
        working.says(&format!("Keeping the file: {done} of {all} records so far"));
    }
    Ok(conflicts)
}
