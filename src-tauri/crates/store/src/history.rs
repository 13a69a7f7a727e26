//! Every value that a record had. Values are stored once each, by their hash.

use crate::columns::{from_word, json, parse_some, signed, time, word};
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{ChangedBy, Fields, HistoryItem, Source};
use rusqlite::{OptionalExtension, Row};
use ulid::Ulid;

const SELECT: &str = "SELECT h.at, h.source, h.author, h.reason, c.body, COALESCE(h.run, a.run_id), h.id \
     FROM history h LEFT JOIN contents c ON c.hash = h.hash LEFT JOIN actions a ON a.id = h.action";

/// A value to be added to a record's history.
#[derive(Debug, Clone, Copy)]
pub struct NewHistory<'a> {
    /// The record's collection.
    pub collection: &'a str,
    /// The record's key.
    pub key: &'a str,
    /// When.
    pub at: Timestamp,
    /// Where it came from.
    pub source: Source,
    /// Who, where it is known.
    pub author: Option<&'a str>,
    /// The analyst's reason.
    pub reason: Option<&'a str>,
    /// The whole record, sealed fields missing; `None` when it was deleted.
    pub fields: Option<&'a Fields>,
    /// The run that carried it.
    pub run: Option<&'a str>,
}

impl Ledger<'_> {
    /// Adds a value. One that was observed in Airflow adds nothing when it is what the history ends with; the first of a
    /// record of which nobody knows who changed it is told as read, not as changed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn append_history(&self, new: &NewHistory<'_>) -> Result<(), StoreError> {
        let hash = new.fields.map(|fields| self.content(fields)).transpose()?;
        let mut source = new.source;
        if source == Source::Airflow {
            match self.last_known(new)? {
                Some(known) if known == hash => return Ok(()),
                None if new.author.is_none() => source = Source::FirstRead,
                _ => {}
            }
        }
        let sql = "INSERT INTO history (collection, key, at, source, author, reason, hash, run) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.tx.prepare_cached(sql)?.execute(rusqlite::params![
            new.collection,
            new.key,
            new.at.to_string(),
            word(source)?,
            new.author,
            new.reason,
            hash,
            new.run,
        ])?;
        // The window shows who changed the record last. An entry of work moves the feed itself.
        match new.source {
            Source::Local | Source::TakenBack => Ok(()),
            _ => self.touch(new.collection, new.key),
        }
    }

    /// The record's history, newest first. The run of a value is that of the first action that waited for it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn history(&self, collection: &str, key: &str, limit: u32) -> Result<Vec<HistoryItem>, StoreError> {
        let sql = format!("{SELECT} WHERE h.collection = ?1 AND h.key = ?2 ORDER BY h.id DESC LIMIT ?3");
        let mut select = self.tx.prepare_cached(&sql)?;
        let mut rows = select.query((collection, key, signed(limit.into())))?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(from_row(row)?);
        }
        Ok(items)
    }

    /// Who or what gave the record the value that its history ends with.
    pub(crate) fn changed_by(&self, collection: &str, key: &str) -> Result<Option<ChangedBy>, StoreError> {
        let sql =
            "SELECT source, author FROM history WHERE collection = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1";
        let mut select = self.tx.prepare_cached(sql)?;
        let mut rows = select.query((collection, key))?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(ChangedBy {
            source: from_word(&row.get::<_, String>(0)?, "a history item's source")?,
            author: row.get(1)?,
        }))
    }

    /// One item of the record's history, by its id.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn history_item(
        &self,
        collection: &str,
        key: &str,
        id: &str,
    ) -> Result<Option<HistoryItem>, StoreError> {
        let Some(id) = id.strip_prefix('h').and_then(|id| id.parse::<i64>().ok()) else {
            return Ok(None);
        };
        let sql = format!("{SELECT} WHERE h.collection = ?1 AND h.key = ?2 AND h.id = ?3");
        let mut select = self.tx.prepare_cached(&sql)?;
        select
            .query_row((collection, key, id), |row| Ok(from_row(row)))
            .optional()?
            .transpose()
    }

    /// The values that this action waits for are those that its run carries, unless an earlier one does.
    pub(crate) fn carry(&self, action: Ulid) -> Result<(), StoreError> {
        let sql = "UPDATE history SET action = ?1 WHERE id IN \
                   (SELECT MAX(h.id) FROM history h JOIN waits w ON w.collection = h.collection AND w.key = h.key \
                    WHERE w.action = ?1 AND h.source NOT IN ('airflow', 'first_read') GROUP BY h.collection, h.key) \
                   AND (action IS NULL OR action IN (SELECT id FROM actions WHERE state IN ('cancelled', 'rejected')))";
        self.tx.prepare_cached(sql)?.execute([action.to_string()])?;
        Ok(())
    }

    /// Stores a value under its hash, once.
    pub(crate) fn content(&self, fields: &Fields) -> Result<String, StoreError> {
        let body = json(fields)?;
        let hash = blake3::hash(body.as_bytes()).to_hex().to_string();
        let sql = "INSERT OR IGNORE INTO contents (hash, body) VALUES (?1, ?2)";
        self.tx.prepare_cached(sql)?.execute((&hash, body))?;
        Ok(hash)
    }

    /// The last value in the history: none yet, deleted (`Some(None)`), or its hash.
    fn last_known(&self, new: &NewHistory<'_>) -> Result<Option<Option<String>>, StoreError> {
        let sql = "SELECT hash FROM history WHERE collection = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1";
        let mut select = self.tx.prepare_cached(sql)?;
        Ok(select
            .query_row((new.collection, new.key), |row| row.get(0))
            .optional()?)
    }
}

fn from_row(row: &Row<'_>) -> Result<HistoryItem, StoreError> {
    Ok(HistoryItem {
        id: Some(format!("h{}", row.get::<_, i64>(6)?)),
        at: time(&row.get::<_, String>(0)?)?,
        source: from_word(&row.get::<_, String>(1)?, "a history item's source")?,
        author: row.get(2)?,
        reason: row.get(3)?,
        fields: parse_some(row.get::<_, Option<String>>(4)?.as_deref(), "a history item")?,
        run: row.get(5)?,
    })
}
