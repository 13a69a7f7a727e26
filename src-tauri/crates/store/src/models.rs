//! The data models: those of the built-in collections, and those that this mirror was told of.

use crate::columns::{json, parse};
use crate::{Ledger, StoreError};
use leeward_model::Collection;
use rusqlite::OptionalExtension;

impl Ledger<'_> {
    /// The data model of that collection; `None` where the collection is unknown here.
    ///
    /// # Errors
    /// `Corrupt` when a stored model cannot be read; those of SQLite.
    pub fn model(&self, collection: &str) -> Result<Option<Collection>, StoreError> {
        if let Some(model) = Collection::built_in(collection) {
            return Ok(Some(model));
        }
        let mut select = self
            .tx
            .prepare_cached("SELECT model FROM collections WHERE name = ?1")?;
        let stored: Option<String> = select.query_row([collection], |row| row.get(0)).optional()?;
        stored.map(|text| parse(&text, "a data model")).transpose()
    }

    /// The names of all collections with a data model, the built-in ones first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn collections(&self) -> Result<Vec<String>, StoreError> {
        let mut select = self
            .tx
            .prepare_cached("SELECT name FROM collections ORDER BY name")?;
        let stored = select
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<_>, _>>()?;
        let built_in = Collection::BUILT_IN.iter().map(|name| (*name).to_owned());
        Ok(built_in.chain(stored).collect())
    }

    /// From now on the mirror knows the collection by this data model.
    ///
    /// # Errors
    /// `BadInput` when a built-in collection has that name; those of SQLite.
    pub fn put_model(&self, model: &Collection) -> Result<(), StoreError> {
        if Collection::built_in(&model.name).is_some() {
            return Err(StoreError::BadInput(format!(
                "the collection {} is built in",
                model.name
            )));
        }
        let sql = "INSERT INTO collections (name, model) VALUES (?1, ?2) \
                   ON CONFLICT (name) DO UPDATE SET model = excluded.model";
        self.tx
            .prepare_cached(sql)?
            .execute((&model.name, json(model)?))?;
        Ok(())
    }
}
