//! A mirror that was lost is rebuilt from a client's store: its rows (with the base of every record), its actions and
//! its log. What Airflow has is left unknown, so nothing can be written before it is read.
//!
//! Where another mirror took the lost one's place and has records of its own by then (a cycle ran, or `leewardctl`
//! wrote into it), the client's work is merged into those. Where it is the same mirror, restored from an older copy, the
//! client knows more, and what it has stands.

use crate::columns::{counter, plausible, signed};
use crate::log::{ClientLog, Place};
use crate::others::KnownOfOthers;
use crate::record::LedgerForm;
use crate::{Ledger, StoreError, StoredRecord};
use jiff::Timestamp;
use leeward_model::{
    Entered, Entry, EntryKind, Handshake, Overlay, OverlayField, PushAnswer, Rebuild, RebuildRecord,
    RecordView, Remote,
};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// What a client's rebuild brings: its store as it was with that mirror, up to that position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    store_id: Option<Ulid>,
    epoch: u64,
    cursor: u64,
    pulled_at: Option<Timestamp>,
    #[serde(default)]
    entered: Option<Vec<Entered>>,
    finished: bool,
    /// An earlier rebuild was broken off, and its client knew more: what it brought is not to be replaced.
    #[serde(default)]
    merges: bool,
}

impl Source {
    fn of(hello: &Handshake) -> Self {
        Self {
            store_id: hello.store_id,
            epoch: hello.epoch,
            cursor: hello.cursor,
            pulled_at: hello.pulled_at,
            entered: hello.entered.clone(),
            finished: false,
            merges: false,
        }
    }

    /// Whether, broken off, it had brought more than that client has: the client's store is an older copy by now.
    fn knew_more_than(&self, hello: &Handshake) -> bool {
        let went_back = self.store_id == hello.store_id && self.cursor > hello.cursor;
        !self.finished && (self.merges || went_back)
    }
}

fn source_name(client: &str) -> String {
    format!("rebuild_source/{client}")
}

