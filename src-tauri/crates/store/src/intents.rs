//! Writes in flight: committed before the write is sent, cleared after its outcome is known.

use crate::columns::{counter, from_word, json, parse, signed, some_time, time, word};
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{Fields, Remote};
use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentOp {
    /// Creates the record.
    Create,
    /// Writes some of its fields.
    Update,
    /// Deletes it.
    Delete,
}

/// A write that was, or is about to be, sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The record's collection.
    pub collection: String,
    /// The record's key.
    pub key: String,
    /// What it does.
    pub op: IntentOp,
    /// What is sent; a secret as its reference.
    pub fields: Fields,
    /// What was read just before.
    pub before: Remote,
    /// The record's revision of work that it carries.
    pub rev: u64,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Since when its outcome is unknown; set by [`Ledger::mark_in_doubt`].
    pub in_doubt_since: Option<Timestamp>,
    /// The server's clock when it was sent, where the server told it.
    pub server_at: Option<Timestamp>,
}

const SELECT: &str =
    "SELECT collection, key, op, fields, before, rev, sent_at, in_doubt_since, server_at FROM intents";

impl Ledger<'_> {
    /// Takes down a write before it is sent. One a record: an older intent of it is replaced.
    ///
    /// # Errors
    /// `NotFound` without such a record; those of SQLite.
    pub fn put_intent(&self, intent: &Intent) -> Result<(), StoreError> {
        self.record(&intent.collection, &intent.key)?
            .ok_or(StoreError::NotFound)?;
        let sql = "INSERT OR REPLACE INTO intents (collection, key, op, fields, before, rev, sent_at, in_doubt_since, \
                   server_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        self.tx.prepare_cached(sql)?.execute(rusqlite::params![
            intent.collection,
            intent.key,
            word(intent.op)?,
            json(&intent.fields)?,
            json(&intent.before)?,
            signed(intent.rev),
            intent.sent_at.to_string(),
            intent.in_doubt_since.map(|at| at.to_string()),
            intent.server_at.map(|at| at.to_string()),
        ])?;
        Ok(())
    }

    /// The write's outcome is unknown since `now`: the record is shown as in doubt, with `note`. The first time stands.
    ///
    /// # Errors
    /// `NotFound` without such an intent; those of SQLite.
    pub fn mark_in_doubt(
        &self,
        collection: &str,
        key: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let intent = self.intent(collection, key)?.ok_or(StoreError::NotFound)?;
        let since = intent.in_doubt_since.unwrap_or(now).to_string();
        let sql = "UPDATE intents SET in_doubt_since = ?3, note = ?4 WHERE collection = ?1 AND key = ?2 \
                   AND (in_doubt_since IS NOT ?3 OR note IS NOT ?4)";
        if self
            .tx
            .prepare_cached(sql)?
            .execute((collection, key, since, note))?
            > 0
        {
            self.touch(collection, key)?;
        }
        Ok(())
    }

    /// The clock was set back: the time in which the write may still arrive begins anew.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn restart_doubt(&self, collection: &str, key: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE intents SET in_doubt_since = ?3 WHERE collection = ?1 AND key = ?2";
        self.tx
            .prepare_cached(sql)?
            .execute((collection, key, now.to_string()))?;
        Ok(())
    }

    /// The write's outcome is known. A record of which nothing else was left goes with its intent.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn clear_intent(&self, collection: &str, key: &str) -> Result<(), StoreError> {
        let Some(intent) = self.intent(collection, key)? else {
            return Ok(());
        };
        let sql = "DELETE FROM intents WHERE collection = ?1 AND key = ?2";
        self.tx.prepare_cached(sql)?.execute((collection, key))?;
        if intent.in_doubt_since.is_some() {
            self.touch(collection, key)?;
        }
        self.drop_if_gone(collection, key)
    }

    /// The record's write in flight, if there is one.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn intent(&self, collection: &str, key: &str) -> Result<Option<Intent>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached(&format!("{SELECT} WHERE collection = ?1 AND key = ?2"))?;
        select
            .query_row((collection, key), |row| Ok(from_row(row)))
            .optional()?
            .transpose()
    }

    /// Whether the write that was taken down may be sent: nothing has taken it back, and no client is rebuilding this
    /// mirror from what it knows better.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn may_be_sent(&self, intent: &Intent) -> Result<bool, StoreError> {
        let stands = self.intent(&intent.collection, &intent.key)?.as_ref() == Some(intent);
        Ok(stands && !self.is_rebuilding()?)
    }

    /// Whether the record got more work since its write was taken down: what was decided then may be out of date.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_newer_work(&self, intent: &Intent) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM records WHERE collection = ?1 AND key = ?2 AND rev = ?3";
        let mut select = self.tx.prepare_cached(sql)?;
        Ok(!select.exists((&intent.collection, &intent.key, signed(intent.rev)))?)
    }

    /// Every write in flight.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn intents(&self) -> Result<Vec<Intent>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached(&format!("{SELECT} ORDER BY collection, key"))?;
        let mut rows = select.query([])?;
        let mut intents = Vec::new();
        while let Some(row) = rows.next()? {
            intents.push(from_row(row)?);
        }
        Ok(intents)
    }
}

fn from_row(row: &Row<'_>) -> Result<Intent, StoreError> {
    Ok(Intent {
        collection: row.get(0)?,
        key: row.get(1)?,
        op: from_word(&row.get::<_, String>(2)?, "an intent's kind")?,
        fields: parse(&row.get::<_, String>(3)?, "an intent's fields")?,
        before: parse(&row.get::<_, String>(4)?, "an intent's reading")?,
        rev: counter(row.get(5)?),
        sent_at: time(&row.get::<_, String>(6)?)?,
        in_doubt_since: some_time(row.get::<_, Option<String>>(7)?.as_deref())?,
        server_at: some_time(row.get::<_, Option<String>>(8)?.as_deref())?,
    })
}
