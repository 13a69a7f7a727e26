//! Which typed collections there are follows from the Variables `<prefix>$model`, as the analyst sees them: one that comes
//! makes a collection, a newer version migrates its records, and one that cannot be used stops it. So a model travels like
//! any other Variable: guarded, merged as a whole, with a history.

use crate::companion_dags::ingest_dag;
use crate::{Ledger, StoreError, StoredCollection};
use jiff::Timestamp;
use leeward_model::{Entry, MODEL_KEY, VARIABLES};
use leeward_schema::{DataModel, MissingKind, StepKind};

/// A data model as a Variable has it.
struct Told {
    prefix: String,
    text: String,
}

impl Ledger<'_> {
    /// Makes the collections whose data models are new here.
    pub(crate) fn begin_collections(&self) -> Result<(), StoreError> {
        for one in self.told_models()? {
            let all = self.collections_of_variables()?;
            if !all.iter().any(|(prefix, _)| *prefix == one.prefix) {
                self.begin(&all, &one)?;
            }
        }
        Ok(())
    }

    /// Brings the typed collections in line with the Variables that hold their data models. Only between two cycles, by the
    /// process that syncs: a cycle reads and writes by the models that there were when it began.
    ///
    /// # Errors
    /// `Corrupt` when what is stored cannot be read; those of SQLite.
    pub fn follow_models(&self, now: Timestamp) -> Result<(), StoreError> {
        let told = self.told_models()?;
        for one in &told {
            let all = self.collections_of_variables()?;
            match all.iter().find(|(prefix, _)| *prefix == one.prefix) {
                Some((_, stored)) => self.follow(stored, &one.text, now)?,
                None => self.begin(&all, one)?,
            }
        }
        for (prefix, stored) in self.collections_of_variables()? {
            if !told.iter().any(|one| one.prefix == prefix) {
                self.end(&stored)?;
            }
            self.claim_prefix(&prefix)?;
        }
        Ok(())
    }

    /// Whether the collection works by the data model that its Variable has now. If not, what Airflow has may be of another
    /// version: it is neither read nor written before [`Ledger::follow_models`].
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn works_by_its_model(&self, collection: &str) -> Result<bool, StoreError> {
        let known = self.typed_collection(collection)?;
        let Some((known, prefix)) = known.and_then(|known| Some((known.clone(), known.prefix?))) else {
            return Ok(true);
        };
        // What is in flight is settled by the fields that were sent.
        if self.is_in_flight(collection)? {
            return Ok(true);
        }
        let record = self.record(VARIABLES, &format!("{prefix}{MODEL_KEY}"))?;
        let text = record.as_ref().and_then(|record| record.local("value")?.as_str());
        let model = text.and_then(|text| DataModel::read(text).ok());
        Ok(model.is_some_and(|model| model.write() == known.file))
    }

    /// Whether any Variable here may hold a data model.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_models(&self) -> Result<bool, StoreError> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM records WHERE collection = ?1 AND substr(key, -6) = '$model')";
        let mut select = self.tx.prepare_cached(sql)?;
        Ok(select.query_row([VARIABLES], |row| row.get(0))?)
    }

    fn told_models(&self) -> Result<Vec<Told>, StoreError> {
        // The same words as in the partial index, so that SQLite uses it.
        let sql = "SELECT key FROM records WHERE collection = ?1 AND substr(key, -6) = '$model' ORDER BY key";
        let mut select = self.tx.prepare_cached(sql)?;
        let keys = select.query_map([VARIABLES], |row| row.get::<_, String>(0))?;
        let keys: Vec<String> = keys.collect::<Result<_, _>>()?;
        let mut told = Vec::new();
        for key in keys {
            let prefix = key.strip_suffix(MODEL_KEY).filter(|prefix| !prefix.is_empty());
            let record = self.record(VARIABLES, &key)?;
            let text = record.as_ref().and_then(|record| record.local("value")?.as_str());
            if let (Some(prefix), Some(text)) = (prefix, text) {
                told.push(Told {
                    prefix: prefix.to_owned(),
                    text: text.to_owned(),
                });
            }
        }
        Ok(told)
    }

    /// A model that was not known. A text that is none, or one whose name or prefix another collection has, makes nothing.
    fn begin(&self, known: &[(String, StoredCollection)], told: &Told) -> Result<(), StoreError> {
        let Ok(model) = DataModel::read(&told.text) else {
            return Ok(());
        };
        let is_taken = self.model(model.collection())?.is_some();
        if is_taken || known.iter().any(|(prefix, _)| overlap(prefix, &told.prefix)) {
            tracing::warn!(
                collection = model.collection(),
                prefix = told.prefix,
                "a data model is not used"
            );
            return Ok(());
        }
        self.put_collection(&stored(&model, Some(&told.prefix)))?;
        self.claim_prefix(&told.prefix)?;
        Ok(())
    }

    /// The model of a known collection. While a write is in flight nothing changes: its outcome is told by the fields that
    /// were sent.
    pub(crate) fn follow(
        &self,
        known: &StoredCollection,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let present = known.data_model()?;
        let next = DataModel::read(text).map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            format!("cannot be used by this Leeward: {first}")
        });
        let next = next.and_then(|next| may_follow(&present, &next).map(|()| next));
        let next = match next {
            Ok(next) => next,
            Err(why) => return self.put_trouble(known, &why),
        };
        if next.write() != present.write() {
            if self.is_in_flight(&known.model.name)? {
                // It goes on by the model that it has: standing still, it would never learn what became of the write.
                return self.put_collection(&StoredCollection {
                    trouble: None,
                    ..known.clone()
                });
            }
            self.migrate_records(&present, &next, now)?;
            if !present.leads_to(&next) {
                // What the version that lost dropped or converted is known to Airflow alone.
                self.forget_publication(&known.model.name)?;
                self.demand_full_scan()?;
            }
        }
        self.put_collection(&stored(&next, known.prefix.as_deref()))
    }

    /// The model is not there any more. Its records are Variables as before it came; what waits on them is kept.
    fn end(&self, known: &StoredCollection) -> Result<(), StoreError> {
        let name = &known.model.name;
        if self.has_any_work(name)? {
            let why = "is not there any more. Take back what waits in the collection, or put the model back";
            return self.put_trouble(known, why);
        }
        for record in self.records(name)? {
            self.let_go(name, &record.key)?;
        }
        self.remove_collection(name)?;
        // They are to be seen among the Variables again.
        self.demand_full_scan()
    }

    pub(crate) fn put_trouble(&self, known: &StoredCollection, why: &str) -> Result<(), StoreError> {
        let why = why.trim_end_matches('.');
        let place = match &known.prefix {
            Some(prefix) => format!("in the Variable {prefix}{MODEL_KEY}"),
            None => format!("of Airflow's DAG {}", ingest_dag(&known.model.name)),
        };
        self.put_collection(&StoredCollection {
            trouble: Some(format!(
                "The data model {place} {why}. Nothing of this collection is read or sent until then."
            )),
            ..known.clone()
        })
    }
}

