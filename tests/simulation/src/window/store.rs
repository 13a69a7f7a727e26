//! What stands in IndexedDB (`schema.ts`), and its transactions. Each method is one strict transaction: it is there as a
//! whole, and survives every crash, once the method has returned.

use leeward_model::{
    Action, ActionView, Change, Digest, Entered, Entry, EntryKind, FeedItem, Handshake, PullAnswer, Rebuild,
    RebuildAction, RebuildRecord, RecordState, RecordView, TailEntry,
};
use std::collections::{BTreeMap, BTreeSet};
use ulid::Ulid;

use crate::bugs::Bug;

/// Under this name the window speaks with the mirror.
pub const CLIENT: &str = "window";
/// Collection and key; an action's work has the collection "".
pub type Subject = (String, String);

/// A record as pulled (`RecordRow`).
#[derive(Debug, Clone)]
pub struct Row {
    /// The record.
    pub record: RecordView,
    /// The last `seq` of the log that it includes.
    pub included: u64,
}

/// Where the window stands with the mirror (`place.ts`).
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The mirror last agreed with.
    pub store_id: Option<Ulid>,
    /// The epoch of the log.
    pub epoch: u64,
    /// The last `seq` given out.
    pub last_seq: u64,
    /// The last feed position taken over.
    pub cursor: u64,
    /// When it was asked for.
    pub pulled_at: Option<jiff::Timestamp>,
    /// What others had entered until then.
    pub entered: Option<Vec<Entered>>,
}

/// One environment's database.
#[derive(Debug, Clone, Default)]
pub struct WindowStore {
    /// `meta`.
    pub place: Place,
    /// `log`, by `seq`.
    pub log: BTreeMap<u64, Entry>,
    /// `records`.
    pub rows: BTreeMap<Subject, Row>,
    /// `overlay`: work that the pulled row does not include yet.
    pub overlay: BTreeMap<Subject, Vec<Entry>>,
    /// `actions`.
    pub actions: BTreeMap<String, ActionView>,
}

/// Work before it has its place in the log.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Unique.
    pub id: Ulid,
    /// What it is.
    pub kind: EntryKind,
    /// What it is about.
    pub subject: Subject,
    /// The changes.
    pub fields: BTreeMap<String, Change>,
    /// In a resolve: the analyst's side as it was shown.
    pub mine: Option<leeward_model::Fields>,
    /// In a resolve: the result is a delete.
    pub deleted: bool,
    /// In an act: the action.
    pub action: Option<Action>,
    /// By this computer's clock.
    pub at: jiff::Timestamp,
}

/// What push and pull go on in.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    /// The mirror.
    pub store_id: Ulid,
    /// The epoch.
    pub epoch: u64,
    /// The last `seq` that the mirror holds.
    pub acked: u64,
}

/// Both sides disagree: shake hands again.
#[derive(Debug, Clone, Copy)]
pub struct CannotAgree;

fn subject_of(entry: &Entry) -> Subject {
    match (entry.kind, &entry.action) {
        (EntryKind::Act, Some(action)) => (String::new(), action.id.to_string()),
        _ => (entry.collection.clone(), entry.key.clone()),
    }
}

fn by_subject<'a>(entries: impl Iterator<Item = &'a Entry>) -> BTreeMap<Subject, Vec<Entry>> {
    let mut groups: BTreeMap<Subject, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        groups.entry(subject_of(entry)).or_default().push(entry.clone());
    }
    groups
}

impl WindowStore {
    /// `keep.ts`: the log entry and the overlay row in one transaction.
    pub fn keep(&mut self, draft: Draft) -> Entry {
        let seq = self.place.last_seq + 1;
        let entry = Entry {
            id: draft.id,
            seq,
            creates: self.creates(&draft),
            kind: draft.kind,
            collection: draft.subject.0,
            key: draft.subject.1,
            fields: draft.fields,
            mine: draft.mine,
            deleted: draft.deleted,
            action: draft.action,
            reason: None,
            at: draft.at,
        };
        self.log.insert(seq, entry.clone());
        self.overlay
            .entry(subject_of(&entry))
            .or_default()
            .push(entry.clone());
        self.place.last_seq = seq;
        entry
    }

    fn creates(&self, draft: &Draft) -> bool {
        let saw_nothing = draft.fields.values().all(|change| change.from.is_none());
        let is_known = self.rows.contains_key(&draft.subject) || self.overlay.contains_key(&draft.subject);
        draft.kind == EntryKind::Edit && saw_nothing && !is_known
    }

    /// `handshake.ts`: one consistent read of what this store holds.
    #[must_use]
    pub fn first_word(&self) -> Handshake {
        Handshake {
            client: CLIENT.into(),
            store_id: self.place.store_id,
            epoch: self.place.epoch,
            last_seq: self.place.last_seq,
            cursor: self.place.cursor,
            environment: None,
            pulled_at: self.place.pulled_at,
            entered: self.place.entered.clone(),
            digest: Digest {
                rows: self.rows.len() as u64,
            },
            tail: self.log.values().map(tail_of).collect(),
        }
    }

    /// `handshake.ts`: both go on.
    pub fn resume(&mut self, session: Session) {
        self.place.store_id = Some(session.store_id);
        self.place.epoch = session.epoch;
    }

