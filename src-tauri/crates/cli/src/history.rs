//! `history`: all values that a record had.

use crate::args::RecordName;
use crate::context::{Context, collection};
use crate::output::{Exit, Output, plain, short, table, word};
use crate::problem::no_record;
use leeward_model::{Collection, HistoryItem, Problem};

pub(crate) fn run(context: &Context, output: &Output, of: &RecordName, limit: u32) -> Result<Exit, Problem> {
    collection(&of.collection)?;
    let items = context.read(|ledger| ledger.history(&of.collection, &of.key, limit))?;
    if items.is_empty() {
        return Err(no_record(&of.collection, &of.key));
    }
    output.show(&items, |items| text(of, items));
    Ok(Exit::Done)
}

fn text(of: &RecordName, items: &[HistoryItem]) -> String {
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            [
                item.at.to_string(),
                word(&item.source),
                item.author.clone().unwrap_or_default(),
                item.reason.as_deref().map(short).unwrap_or_default(),
                fields(of, item),
            ]
        })
        .collect();
    table(["at", "source", "author", "reason", "fields"], &rows)
}

/// In the order of the data model, without what is null.
fn fields(of: &RecordName, item: &HistoryItem) -> String {
    let Some(fields) = &item.fields else {
        return "(deleted)".into();
    };
    let model = Collection::built_in(&of.collection);
    let names = model
        .iter()
        .flat_map(|model| &model.fields)
        .map(|field| &field.name);
    let shown = names.filter_map(|name| Some((name, fields.get(name).filter(|value| !value.is_null())?)));
    let shown: Vec<String> = shown
        .map(|(name, value)| format!("{name}={}", plain(Some(value))))
        .collect();
    short(&shown.join("  "))
}