pub(crate) fn stored(model: &DataModel, prefix: Option<&str>) -> StoredCollection {
    StoredCollection {
        model: model.to_collection(),
        prefix: prefix.map(str::to_owned),
        file: model.write(),
        trouble: None,
    }
}

/// Whether the entry is about a Variable that holds a data model.
pub(crate) fn is_of_a_model(entry: &Entry) -> bool {
    entry.collection == VARIABLES && entry.key.ends_with(MODEL_KEY)
}

/// Whether a key can be under both.
fn overlap(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Whether records of the present version can be brought to this one.
///
/// # Errors
/// Why not, as the end of a sentence.
pub fn may_follow(present: &DataModel, next: &DataModel) -> Result<(), String> {
    if present.write() == next.write() {
        return Ok(());
    }
    if next.collection() != present.collection() {
        return Err(format!("is that of another collection, {}", next.collection()));
    }
    if next.version() < present.version() {
        return Err(format!(
            "is of version {}, and this computer has worked with version {}. Put the newer model back",
            next.version(),
            present.version()
        ));
    }
    let is_new = |step: &&leeward_schema::Step| step.version > present.version();
    let is_key = |step: &leeward_schema::Step| matches!(step.kind, StepKind::Key { .. });
    if next.key() != present.key() || next.steps().iter().filter(is_new).any(is_key) {
        return Err(
            "has another key: records that are Variables keep theirs. Make another collection for it".into(),
        );
    }
    let difference = present.difference(next);
    let is_same_version = next.version() == present.version();
    let missing = difference.missing.iter().find(|missing| {
        let is_version = matches!(missing.kind, MissingKind::Version { .. });
        !is_version
    });
    match missing {
        // Of versions that were left out nobody can tell what is missing.
        Some(missing) if next.version() <= present.version() + 1 => {
            let what = if is_same_version {
                "is another one of the same version"
            } else {
                "cannot follow"
            };
            Err(format!("{what}: {missing}"))
        }
        _ => Ok(()),
    }
}
