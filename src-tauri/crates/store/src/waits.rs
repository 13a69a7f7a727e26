//! What an action that goes out "after my edits" waits for.

use crate::columns::{counter, signed};
use crate::feed::ACTIONS;
use crate::{Ledger, StoreError, records};
use leeward_model::WaitsFor;
use ulid::Ulid;

/// A record that an action waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The record's collection.
    pub collection: String,
    /// The record's key.
    pub key: String,
    /// Over when the record's `verified_rev` is at or past this, or the record is gone.
    pub rev: u64,
}

impl Ledger<'_> {
    /// What the action still waits for.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn waits(&self, action: Ulid) -> Result<Vec<Wait>, StoreError> {
        let sql = "SELECT collection, key, rev FROM waits WHERE action = ?1 ORDER BY collection, key";
        let mut select = self.tx.prepare_cached(sql)?;
        let rows = select.query_map([action.to_string()], |row| {
            Ok(Wait {
                collection: row.get(0)?,
                key: row.get(1)?,
                rev: counter(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The action no longer waits for this record.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn end_wait(&self, action: Ulid, collection: &str, key: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM waits WHERE action = ?1 AND collection = ?2 AND key = ?3";
        let ended = self
            .tx
            .prepare_cached(sql)?
            .execute((action.to_string(), collection, key))?;
        if ended > 0 {
            self.touch(ACTIONS, &action.to_string())?;
        }
        Ok(())
    }

    /// The action waits for every record that has unfinished work at this moment.
    pub(crate) fn wait_for_all_work(&self, action: Ulid) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT OR IGNORE INTO waits (action, collection, key, rev) \
             SELECT ?1, collection, key, rev FROM records WHERE {} \
             UNION SELECT ?1, r.collection, r.key, r.rev FROM records r JOIN intents i \
             ON i.collection = r.collection AND i.key = r.key",
            records::HAS_WORK
        );
        self.tx.prepare_cached(&sql)?.execute([action.to_string()])?;
        self.carry(action)
    }

    pub(crate) fn drop_waits(&self, action: Ulid) -> Result<(), StoreError> {
        self.tx
            .prepare_cached("DELETE FROM waits WHERE action = ?1")?
            .execute([action.to_string()])?;
        Ok(())
    }

    /// A rebuild knows what an action waited for, not since which revision: [`Ledger::date_waits`] fills that in.
    pub(crate) fn restore_wait(&self, action: Ulid, wait: &WaitsFor) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO waits (action, collection, key, rev) VALUES (?1, ?2, ?3, ?4)";
        let row = (action.to_string(), &wait.collection, &wait.key, signed(0));
        self.tx.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// Dates restored waits by the revision that their record has now.
    pub(crate) fn date_waits(&self) -> Result<(), StoreError> {
        let sql = "UPDATE waits SET rev = COALESCE((SELECT r.rev FROM records r \
                   WHERE r.collection = waits.collection AND r.key = waits.key), 0) WHERE rev = 0";
        self.tx.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}
