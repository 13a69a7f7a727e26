//! How much of the past is kept: of the history as the settings say, of the log what may still be asked for.

use crate::columns::signed;
use crate::records::HAS_WORK;
use crate::{Ledger, StoreError};
use jiff::{SignedDuration, Timestamp};

/// What an entry said is kept for so long, for looking into trouble; nothing reads it.
const LOG_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

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

    /// Forgets what old entries of the log said, where their outcome is final; by their ids and numbers they are still
    /// recognised when a client sends them again. Says how many those were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn prune_log(&self, now: Timestamp) -> Result<usize, StoreError> {
        let Ok(before) = now.checked_sub(LOG_KEPT) else {
            return Ok(0);
        };
        let sql = format!(
            "UPDATE log SET body = '' WHERE at < ?1 AND body <> '' \
             AND NOT EXISTS (SELECT 1 FROM records r WHERE r.collection = log.collection AND r.key = log.key \
                             AND (r.rev > r.verified_rev OR {HAS_WORK})) \
             AND (kind <> 'act' OR NOT EXISTS (SELECT 1 FROM actions \
                  WHERE state IN ('queued', 'waiting', 'held', 'in_doubt')))"
        );
        Ok(self.tx.prepare_cached(&sql)?.execute([day(before)])?)
    }

    fn forget_beyond(&self, values: u32) -> Result<usize, StoreError> {
        let sql = "DELETE FROM history WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER \
                   (PARTITION BY collection, key ORDER BY id DESC) AS place FROM history) WHERE place > ?1)";
        let mut delete = self.tx.prepare_cached(sql)?;
        Ok(delete.execute([signed(values.max(1).into())])?)
    }

    fn forget_before(&self, before: Timestamp) -> Result<usize, StoreError> {
        let sql = "DELETE FROM history WHERE at < ?1 AND id NOT IN \
                   (SELECT MAX(id) FROM history GROUP BY collection, key)";
        Ok(self.tx.prepare_cached(sql)?.execute([day(before)])?)
    }
}

/// Whole days, so that texts of times compare as the times do.
fn day(at: Timestamp) -> String {
    at.to_string().chars().take_while(|c| *c != 'T').collect()
}
