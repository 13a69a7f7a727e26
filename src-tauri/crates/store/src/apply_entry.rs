//! Applying an entry of work. What it does to a record is in pure functions, one file a kind.

mod act;
mod bring_in;
mod clash;
mod delete;
mod edit;
mod outbox;
mod refuse;
mod resolve;
mod rules;
mod settle;
mod take_back;

use crate::feed::ACTIONS;
use crate::{Ledger, NewHistory, StoreError, StoredRecord};
use jiff::Timestamp;
use leeward_model::{Entry, EntryKind, Source};
use rules::Rules;

impl Ledger<'_> {
    /// Applies an entry that is not known yet, and returns what the log may keep of it.
    pub(crate) fn apply_entry(
        &self,
        client: &str,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Entry, StoreError> {
        match entry.kind {
            EntryKind::Act => self.act(entry)?,
            EntryKind::Release => self.release(entry, now)?,
            EntryKind::TakeBack if entry.collection == ACTIONS => self.take_back_action(entry, now)?,
            _ => return self.apply_to_record(client, entry, now),
        }
        Ok(entry.clone())
    }

    /// What the log may keep of an entry that is only noted.
    pub(crate) fn kept_of(&self, entry: &Entry) -> Result<Entry, StoreError> {
        let rules = Rules::of(self, &entry.collection, &entry.key)?;
        let record = self.record_or_new(&entry.collection, &entry.key)?;
        let entry = refuse::without_secrets_shown(&rules, &record, entry);
        Ok(refuse::refusal(&rules, &record, &entry)
            .map_or_else(|| entry.clone(), |refusal| refusal.kept(&entry)))
    }

    /// Moves the feed for what the entry is about: the client waits for an item that includes it.
    pub(crate) fn touch_subject(&self, entry: &Entry) -> Result<(), StoreError> {
        match (entry.kind, &entry.action) {
            (EntryKind::Act, Some(action)) => self.touch(ACTIONS, &action.id.to_string()),
            (EntryKind::Act, None) => Ok(()),
            _ => self.touch(&entry.collection, &entry.key),
        }
    }

    fn apply_to_record(&self, client: &str, entry: &Entry, now: Timestamp) -> Result<Entry, StoreError> {
        let rules = Rules::of(self, &entry.collection, &entry.key)?;
        let stored = self.record(&entry.collection, &entry.key)?;
        let mut record = stored
            .clone()
            .unwrap_or_else(|| StoredRecord::new(&entry.collection, &entry.key));
        let entry = self.by_present_names(&rules, entry)?;
        let entry = refuse::without_secrets_shown(&rules, &record, &entry);
        if let Some(refusal) = refuse::refusal(&rules, &record, &entry) {
            record.rejected = Some(refusal.why.clone());
            record.refused_of = Some(client.to_owned());
            self.store(stored.as_ref(), &record, now)?;
            self.touch_subject(&entry)?;
            return Ok(refusal.kept(&entry));
        }
        if answers_refusal(&record, client, &entry) {
            record.end_refusal();
        }
        change(&rules, &mut record, &entry, now);
        self.stamp(&mut record, &entry)?;
        self.store(stored.as_ref(), &record, now)?;
        self.touch_subject(&entry)?;
        self.remember(client, &record, &entry)?;
        Ok(entry)
    }

    /// The entry as who knew the present version of the data model would have made it: a client may not have heard yet that a
    /// field was renamed.
    fn by_present_names(&self, rules: &Rules, entry: &Entry) -> Result<Entry, StoreError> {
        let mut entry = entry.clone();
        let unknown: Vec<String> = entry
            .fields
            .keys()
            .filter(|name| rules.lacks(name))
            .cloned()
            .collect();
        let stored = match unknown.is_empty() {
            true => None,
            false => self.typed_collection(&entry.collection)?,
        };
        let Some(stored) = stored else {
            return Ok(entry);
        };
        let model = stored.data_model()?;
        for name in unknown {
            let Some(now) = model
                .name_since(&name)
                .filter(|now| !entry.fields.contains_key(now))
            else {
                continue;
            };
            if let Some(change) = entry.fields.remove(&name) {
                entry.fields.insert(now.clone(), change);
            }
            if let Some(mine) = &mut entry.mine
                && let Some(value) = mine.remove(&name)
            {
                mine.insert(now, value);
            }
        }
        Ok(entry)
    }

    fn stamp(&self, record: &mut StoredRecord, entry: &Entry) -> Result<(), StoreError> {
        record.rev = self.next_rev()?;
        record.reason = if record.has_work() {
            entry.reason.clone()
        } else {
            None
        };
        record.changed_at = Some(entry.at);
        if !record.has_work() && !record.in_doubt {
            // Nothing is left to send: what waits for this work need not.
            record.verified_rev = record.rev;
        }
        Ok(())
    }

    fn remember(&self, client: &str, record: &StoredRecord, entry: &Entry) -> Result<(), StoreError> {
        self.append_history(&NewHistory {
            collection: &entry.collection,
            key: &entry.key,
            at: entry.at,
            source: match entry.kind {
                EntryKind::TakeBack => Source::TakenBack,
                _ => Source::Local,
            },
            author: Some(client),
            reason: entry.reason.as_deref(),
            fields: record.local_fields().as_ref(),
            run: None,
        })
    }
}

/// What a client typed and the mirror refused is told until that client works on the record again, or somebody takes it back:
/// an edit of another client's is no word of its author's.
fn answers_refusal(record: &StoredRecord, client: &str, entry: &Entry) -> bool {
    entry.kind == EntryKind::TakeBack || record.refused_of.as_deref() == Some(client)
}

fn change(rules: &Rules, record: &mut StoredRecord, entry: &Entry, now: Timestamp) {
    record.end_parking();
    match entry.kind {
        EntryKind::Delete => delete::apply(record, entry, now),
        EntryKind::Resolve => resolve::apply(rules, record, entry, now),
        EntryKind::TakeBack => take_back::apply(record, entry, now),
        _ => edit::apply(rules, record, entry, now),
    }
    settle::empty_to_default(rules, record);
    settle::drop_what_changes_nothing(record);
}
