//! When all of a collection was last read, and whether that is demanded: a rebuild brings records of which nothing is known
//! in Airflow.
//!
//! Demands are counted, because one can arise while everything is being read already: that reading does not meet it.

use crate::columns::{counter, signed, some_time};
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use rusqlite::OptionalExtension;

const DEMANDED: &str = "observation_demanded";

/// The last time that all of a collection was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observation {
    /// By this computer's clock.
    pub at: Option<Timestamp>,
    /// By the server's, where it told it.
    pub there: Option<Timestamp>,
}

impl Ledger<'_> {
    /// When all of the collection was last read; nothing where it never was.
    ///
    /// # Errors
    /// `Corrupt` when a time cannot be read; those of SQLite.
    pub fn observation(&self, collection: &str) -> Result<Observation, StoreError> {
        let sql = "SELECT observed_at, observed_there FROM scans WHERE collection = ?1";
        let mut select = self.tx.prepare_cached(sql)?;
        let found: Option<(Option<String>, Option<String>)> = select
            .query_row([collection], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (at, there) = found.unwrap_or_default();
        Ok(Observation {
            at: some_time(at.as_deref())?,
            there: some_time(there.as_deref())?,
        })
    }

    /// All of the collection was read.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_observation(&self, collection: &str, observation: Observation) -> Result<(), StoreError> {
        let sql = "INSERT INTO scans (collection, observed_at, observed_there) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (collection) DO UPDATE \
                   SET observed_at = excluded.observed_at, observed_there = excluded.observed_there";
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let mut put = self.tx.prepare_cached(sql)?;
        put.execute((collection, text(observation.at), text(observation.there)))?;
        Ok(())
    }

    /// Demands that all of every collection be read from now on.
    pub(crate) fn demand_full_scan(&self) -> Result<(), StoreError> {
        let demanded: u64 = self.get_meta(DEMANDED)?.unwrap_or_default();
        self.set_meta(DEMANDED, &(demanded + 1))
    }

    /// The number of the collection's open demand, if there is one. The caller passes it to
    /// [`Ledger::complete_full_scan`] afterwards.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn demanded_full_scan(&self, collection: &str) -> Result<Option<u64>, StoreError> {
        let demanded: u64 = self.get_meta(DEMANDED)?.unwrap_or_default();
        let sql = "SELECT completed FROM scans WHERE collection = ?1";
        let mut select = self.tx.prepare_cached(sql)?;
        let completed = select.query_row([collection], |row| row.get(0)).optional()?;
        let completed = completed.map_or(0, counter);
        Ok((demanded > completed).then_some(demanded))
    }

    /// All of the collection was read, beginning while this demand was open; a later one stays open.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn complete_full_scan(&self, collection: &str, demand: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO scans (collection, completed) VALUES (?1, ?2) \
                   ON CONFLICT (collection) DO UPDATE SET completed = excluded.completed";
        self.tx
            .prepare_cached(sql)?
            .execute((collection, signed(demand)))?;
        Ok(())
    }
}
