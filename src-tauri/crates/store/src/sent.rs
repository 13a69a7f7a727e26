//! Writes that were sent, after their outcome is known; and how long the window of a race was.

use crate::columns::{from_word, json, parse, word};
use crate::{Intent, IntentOp, Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{Fields, Remote};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentOutcome {
    /// It read back as it was sent.
    Arrived,
    /// Airflow answered, and then showed something else.
    Unseen,
    /// Airflow refused it: nothing was written.
    Refused,
    /// It was never answered, and was not seen within the settle time. It could still arrive.
    Lost,
    /// Airflow itself failed on it, and after the settle time still held what it had before.
    Failed,
    /// The same, of a page of writes: which of them it failed on is not known.
    FailedInPage,
    /// It was not sent: Airflow itself failed on the read that guards it.
    Unread,
}

/// A write that was sent. One a request, however often its record was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The record's collection.
    pub collection: String,
    /// Its key.
    pub key: String,
    /// What it did.
    pub op: IntentOp,
    /// What was sent; a secret as its reference.
    pub fields: Fields,
    /// What was read just before.
    pub before: Remote,
    /// Just before the read that guarded it: by the server's clock, where the server told it, else by this computer's.
    pub sent_at: Timestamp,
    /// When its outcome was known or given up, by the same clock.
    pub done_at: Timestamp,
    /// What became of it.
    pub outcome: SentOutcome,
}

/// The time from the read that guards a write to the write's answer, in which another writer would not be noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteWindow {
    /// Of the last write, or page of writes, in milliseconds.
    pub last_ms: u64,
    /// The longest there ever was, in milliseconds.
    pub longest_ms: u64,
}

const WINDOW: &str = "write_window";
const SELECT: &str = "SELECT collection, key, op, fields, before, sent_us, done_us, outcome FROM sent";

impl Ledger<'_> {
    /// The write's outcome is known `now`, by the server's clock where it tells it: the write is no longer in flight,
    /// and remembered.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn finish_intent(
        &self,
        collection: &str,
        key: &str,
        outcome: SentOutcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(intent) = self.intent(collection, key)? {
            self.remember_sent(&intent, outcome, now)?;
        }
        self.clear_intent(collection, key)
    }

    fn remember_sent(&self, intent: &Intent, outcome: SentOutcome, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO sent (collection, key, op, fields, before, sent_us, done_us, outcome, is_judged) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)";
        self.tx.prepare_cached(sql)?.execute(rusqlite::params![
            intent.collection,
            intent.key,
            word(intent.op)?,
            json(&intent.fields)?,
            json(&intent.before)?,
            intent.server_at.unwrap_or(intent.sent_at).as_microsecond(),
            now.as_microsecond(),
            word(outcome)?,
        ])?;
        Ok(())
    }

    /// The writes of this record that are remembered, oldest first; not the one in flight.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn sent_of(&self, collection: &str, key: &str) -> Result<Vec<Sent>, StoreError> {
        let sql = format!("{SELECT} WHERE collection = ?1 AND key = ?2 ORDER BY id");
        let mut select = self.tx.prepare_cached(&sql)?;
        let mut rows = select.query((collection, key))?;
        let mut sent = Vec::new();
        while let Some(row) = rows.next()? {
            sent.push(from_row(row)?);
        }
        Ok(sent)
    }

    /// The writes that were not compared with the event log yet, oldest first: a process died before it did.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn sent_unjudged(&self) -> Result<Vec<Sent>, StoreError> {
        let mut select = self.tx.prepare_cached(&format!(
            "{SELECT} WHERE is_judged = 0 AND outcome <> 'unread' ORDER BY id"
        ))?;
        let mut rows = select.query([])?;
        let mut sent = Vec::new();
        while let Some(row) = rows.next()? {
            sent.push(from_row(row)?);
        }
        Ok(sent)
    }

    /// All writes whose outcome is known were compared with the event log.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_judged(&self) -> Result<(), StoreError> {
        let sql = "UPDATE sent SET is_judged = 1 WHERE is_judged = 0";
        self.tx.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// The keys of which a remembered write failed, whatever came after it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn failed_keys(&self, collection: &str) -> Result<BTreeSet<String>, StoreError> {
        let sql =
            "SELECT DISTINCT key FROM sent WHERE collection = ?1 AND outcome IN ('failed', 'failed_in_page')";
        let mut select = self.tx.prepare_cached(sql)?;
        let keys = select.query_map([collection], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// Forgets writes that were sent before `before`, by the clock of [`Sent`].
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn forget_sent(&self, before: Timestamp) -> Result<(), StoreError> {
        let mut delete = self.tx.prepare_cached("DELETE FROM sent WHERE sent_us < ?1")?;
        delete.execute([before.as_microsecond()])?;
        Ok(())
    }

    /// How long the window of a race was; `None` before the first write.
    ///
    /// # Errors
    /// `Corrupt`; those of SQLite.
    pub fn write_window(&self) -> Result<Option<WriteWindow>, StoreError> {
        self.get_meta(WINDOW)
    }

    /// Takes down the window of a write, or of a page of writes.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_write_window(&self, window: Duration) -> Result<(), StoreError> {
        let last_ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let longest_ms = self.write_window()?.unwrap_or_default().longest_ms.max(last_ms);
        self.set_meta(WINDOW, &WriteWindow { last_ms, longest_ms })
    }
}

fn from_row(row: &Row<'_>) -> Result<Sent, StoreError> {
    let outcome: String = row.get(7)?;
    Ok(Sent {
        collection: row.get(0)?,
        key: row.get(1)?,
        op: from_word(&row.get::<_, String>(2)?, "a sent write's kind")?,
        fields: parse(&row.get::<_, String>(3)?, "a sent write's fields")?,
        before: parse(&row.get::<_, String>(4)?, "a sent write's reading")?,
        sent_at: moment(row.get(5)?)?,
        done_at: moment(row.get(6)?)?,
        outcome: from_word(&outcome, "a sent write's outcome")?,
    })
}

fn moment(us: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(us).map_err(|_| StoreError::Corrupt("a time is not readable".into()))
}
