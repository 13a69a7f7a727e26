//! The data models: those of the built-in collections, and those that this mirror was told of.

use crate::columns::{json, parse, word};
use crate::companion_dags::ingest_dag;
use crate::records::{HAS_WORK, VIOLATES};
use crate::{Ledger, StoreError};
use leeward_model::{BindingKind, Collection, CollectionView, MirrorPart};
use leeward_schema::DataModel;
use rusqlite::{OptionalExtension, Row};
use std::collections::BTreeSet;

/// A typed collection, as the mirror knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCollection {
    /// The collection as the merge knows it; it comes of `file`.
    pub model: Collection,
    /// What the keys of its Variables begin with; `None` where the companion keeps its records.
    pub prefix: Option<String>,
    /// The data model's file.
    pub file: String,
    /// Why nothing of it is sent, in plain words.
    pub trouble: Option<String>,
}

impl StoredCollection {
    /// Where its records are.
    #[must_use]
    pub fn binding(&self) -> BindingKind {
        match self.prefix {
            Some(_) => BindingKind::Variables,
            None => BindingKind::Dag,
        }
    }

    /// The data model that it works by.
    ///
    /// # Errors
    /// `Corrupt` when it cannot be read.
    pub fn data_model(&self) -> Result<DataModel, StoreError> {
        DataModel::read(&self.file).map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            StoreError::Corrupt(format!("the data model of {}: {first}", self.model.name))
        })
    }
}

/// How many of a collection's records are there, and how many need something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordCounts {
    /// Those that the analyst sees.
    pub records: u32,
    /// With work that waits to be sent and can be.
    pub pending: u32,
    /// That take part in breaking a rule of a data model.
    pub violations: u32,
    /// In conflict.
    pub conflicts: u32,
    /// Whose work was refused.
    pub rejected: u32,
}