impl Ledger<'_> {
    pub(crate) fn begin_rebuild(&self, hello: &Handshake) -> Result<(), StoreError> {
        let before = self.source(&hello.client)?;
        let source = Source {
            merges: before.is_some_and(|before| before.knew_more_than(hello)),
            ..Source::of(hello)
        };
        self.set_meta(&source_name(&hello.client), &source)
    }

    /// Whether a rebuild from that very store was finished already: the client died before it took note.
    pub(crate) fn has_all_of(&self, hello: &Handshake) -> Result<bool, StoreError> {
        let source = self.source(&hello.client)?.filter(|source| source.finished);
        Ok(source.is_some_and(|source| {
            let as_begun = Source {
                finished: false,
                merges: false,
                ..source
            };
            as_begun == Source::of(hello)
        }))
    }

    fn source(&self, client: &str) -> Result<Option<Source>, StoreError> {
        self.get_meta(&source_name(client))
    }

    fn finish_source(&self, client: &str) -> Result<(), StoreError> {
        match self.source(client)? {
            Some(source) => {
                let finished = Source {
                    finished: true,
                    ..source
                };
                self.set_meta(&source_name(client), &finished)
            }
            None => Ok(()),
        }
    }

    /// Whether this mirror is another one than the client's, or was being rebuilt from a newer copy of the client, so
    /// that what it has by now is its own.
    fn merges(&self, client: &str) -> Result<bool, StoreError> {
        let here = self.store_id()?;
        Ok(self
            .source(client)?
            .is_some_and(|source| source.merges || source.store_id != Some(here)))
    }

    /// Whether a client was asked to rebuild this mirror, and its last part has not come: what is here may be older than
    /// what the client knows.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn is_rebuilding(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM clients WHERE rebuilding <> 0)";
        let mut select = self.tx.prepare_cached(sql)?;
        Ok(select.query_row([], |row| row.get(0))?)
    }

    /// Takes one part of a rebuild; the last one also brings the log, and ends it.
    ///
    /// # Errors
    /// `UnknownEpoch` when the handshake did not ask for it; `BadInput` when a number is beyond counting; those of SQLite.
    pub fn rebuild(&self, part: &Rebuild, now: Timestamp) -> Result<PushAnswer, StoreError> {
        let seqs = part.entries.iter().map(|entry| entry.seq);
        plausible(seqs.chain(part.records.iter().map(|row| row.included_seq)))?;
        let log = self
            .client_log(&part.client)?
            .filter(|log| log.rebuilding && log.epoch == part.epoch);
        let log = log.ok_or(StoreError::UnknownEpoch)?;
        let merges = self.merges(&part.client)?;
        for row in &part.records {
            self.take_row(&part.client, row, merges, now)?;
        }
        for row in &part.actions {
            if !(merges && self.action(row.action.action.id)?.is_some()) {
                self.restore_action(&row.action)?;
            }
        }
        if !part.last {
            return Ok(PushAnswer { acked_seq: log.acked });
        }
        let answer = self.finish_rebuild(part, log, now)?;
        self.begin_collections()?;
        Ok(answer)
    }

    pub(crate) fn forget_rebuild(&self, client: &str) -> Result<(), StoreError> {
        self.tx
            .prepare_cached("DELETE FROM rebuild_rows WHERE client = ?1")?
            .execute([client])?;
        Ok(())
    }

    fn take_row(
        &self,
        client: &str,
        row: &RebuildRecord,
        merges: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (collection, key) = (&row.record.collection, &row.record.key);
        if let Some(theirs) = restored(&row.record) {
            self.raise_rev(theirs.rev)?;
            if merges {
                self.merge_row(client, theirs, now)?;
            } else {
                self.restore(&theirs, now)?;
            }
        }
        self.touch(collection, key)?;
        let sql =
            "INSERT OR REPLACE INTO rebuild_rows (client, collection, key, included) VALUES (?1, ?2, ?3, ?4)";
        self.tx
            .prepare_cached(sql)?
            .execute((client, collection, key, signed(row.included_seq)))?;
        Ok(())
    }

    fn restore(&self, theirs: &StoredRecord, now: Timestamp) -> Result<(), StoreError> {
        self.save(theirs, theirs.changed_at.unwrap_or(now)).map(drop)
    }

    /// A record that is known here keeps what it has, and the client's work on it comes on top. One that was at most
    /// seen in Airflow is restored, and what was seen there stays.
    fn merge_row(&self, client: &str, theirs: StoredRecord, now: Timestamp) -> Result<(), StoreError> {
        match self.record(&theirs.collection, &theirs.key)? {
            Some(mut ours) if ours.is_visible() || ours.in_doubt => {
                if ours.base.is_none() && ours.remote == Remote::Unknown {
                    // Never read here: what the client had confirmed is the best that is known.
                    ours.base.clone_from(&theirs.base);
                    self.save(&ours, now)?;
                }
                self.bring_in(client, &ours, &theirs, now)
            }
            Some(ours) => {
                let remote = ours.remote;
                self.restore(&StoredRecord { remote, ..theirs }, now)
            }
            None => self.restore(&theirs, now),
        }
    }

    fn restore_action(&self, view: &leeward_model::ActionView) -> Result<(), StoreError> {
        self.insert_action(view)?;
        for wait in &view.waits_for {
            self.restore_wait(view.action.id, wait)?;
        }
        Ok(())
    }

    fn finish_rebuild(
        &self,
        part: &Rebuild,
        log: ClientLog,
        now: Timestamp,
    ) -> Result<PushAnswer, StoreError> {
        if !self.merges(&part.client)? {
            self.settle_unlisted(&part.client, now)?;
        }
        self.date_waits()?;
        self.look_for_open_actions()?;
        let mut acked = log.rebuild_seq;
        for entry in &part.entries {
            self.bring_back_entry(&part.client, log.epoch, entry, now)?;
            acked = acked.max(entry.seq);
        }
        if !self.merges(&part.client)? {
            self.bring_back_others(&part.client, now)?;
        }
        self.put_client(
            &part.client,
            ClientLog {
                acked,
                rebuilding: false,
                rebuild_seq: 0,
                ..log
            },
        )?;
        self.forget_rebuild(&part.client)?;
        self.finish_source(&part.client)?;
        self.demand_full_scan()?;
        Ok(PushAnswer { acked_seq: acked })
    }

    /// A mirror that was restored from an older copy has records with work which the client, who knows more, no longer
    /// has: that work came to its end. And no observation or write in flight of then is true now.
    fn settle_unlisted(&self, client: &str, now: Timestamp) -> Result<(), StoreError> {
        self.tx.execute("DELETE FROM intents", [])?;
        let sql = "SELECT collection, key FROM records WHERE NOT EXISTS (SELECT 1 FROM rebuild_rows b \
                   WHERE b.client = ?1 AND b.collection = records.collection AND b.key = records.key)";
        let mut select = self.tx.prepare(sql)?;
        let places = select.query_map([client], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (collection, key) in places.collect::<Result<Vec<(String, String)>, _>>()? {
            let mut record = self.record_or_new(&collection, &key)?;
            (record.overlay, record.conflict) = (None, None);
            record.end_refusal();
            record.remote = Remote::Unknown;
            record.verified_rev = record.rev;
            self.save(&record, now)?;
        }
        Ok(())
    }

    /// What other clients entered after the rebuilding one last looked, into the older copy: their work comes on top.
    fn bring_back_others(&self, client: &str, now: Timestamp) -> Result<(), StoreError> {
        let Some(source) = self.source(client)? else {
            return Ok(());
        };
        let known = KnownOfOthers {
            told: source.entered,
            until: source.pulled_at,
        };
        for other in known.unknown(self.logged_by_others(client)?) {
            if let Some(entry) = other.entry.filter(|entry| entry.kind != EntryKind::Act) {
                self.apply_entry(&other.client, &entry, now)?;
            }
        }
        Ok(())
    }

    /// An entry that the client's row includes is only noted; another one is work that the lost mirror may never have
    /// had.
    fn bring_back_entry(
        &self,
        client: &str,
        epoch: u64,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let kept = if self.knows(entry.id)? || self.is_included(client, entry)? {
            self.kept_of(entry)?
        } else {
            self.look_for(entry.action.iter().map(|action| action.id))?;
            self.apply_entry(client, entry, now)?
        };
        self.register(
            Place {
                client,
                epoch,
                seq: entry.seq,
            },
            &kept,
        )
    }

    fn is_included(&self, client: &str, entry: &Entry) -> Result<bool, StoreError> {
        if let (EntryKind::Act, Some(action)) = (entry.kind, &entry.action) {
            return Ok(self.action(action.id)?.is_some());
        }
        let sql = "SELECT included FROM rebuild_rows WHERE client = ?1 AND collection = ?2 AND key = ?3";
        let mut select = self.tx.prepare_cached(sql)?;
        let included: Option<i64> = select
            .query_row((client, &entry.collection, &entry.key), |row| row.get(0))
            .optional()?;
        Ok(included.is_some_and(|included| entry.seq <= counter(included)))
    }
}