    /// `handshake.ts`: everything is taken from the mirror anew; what it lacks keeps its order.
    pub fn rehydrate(&mut self, session: Session, known: &BTreeSet<Ulid>, bug: Option<Bug>) {
        let forgets = bug == Some(Bug::WindowForgetsUnsentOnRehydrate);
        let unknown = std::mem::take(&mut self.log)
            .into_values()
            .filter(|entry| !known.contains(&entry.id) && !forgets);
        self.log = (session.acked + 1..)
            .zip(unknown)
            .map(|(seq, entry)| (seq, Entry { seq, ..entry }))
            .collect();
        self.overlay = by_subject(self.log.values());
        let deletes = match self.rows.values().next_back() {
            Some(row) if bug == Some(Bug::WindowDeletesWhatItLacks) => vec![delete_of(&row.record)],
            _ => Vec::new(),
        };
        self.rows.clear();
        self.actions.clear();
        self.place = Place {
            store_id: Some(session.store_id),
            epoch: session.epoch,
            last_seq: session.acked + self.log.len() as u64,
            cursor: 0,
            ..self.place.clone()
        };
        deletes.into_iter().for_each(|draft| drop(self.keep(draft)));
    }

    /// `rebuild.ts`: the last (here the only) part.
    #[must_use]
    pub fn last_part(&self, epoch: u64, rows: Vec<RebuildRecord>) -> Rebuild {
        let actions = self.actions.values().cloned();
        Rebuild {
            client: CLIENT.into(),
            epoch,
            records: rows,
            actions: actions.map(|action| RebuildAction { action }).collect(),
            entries: self.log.values().cloned().collect(),
            last: true,
        }
    }

    /// `rebuild.ts`: the next rows after `last`.
    #[must_use]
    pub fn rows_after(&self, last: Option<&Subject>, limit: usize) -> Vec<(Subject, RebuildRecord)> {
        let after = self.rows.iter().filter(|(subject, _)| Some(*subject) > last);
        let part = |(subject, row): (&Subject, &Row)| {
            let record = RebuildRecord {
                record: row.record.clone(),
                included_seq: row.included,
            };
            (subject.clone(), record)
        };
        after.take(limit).map(part).collect()
    }

    /// `rebuild.ts`: the new mirror is remembered.
    pub fn rebuilt(&mut self, store_id: Ulid, epoch: u64) {
        self.place.store_id = Some(store_id);
        self.place.epoch = epoch;
        self.place.cursor = 0;
    }

    /// `push.ts`: what the mirror has not acknowledged.
    #[must_use]
    pub fn entries_after(&self, acked: u64, limit: usize) -> Vec<Entry> {
        self.log
            .range(acked + 1..)
            .take(limit)
            .map(|(_, e)| e.clone())
            .collect()
    }

    /// `pull.ts`: takes over a page, if this is still the store that asked for it.
    ///
    /// # Errors
    /// When it is not.
    pub fn take_over(
        &mut self,
        session: Session,
        (asked, at): (u64, jiff::Timestamp),
        answer: PullAnswer,
        bug: Option<Bug>,
    ) -> Result<(), CannotAgree> {
        let place = &self.place;
        if place.cursor != asked || place.epoch != session.epoch || place.store_id != Some(session.store_id) {
            return Err(CannotAgree);
        }
        let work = by_subject(self.log.values());
        for item in answer.items {
            let subject = (item.collection.clone(), item.key.clone());
            let entries = work.get(&subject).map_or(&[][..], Vec::as_slice);
            let skips = bug == Some(Bug::WindowSkipsAnItem) && item.feed % 5 == 0;
            if skips || entries.iter().any(|entry| entry.seq > answer.included_seq) {
                continue;
            }
            self.overlay.remove(&subject);
            let too_early = bug == Some(Bug::WindowPrunesTheLogEarly) && !entries.is_empty();
            if is_final(&item) || too_early {
                entries.iter().for_each(|entry| drop(self.log.remove(&entry.seq)));
            }
            if too_early {
                continue;
            }
            self.put(subject, item, answer.included_seq);
        }
        self.place.cursor = answer.cursor;
        if !answer.more {
            self.place.pulled_at = Some(at).max(answer.entered_until);
            self.place.entered = answer.entered.or(self.place.entered.take());
        }
        Ok(())
    }

    fn put(&mut self, subject: Subject, item: FeedItem, included: u64) {
        if subject.0.is_empty() {
            match item.action {
                Some(action) => drop(self.actions.insert(subject.1, action)),
                None => drop(self.actions.remove(&subject.1)),
            }
            return;
        }
        match item.record {
            Some(record) => drop(self.rows.insert(subject, Row { record, included })),
            None => drop(self.rows.remove(&subject)),
        }
    }
}

/// A delete that nobody asked for.
fn delete_of(record: &RecordView) -> Draft {
    let from = |(name, value): (&String, &leeward_model::Value)| {
        let change = Change {
            from: Some(value.clone()),
            to: None,
        };
        (name.clone(), change)
    };
    Draft {
        id: Ulid::from(u128::from(record.key.len() as u64) + 7),
        kind: EntryKind::Delete,
        subject: (record.collection.clone(), record.key.clone()),
        fields: record.fields.iter().map(from).collect(),
        mine: None,
        deleted: false,
        action: None,
        at: record.changed_at.unwrap_or(jiff::Timestamp::UNIX_EPOCH),
    }
}

fn tail_of(entry: &Entry) -> TailEntry {
    TailEntry {
        seq: entry.seq,
        id: entry.id,
    }
}

/// Nothing can happen any more to the work on it: only then may the log forget it.
fn is_final(item: &FeedItem) -> bool {
    use leeward_model::ActionState::{Cancelled, Done, Rejected};
    if item.collection.is_empty() {
        let is_over = |action: &ActionView| matches!(action.state, Done | Rejected | Cancelled);
        return item.action.as_ref().is_none_or(is_over);
    }
    item.record
        .as_ref()
        .is_none_or(|record| record.state == RecordState::Clean)
}
