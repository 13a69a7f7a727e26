//! The change feed: one row a record or action, with a new id at every change.

use crate::columns::{counter, signed};
use crate::{Ledger, StoreError};

/// Positions up to here were given out by a mirror that was lost: new ones must be above the clients' cursors.
const FLOOR: &str = "feed_floor";

/// What the feed calls an action's collection.
pub(crate) const ACTIONS: &str = "";

impl Ledger<'_> {
    /// Moves the feed for this record (or, with an empty collection, this action).
    pub(crate) fn touch(&self, collection: &str, key: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO feed (id, collection, key) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (collection, key) DO UPDATE SET id = excluded.id";
        let next = self.last_feed()? + 1;
        self.tx
            .prepare_cached(sql)?
            .execute((signed(next), collection, key))?;
        self.counters.feed.set(Some(next));
        Ok(())
    }

    /// The last position that was given out.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn last_feed(&self) -> Result<u64, StoreError> {
        if let Some(known) = self.counters.feed.get() {
            return Ok(known);
        }
        let mut select = self.tx.prepare_cached("SELECT COALESCE(MAX(id), 0) FROM feed")?;
        let last = counter(select.query_row([], |row| row.get(0))?);
        let last = last.max(self.get_meta(FLOOR)?.unwrap_or_default());
        self.counters.feed.set(Some(last));
        Ok(last)
    }

    pub(crate) fn raise_feed(&self, cursor: u64) -> Result<(), StoreError> {
        let floor = self.get_meta(FLOOR)?.unwrap_or_default();
        self.counters.feed.set(None);
        self.set_meta(FLOOR, &cursor.max(floor))
    }
}
