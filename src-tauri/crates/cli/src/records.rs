//! `records`: look at them, change them. A change is one entry of this client's log, entered and applied in one
//! transaction of the mirror; `from` in it is what the mirror shows at that moment.

mod check;
mod given;
mod set;
mod show;
mod typed;

use crate::args::{RecordName, RecordsCommand};
use crate::context::{Context, Failure};
use crate::output::{Exit, Output};
use crate::problem::{no_record, refused};
use crate::secrets::Secrets;
use crate::stdin;
use leeward_model::{Change, EntryKind, MODEL_KEY, Problem, RecordView, VARIABLES, secret_ref, sensitive};
use leeward_store::{Ledger, StoredRecord, Work};
use leeward_sync::new_ulid;
use std::collections::BTreeMap;

pub(crate) use check::Rules;
pub(crate) use given::fields as given_fields;
pub(crate) use show::{RecordJson, changed};

pub(crate) fn run(context: &Context, output: &Output, command: RecordsCommand) -> Result<Exit, Problem> {
    match command {
        RecordsCommand::List { collection } => show::list(context, output, &collection),
        RecordsCommand::Get { record } => show::get(context, output, &record),
        RecordsCommand::Set {
            record,
            given,
            reason,
            force_text,
        } => {
            let rules = Rules::of(context, &record.collection, force_text)?;
            let fields = rules.canonical(given::fields(output, rules.model(), given)?)?;
            set::run(context, output, &rules, &record, fields, reason)
        }
        RecordsCommand::ReplaceSecret { record, reason, .. } => {
            replace_secret(context, output, &record, reason)
        }
        RecordsCommand::Delete { record, reason } => delete(context, output, &record, reason),
        RecordsCommand::TakeBack { record } => take_back(context, output, &record),
    }
}

/// Work on a record, to be filled in.
pub(crate) fn work_on(
    context: &Context,
    kind: EntryKind,
    record: &RecordName,
    reason: Option<String>,
) -> Work {
    Work {
        collection: record.collection.clone(),
        key: record.key.clone(),
        reason,
        ..Work::new(new_ulid(context.runtime.as_ref()), kind)
    }
}

/// A record that is there for the analyst, a pending delete included.
pub(crate) fn existing(ledger: &Ledger<'_>, name: &RecordName) -> Result<StoredRecord, Failure> {
    let found = ledger.record(&name.collection, &name.key)?;
    let visible = found.filter(StoredRecord::is_visible);
    Ok(visible.ok_or_else(|| no_record(&name.collection, &name.key))?)
}

/// The record as it is in this transaction; one that is gone shows as deleted.
pub(crate) fn now(ledger: &Ledger<'_>, name: &RecordName) -> Result<RecordView, Failure> {
    let found = ledger.record(&name.collection, &name.key)?;
    let gone = || RecordView {
        deleted: true,
        ..StoredRecord::new(&name.collection, &name.key).view()
    };
    Ok(found
        .filter(StoredRecord::is_visible)
        .map_or_else(gone, |record| record.view()))
}

/// A Variable that is a record of a typed collection is edited there. Work that was begun before can still be finished.
fn not_claimed(ledger: &Ledger<'_>, name: &RecordName) -> Result<(), Failure> {
    if name.collection != VARIABLES {
        return Ok(());
    }
    let is_begun = ledger
        .record(VARIABLES, &name.key)?
        .is_some_and(|record| record.has_work());
    let all = ledger.collections_of_variables()?;
    let key_in = |prefix: &str| name.key.strip_prefix(prefix).filter(|key| *key != MODEL_KEY);
    let found = all
        .iter()
        .find_map(|(prefix, one)| Some((&one.model.name, key_in(prefix)?)));
    match found.filter(|_| !is_begun) {
        None => Ok(()),
        Some((collection, key)) => Err(refused(
            format!(
                "The Variable {} is a record of the collection {collection}.",
                name.key
            ),
            format!("Edit it there: `leewardctl records set {collection} {key} …`."),
        )
        .into()),
    }
}

/// What a delete carries: the record that was seen. Secrets were not.
pub(crate) fn seen(record: &StoredRecord) -> BTreeMap<String, Change> {
    let fields = record.local_fields().unwrap_or_default();
    let change = |(name, value)| {
        let change = Change {
            from: Some(value),
            to: None,
        };
        (name, change)
    };
    fields.into_iter().map(change).collect()
}

fn delete(
    context: &Context,
    output: &Output,
    name: &RecordName,
    reason: Option<String>,
) -> Result<Exit, Problem> {
    context.collection(&name.collection)?;
    let view = context.write(|ledger| {
        not_claimed(ledger, name)?;
        let record = existing(ledger, name)?;
        if !record.is_deleted() {
            let work = Work {
                fields: seen(&record),
                ..work_on(context, EntryKind::Delete, name, reason)
            };
            context.enter(ledger, work)?;
        }
        now(ledger, name)
    })?;
    show::changed(output, &view, "is marked to be deleted");
    Ok(Exit::Done)
}

fn take_back(context: &Context, output: &Output, name: &RecordName) -> Result<Exit, Problem> {
    let view = context.write(|ledger| {
        // What was refused because its collection is unknown here can be taken back.
        if ledger.record(&name.collection, &name.key)?.is_none() {
            context.collection(&name.collection)?;
        }
        if existing(ledger, name)?.has_work() {
            context.enter(ledger, work_on(context, EntryKind::TakeBack, name, None))?;
        }
        now(ledger, name)
    })?;
    show::changed(output, &view, "has no pending changes");
    Ok(Exit::Done)
}

/// The secret goes to the vault first: an entry must never point to nothing.
fn replace_secret(
    context: &Context,
    output: &Output,
    name: &RecordName,
    reason: Option<String>,
) -> Result<Exit, Problem> {
    context.collection(&name.collection)?;
    check::key(name)?;
    let id = new_ulid(context.runtime.as_ref()).to_string();
    let secrets = Secrets::open(&context.data_dir);
    secrets.must_be_open()?;
    context.environment()?;
    let secret = stdin::secret()?;
    sensitive::check_replacement(secret.reveal())?;
    secrets.keep_replacement(&id, &secret)?;
    let view = context.write(|ledger| {
        not_claimed(ledger, name)?;
        let record = ledger.record(&name.collection, &name.key)?;
        let change = Change {
            from: record.as_ref().and_then(|record| show::shown(record, "value")),
            to: Some(secret_ref(&id)),
        };
        let work = Work {
            fields: BTreeMap::from([("value".into(), change)]),
            ..work_on(context, EntryKind::Edit, name, reason)
        };
        context.enter(ledger, work)?;
        now(ledger, name)
    })?;
    show::changed(
        output,
        &view,
        "has its new secret saved here; the next sync sends it",
    );
    Ok(Exit::Done)
}
