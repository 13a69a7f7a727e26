//! Takes down what was observed of a record, and carries out what needs no write to Airflow.

use crate::context::Context;
use crate::listener::Notice;
use crate::memory::Author;
use crate::record::carry_out;
use crate::record::{late_writes, masks};
use jiff::Timestamp;
use leeward_merge::Effects;
use leeward_model::{Content, Fields, Remote, Source};
use leeward_store::{Ledger, NewHistory, StoreError, StoredRecord};

/// Puts what was read into the record, and a value that another writer left into its history.
pub(crate) fn see(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
    mut remote: Remote,
) -> Result<(), StoreError> {
    if record.remote == remote {
        return Ok(());
    }
    let was_known = was_there(record);
    let only_masks = masks::adopt(ledger, record, &mut remote)?;
    record.remote = remote;
    if only_masks {
        return Ok(());
    }
    match shown(&record.remote) {
        None if !was_known => Ok(()),
        fields => {
            let author = context.author_of(&record.key);
            let at = author
                .as_ref()
                .map_or_else(|| context.runtime.now(), |author| author.when);
            append(
                ledger,
                record,
                Source::Airflow,
                fields.as_ref(),
                at,
                author.as_ref(),
            )
        }
    }
}

/// What may be kept of a remote: sealed fields are missing.
pub(crate) fn shown(remote: &Remote) -> Option<Fields> {
    let Remote::Present(fields) = remote else {
        return None;
    };
    let value = |(name, content): (&String, &Content)| Some((name.clone(), content.value()?.clone()));
    Some(fields.iter().filter_map(value).collect())
}

fn append(
    ledger: &Ledger<'_>,
    record: &StoredRecord,
    source: Source,
    fields: Option<&Fields>,
    at: Timestamp,
    author: Option<&Author>,
) -> Result<(), StoreError> {
    let (collection, key) = (record.collection.as_str(), record.key.as_str());
    ledger.append_history(&NewHistory {
        collection,
        key,
        at,
        source,
        author: author.and_then(|author| author.name.as_deref()),
        reason: author.and_then(|author| author.reason.as_deref()),
        fields,
        run: None,
    })
}

/// Plans for the record as it is, carries out what concerns the mirror, and saves it.
pub(crate) fn advance(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    record: &mut StoredRecord,
) -> Result<(), StoreError> {
    let now = context.runtime.now();
    late_writes::meet(context, ledger, record)?;
    let plan = carry_out::plan(context.model(), record, now);
    let effects = carry_out::carry_out(record, &plan);
    if effects.taken {
        record.changed_at = Some(now);
    }
    ledger.save(record, now)?;
    masks::forget_what_is_hidden(ledger, record)?;
    account(context, ledger, record, effects, now)
}

fn account(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    record: &StoredRecord,
    effects: Effects,
    now: Timestamp,
) -> Result<(), StoreError> {
    context.tally.pulled.add(usize::from(effects.taken));
    context.tally.merged.add(usize::from(effects.merged));
    if effects.new_conflict {
        let (collection, key) = (record.collection.clone(), record.key.clone());
        context.tally.conflicts.add(1);
        context.tally.notice(Notice::Conflict { collection, key });
    }
    if effects.merged {
        append(
            ledger,
            record,
            Source::Merge,
            record.local_fields().as_ref(),
            now,
            None,
        )?;
    }
    Ok(())
}

/// Whether Airflow had it, as far as is known.
pub(crate) fn was_there(record: &StoredRecord) -> bool {
    record.base.is_some() || matches!(record.remote, Remote::Present(_))
}
