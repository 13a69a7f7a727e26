//! Collections with a data model of their own: made, changed and removed. The model is the Variable `<prefix>$model`, so each
//! is work on that Variable, entered in the mirror under the name of a client that keeps no log; the next sync sends it.
//!
//! Whoever did something works by it at once with [`Ledger::follow_models`], under the environment's sync lock.

mod described;
mod effect;
mod moved;
mod refusal;
#[cfg(test)]
mod tests;

pub use described::{keep, look, read};
pub use effect::{Effect, effect};
pub use refusal::Refusal;

use jiff::Timestamp;
use leeward_model::{Change, EntryKind, MODEL_KEY, VARIABLES, Value, sensitive};
use leeward_schema::DataModel;
use leeward_store::{Ledger, StoredCollection, StoredRecord, Work};
use std::collections::BTreeMap;
use ulid::Ulid;

/// By whom and when the work is entered.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    /// The client of the log.
    pub client: &'a str,
    /// Unique for ever: the id of the one piece of work.
    pub id: Ulid,
    /// Now.
    pub now: Timestamp,
}

/// What the keys of a collection's Variables begin with where nothing else is said.
#[must_use]
pub fn usual_prefix(name: &str) -> String {
    format!("{name}.")
}

/// The collection of that name.
///
/// # Errors
/// `NoCollection`; those of the mirror.
pub fn stored(ledger: &Ledger<'_>, name: &str) -> Result<StoredCollection, Refusal> {
    let found = ledger.typed_collection(name)?;
    found.ok_or_else(|| Refusal::NoCollection(name.into()))
}

/// Makes a collection of the model.
///
/// # Errors
/// Why there cannot be one of that name and prefix; those of the mirror.
pub fn create(
    ledger: &Ledger<'_>,
    author: Author<'_>,
    model: &DataModel,
    prefix: &str,
) -> Result<(), Refusal> {
    check_new(ledger, model.collection(), prefix)?;
    put(ledger, author, prefix, model)?;
    stored(ledger, model.collection()).map(drop)
}

/// Gives the collection its next model.
///
/// # Errors
/// As for [`effect()`]; `Moved` where another version is there that nobody works by yet.
pub fn change(ledger: &Ledger<'_>, author: Author<'_>, name: &str, next: &DataModel) -> Result<(), Refusal> {
    effect(ledger, name, next)?;
    let stored = stored(ledger, name)?;
    moved::check(&stored.data_model()?, &present(ledger, &stored)?)?;
    put(ledger, author, &prefix_of(&stored)?, next)
}

/// The data model that is there: that of the Variable. A sync under way may have brought it, or another program may have
/// written it, before anybody works by it. Where it is known to be in trouble, it is the one that is worked by.
///
/// # Errors
/// `Moved` where the Variable is gone, or holds what cannot be read here; those of the mirror.
fn present(ledger: &Ledger<'_>, stored: &StoredCollection) -> Result<DataModel, Refusal> {
    let worked_by = stored.data_model()?;
    if stored.trouble.is_some() {
        return Ok(worked_by);
    }
    let moved = |what: &str| Refusal::Moved {
        name: worked_by.collection().into(),
        changes: vec![what.into()],
    };
    let record = ledger.record(VARIABLES, &variable(&prefix_of(stored)?))?;
    let there = record.as_ref().filter(|record| !record.is_deleted());
    let text = there.and_then(|record| record.local("value")?.as_str());
    let text = text.ok_or_else(|| moved("It was removed."))?;
    DataModel::read(text).map_err(|_| moved("Another one is there, which cannot be used here."))
}

/// Deletes the collection's model. Its records stay, as Variables.
///
/// # Errors
/// `NoCollection`, `WorkWaits`; those of the mirror.
pub fn remove(ledger: &Ledger<'_>, author: Author<'_>, name: &str) -> Result<(), Refusal> {
    let key = variable(&prefix_of(&stored(ledger, name)?)?);
    if ledger.has_any_work(name)? {
        return Err(Refusal::WorkWaits(name.into()));
    }
    let record = ledger.record(VARIABLES, &key)?.filter(StoredRecord::is_visible);
    let record = record.ok_or_else(|| Refusal::NoVariable(key.clone()))?;
    if !record.is_deleted() {
        let work = Work {
            collection: VARIABLES.into(),
            key,
            fields: seen(&record),
            ..Work::new(author.id, EntryKind::Delete)
        };
        ledger.enter(author.client, work, author.now)?;
    }
    Ok(())
}

/// Checks that there can be a new collection of that name and prefix.
fn check_new(ledger: &Ledger<'_>, name: &str, prefix: &str) -> Result<(), Refusal> {
    check_prefix(prefix)?;
    if ledger.model(name)?.is_some() {
        return Err(Refusal::NameTaken(name.into()));
    }
    for (taken, other) in ledger.collections_of_variables()? {
        if taken.starts_with(prefix) || prefix.starts_with(&taken) {
            return Err(Refusal::PrefixTaken {
                by: other.model.name,
                prefix: taken,
            });
        }
    }
    let key = variable(prefix);
    let there = ledger.record(VARIABLES, &key)?;
    if there.is_some_and(|record| record.is_visible()) {
        return Err(Refusal::VariableTaken(key));
    }
    Ok(())
}

fn check_prefix(prefix: &str) -> Result<(), Refusal> {
    let key = variable(prefix);
    if prefix.is_empty() {
        return Err(Refusal::NoPrefix);
    }
    leeward_airflow::check_key(&key).map_err(|why| Refusal::BadPrefix(why.to_string()))?;
    match sensitive::is_sensitive_name(&key) {
        true => Err(Refusal::HiddenPrefix(prefix.into())),
        false => Ok(()),
    }
}

/// What the keys of the collection's Variables begin with.
///
/// # Errors
/// `KeptByCompanion` where its records are none.
fn prefix_of(stored: &StoredCollection) -> Result<String, Refusal> {
    let prefix = stored.prefix.clone();
    prefix.ok_or_else(|| Refusal::KeptByCompanion(stored.model.name.clone()))
}

/// The key of the Variable that holds the data model.
fn variable(prefix: &str) -> String {
    format!("{prefix}{MODEL_KEY}")
}

/// Writes the model to its Variable here, as an edit of what is shown there.
fn put(ledger: &Ledger<'_>, author: Author<'_>, prefix: &str, model: &DataModel) -> Result<(), Refusal> {
    let key = variable(prefix);
    let before = ledger.record(VARIABLES, &key)?;
    let shown = |field: &str| before.as_ref().and_then(|record| record.local(field)).cloned();
    let change = |field: &str, to: String| Change {
        from: shown(field),
        to: Some(Value::String(to)),
    };
    let mut fields = BTreeMap::from([("value".to_owned(), change("value", model.write()))]);
    if shown("value").is_none() {
        let said = format!("The data model of the collection {}.", model.collection());
        fields.insert("description".to_owned(), change("description", said));
    }
    let work = Work {
        collection: VARIABLES.into(),
        key,
        fields,
        ..Work::new(author.id, EntryKind::Edit)
    };
    ledger.enter(author.client, work, author.now)?;
    Ok(())
}

/// What a delete carries: the record that was seen.
fn seen(record: &StoredRecord) -> BTreeMap<String, Change> {
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
