//! The table of records.

use crate::columns::{counter, json, parse_some, signed, some_json, some_time};
use crate::{Ledger, RemoteMark, StoreError, StoredRecord};
use jiff::Timestamp;
use leeward_model::Remote;
use rusqlite::{OptionalExtension, Row};
use std::collections::BTreeMap;

const SELECT: &str = "SELECT r.collection, r.key, r.base, r.overlay, r.remote, r.conflict, r.rejected, r.reason, \
     r.changed_at, r.rev, r.verified_rev, i.sent_at IS NOT NULL, i.in_doubt_since, i.note, \
     (SELECT v.why FROM violations v WHERE v.collection = r.collection AND v.key = r.key LIMIT 1), r.refused_of \
     FROM records r LEFT JOIN intents i ON i.collection = r.collection AND i.key = r.key";

/// The same without what was last observed.
const SELECT_SHOWN: &str = "SELECT r.collection, r.key, r.base, r.overlay, NULL, r.conflict, r.rejected, r.reason, \
     r.changed_at, r.rev, r.verified_rev, i.sent_at IS NOT NULL, i.in_doubt_since, i.note, \
     (SELECT v.why FROM violations v WHERE v.collection = r.collection AND v.key = r.key LIMIT 1), r.refused_of \
     FROM records r LEFT JOIN intents i ON i.collection = r.collection AND i.key = r.key";

/// The same words as in the partial index, so that SQLite uses it.
pub(crate) const HAS_WORK: &str = "(overlay IS NOT NULL OR conflict IS NOT NULL OR rejected IS NOT NULL)";

/// The record takes part in breaking a rule of a data model.
pub(crate) const VIOLATES: &str = "EXISTS (SELECT 1 FROM violations v WHERE v.collection = records.collection \
     AND v.key = records.key)";

