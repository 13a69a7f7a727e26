//! The way up: the change feed, from a cursor.

use crate::columns::{counter, signed, ulid};
use crate::feed::ACTIONS;
use crate::{Ledger, StoreError, StoredRecord};
use leeward_model::{ChangedBy, FeedItem, PackedRecord, PullAnswer, RecordView};

impl Ledger<'_> {
    /// At most `limit` changes after `cursor`, oldest first, each as it is now. Meant for [`crate::Mirror::read`]: one
    /// consistent state.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn pull(&self, client: &str, cursor: u64, limit: u32) -> Result<PullAnswer, StoreError> {
        let view = |record: &StoredRecord, changed_by, _| {
            Ok(RecordView {
                changed_by,
                ..record.view()
            })
        };
        self.pull_as(client, cursor, limit, |_, _, _| Ok(None), view)
    }

    /// The same, with each record packed as the window stores it: it takes over a hundred thousand of them at a time.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn pull_packed(
        &self,
        client: &str,
        cursor: u64,
        limit: u32,
    ) -> Result<PullAnswer<PackedRecord>, StoreError> {
        let pack = |record: &StoredRecord, changed_by, included_seq| {
            let view = RecordView {
                changed_by,
                ..record.short_view()
            };
            PackedRecord::of(view, included_seq)
                .map_err(|_| StoreError::Corrupt("a record cannot be written as JSON".into()))
        };
        let is_watched = self.watches_any()?;
        let quick = |collection: &str, key: &str, included_seq| {
            self.pack_clean(collection, key, (included_seq, is_watched))
        };
        self.pull_as(client, cursor, limit, quick, pack)
    }

    fn pull_as<R>(
        &self,
        client: &str,
        cursor: u64,
        limit: u32,
        quick: impl Fn(&str, &str, u64) -> Result<Option<R>, StoreError>,
        form: impl Fn(&StoredRecord, Option<ChangedBy>, u64) -> Result<R, StoreError>,
    ) -> Result<PullAnswer<R>, StoreError> {
        let limit = limit.max(1) as usize;
        let mut places = self.feed_after(cursor, limit + 1)?;
        let more = places.len() > limit;
        places.truncate(limit);
        let included_seq = self.acked(client)?;
        let items: Vec<FeedItem<R>> = places
            .into_iter()
            .map(|place| {
                let quick = |collection: &str, key: &str| quick(collection, key, included_seq);
                self.feed_item(place, quick, |record, by| form(record, by, included_seq))
            })
            .collect::<Result<_, StoreError>>()?;
        let cursor = items.last().map_or(cursor, |item| item.feed);
        let is_told = !more && !items.is_empty();
        let entered = is_told.then(|| self.entered_by_others(client)).transpose()?;
        Ok(PullAnswer {
            items,
            cursor,
            more,
            included_seq,
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

    fn feed_item<R>(
        &self,
        (feed, collection, key): (u64, String, String),
        quick: impl Fn(&str, &str) -> Result<Option<R>, StoreError>,
        form: impl Fn(&StoredRecord, Option<ChangedBy>) -> Result<R, StoreError>,
    ) -> Result<FeedItem<R>, StoreError> {
        let is_action = collection == ACTIONS;
        let action = if is_action {
            self.action(ulid(&key)?)?
        } else {
            None
        };
        let record = match is_action {
            true => None,
            false => match quick(&collection, &key)? {
                Some(record) => Some(record),
                None => self
                    .record_to_show(&collection, &key)?
                    .filter(StoredRecord::is_visible)
                    .map(|record| form(&record, self.changed_by(&collection, &key)?))
                    .transpose()?,
            },
        };
        Ok(FeedItem {
            feed,
            collection,
            key,
            record,
            action,
        })
    }
}
