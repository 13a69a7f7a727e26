//! The account of the cycles that did something.

use crate::columns::{json, parse, signed};
use crate::{Ledger, StoreError};
use leeward_model::Activity;

/// Cycles that are kept, the newest.
const KEPT: u64 = 1000;

impl Ledger<'_> {
    /// Adds a cycle's account, and forgets the oldest.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn add_activity(&self, activity: &Activity) -> Result<(), StoreError> {
        let mut insert = self
            .tx
            .prepare_cached("INSERT INTO activity (body) VALUES (?1)")?;
        insert.execute([json(activity)?])?;
        let mut forget = self
            .tx
            .prepare_cached("DELETE FROM activity WHERE id <= (SELECT MAX(id) FROM activity) - ?1")?;
        forget.execute([signed(KEPT)])?;
        Ok(())
    }

    /// The accounts, newest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn activities(&self, limit: u32) -> Result<Vec<Activity>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT body FROM activity ORDER BY id DESC LIMIT ?1")?;
        let mut rows = select.query([signed(limit.into())])?;
        let mut activities = Vec::new();
        while let Some(row) = rows.next()? {
            activities.push(parse(&row.get::<_, String>(0)?, "an activity")?);
        }
        Ok(activities)
    }
}