/// The record as the client had it. Where the mirror's own form cannot be read, pending work is taken as a creation:
/// the next reading of Airflow turns that into a conflict, and nothing is lost.
fn restored(view: &RecordView) -> Option<StoredRecord> {
    let form = serde_json::from_value::<LedgerForm>(view.ledger.clone())
        .ok()
        .filter(|_| !view.ledger.is_null());
    let mut form = match form {
        Some(form) => form,
        None if !view.is_worked_on() => return None,
        None => LedgerForm {
            overlay: Some(as_creation(view)),
            rev: 1,
            ..LedgerForm::default()
        },
    };
    Some(StoredRecord {
        base: form.base(view),
        overlay: form.overlay,
        remote: Remote::Unknown,
        conflict: view.conflict.clone(),
        rejected: form.rejected,
        refused_of: form.refused_of,
        rev: form.rev,
        verified_rev: form.verified_rev,
        reason: view.reason.clone(),
        changed_at: view.changed_at,
        ..StoredRecord::new(&view.collection, &view.key)
    })
}

fn as_creation(view: &RecordView) -> Overlay {
    let field = |(name, value): (&String, &leeward_model::Value)| {
        (
            name.clone(),
            OverlayField {
                to: Some(value.clone()),
                base: None,
            },
        )
    };
    Overlay {
        fields: view.fields.iter().map(field).collect(),
        deleted: false,
    }
}
