//! The numbered log of work as the mirror takes it: idempotent by id, without gaps, forks noticed.

use crate::columns::{counter, json, plausible, signed, word};
use crate::follow_models::is_of_a_model;
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{Action, Change, Entry, EntryKind, Fields, PushAnswer};
use rusqlite::OptionalExtension;
use std::collections::BTreeMap;
use ulid::Ulid;

const ENTERED_UNTIL: &str = "entered_until";

/// Work that is entered straight into the mirror, by a client that keeps no log of its own (`leewardctl`).
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// Unique for ever; an id that is known is not applied again.
    pub id: Ulid,
    /// What it is.
    pub kind: EntryKind,
    /// See [`Entry::collection`].
    pub collection: String,
    /// See [`Entry::key`].
    pub key: String,
    /// See [`Entry::fields`].
    pub fields: BTreeMap<String, Change>,
    /// See [`Entry::mine`].
    pub mine: Option<Fields>,
    /// See [`Entry::deleted`].
    pub deleted: bool,
    /// See [`Entry::action`].
    pub action: Option<Action>,
    /// The analyst's reason.
    pub reason: Option<String>,
}

impl Work {
    /// Work of that kind, with everything else empty.
    #[must_use]
    pub fn new(id: Ulid, kind: EntryKind) -> Self {
        Self {
            id,
            kind,
            collection: String::new(),
            key: String::new(),
            fields: BTreeMap::new(),
            mine: None,
            deleted: false,
            action: None,
            reason: None,
        }
    }

    fn entry(self, seq: u64, at: Timestamp) -> Entry {
        let Self {
            id,
            kind,
            collection,
            key,
            fields,
            mine,
            deleted,
            action,
            reason,
        } = self;
        Entry {
            id,
            seq,
            kind,
            collection,
            key,
            fields,
            creates: false,
            mine,
            deleted,
            action,
            reason,
            at,
        }
    }
}

/// A client's log as the mirror knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientLog {
    pub(crate) epoch: u64,
    pub(crate) acked: u64,
    pub(crate) rebuilding: bool,
    pub(crate) rebuild_seq: u64,
}

/// Where an entry is registered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) client: &'a str,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
}

