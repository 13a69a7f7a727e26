//! The records of a collection, for a plan and for an export.

use crate::problems::not_found;
use leeward_exchange::{Known, Layout, Present};
use leeward_model::{Collection, MODEL_KEY, POOLS, Problem, RecordState, RecordView, VARIABLES};
use leeward_store::{Ledger, StoreError, StoredRecord};
use std::collections::BTreeSet;

/// The collection as a table.
///
/// # Errors
/// Where there is no such collection, or the mirror cannot be read.
pub fn layout(ledger: &Ledger<'_>, name: &str) -> Result<Layout, Problem> {
    match ledger.typed_collection(name)? {
        Some(typed) => Ok(Layout::typed(&typed.data_model()?)),
        None => match Collection::built_in(name) {
            Some(collection) => Ok(Layout::built_in(&collection)),
            None => Err(no_collection(ledger, name)?),
        },
    }
}

fn no_collection(ledger: &Ledger<'_>, name: &str) -> Result<Problem, StoreError> {
    let all = ledger.collections()?;
    Ok(not_found(
        format!("There is no collection {name}."),
        format!("The collections are: {}.", all.join(", ")),
    ))
}

/// The records of a collection.
pub(crate) struct Records {
    /// As the analyst is shown them; one that waits to be deleted is gone already.
    pub(crate) present: Present,
    /// The keys of those in conflict, also of one that waits to be deleted.
    pub(crate) in_conflict: BTreeSet<String>,
}

pub(crate) fn records(ledger: &Ledger<'_>, name: &str) -> Result<Records, StoreError> {
    let (mut present, mut in_conflict) = (Present::new(), BTreeSet::new());
    ledger.each_record(name, |record| {
        if record.is_visible() && record.exists() {
            present.insert(record.key.clone(), known(&record));
        }
        if record.state() == RecordState::Conflict {
            in_conflict.insert(record.key);
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(Records { present, in_conflict })
}

fn known(record: &StoredRecord) -> Known {
    let RecordView { fields, sealed, .. } = record.view();
    Known {
        fields,
        sealed: sealed.into_iter().collect(),
        version: record.rev,
    }
}

/// Says whether Airflow could find a record of some key again.
pub(crate) type KeyCheck = Box<dyn Fn(&str) -> Result<(), String>>;

/// That of a collection.
pub(crate) fn addressable(ledger: &Ledger<'_>, name: &str) -> Result<KeyCheck, StoreError> {
    if name == POOLS {
        return Ok(Box::new(|key| {
            leeward_sync::check_pool_name(key).map_err(|why| why.to_string())
        }));
    }
    if ledger
        .typed_collection(name)?
        .is_some_and(|typed| typed.prefix.is_none())
    {
        // The companion takes every key that the data model does.
        return Ok(Box::new(|_| Ok(())));
    }
    let typed = ledger.collections_of_variables()?;
    let prefix = typed.iter().find(|(_, typed)| typed.model.name == name);
    let prefix = prefix.map_or_else(String::new, |(prefix, _)| prefix.clone());
    let others: Vec<(String, String)> = match name {
        VARIABLES => typed
            .into_iter()
            .map(|(prefix, typed)| (prefix, typed.model.name))
            .collect(),
        _ => Vec::new(),
    };
    Ok(Box::new(move |key| {
        leeward_sync::check_key(&format!("{prefix}{key}")).map_err(|why| why.to_string())?;
        let is_of = |prefix: &str| key.strip_prefix(prefix).is_some_and(|own| own != MODEL_KEY);
        match others.iter().find(|(prefix, _)| is_of(prefix)) {
            Some((_, owner)) => Err(format!("it is a record of {owner}; import it there")),
            None => Ok(()),
        }
    }))
}
