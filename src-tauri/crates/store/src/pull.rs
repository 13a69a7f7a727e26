//! The way up: the change feed, from a cursor.

use crate::columns::{counter, signed, ulid};
use crate::feed::ACTIONS;
use crate::{Ledger, StoreError, StoredRecord};
use leeward_model::{FeedItem, PullAnswer, RecordView};

impl Ledger<'_> {
    /// At most `limit` changes after `cursor`, oldest first, each as it is now. Meant for [`crate::Mirror::read`]: one
    /// consistent state.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn pull(&self, client: &str, cursor: u64, limit: u32) -> Result<PullAnswer, StoreError> {
        let limit = limit.max(1) as usize;
        let mut places = self.feed_after(cursor, limit + 1)?;
        let more = places.len() > limit;
        places.truncate(limit);
        let items: Vec<FeedItem> = places
            .into_iter()
            .map(|place| self.feed_item(place))
            .collect::<Result<_, StoreError>>()?;
        let cursor = items.last().map_or(cursor, |item| item.feed);
        let is_told = !more && !items.is_empty();
        let entered = is_told.then(|| self.entered_by_others(client)).transpose()?;
        Ok(PullAnswer {
            items,
            cursor,
            more,
            included_seq: self.acked(client)?,
            entered_until: self.entered_until()?,
            entered,
        })
    }

    fn feed_after(&self, cursor: u64, limit: usize) -> Result<Vec<(u64, String, String)>, StoreError> {
        let sql = "SELECT id, collection, key FROM feed WHERE id > ?1 ORDER BY id LIMIT ?2";
        let mut select = self.tx.prepare_cached(sql)?;
        let rows = select.query_map((signed(cursor), signed(limit as u64)), |row| {
            Ok((counter(row.get(0)?), row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn feed_item(&self, (feed, collection, key): (u64, String, String)) -> Result<FeedItem, StoreError> {
        let is_action = collection == ACTIONS;
        let action = if is_action {
            self.action(ulid(&key)?)?
        } else {
            None
        };
        let record = if is_action {
            None
        } else {
            self.shown_record(&collection, &key)?
        };
        Ok(FeedItem {
            feed,
            collection,
            key,
            record,
            action,
        })
    }

    fn shown_record(&self, collection: &str, key: &str) -> Result<Option<RecordView>, StoreError> {
        let record = self.record(collection, key)?.filter(StoredRecord::is_visible);
        let Some(record) = record else {
            return Ok(None);
        };
        Ok(Some(RecordView {
            changed_by: self.changed_by(collection, key)?,
            ..record.view()
        }))
    }
}