/// A model without a file is one of a test.
const SELECT: &str =
    "SELECT model, prefix, file, trouble FROM collections WHERE binding IS NOT NULL AND file IS NOT NULL";

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

    /// The typed collections, by name.
    ///
    /// # Errors
    /// `Corrupt` when a stored model cannot be read; those of SQLite.
    pub fn typed_collections(&self) -> Result<Vec<StoredCollection>, StoreError> {
        let mut select = self.tx.prepare_cached(&format!("{SELECT} ORDER BY name"))?;
        let mut rows = select.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(from_row(row)?);
        }
        Ok(all)
    }

    /// The typed collection of that name.
    ///
    /// # Errors
    /// As for [`Ledger::typed_collections`].
    pub fn typed_collection(&self, name: &str) -> Result<Option<StoredCollection>, StoreError> {
        let mut select = self.tx.prepare_cached(&format!("{SELECT} AND name = ?1"))?;
        let mut rows = select.query([name])?;
        rows.next()?.map(from_row).transpose()
    }

    /// Those whose records are Variables, each with what their keys begin with.
    ///
    /// # Errors
    /// As for [`Ledger::typed_collections`].
    pub fn collections_of_variables(&self) -> Result<Vec<(String, StoredCollection)>, StoreError> {
        let with_prefix = |stored: StoredCollection| Some((stored.prefix.clone()?, stored));
        Ok(self
            .typed_collections()?
            .into_iter()
            .filter_map(with_prefix)
            .collect())
    }

    /// Those that the companion keeps.
    ///
    /// # Errors
    /// As for [`Ledger::typed_collections`].
    pub fn collections_of_companion(&self) -> Result<Vec<StoredCollection>, StoreError> {
        let mut all = self.typed_collections()?;
        all.retain(|stored| stored.binding() == BindingKind::Dag);
        Ok(all)
    }

    /// The ids of the companion's DAGs whose collections stand still.
    ///
    /// # Errors
    /// As for [`Ledger::typed_collections`].
    pub fn dags_standing_still(&self) -> Result<BTreeSet<String>, StoreError> {
        let all = self.collections_of_companion()?;
        let still = all.iter().filter(|stored| stored.trouble.is_some());
        Ok(still.map(|stored| ingest_dag(&stored.model.name)).collect())
    }

    /// From now on the mirror knows the collection so.
    ///
    /// # Errors
    /// `BadInput` when a built-in collection has that name; those of SQLite.
    pub fn put_collection(&self, collection: &StoredCollection) -> Result<(), StoreError> {
        if self.typed_collection(&collection.model.name)?.as_ref() == Some(collection) {
            return self.follow_constraints(collection);
        }
        self.put_model(&collection.model)?;
        let sql = "UPDATE collections SET binding = ?2, prefix = ?3, file = ?4, trouble = ?5 WHERE name = ?1";
        self.tx.prepare_cached(sql)?.execute((
            &collection.model.name,
            word(collection.binding())?,
            &collection.prefix,
            &collection.file,
            &collection.trouble,
        ))?;
        self.follow_constraints(collection)?;
        self.part_changed(MirrorPart::Collections)
    }

    /// A mirror from before constraints has none yet, though its models do.
    fn follow_constraints(&self, collection: &StoredCollection) -> Result<(), StoreError> {
        match DataModel::read(&collection.file) {
            Ok(model) => self.put_constraints(&model),
            Err(_) => self.drop_constraints(&collection.model.name),
        }
    }

    /// The mirror knows the collection no more. What it has of its records must have been forgotten before.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove_collection(&self, name: &str) -> Result<(), StoreError> {
        self.drop_constraints(name)?;
        self.note_whole(name, false)?;
        self.forget_publication(name)?;
        self.tx
            .prepare_cached("DELETE FROM collections WHERE name = ?1")?
            .execute([name])?;
        self.part_changed(MirrorPart::Collections)
    }

    /// The typed collections as screens and lists show them, by name.
    ///
    /// # Errors
    /// As for [`Ledger::typed_collections`].
    pub fn collection_views(&self) -> Result<Vec<CollectionView>, StoreError> {
        let all = self.typed_collections()?.into_iter();
        all.map(|stored| self.collection_view(stored)).collect()
    }

    fn collection_view(&self, stored: StoredCollection) -> Result<CollectionView, StoreError> {
        let model = stored.data_model()?;
        let counts = self.record_counts(&stored.model.name)?;
        let published = self.publication(&stored.model.name)?;
        Ok(CollectionView {
            title: model
                .notes()
                .title
                .clone()
                .unwrap_or_else(|| stored.model.name.clone()),
            name: stored.model.name.clone(),
            binding: stored.binding(),
            prefix: stored.prefix,
            version: model.version(),
            model: stored.file,
            collection: stored.model,
            stands_still: stored.trouble.is_some(),
            trouble: stored.trouble.or(published.trouble),
            records: counts.records,
            pending: counts.pending,
            conflicts: counts.conflicts,
            rejected: counts.rejected,
        })
    }

    /// Counts the collection's records.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn record_counts(&self, collection: &str) -> Result<RecordCounts, StoreError> {
        let sql = format!(
            "SELECT COALESCE(SUM(base IS NOT NULL OR {HAS_WORK}), 0), \
             COALESCE(SUM(overlay IS NOT NULL AND conflict IS NULL AND rejected IS NULL AND NOT {VIOLATES}), 0), \
             COALESCE(SUM(conflict IS NOT NULL), 0), \
             COALESCE(SUM(rejected IS NOT NULL AND conflict IS NULL), 0), COALESCE(SUM({VIOLATES}), 0) FROM records WHERE collection = ?1"
        );
        let mut select = self.tx.prepare_cached(&sql)?;
        Ok(select.query_row([collection], |row| {
            Ok(RecordCounts {
                records: row.get(0)?,
                pending: row.get(1)?,
                conflicts: row.get(2)?,
                rejected: row.get(3)?,
                violations: row.get(4)?,
            })
        })?)
    }
}

fn from_row(row: &Row<'_>) -> Result<StoredCollection, StoreError> {
    Ok(StoredCollection {
        model: parse(&row.get::<_, String>(0)?, "a data model")?,
        prefix: row.get(1)?,
        file: row.get(2)?,
        trouble: row.get(3)?,
    })
}
