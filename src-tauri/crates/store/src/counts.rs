//! What the status line counts, straight from the tables.

use crate::{Ledger, StoreError, records};

/// Counts over the whole mirror.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Records with work that waits to be sent and can be: neither in conflict nor refused, and breaking no rule.
    pub pending: u32,
    /// Records with work of any kind that is not in Airflow yet, conflicts and refused ones included.
    pub unsent: u32,
    /// Actions that are not final.
    pub outbox: u32,
    /// Rules of data models that are broken, each by the records that break it together.
    pub violations: u32,
    /// Records in conflict.
    pub conflicts: u32,
    /// Actions held.
    pub held: u32,
    /// Records and actions that were refused.
    pub rejected: u32,
    /// Of them, the actions.
    pub rejected_actions: u32,
    /// Records and actions whose outcome is unknown.
    pub in_doubt: u32,
    /// Collections that are stopped.
    pub braked: u32,
}

impl Ledger<'_> {
    /// Counts, by partial indexes: cheap however many records there are.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let actions = |states: &str| self.count(&format!("actions WHERE state IN ({states})"));
        let rejected_actions = actions("'rejected'")?;
        let (has_work, violates) = (records::HAS_WORK, records::VIOLATES);
        Ok(Counts {
            pending: self.count(&format!(
                "records WHERE {has_work} AND conflict IS NULL AND rejected IS NULL AND NOT {violates}"
            ))?,
            unsent: self.count(&format!("records WHERE {has_work}"))?,
            outbox: actions("'queued', 'waiting', 'held', 'in_doubt'")?,
            violations: self.count("(SELECT DISTINCT owner, name, value FROM violations)")?,
            conflicts: self.count("records WHERE conflict IS NOT NULL")?,
            held: actions("'held'")?,
            rejected: self.count("records WHERE rejected IS NOT NULL AND conflict IS NULL")?
                + rejected_actions,
            rejected_actions,
            in_doubt: self.count("intents WHERE in_doubt_since IS NOT NULL")? + actions("'in_doubt'")?,
            braked: self.count("brakes WHERE accepted = 0")?,
        })
    }

    /// `from` is always a text of this file.
    fn count(&self, from: &str) -> Result<u32, StoreError> {
        let mut select = self.tx.prepare_cached(&format!("SELECT COUNT(*) FROM {from}"))?;
        Ok(select.query_row([], |row| row.get(0))?)
    }
}
