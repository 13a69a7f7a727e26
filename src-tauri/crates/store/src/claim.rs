//! Whose a Variable is: a typed collection claims those under its prefix. The raw collection lets go of them, but of none
//! that work waits on: that goes out first.

use crate::records::HAS_WORK;
use crate::{Ledger, StoreError};
use leeward_model::{MODEL_KEY, VARIABLES};

impl Ledger<'_> {
    /// Lets go of the Variables under the prefix on which nothing waits.
    pub(crate) fn claim_prefix(&self, prefix: &str) -> Result<(), StoreError> {
        for key in self.claimed(prefix, false)? {
            self.let_go(VARIABLES, &key)?;
        }
        Ok(())
    }

    /// The Variables under the prefix that the raw collection still has, because work on them waits.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn claimed_with_work(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.claimed(prefix, true)
    }

    fn claimed(&self, prefix: &str, has_work: bool) -> Result<Vec<String>, StoreError> {
        let sql = format!(
            "SELECT key FROM records WHERE collection = ?1 AND key >= ?2 AND key < ?3 AND key <> ?4 \
             AND ({HAS_WORK} OR EXISTS (SELECT 1 FROM intents i \
                  WHERE i.collection = records.collection AND i.key = records.key)) = ?5"
        );
        let mut select = self.tx.prepare_cached(&sql)?;
        let beyond = format!("{prefix}{}", char::MAX);
        let model = format!("{prefix}{MODEL_KEY}");
        let keys = select.query_map((VARIABLES, prefix, beyond, model, has_work), |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// Forgets what is known of the record, which nothing waits on. Nothing happens to it in Airflow, and its history stays.
    pub(crate) fn let_go(&self, collection: &str, key: &str) -> Result<(), StoreError> {
        let record = self.record(collection, key)?;
        let mut delete = self
            .tx
            .prepare_cached("DELETE FROM records WHERE collection = ?1 AND key = ?2")?;
        delete.execute((collection, key))?;
        self.judge(record.as_ref(), None)?;
        self.touch(collection, key)
    }

    /// Whether work waits on any record of the collection, or a write is in flight.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_any_work(&self, collection: &str) -> Result<bool, StoreError> {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM records WHERE collection = ?1 AND {HAS_WORK})");
        let mut select = self.tx.prepare_cached(&sql)?;
        let has_work: bool = select.query_row([collection], |row| row.get(0))?;
        Ok(has_work || self.is_in_flight(collection)?)
    }

    /// Whether a write of the collection is in flight.
    pub(crate) fn is_in_flight(&self, collection: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM intents WHERE collection = ?1)";
        let mut select = self.tx.prepare_cached(sql)?;
        Ok(select.query_row([collection], |row| row.get(0))?)
    }
}
