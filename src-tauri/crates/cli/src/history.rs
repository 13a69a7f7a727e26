//! `history`: all values that a record had, and putting one back.

use crate::args::{HistoryCommand, RecordName};
use crate::context::{Context, Failure};
use crate::output::{Exit, Output, plain, short, table};
use crate::problem::{no_record, not_found, usage};
use crate::records;
use leeward_model::{Collection, HistoryItem, Problem, Source};
use leeward_store::{Ledger, PutBack, StoreError};
use leeward_sync::new_ulid;

pub(crate) fn run(context: &Context, output: &Output, of: &RecordName, limit: u32) -> Result<Exit, Problem> {
    let model = context.collection(&of.collection)?;
    let items = context.read(|ledger| ledger.history(&of.collection, &of.key, limit))?;
    if items.is_empty() {
        return Err(no_record(&of.collection, &of.key));
    }
    let told: Vec<_> = items.iter().cloned().map(as_told).collect();
    output.show(&told, |_| text(&model, &items));
    Ok(Exit::Done)
}

/// Programs know what was first read in Airflow as what was seen there: the words of the interface are fixed.
fn as_told(item: HistoryItem) -> HistoryItem {
    let source = match item.source {
        Source::FirstRead => Source::Airflow,
        source => source,
    };
    HistoryItem { source, ..item }
}

/// Makes the record again what it was.
pub(crate) fn change(context: &Context, output: &Output, command: HistoryCommand) -> Result<Exit, Problem> {
    match command {
        HistoryCommand::PutBack {
            record,
            at,
            field,
            reason,
        } => put_back(context, output, &record, field.as_deref(), reason, |ledger| {
            named(ledger, &record, &at)
        }),
        HistoryCommand::Undo { record, reason } => {
            put_back(context, output, &record, None, reason, |ledger| {
                let before = ledger.before_last_change(&record.collection, &record.key)?;
                before
                    .and_then(|item| item.id)
                    .ok_or_else(|| nothing_before(&record).into())
            })
        }
    }
}

fn put_back(
    context: &Context,
    output: &Output,
    of: &RecordName,
    field: Option<&str>,
    reason: Option<String>,
    which: impl FnOnce(&Ledger<'_>) -> Result<String, Failure>,
) -> Result<Exit, Problem> {
    context.collection(&of.collection)?;
    let view = context.write(|ledger| {
        let item = which(ledger)?;
        let (collection, key) = (of.collection.as_str(), of.key.as_str());
        let what = PutBack {
            collection,
            key,
            item: &item,
            field,
        };
        let work = match ledger.put_back(&what, new_ulid(context.runtime.as_ref())) {
            Err(StoreError::NotFound) => return Err(no_such_value(of).into()),
            work => work?,
        };
        if let Some(mut work) = work {
            work.reason = reason.or(work.reason);
            context.enter(ledger, work)?;
        }
        records::now(ledger, of)
    })?;
    records::changed(output, &view, "is again what it was");
    Ok(Exit::Done)
}

/// By its id, or by its place in the list.
fn named(ledger: &Ledger<'_>, of: &RecordName, at: &str) -> Result<String, Failure> {
    let Ok(place) = at.parse::<u32>() else {
        return Ok(at.to_owned());
    };
    let items = ledger.history(&of.collection, &of.key, place)?;
    let places = usize::try_from(place).unwrap_or(usize::MAX);
    let item = items
        .into_iter()
        .nth(places.saturating_sub(1))
        .filter(|_| place > 0);
    item.and_then(|item| item.id)
        .ok_or_else(|| no_such_value(of).into())
}

fn no_such_value(of: &RecordName) -> Problem {
    not_found(
        format!("The history of {} has no such value.", of.key),
        format!(
            "`leewardctl history {} {}` lists those that there are.",
            of.collection, of.key
        ),
    )
}

fn nothing_before(of: &RecordName) -> Problem {
    not_found(
        format!("Nothing is known of {} from before a change made here.", of.key),
        format!(
            "`leewardctl history {} {}` lists what is known.",
            of.collection, of.key
        ),
    )
}

/// The command line's definition lets nobody come here.
pub(crate) fn nothing_named() -> Problem {
    usage(
        "Name a collection and a key.",
        "`leewardctl history --help` explains.",
    )
}

fn text(model: &Collection, items: &[HistoryItem]) -> String {
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            [
                item.id.clone().unwrap_or_default(),
                item.at.to_string(),
                source(item.source).into(),
                item.author.clone().unwrap_or_default(),
                item.reason.as_deref().map(short).unwrap_or_default(),
                fields(model, item),
            ]
        })
        .collect();
    table(["id", "at", "changed", "author", "reason", "fields"], &rows)
}

/// Who made it so, in words.
fn source(source: Source) -> &'static str {
    match source {
        Source::Local => "by you",
        Source::TakenBack => "taken back",
        Source::FirstRead => "first read",
        Source::Airflow => "in Airflow",
        Source::Merge => "merged",
    }
}

/// In the order of the data model, without what is null.
fn fields(model: &Collection, item: &HistoryItem) -> String {
    let Some(fields) = &item.fields else {
        return "(deleted)".into();
    };
    let names = model.fields.iter().map(|field| &field.name);
    let shown = names.filter_map(|name| Some((name, fields.get(name).filter(|value| !value.is_null())?)));
    let shown: Vec<String> = shown
        .map(|(name, value)| format!("{name}={}", plain(Some(value))))
        .collect();
    short(&shown.join("  "))
}
