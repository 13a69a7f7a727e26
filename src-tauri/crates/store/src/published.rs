//! How far the collections of the companion were read, and which version of each record is known here.

use crate::columns::{counter, json, signed};
use crate::{Ledger, StoreError};
use leeward_model::{MirrorPart, Remote};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;

/// How far a collection was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publication {
    /// The store whose numbers these are; `None` before anything was read.
    pub store_id: Option<String>,
    /// All up to this number of the store is known.
    pub sequence: u64,
    /// Another store that a person is asked about, or has accepted.
    pub asked_about: Option<String>,
    /// What is wrong with what is published, in plain words.
    pub trouble: Option<String>,
}

/// Which version of a record is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowVersion {
    /// That of what is known here.
    pub version: u64,
    /// Whether there is a later one, of which only the number is known.
    pub is_behind: bool,
}

impl Ledger<'_> {
    /// How far the collection was read.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn publication(&self, collection: &str) -> Result<Publication, StoreError> {
        let sql = "SELECT store_id, sequence, asked_about, trouble FROM published WHERE collection = ?1";
        let mut select = self.tx.prepare_cached(sql)?;
        let found = select.query_row([collection], |row| {
            Ok(Publication {
                store_id: row.get(0)?,
                sequence: counter(row.get(1)?),
                asked_about: row.get(2)?,
                trouble: row.get(3)?,
            })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Takes down how far the collection was read; nothing is written where that is known.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn put_publication(&self, collection: &str, now: &Publication) -> Result<(), StoreError> {
        let before = self.publication(collection)?;
        if before == *now {
            return Ok(());
        }
        let sql = "INSERT OR REPLACE INTO published (collection, store_id, sequence, asked_about, trouble) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        self.tx.prepare_cached(sql)?.execute((
            collection,
            &now.store_id,
            signed(now.sequence),
            &now.asked_about,
            &now.trouble,
        ))?;
        match before.trouble == now.trouble {
            true => Ok(()),
            false => self.part_changed(MirrorPart::Collections),
        }
    }

    /// Nothing counts as read: the next snapshot is taken whole.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn forget_publication(&self, collection: &str) -> Result<(), StoreError> {
        for table in ["published", "row_versions"] {
            self.tx
                .prepare_cached(&format!("DELETE FROM {table} WHERE collection = ?1"))?
                .execute([collection])?;
        }
        Ok(())
    }

    /// Of records that a rebuild brought, and of which nothing was observed since, no version is known.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn forget_unobserved_versions(&self, collection: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM row_versions WHERE collection = ?1 AND key IN \
                   (SELECT key FROM records WHERE collection = ?1 AND remote = ?2)";
        let mut delete = self.tx.prepare_cached(sql)?;
        delete.execute((collection, json(&Remote::Unknown)?))?;
        Ok(())
    }

    /// Which version of the record is known; `None` where none ever was.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn row_version(&self, collection: &str, key: &str) -> Result<Option<RowVersion>, StoreError> {
        let sql = "SELECT version, told IS NOT NULL FROM row_versions WHERE collection = ?1 AND key = ?2";
        let mut select = self.tx.prepare_cached(sql)?;
        let row = select.query_row((collection, key), |row| {
            Ok(RowVersion {
                version: counter(row.get(0)?),
                is_behind: row.get(1)?,
            })
        });
        Ok(row.optional()?)
    }

    /// What is known here of the record is this version of it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn put_row_version(&self, collection: &str, key: &str, version: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO row_versions (collection, key, version, told) VALUES (?1, ?2, ?3, NULL) \
                   ON CONFLICT (collection, key) DO UPDATE SET version = excluded.version, \
                   told = CASE WHEN told > excluded.version THEN told END";
        self.tx
            .prepare_cached(sql)?
            .execute((collection, key, signed(version)))?;
        Ok(())
    }

    /// The store has this version of the record, and it was not told what that is.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_row_version(&self, collection: &str, key: &str, told: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO row_versions (collection, key, version, told) VALUES (?1, ?2, 0, ?3) \
                   ON CONFLICT (collection, key) DO UPDATE SET \
                   told = CASE WHEN excluded.told > version THEN excluded.told ELSE told END";
        self.tx
            .prepare_cached(sql)?
            .execute((collection, key, signed(told)))?;
        Ok(())
    }

    /// The records of which the store has a version that is not known here.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn rows_behind(&self, collection: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT key FROM row_versions WHERE collection = ?1 AND told IS NOT NULL";
        let mut select = self.tx.prepare_cached(sql)?;
        let keys = select.query_map([collection], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// The versions of all records of the collection that are or were there, by key.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn row_versions(&self, collection: &str) -> Result<BTreeMap<String, u64>, StoreError> {
        let sql = "SELECT key, version FROM row_versions WHERE collection = ?1";
        let mut select = self.tx.prepare_cached(sql)?;
        let rows = select.query_map([collection], |row| Ok((row.get(0)?, counter(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