impl Ledger<'_> {
    /// The record, if anything is known of it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn record(&self, collection: &str, key: &str) -> Result<Option<StoredRecord>, StoreError> {
        self.record_by(SELECT, collection, key)
    }

    /// The record for its view alone: its `remote` is unknown. No view shows that, and to read it takes as long as to
    /// read the base.
    pub(crate) fn record_to_show(
        &self,
        collection: &str,
        key: &str,
    ) -> Result<Option<StoredRecord>, StoreError> {
        self.record_by(SELECT_SHOWN, collection, key)
    }

    fn record_by(
        &self,
        select: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<StoredRecord>, StoreError> {
        let sql = format!("{select} WHERE r.collection = ?1 AND r.key = ?2");
        let mut select = self.tx.prepare_cached(&sql)?;
        select
            .query_row((collection, key), |row| Ok(from_row(row)))
            .optional()?
            .transpose()
    }

    /// Visits the collection's records in the order of their keys, without holding them all.
    ///
    /// # Errors
    /// Those of `visit` and of SQLite.
    pub fn each_record<E: From<StoreError>>(
        &self,
        collection: &str,
        mut visit: impl FnMut(StoredRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = format!("{SELECT} WHERE r.collection = ?1 ORDER BY r.key");
        let mut select = self.tx.prepare_cached(&sql).map_err(StoreError::from)?;
        let mut rows = select.query([collection]).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            visit(from_row(row)?)?;
        }
        Ok(())
    }

    /// The collection's records in the order of their keys, those included that were observed but not yet taken over
    /// (see [`StoredRecord::is_visible`]).
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn records(&self, collection: &str) -> Result<Vec<StoredRecord>, StoreError> {
        let mut records = Vec::new();
        self.each_record(collection, |record| {
            records.push(record);
            Ok::<_, StoreError>(())
        })?;
        Ok(records)
    }

    /// The records that a cycle must look at, in the order of their keys: with pending work, a conflict, a refusal, a
    /// write in flight, or a base that is not what was last observed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn active(&self, collection: &str) -> Result<Vec<StoredRecord>, StoreError> {
        let keys = format!(
            "SELECT key FROM records WHERE collection = ?1 AND {HAS_WORK} \
             UNION SELECT key FROM records WHERE collection = ?1 AND moved = 1 \
             UNION SELECT key FROM intents WHERE collection = ?1"
        );
        let sql = format!("{SELECT} WHERE r.collection = ?1 AND r.key IN ({keys}) ORDER BY r.key");
        let mut select = self.tx.prepare_cached(&sql)?;
        let mut rows = select.query([collection])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(from_row(row)?);
        }
        Ok(records)
    }

    /// Keys with pending work of which nothing is known in Airflow yet: nobody has asked for them since they were made.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn unseen_work(&self, collection: &str) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT key FROM records WHERE collection = ?1 AND {HAS_WORK} \
             AND overlay IS NOT NULL AND (rejected IS NULL OR refused_of IS NOT NULL) AND remote = ?2 ORDER BY key"
        );
        let mut select = self.tx.prepare_cached(&sql)?;
        let keys = select.query_map((collection, json(&Remote::Unknown)?), |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// What was last observed of every record, by key, in little room.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remote_marks(&self, collection: &str) -> Result<BTreeMap<String, RemoteMark>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT key, remote FROM records WHERE collection = ?1")?;
        let mut rows = select.query([collection])?;
        let mut marks = BTreeMap::new();
        while let Some(row) = rows.next()? {
            marks.insert(row.get(0)?, RemoteMark::of_text(&row.get::<_, String>(1)?)?);
        }
        Ok(marks)
    }

    /// How many records are known, those included that were only observed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn record_count(&self, collection: &str) -> Result<usize, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT COUNT(*) FROM records WHERE collection = ?1")?;
        let count = counter(select.query_row([collection], |row| row.get(0))?);
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Writes what changed and moves the feed; `true` when there was something to write. A record of which nothing is
    /// left is removed, and the feed says so.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn save(&self, record: &StoredRecord, now: Timestamp) -> Result<bool, StoreError> {
        let stored = self.record(&record.collection, &record.key)?;
        self.save_over(stored.as_ref(), record, now)
    }

    /// [`Ledger::save`] for one who has just read, in this transaction, what is stored.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn save_over(
        &self,
        stored: Option<&StoredRecord>,
        record: &StoredRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let wrote = self.store(stored, record, now)?;
        let shown_before = stored.filter(|stored| stored.is_visible());
        if wrote && shown_differs(shown_before, record) {
            self.touch(&record.collection, &record.key)?;
        }
        Ok(wrote)
    }

    /// Takes down what was observed; the feed does not move, since no view shows it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn set_remote(
        &self,
        collection: &str,
        key: &str,
        remote: &Remote,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut record = self.record_or_new(collection, key)?;
        record.remote = remote.clone();
        self.save(&record, now)
    }

    pub(crate) fn record_or_new(&self, collection: &str, key: &str) -> Result<StoredRecord, StoreError> {
        Ok(self
            .record(collection, key)?
            .unwrap_or_else(|| StoredRecord::new(collection, key)))
    }

    /// Removes the row of a record of which nothing is left.
    pub(crate) fn drop_if_gone(&self, collection: &str, key: &str) -> Result<(), StoreError> {
        match self.record(collection, key)? {
            Some(record) if record.is_gone() => self.remove(&record),
            _ => Ok(()),
        }
    }

    /// [`Ledger::save_over`] without the feed.
    pub(crate) fn store(
        &self,
        stored: Option<&StoredRecord>,
        record: &StoredRecord,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // Whether a write is in flight is the intents' to say, not the caller's copy.
        let in_flight = stored.is_some_and(|stored| stored.in_doubt);
        let gone = record.is_gone() && !in_flight;
        match stored {
            None if gone => Ok(false),
            Some(_) if gone => {
                self.remove(record)?;
                self.judge(stored, None).map(|()| true)
            }
            Some(stored) if same(stored, record) => Ok(false),
            _ => {
                self.put(stored, record, now)?;
                self.judge(stored, Some(record)).map(|()| true)
            }
        }
    }

    fn remove(&self, record: &StoredRecord) -> Result<(), StoreError> {
        let mut delete = self
            .tx
            .prepare_cached("DELETE FROM records WHERE collection = ?1 AND key = ?2")?;
        delete.execute((&record.collection, &record.key))?;
        Ok(())
    }

    fn put(
        &self,
        stored: Option<&StoredRecord>,
        record: &StoredRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO records (collection, key, base, overlay, remote, conflict, rejected, reason, changed_at, \
                   rev, verified_rev, moved, refused_of) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
                   ON CONFLICT (collection, key) DO UPDATE SET base = excluded.base, overlay = excluded.overlay, \
                   remote = excluded.remote, conflict = excluded.conflict, rejected = excluded.rejected, \
                   reason = excluded.reason, changed_at = excluded.changed_at, rev = excluded.rev, \
                   verified_rev = excluded.verified_rev, moved = excluded.moved, refused_of = excluded.refused_of";
        self.tx.prepare_cached(sql)?.execute(rusqlite::params![
            record.collection,
            record.key,
            some_json(record.base.as_ref())?,
            some_json(record.overlay.as_ref())?,
            json(&record.remote)?,
            some_json(record.conflict.as_ref())?,
            record.rejected,
            record.reason,
            changed_at(stored, record, now).map(|at| at.to_string()),
            signed(record.rev),
            signed(record.verified_rev),
            record.is_moved(),
            record.refused_of,
        ])?;
        Ok(())
    }
}

