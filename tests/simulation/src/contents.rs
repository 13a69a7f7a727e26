//! What a store holds, read from beside: to tell what is lost with it, and whether a copy is really there.

use crate::collections::Id;
use crate::desktop::MIRROR;
use crate::disk::{Disk, Image};
use crate::tokens::{Token, tokens_in};
use crate::window::store::WindowStore;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use ulid::Ulid;

/// What a store holds of the analyst's work.
#[derive(Debug, Default)]
pub struct Contents {
    /// Entries.
    pub entries: BTreeSet<Ulid>,
    /// Tokens of pending work, conflicts and refused work, by record.
    pub tokens: BTreeMap<Id, BTreeSet<Token>>,
    /// Records with a pending delete.
    pub deletes: BTreeSet<Id>,
    /// Actions.
    pub actions: BTreeSet<String>,
}

/// A mount number that no desktop uses.
const BESIDE: u64 = u64::MAX;

impl Contents {
    /// Of IndexedDB.
    #[must_use]
    pub fn of_window(store: &WindowStore) -> Self {
        let mut contents = Self::default();
        for entry in store.log.values() {
            contents.entries.insert(entry.id);
            if let Some(id) = Id::of(&entry.collection, &entry.key) {
                let texts = entry.fields.values().filter_map(|change| change.to.as_ref());
                let tokens = texts.flat_map(|value| tokens_in(&value.to_string()));
                contents.tokens.entry(id).or_default().extend(tokens);
            }
            if let Some(action) = &entry.action {
                contents.actions.insert(action.id.to_string());
            }
        }
        for ((collection, key), row) in &store.rows {
            let Some(id) = Id::of(collection, key) else {
                continue;
            };
            contents.take_record(&id, &row.record.ledger["overlay"].to_string());
            if let Some(conflict) = &row.record.conflict {
                contents.take_record(&id, &serde_json::to_string(conflict).unwrap_or_default());
            }
        }
        contents.actions.extend(store.actions.keys().cloned());
        contents
    }

    /// Of a mirror's files. A mirror that does not open holds nothing.
    #[must_use]
    pub fn of_image(image: &Image) -> Self {
        if !image.contains_key(MIRROR) {
            return Self::default();
        }
        let disk = Disk::mount(BESIDE, image.clone());
        let contents = Self::read(&format!("/disk-{BESIDE}/{MIRROR}")).unwrap_or_default();
        disk.kill();
        Disk::unmount(BESIDE);
        contents
    }

    /// Of a mirror at a path.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn read(path: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        let mut contents = Self::default();
        let mut select = connection.prepare("SELECT id FROM log")?;
        let ids = select.query_map([], |row| row.get::<_, String>(0))?;
        for id in ids {
            contents.entries.extend(id?.parse::<Ulid>().ok());
        }
        let sql =
            "SELECT collection, key, COALESCE(overlay, '') || ' ' || COALESCE(conflict, '') FROM records";
        let mut select = connection.prepare(sql)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (collection, key): (String, String) = (row.get(0)?, row.get(1)?);
            if let Some(id) = Id::of(&collection, &key) {
                contents.take_record(&id, &row.get::<_, String>(2)?);
            }
        }
        let mut select = connection.prepare("SELECT id FROM actions")?;
        let ids = select.query_map([], |row| row.get(0))?;
        contents.actions = ids.collect::<rusqlite::Result<_>>()?;
        Ok(contents)
    }

    fn take_record(&mut self, id: &Id, text: &str) {
        self.tokens.entry(id.clone()).or_default().extend(tokens_in(text));
        if text.contains("\"deleted\":true") {
            self.deletes.insert(id.clone());
        }
    }

    /// Whether a piece of work is here, as an entry or as what it came to.
    #[must_use]
    pub fn holds(&self, entry: Ulid, id: &Id, token: Token) -> bool {
        self.entries.contains(&entry) || self.tokens.get(id).is_some_and(|tokens| tokens.contains(&token))
    }
}
