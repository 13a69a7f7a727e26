//! Collections that are stopped until a person has looked.

use crate::columns::{json, parse};
use crate::{Ledger, StoreError};
use leeward_model::{BrakeView, MirrorPart};
use rusqlite::OptionalExtension;
use std::collections::BTreeSet;

impl Ledger<'_> {
    /// Stops the collection because these keys seem to have vanished. Nothing is written when it is stopped for the
    /// very same keys; an acceptance of other keys is void.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn set_brake(&self, brake: &BrakeView, keys: &BTreeSet<String>) -> Result<bool, StoreError> {
        let stored = self.brake_body(&brake.collection)?;
        if stored.is_some() && self.brake_keys(&brake.collection)? == *keys {
            return Ok(false);
        }
        self.clear_brake(&brake.collection)?;
        let sql = "INSERT INTO brakes (collection, body, accepted) VALUES (?1, ?2, 0)";
        self.tx
            .prepare_cached(sql)?
            .execute((&brake.collection, json(brake)?))?;
        let mut insert = self
            .tx
            .prepare_cached("INSERT INTO brake_keys (collection, key) VALUES (?1, ?2)")?;
        for key in keys {
            insert.execute((&brake.collection, key))?;
        }
        self.part_changed(MirrorPart::Brakes)?;
        Ok(true)
    }

    /// The collections that are stopped; accepted ones are not.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn brakes(&self) -> Result<Vec<BrakeView>, StoreError> {
        let sql = "SELECT body FROM brakes WHERE accepted = 0 ORDER BY collection";
        let mut select = self.tx.prepare_cached(sql)?;
        let mut rows = select.query([])?;
        let mut brakes = Vec::new();
        while let Some(row) = rows.next()? {
            brakes.push(parse(&row.get::<_, String>(0)?, "a brake")?);
        }
        Ok(brakes)
    }

    /// Whether the collection is stopped, or was and has not gone on yet.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_brake(&self, collection: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM brakes WHERE collection = ?1";
        Ok(self.tx.prepare_cached(sql)?.exists([collection])?)
    }

    /// A person has looked: the very keys that were listed may be believed gone in the next cycle.
    ///
    /// # Errors
    /// `NotFound` when the collection is not stopped; those of SQLite.
    pub fn accept_brake(&self, collection: &str) -> Result<(), StoreError> {
        let sql = "UPDATE brakes SET accepted = 1 WHERE collection = ?1";
        match self.tx.prepare_cached(sql)?.execute([collection])? {
            0 => Err(StoreError::NotFound),
            _ => self.part_changed(MirrorPart::Brakes),
        }
    }

    /// The keys that may be believed gone; empty when nothing was accepted.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn accepted(&self, collection: &str) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT accepted FROM brakes WHERE collection = ?1";
        let mut select = self.tx.prepare_cached(sql)?;
        match select
            .query_row([collection], |row| row.get::<_, bool>(0))
            .optional()?
        {
            Some(true) => self.brake_keys(collection),
            _ => Ok(BTreeSet::new()),
        }
    }

    /// Whether a person has looked and let the collection go on.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn is_accepted(&self, collection: &str) -> Result<bool, StoreError> {
        let sql = "SELECT accepted FROM brakes WHERE collection = ?1";
        let accepted = self
            .tx
            .prepare_cached(sql)?
            .query_row([collection], |row| row.get(0))
            .optional()?;
        Ok(accepted.unwrap_or(false))
    }

    /// The keys for which the collection was stopped.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn brake_keys(&self, collection: &str) -> Result<BTreeSet<String>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT key FROM brake_keys WHERE collection = ?1")?;
        let keys = select.query_map([collection], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// The collection goes on.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn clear_brake(&self, collection: &str) -> Result<(), StoreError> {
        if self.brake_body(collection)?.is_some() {
            self.tx
                .prepare_cached("DELETE FROM brakes WHERE collection = ?1")?
                .execute([collection])?;
            self.part_changed(MirrorPart::Brakes)?;
        }
        Ok(())
    }

    fn brake_body(&self, collection: &str) -> Result<Option<String>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT body FROM brakes WHERE collection = ?1")?;
        Ok(select.query_row([collection], |row| row.get(0)).optional()?)
    }
}
