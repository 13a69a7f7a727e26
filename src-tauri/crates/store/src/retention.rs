//! How much history is kept.

use crate::columns::signed;
use crate::{Ledger, StoreError};
use jiff::{SignedDuration, Timestamp};

/// How much of every record's history is kept. Its newest value is, whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryKeep {
    /// Values that are older go; `None` keeps them however old they are.
    pub days: Option<u32>,
    /// Values of one record; of more, the oldest go.
    pub values: u32,
}

impl Default for HistoryKeep {
    fn default() -> Self {
        Self {
            days: Some(730),
            values: 1000,
        }
    }
}

impl Ledger<'_> {
    /// Forgets what is older or more than is to be kept, and says how many values that were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn prune_history(&self, keep: &HistoryKeep, now: Timestamp) -> Result<usize, StoreError> {
        let mut gone = self.forget_beyond(keep.values)?;
        let age = keep
            .days
            .map(|days| SignedDuration::from_hours(i64::from(days) * 24));
        if let Some(before) = age.and_then(|age| now.checked_sub(age).ok()) {
            gone += self.forget_before(before)?;
        }
        if gone > 0 {
            let sql =
                "DELETE FROM contents WHERE hash NOT IN (SELECT hash FROM history WHERE hash IS NOT NULL)";
            self.tx.prepare_cached(sql)?.execute([])?;
        }
        Ok(gone)
    }

    fn forget_beyond(&self, values: u32) -> Result<usize, StoreError> {
        let sql = "DELETE FROM history WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER \
                   (PARTITION BY collection, key ORDER BY id DESC) AS place FROM history) WHERE place > ?1)";
        let mut delete = self.tx.prepare_cached(sql)?;
        Ok(delete.execute([signed(values.max(1).into())])?)
    }

    /// Whole days, so that texts of times compare as the times do.
    fn forget_before(&self, before: Timestamp) -> Result<usize, StoreError> {
        let day = before.to_string().split('T').next().map(str::to_owned);
        let sql = "DELETE FROM history WHERE at < ?1 AND id NOT IN \
                   (SELECT MAX(id) FROM history GROUP BY collection, key)";
        Ok(self.tx.prepare_cached(sql)?.execute([day])?)
    }
}