impl Ledger<'_> {
    /// Takes a batch of a client's log, whose first entry has `from_seq`. What is known by its id is passed over.
    /// Nothing is kept unless the surrounding [`crate::Mirror::write`] commits.
    ///
    /// # Errors
    /// `UnknownEpoch`, `Gap`, `Fork` (each: shake hands again); `BadInput` when the batch is not numbered in a row, or
    /// a number is beyond counting; those of SQLite.
    pub fn push(
        &self,
        client: &str,
        epoch: u64,
        from_seq: u64,
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<PushAnswer, StoreError> {
        plausible([epoch, from_seq])?;
        let log = self
            .client_log(client)?
            .filter(|log| log.epoch == epoch && !log.rebuilding);
        let mut acked = log.ok_or(StoreError::UnknownEpoch)?.acked;
        for (seq, entry) in (from_seq..).zip(entries) {
            if entry.seq != seq {
                return Err(StoreError::BadInput(
                    "the entries are not numbered in a row".into(),
                ));
            }
            acked = self.take(Place { client, epoch, seq }, acked, entry, now)?;
        }
        self.set_acked(client, acked)?;
        if entries.iter().any(is_of_a_model) {
            self.begin_collections()?;
        }
        Ok(PushAnswer { acked_seq: acked })
    }

    /// Enters work under the next number of the client's own log, and applies it, all in this transaction.
    ///
    /// # Errors
    /// `BadInput` when the work lacks what its kind needs, `UnknownCollection` when nothing is known of its fields; those
    /// of SQLite.
    pub fn enter(&self, client: &str, work: Work, now: Timestamp) -> Result<Entry, StoreError> {
        let log = match self.client_log(client)? {
            Some(log) => log,
            None => self.new_epoch(client, 0)?,
        };
        let mut entry = work.entry(log.acked + 1, now);
        check(&entry)?;
        if needs_model(&entry) && self.model(&entry.collection)?.is_none() {
            return Err(StoreError::UnknownCollection(entry.collection));
        }
        entry.creates = self.creates(&entry)?;
        if self.entered_until()? < Some(now) {
            self.set_meta(ENTERED_UNTIL, &now)?;
        }
        self.push(client, log.epoch, entry.seq, std::slice::from_ref(&entry), now)?;
        Ok(entry)
    }

    /// The latest time at which work was entered straight into this mirror.
    pub(crate) fn entered_until(&self) -> Result<Option<Timestamp>, StoreError> {
        self.get_meta(ENTERED_UNTIL)
    }

    /// Whether who works on the mirror itself was shown no record of that key.
    fn creates(&self, entry: &Entry) -> Result<bool, StoreError> {
        let saw_nothing = entry.fields.values().all(|change| change.from.is_none());
        if entry.kind != EntryKind::Edit || !saw_nothing {
            return Ok(false);
        }
        let known = self.record(&entry.collection, &entry.key)?;
        Ok(!known.is_some_and(|record| record.is_visible()))
    }

    /// Whether the client has ever spoken with this mirror.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn knows_client(&self, client: &str) -> Result<bool, StoreError> {
        Ok(self.client_log(client)?.is_some())
    }

    /// The last `seq` of the client's current epoch that the mirror holds.
    pub(crate) fn acked(&self, client: &str) -> Result<u64, StoreError> {
        Ok(self.client_log(client)?.map_or(0, |log| log.acked))
    }

    pub(crate) fn client_log(&self, client: &str) -> Result<Option<ClientLog>, StoreError> {
        let sql = "SELECT epoch, acked, rebuilding, rebuild_seq FROM clients WHERE client = ?1";
        let mut select = self.tx.prepare_cached(sql)?;
        let found = select.query_row([client], |row| {
            Ok(ClientLog {
                epoch: counter(row.get(0)?),
                acked: counter(row.get(1)?),
                rebuilding: row.get(2)?,
                rebuild_seq: counter(row.get(3)?),
            })
        });
        Ok(found.optional()?)
    }

    /// Starts the client's next epoch, above ours and above the one it names.
    pub(crate) fn new_epoch(&self, client: &str, claimed: u64) -> Result<ClientLog, StoreError> {
        let ours = self.client_log(client)?.map_or(0, |log| log.epoch);
        let log = ClientLog {
            epoch: ours.max(claimed) + 1,
            acked: 0,
            rebuilding: false,
            rebuild_seq: 0,
        };
        self.put_client(client, log)?;
        Ok(log)
    }

    pub(crate) fn put_client(&self, client: &str, log: ClientLog) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO clients (client, epoch, acked, rebuilding, rebuild_seq) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let row = (
            client,
            signed(log.epoch),
            signed(log.acked),
            log.rebuilding,
            signed(log.rebuild_seq),
        );
        self.tx.prepare_cached(sql)?.execute(row)?;
        Ok(())
    }

    /// Whether an entry of that id was ever taken.
    pub(crate) fn knows(&self, id: Ulid) -> Result<bool, StoreError> {
        let mut select = self.tx.prepare_cached("SELECT 1 FROM log WHERE id = ?1")?;
        Ok(select.exists([id.to_string()])?)
    }

    /// Whether the client's entry at a `seq` that we acknowledged is the one that we took.
    pub(crate) fn agrees(&self, place: Place<'_>, id: Ulid) -> Result<bool, StoreError> {
        match self.id_at(place)? {
            Some(stored) => Ok(stored == id.to_string()),
            // Renumbered since, under another place; or never seen: then the client's past is another one.
            None => self.knows(id),
        }
    }

    /// Registers an entry; one that is known moves to its new place. `kept` is what the mirror may store of it.
    pub(crate) fn register(&self, place: Place<'_>, kept: &Entry) -> Result<(), StoreError> {
        let sql = "INSERT INTO log (id, client, epoch, seq, kind, collection, key, at, body) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE \
                   SET client = excluded.client, epoch = excluded.epoch, seq = excluded.seq";
        self.tx.prepare_cached(sql)?.execute(rusqlite::params![
            kept.id.to_string(),
            place.client,
            signed(place.epoch),
            signed(place.seq),
            word(kept.kind)?,
            kept.collection,
            kept.key,
            kept.at.to_string(),
            json(kept)?,
        ])?;
        Ok(())
    }

    /// Takes one entry and returns the last acknowledged `seq` after it.
    fn take(&self, place: Place<'_>, acked: u64, entry: &Entry, now: Timestamp) -> Result<u64, StoreError> {
        if place.seq > acked + 1 {
            return Err(StoreError::Gap {
                expected: acked + 1,
                got: place.seq,
            });
        }
        if place.seq <= acked {
            let same = self.agrees(place, entry.id)?;
            return if same {
                Ok(acked)
            } else {
                Err(StoreError::Fork { seq: place.seq })
            };
        }
        let known = self.knows(entry.id)?;
        let kept = if known {
            self.announce(entry)?
        } else {
            self.apply_entry(place.client, entry, now)?
        };
        self.register(place, &kept)?;
        Ok(place.seq)
    }

    /// An entry that was taken before, under another number: the client waits for a feed item that includes it.
    fn announce(&self, entry: &Entry) -> Result<Entry, StoreError> {
        self.touch_subject(entry)?;
        Ok(entry.clone())
    }

    fn set_acked(&self, client: &str, acked: u64) -> Result<(), StoreError> {
        let sql = "UPDATE clients SET acked = ?2 WHERE client = ?1 AND acked <> ?2";
        self.tx.prepare_cached(sql)?.execute((client, signed(acked)))?;
        Ok(())
    }

    fn id_at(&self, place: Place<'_>) -> Result<Option<String>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT id FROM log WHERE client = ?1 AND epoch = ?2 AND seq = ?3")?;
        let row = (place.client, signed(place.epoch), signed(place.seq));
        Ok(select.query_row(row, |row| row.get(0)).optional()?)
    }
}

/// Taking back what is there does not; nor does work on an action.
fn needs_model(entry: &Entry) -> bool {
    matches!(
        entry.kind,
        EntryKind::Edit | EntryKind::Delete | EntryKind::Resolve
    )
}

/// What a kind of entry cannot do without. A pushed entry that lacks it holds nothing, and is passed over.
fn check(entry: &Entry) -> Result<(), StoreError> {
    let bad = |what: &str| Err(StoreError::BadInput(what.to_owned()));
    match entry.kind {
        EntryKind::Act if entry.action.is_none() => bad("an act has no action"),
        EntryKind::Edit if entry.fields.is_empty() => bad("an edit has no fields"),
        EntryKind::Edit | EntryKind::Delete | EntryKind::Resolve if entry.key.is_empty() => {
            bad("the key is empty")
        }
        EntryKind::TakeBack | EntryKind::Release if entry.key.is_empty() => bad("the key is empty"),
        _ => Ok(()),
    }
}
