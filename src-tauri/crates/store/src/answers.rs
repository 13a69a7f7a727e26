//! What is known of a write in flight whose outcome is unknown: how it was answered, and why that does not settle it.

use crate::columns::{from_word, word};
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

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
