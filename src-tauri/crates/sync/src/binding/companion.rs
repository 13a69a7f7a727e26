//! A collection that the companion keeps in a database. Its records are read from what is published, and its changes are
//! applied by the run of a DAG, with compare-and-set.

use super::source::{Look, PageWrite, Subjects};
use super::{Binding, Item, Row, Source, Unsendable, Write, not_mine};
use crate::replacements::Replacements;
use async_trait::async_trait;
use leeward_airflow::{Airflow, AirflowError, BulkAbility, BulkOutcome, EventSubject};
use leeward_merge::Op;
use leeward_model::{Collection, Content, Fields, Value, sensitive};
use leeward_schema::DataModel;
use leeward_store::{Ledger, StoreError, StoredCollection};
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};

/// A collection that the companion keeps.
pub(crate) struct Companion {
    model: Collection,
    schema: DataModel,
}

/// A change of one record, as a batch has it.
pub(crate) struct Change<'c> {
    /// Unique for ever.
    pub(crate) id: String,
    pub(crate) key: &'c str,
    pub(crate) op: &'c Op,
    /// The version of the record that it was made on; `None`: it was not there.
    pub(crate) base: Option<u64>,
    pub(crate) reason: Option<&'c str>,
}

impl Companion {
    /// A collection that the mirror knows.
    ///
    /// # Errors
    /// `Corrupt` when its data model cannot be read.
    pub(crate) fn stored(stored: &StoredCollection) -> Result<Self, StoreError> {
        Ok(Self {
            model: stored.model.clone(),
            schema: stored.data_model()?,
        })
    }

    /// The version of the data model that it works by.
    pub(crate) fn version(&self) -> u32 {
        self.schema.version()
    }

    /// The change as the companion reads it.
    pub(crate) fn change(&self, change: &Change<'_>) -> Value {
        let mut told = json!({"id": change.id, "key": change.key, "base": change.base, "op": "put"});
        if let Some(reason) = change.reason {
            told["reason"] = reason.into();
        }
        match change.op {
            Op::Create { fields } => told["set"] = self.json(fields),
            Op::Update { fields, removed } => {
                told["set"] = self.json(fields);
                if !removed.is_empty() {
                    told["unset"] = removed.iter().map(String::as_str).collect();
                }
            }
            _ => told["op"] = "delete".into(),
        }
        told
    }

    fn json(&self, fields: &Fields) -> Value {
        let members = self.schema.write_record(Fields::new(), fields, &BTreeSet::new());
        let given = members.into_iter().filter(|(name, _)| fields.contains_key(name));
        Value::Object(given.collect::<Map<_, _>>())
    }

    /// The record that a new one becomes, or that one becomes of `before`, as JSON has it.
    pub(crate) fn after(&self, key: &str, before: Option<Fields>, change: &Value) -> Fields {
        let mut fields = before.unwrap_or_else(|| {
            let own = self.schema.fields_of_key(key).unwrap_or_default();
            self.json(&own)
                .as_object()
                .map(|own| own.clone().into_iter().collect())
                .unwrap_or_default()
        });
        if let Some(set) = change["set"].as_object() {
            fields.extend(set.clone());
        }
        for name in change["unset"].as_array().into_iter().flatten() {
            name.as_str().map(|name| fields.remove(name));
        }
        fields
    }

    /// What was read of a record, as JSON has it; a field that is hidden here is not in it.
    pub(crate) fn json_of(&self, read: &BTreeMap<String, Content>) -> Fields {
        let value = |(name, content): (&String, &Content)| Some((name.clone(), content.value()?.clone()));
        let fields: Fields = read.iter().filter_map(value).collect();
        match self.json(&fields) {
            Value::Object(members) => members.into_iter().collect(),
            _ => Fields::new(),
        }
    }

    /// The record's fields; `None` where it is none of this key.
    fn read(&self, row: &Row) -> Option<Fields> {
        let mut fields = self.schema.read_record(&row.fields);
        for (name, value) in self.schema.fields_of_key(&row.key).ok()? {
            if *fields.entry(name).or_insert_with(|| value.clone()) != value {
                return None;
            }
        }
        Some(fields)
    }
}

impl Binding for Companion {
    fn model(&self) -> &Collection {
        &self.model
    }

    fn source(&self) -> &dyn Source {
        self
    }

    /// What holds a secret within, or is no record, is sealed as a whole: nobody may edit a field of it.
    fn decode(&self, ledger: &Ledger<'_>, item: &Item) -> Result<BTreeMap<String, Content>, StoreError> {
        let Item::Row(row) = item else {
            return Err(not_mine());
        };
        let names = self.model.fields.iter().map(|field| field.name.clone());
        let text = json!(row.fields).to_string();
        let is_open = sensitive::sensitive_paths("", &text).is_empty();
        match self.read(row).filter(|_| is_open) {
            Some(mut record) => Ok(names
                .filter_map(|name| Some((name.clone(), Content::Value(record.remove(&name)?))))
                .collect()),
            None => names.map(|name| Ok((name, ledger.seal(&text)?))).collect(),
        }
    }

    fn encode(&self, _: &str, _: &Op, _: Option<&Item>, _: &dyn Replacements) -> Result<Write, Unsendable> {
        Err(Unsendable(
            "Changes of this collection are sent as batches.".into(),
        ))
    }
}

/// No resource lists or takes these records one by one: whoever asks for one is told so, and concludes nothing.
#[async_trait]
impl Source for Companion {
    fn is_addressable(&self, _: &str) -> bool {
        false
    }

    fn subjects<'r>(&self, _: &'r EventSubject) -> Subjects<'r> {
        Subjects::None
    }

    async fn scan(&self, _: &dyn Airflow, _: Look<'_>) -> Result<Vec<Item>, AirflowError> {
        Err(AirflowError::only_published())
    }

    async fn get(&self, _: &dyn Airflow, _: &str) -> Result<Option<Item>, AirflowError> {
        Err(AirflowError::only_published())
    }

    async fn find(&self, _: &dyn Airflow, _: &[&str], _: Option<u64>) -> Result<Vec<Item>, AirflowError> {
        Err(AirflowError::only_published())
    }

    async fn bulk_ability(&self, _: &dyn Airflow) -> Result<Option<BulkAbility>, AirflowError> {
        Ok(None)
    }

    async fn send_page(&self, _: &dyn Airflow, _: PageWrite) -> Result<BulkOutcome, AirflowError> {
        Err(AirflowError::only_published())
    }
}