fn from_row(row: &Row<'_>) -> Result<StoredRecord, StoreError> {
    let text = |column: usize| row.get::<_, Option<String>>(column);
    Ok(StoredRecord {
        collection: row.get(0)?,
        key: row.get(1)?,
        base: parse_some(text(2)?.as_deref(), "a base")?,
        overlay: parse_some(text(3)?.as_deref(), "an overlay")?,
        remote: parse_some(text(4)?.as_deref(), "a remote")?.unwrap_or(Remote::Unknown),
        conflict: parse_some(text(5)?.as_deref(), "a conflict")?,
        rejected: text(6)?,
        reason: text(7)?,
        changed_at: some_time(text(8)?.as_deref())?,
        rev: counter(row.get(9)?),
        verified_rev: counter(row.get(10)?),
        in_doubt: row.get(11)?,
        in_doubt_since: some_time(text(12)?.as_deref())?,
        in_doubt_note: text(13)?,
        violation: text(14)?,
        refused_of: text(15)?,
    })
}

/// Whether `save` has nothing to do.
fn same(stored: &StoredRecord, record: &StoredRecord) -> bool {
    stored.remote == record.remote && same_but_remote(stored, record)
}

fn same_but_remote(stored: &StoredRecord, record: &StoredRecord) -> bool {
    stored.base == record.base
        && stored.overlay == record.overlay
        && stored.conflict == record.conflict
        && (&stored.rejected, &stored.refused_of) == (&record.rejected, &record.refused_of)
        && stored.reason == record.reason
        && (stored.rev, stored.verified_rev) == (record.rev, record.verified_rev)
}

fn shown_differs(shown_before: Option<&StoredRecord>, record: &StoredRecord) -> bool {
    match shown_before {
        None => record.is_visible(),
        Some(before) => !record.is_visible() || !same_but_remote(before, record),
    }
}

/// The time of the pending edit stands; without one it is the time of this change. An observation is no change.
fn changed_at(stored: Option<&StoredRecord>, record: &StoredRecord, now: Timestamp) -> Option<Timestamp> {
    match stored {
        Some(stored) if same_but_remote(stored, record) => stored.changed_at,
        _ if !record.is_visible() => None,
        _ if record.overlay.is_some() => record.changed_at.or(Some(now)),
        _ => Some(now),
    }
}
