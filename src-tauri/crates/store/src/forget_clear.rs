//! A value that Airflow hides from now on does not stay in clear: not in the history, not in the log.

use crate::columns::{json, parse};
use crate::{Ledger, StoreError};
use leeward_model::{Change, Entry, Fields, secret_id};

impl Ledger<'_> {
    /// Takes the field out of the record's history and of its log entries; references to secrets stay. What is left of
    /// an item tells when, by whom and why, without the value. The pages that held it are overwritten.
    ///
    /// # Errors
    /// `Corrupt`; those of SQLite.
    pub fn forget_clear(&self, collection: &str, key: &str, field: &str) -> Result<(), StoreError> {
        let items = self.history_with(collection, key, field)?;
        let entries = self.entries_with(collection, key, field)?;
        if items.is_empty() && entries.is_empty() {
            return Ok(());
        }
        self.tx.pragma_update(None, "secure_delete", true)?;
        for (id, mut fields) in items {
            fields.remove(field);
            let hash = self.content(&fields)?;
            let mut update = self
                .tx
                .prepare_cached("UPDATE history SET hash = ?2 WHERE id = ?1")?;
            update.execute((id, hash))?;
        }
        let unused =
            "DELETE FROM contents WHERE hash NOT IN (SELECT hash FROM history WHERE hash IS NOT NULL)";
        self.tx.execute(unused, [])?;
        for mut entry in entries {
            entry.fields.remove(field);
            if let Some(mine) = &mut entry.mine {
                mine.remove(field);
            }
            let mut update = self.tx.prepare_cached("UPDATE log SET body = ?2 WHERE id = ?1")?;
            update.execute((entry.id.to_string(), json(&entry)?))?;
        }
        self.tx.pragma_update(None, "secure_delete", false)?;
        Ok(())
    }

    fn history_with(
        &self,
        collection: &str,
        key: &str,
        field: &str,
    ) -> Result<Vec<(i64, Fields)>, StoreError> {
        let sql = "SELECT h.id, c.body FROM history h JOIN contents c ON c.hash = h.hash \
                   WHERE h.collection = ?1 AND h.key = ?2";
        let mut select = self.tx.prepare_cached(sql)?;
        let mut rows = select.query((collection, key))?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            let fields: Fields = parse(&row.get::<_, String>(1)?, "a history item")?;
            if fields.contains_key(field) {
                items.push((row.get(0)?, fields));
            }
        }
        Ok(items)
    }

    fn entries_with(&self, collection: &str, key: &str, field: &str) -> Result<Vec<Entry>, StoreError> {
        let sql = "SELECT body FROM log WHERE collection = ?1 AND key = ?2 AND body <> ''";
        let mut select = self.tx.prepare_cached(sql)?;
        let mut rows = select.query((collection, key))?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let entry: Entry = parse(&row.get::<_, String>(0)?, "a log entry")?;
            let is_plain = |change: &Change| change.to.as_ref().is_none_or(|to| secret_id(to).is_none());
            if entry.fields.get(field).is_some_and(is_plain) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}
