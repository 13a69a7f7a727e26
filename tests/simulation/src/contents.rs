//! What a store holds, read from beside: to tell what is lost with it, and whether a copy is really there.

use crate::desktop::MIRROR;
use crate::disk::{Disk, Image};
use crate::tokens::{Token, tokens_in};
use crate::window::store::WindowStore;
use leeward_model::VARIABLES;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use ulid::Ulid;

/// What a store holds of the analyst's work.
#[derive(Debug, Default)]
pub struct Contents {
    /// Entries.
    pub entries: BTreeSet<Ulid>,
    /// Tokens of pending work, conflicts and refused work, by key.
    pub tokens: BTreeMap<String, BTreeSet<Token>>,
    /// Keys with a pending delete.
    pub deletes: BTreeSet<String>,
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
            if entry.collection == VARIABLES {
                let texts = entry.fields.values().filter_map(|change| change.to.as_ref());
                let tokens = texts.flat_map(|value| tokens_in(&value.to_string()));
                contents
                    .tokens
                    .entry(entry.key.clone())
                    .or_default()
                    .extend(tokens);
            }
            if let Some(action) = &entry.action {
                contents.actions.insert(action.id.to_string());
            }
        }
        for ((_, key), row) in &store.rows {
            contents.take_record(key, &row.record.ledger["overlay"].to_string());
            if let Some(conflict) = &row.record.conflict {
                contents.take_record(key, &serde_json::to_string(conflict).unwrap_or_default());
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
        let sql = "SELECT key, COALESCE(overlay, '') || ' ' || COALESCE(conflict, '') FROM records";
        let mut select = connection.prepare(sql)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            contents.take_record(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?);
        }
        let mut select = connection.prepare("SELECT id FROM actions")?;
        let ids = select.query_map([], |row| row.get(0))?;
        contents.actions = ids.collect::<rusqlite::Result<_>>()?;
        Ok(contents)
    }

    fn take_record(&mut self, key: &str, text: &str) {
        self.tokens
            .entry(key.to_owned())
            .or_default()
            .extend(tokens_in(text));
        if text.contains("\"deleted\":true") {
            self.deletes.insert(key.to_owned());
        }
    }

    /// Whether a piece of work is here, as an entry or as what it came to.
    #[must_use]
    pub fn holds(&self, entry: Ulid, key: &str, token: Token) -> bool {
        self.entries.contains(&entry) || self.tokens.get(key).is_some_and(|tokens| tokens.contains(&token))
    }
}
