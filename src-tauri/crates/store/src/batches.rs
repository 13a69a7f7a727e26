//! Batches of changes on their way to the companion: taken down before they are sent, and forgotten with their outcome.

use crate::columns::{counter, parse, signed, time};
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::Value;
use rusqlite::{OptionalExtension, Row};

/// A batch whose outcome is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredBatch {
    /// The collection.
    pub collection: String,
    /// Its id: however often it is sent, it takes effect once.
    pub id: String,
    /// How often it was sent under a run id of its own.
    pub attempt: u32,
    /// The run's `conf`, without the number of the attempt.
    pub conf: Value,
    /// When this attempt was last sent without an answer that tells whether it arrived, or else first.
    pub sent_at: Timestamp,
    /// Whether Airflow was seen to have the run of this attempt.
    pub seen: bool,
}

const SELECT: &str = "SELECT collection, id, attempt, conf, sent_at, seen FROM batches";

impl Ledger<'_> {
    /// Takes down a batch, or what became of it so far.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn put_batch(&self, batch: &StoredBatch) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO batches (collection, id, attempt, conf, sent_at, seen) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.tx.prepare_cached(sql)?.execute((
            &batch.collection,
            &batch.id,
            signed(batch.attempt.into()),
            batch.conf.to_string(),
            batch.sent_at.to_string(),
            batch.seen,
        ))?;
        Ok(())
    }

    /// The collection's batch, if one is on its way.
    ///
    /// # Errors
    /// `Corrupt` when it cannot be read; those of SQLite.
    pub fn batch(&self, collection: &str) -> Result<Option<StoredBatch>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached(&format!("{SELECT} WHERE collection = ?1"))?;
        select
            .query_row([collection], |row| Ok(from_row(row)))
            .optional()?
            .transpose()
    }

    /// Whether any batch is on its way.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_batches(&self) -> Result<bool, StoreError> {
        let mut select = self.tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM batches)")?;
        Ok(select.query_row([], |row| row.get(0))?)
    }

    /// The outcome of the collection's batch is known.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn end_batch(&self, collection: &str) -> Result<(), StoreError> {
        self.tx
            .prepare_cached("DELETE FROM batches WHERE collection = ?1")?
            .execute([collection])?;
        Ok(())
    }

    /// What is said beside the records of the collection whose changes are on their way; `None`: nothing.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_in_flight(&self, collection: &str, note: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE intents SET note = ?2 WHERE collection = ?1 AND note IS NOT ?2 RETURNING key";
        let mut update = self.tx.prepare_cached(sql)?;
        let keys: Vec<String> = update
            .query_map((collection, note), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        keys.iter().try_for_each(|key| self.touch(collection, key))
    }
}

fn from_row(row: &Row<'_>) -> Result<StoredBatch, StoreError> {
    Ok(StoredBatch {
        collection: row.get(0)?,
        id: row.get(1)?,
        attempt: u32::try_from(counter(row.get(2)?)).unwrap_or(u32::MAX),
        conf: parse(&row.get::<_, String>(3)?, "a batch")?,
        sent_at: time(&row.get::<_, String>(4)?)?,
        seen: row.get(5)?,
    })
}
