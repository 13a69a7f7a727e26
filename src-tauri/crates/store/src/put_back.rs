//! Putting an earlier value back: work like any other, so it is merged, sent and taken back as an edit is.

use crate::log::Work;
use crate::{Ledger, StoreError, StoredRecord};
use leeward_model::{Change, EntryKind, Fields, HistoryItem};
use std::collections::BTreeMap;
use ulid::Ulid;

/// Which value is to be put back.
#[derive(Debug, Clone, Copy)]
pub struct PutBack<'a> {
    /// The record's collection.
    pub collection: &'a str,
    /// The record's key.
    pub key: &'a str,
    /// The history item's id, such as `h12`.
    pub item: &'a str,
    /// Only this field; the whole record without it.
    pub field: Option<&'a str>,
}

impl Ledger<'_> {
    /// The work that makes the record again what it was then: an edit, or a delete where it was deleted. It begins
    /// with what the record shows now. A field that held something secret then or holds it now is left as it is.
    /// `None` when there is nothing to change.
    ///
    /// # Errors
    /// `NotFound` when the record has no such item, or that has no such field; those of SQLite.
    pub fn put_back(&self, what: &PutBack<'_>, id: Ulid) -> Result<Option<Work>, StoreError> {
        let item = self
            .history_item(what.collection, what.key, what.item)?
            .ok_or(StoreError::NotFound)?;
        let record = self.record_or_new(what.collection, what.key)?;
        let (kind, fields) = match &item.fields {
            None if what.field.is_some() => return Err(StoreError::NotFound),
            None => (EntryKind::Delete, undone(&record)),
            Some(then) => (EntryKind::Edit, changes(&record, &chosen(then, what.field)?)),
        };
        let nothing = match kind {
            EntryKind::Delete => !record.exists() || record.is_deleted(),
            _ => fields.is_empty(),
        };
        Ok((!nothing).then(|| Work {
            collection: what.collection.into(),
            key: what.key.into(),
            fields,
            reason: Some(reason(&item)),
            ..Work::new(id, kind)
        }))
    }

    /// The item before the record's last local change: what putting back undoes that change, sent or not. `None`
    /// without a local change, or when nothing is known from before it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn before_last_change(&self, collection: &str, key: &str) -> Result<Option<HistoryItem>, StoreError> {
        let sql = "SELECT MAX(id) FROM history WHERE collection = ?1 AND key = ?2 AND id < \
                   (SELECT MAX(id) FROM history WHERE collection = ?1 AND key = ?2 AND source = 'local')";
        let mut select = self.tx.prepare_cached(sql)?;
        let before: Option<i64> = select.query_row((collection, key), |row| row.get(0))?;
        match before {
            Some(id) => self.history_item(collection, key, &format!("h{id}")),
            None => Ok(None),
        }
    }
}

/// All its fields, or the one that was named.
fn chosen(then: &Fields, field: Option<&str>) -> Result<Fields, StoreError> {
    let Some(name) = field else {
        return Ok(then.clone());
    };
    let value = then.get(name).ok_or(StoreError::NotFound)?;
    Ok(Fields::from([(name.to_owned(), value.clone())]))
}

/// From what is shown now to what was then.
fn changes(record: &StoredRecord, then: &Fields) -> BTreeMap<String, Change> {
    let now = record.local_fields().unwrap_or_default();
    let differs = |(name, value): &(&String, _)| now.get(*name) != Some(*value) && !record.is_sealed(name);
    let change = |(name, value): (&String, &leeward_model::Value)| {
        let change = Change {
            from: now.get(name).cloned(),
            to: Some(value.clone()),
        };
        (name.clone(), change)
    };
    then.iter().filter(differs).map(change).collect()
}

/// What a delete carries: the record as it is shown.
fn undone(record: &StoredRecord) -> BTreeMap<String, Change> {
    let now = record.local_fields().unwrap_or_default();
    let change = |(name, value)| {
        (
            name,
            Change {
                from: Some(value),
                to: None,
            },
        )
    };
    now.into_iter().map(change).collect()
}

fn reason(item: &HistoryItem) -> String {
    match &item.author {
        Some(author) => format!("put back what was there on {} ({author})", item.at),
        None => format!("put back what was there on {}", item.at),
    }
}
