//! What is known of a write in flight whose outcome is unknown: how it was answered, and why that does not settle it; and
//! how often Airflow failed on starting a run.

use crate::columns::{from_word, some_time, word};
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// How a write was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// Airflow accepted it, and showed something else.
    Accepted,
    /// Airflow itself failed on it.
    Failed,
    /// Airflow itself failed on a page of writes with this one in it.
    FailedInPage,
}

/// Why the outcome of a write is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubt {
    /// How it was answered; `None` when no answer came.
    pub answered: Option<Answered>,
    /// In plain words; `None` when the process ended before it could tell.
    pub reason: Option<String>,
}

impl Ledger<'_> {
    /// As [`Ledger::mark_in_doubt`], with what is known: it outlives this process, and every later note.
    ///
    /// # Errors
    /// `NotFound` without such an intent; those of SQLite.
    pub fn doubt(
        &self,
        collection: &str,
        key: &str,
        doubt: &Doubt,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE intents SET answer = ?3, reason = ?4 WHERE collection = ?1 AND key = ?2";
        let answer = doubt.answered.map(word).transpose()?;
        self.tx
            .prepare_cached(sql)?
            .execute((collection, key, answer, &doubt.reason))?;
        self.mark_in_doubt(collection, key, doubt.reason.as_deref().unwrap_or_default(), now)
    }

    /// Airflow itself failed on starting this run.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_failure(&self, action: Ulid, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE actions SET failures = failures + 1, failed_at = ?2 WHERE id = ?1";
        self.tx
            .prepare_cached(sql)?
            .execute((action.to_string(), now.to_string()))?;
        Ok(())
    }

    /// The last sending of this run may still take effect: earlier failures say nothing of it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn forget_failures(&self, action: Ulid) -> Result<(), StoreError> {
        let sql = "UPDATE actions SET failures = 0, failed_at = NULL WHERE id = ?1 AND failures > 0";
        self.tx.prepare_cached(sql)?.execute([action.to_string()])?;
        Ok(())
    }

    /// How often in a row Airflow itself failed on starting this run, and when last; `None` when it did not.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn failures_of(&self, action: Ulid) -> Result<Option<(usize, Timestamp)>, StoreError> {
        let sql = "SELECT failures, failed_at FROM actions WHERE id = ?1 AND failures > 0";
        let mut select = self.tx.prepare_cached(sql)?;
        let found = select.query_row([action.to_string()], |row| Ok((row.get(0)?, row.get(1)?)));
        let found: Option<(i64, Option<String>)> = found.optional()?;
        let Some((times, at)) = found else { return Ok(None) };
        let times = usize::try_from(times).unwrap_or_default();
        Ok(some_time(at.as_deref())?.map(|at| (times, at)))
    }

    /// What is known of the record's write in flight; nothing where there is none.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn doubt_of(&self, collection: &str, key: &str) -> Result<Doubt, StoreError> {
        let sql = "SELECT answer, reason FROM intents WHERE collection = ?1 AND key = ?2";
        let mut select = self.tx.prepare_cached(sql)?;
        let found = select.query_row((collection, key), |row| Ok((row.get(0)?, row.get(1)?)));
        let (answer, reason): (Option<String>, Option<String>) = found.optional()?.unwrap_or_default();
        let answered = answer
            .map(|word| from_word(&word, "a write's answer"))
            .transpose()?;
        Ok(Doubt { answered, reason })
    }
}
