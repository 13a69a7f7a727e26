//! A typed collection on Airflow's Variables: one Variable a record. Its key is the collection's prefix and the record's
//! key, its value the record's fields as a JSON object, in the model's order.
//!
//! Airflow writes such a value as a whole: what another writes into another field in the declared window is overwritten.

use super::source::{Look, PageWrite, Subjects};
use super::variables::{ability, variable, write_many};
use super::{Binding, Item, Source, Unsendable, Write, not_mine};
use crate::replacements::Replacements;
use async_trait::async_trait;
use leeward_airflow::{
    Airflow, AirflowError, BulkAbility, BulkOutcome, EventSubject, Variable, VariablePatch, check_key,
};
use leeward_merge::Op;
use leeward_model::{Collection, Content, Fields, MODEL_KEY, Value, sensitive};
use leeward_schema::DataModel;
use leeward_store::{Ledger, StoreError, StoredCollection};
use std::collections::{BTreeMap, BTreeSet};

/// A typed collection, and where its records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The data model, as the merge knows it.
    pub model: Collection,
    /// The keys of its Variables begin with it; not empty, and no other collection's begin so.
    pub prefix: String,
    /// The data model that values are read and written by; without one they are carried as they are.
    pub schema: Option<DataModel>,
}

impl Typed {
    /// A collection that the mirror knows.
    ///
    /// # Errors
    /// `Corrupt` when its data model cannot be read.
    pub(crate) fn stored(prefix: String, stored: &StoredCollection) -> Result<Self, StoreError> {
        Ok(Self {
            model: stored.model.clone(),
            prefix,
            schema: Some(stored.data_model()?),
        })
    }

    fn address(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Its Variables, each under its record's key.
    fn items(&self, variables: Vec<Variable>) -> Vec<Item> {
        let own = variables.into_iter().filter_map(|variable| {
            let key = self.own_key(&variable.key)?.to_owned();
            Some(Item::Variable(Variable { key, ..variable }))
        });
        own.collect()
    }

    /// The record's key, where the Variable is one's. The data model is none.
    fn own_key<'k>(&self, address: &'k str) -> Option<&'k str> {
        address.strip_prefix(&self.prefix).filter(|key| *key != MODEL_KEY)
    }

    /// The record's fields; `None` where it is none of this key.
    fn read(&self, key: &str, json: Fields) -> Option<Fields> {
        let Some(schema) = &self.schema else {
            return Some(json);
        };
        let mut fields = schema.read_record(&json);
        for (name, value) in schema.fields_of_key(key).ok()? {
            if *fields.entry(name).or_insert_with(|| value.clone()) != value {
                return None;
            }
        }
        Some(fields)
    }

    /// The record with the fields in the model's order; what the model does not know comes after them.
    fn text(&self, before: Fields, changes: &Fields, removed: &BTreeSet<String>) -> String {
        let members = match &self.schema {
            Some(schema) => schema.write_record(before, changes, removed),
            None => self.members(before, changes, removed),
        };
        let member = |(name, value): (String, Value)| format!("{}: {value}", Value::String(name));
        let members: Vec<String> = members.into_iter().map(member).collect();
        format!("{{{}}}", members.join(", "))
    }

    fn members(
        &self,
        mut fields: Fields,
        changes: &Fields,
        removed: &BTreeSet<String>,
    ) -> Vec<(String, Value)> {
        fields.retain(|name, _| !removed.contains(name));
        fields.extend(changes.clone());
        let known = self.model.fields.iter().map(|field| &field.name);
        let mut members: Vec<_> = known.filter_map(|name| fields.remove_entry(name)).collect();
        members.extend(fields);
        members
    }

    /// A new record, with the fields that its key is made of.
    fn new_text(&self, key: &str, fields: &Fields) -> String {
        let own = self
            .schema
            .as_ref()
            .and_then(|schema| schema.fields_of_key(key).ok());
        let mut all = own.unwrap_or_default();
        all.extend(fields.clone());
        self.text(Fields::new(), &all, &BTreeSet::new())
    }

    /// What was read, with the changes: members that the model does not know stay as they are.
    fn changed(
        &self,
        key: &str,
        read: Option<&Variable>,
        fields: &Fields,
        removed: &BTreeSet<String>,
    ) -> Result<String, Unsendable> {
        let record = read.and_then(|read| record_in(&read.value)).ok_or_else(|| {
            Unsendable(format!(
                "The Variable {} holds no record of this collection.",
                self.address(key)
            ))
        })?;
        Ok(self.text(record, fields, removed))
    }
}

/// The members of a JSON object.
fn record_in(text: &str) -> Option<Fields> {
    serde_json::from_str(text).ok()
}

impl Binding for Typed {
    fn model(&self) -> &Collection {
        &self.model
    }

    fn source(&self) -> &dyn Source {
        self
    }

    /// What is hidden, or no record, is sealed as a whole: nobody may edit a field of it.
    fn decode(&self, ledger: &Ledger<'_>, item: &Item) -> Result<BTreeMap<String, Content>, StoreError> {
        let variable = variable(item).ok_or_else(not_mine)?;
        let address = self.address(&variable.key);
        let is_open = sensitive::sensitive_paths(&address, &variable.value).is_empty();
        let record = record_in(&variable.value).filter(|_| is_open);
        let record = record.and_then(|record| self.read(&variable.key, record));
        let names = self.model.fields.iter().map(|field| field.name.clone());
        match record {
            Some(mut record) => Ok(names
                .filter_map(|name| Some((name.clone(), Content::Value(record.remove(&name)?))))
                .collect()),
            None => names
                .map(|name| Ok((name, ledger.seal(&variable.value)?)))
                .collect(),
        }
    }

    fn encode(
        &self,
        key: &str,
        op: &Op,
        read: Option<&Item>,
        _: &dyn Replacements,
    ) -> Result<Write, Unsendable> {
        match op {
            Op::Create { fields } => Ok(Write::CreateVariable(Variable {
                key: self.address(key),
                value: self.new_text(key, fields),
                description: None,
                is_encrypted: false,
            })),
            Op::Update { fields, removed } => {
                let value = self.changed(key, read.and_then(variable), fields, removed)?;
                let patch = VariablePatch {
                    value: Some(value),
                    ..VariablePatch::default()
                };
                Ok(Write::PatchVariable(self.address(key), patch))
            }
            _ => Ok(Write::DeleteVariable(self.address(key))),
        }
    }
}

#[async_trait]
impl Source for Typed {
    fn is_addressable(&self, key: &str) -> bool {
        !key.is_empty() && check_key(&self.address(key)).is_ok()
    }

    fn subjects<'r>(&self, about: &'r EventSubject) -> Subjects<'r> {
        match about {
            EventSubject::Keys(keys) => {
                Subjects::Keys(keys.iter().filter_map(|key| self.own_key(key)).collect())
            }
            EventSubject::Unnamed => Subjects::Unnamed,
            EventSubject::Pools(_) | EventSubject::UnnamedPools => Subjects::None,
        }
    }

    async fn scan(&self, airflow: &dyn Airflow, look: Look<'_>) -> Result<Vec<Item>, AirflowError> {
        let items = |variables| self.items(variables);
        let mut shown = |page: &[Variable]| look(&items(page.to_vec()));
        airflow
            .scan_variables_under(&self.prefix, &mut shown)
            .await
            .map(items)
    }

    async fn get(&self, airflow: &dyn Airflow, key: &str) -> Result<Option<Item>, AirflowError> {
        let found = airflow.get_variable(&self.address(key)).await?;
        Ok(self.items(found.into_iter().collect()).pop())
    }

    /// The place is one among its own records, which is none in the listing of all.
    async fn find(
        &self,
        airflow: &dyn Airflow,
        keys: &[&str],
        _: Option<u64>,
    ) -> Result<Vec<Item>, AirflowError> {
        let addresses: Vec<String> = keys.iter().map(|key| self.address(key)).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let found = airflow.find_variables(&addresses, None).await?;
        Ok(self.items(found))
    }

    async fn bulk_ability(&self, airflow: &dyn Airflow) -> Result<Option<BulkAbility>, AirflowError> {
        ability(airflow).await
    }

    async fn send_page(&self, airflow: &dyn Airflow, page: PageWrite) -> Result<BulkOutcome, AirflowError> {
        write_many(airflow, page).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::{Field, FieldKind};
    use serde_json::json;

    fn rates() -> Typed {
        let field = |name: &str| Field::new(name, FieldKind::Json);
        Typed {
            model: Collection::new("rates", vec![field("rate"), field("active")]),
            prefix: "rates.".into(),
            schema: None,
        }
    }

    /// Version 2 of a data model: its `rate` was called `value`.
    fn fx() -> Typed {
        let file = json!({
            "type": "object",
            "properties": {
                "currency": {"type": "string"},
                "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
                "lots": {"type": "integer", "default": 1},
            },
            "required": ["currency", "rate"],
            "x-leeward": {"collection": "fx", "version": 2, "key": ["currency"],
                          "changes": [{"version": 2, "rename": "value", "to": "rate"}]},
        });
        let schema = DataModel::read(&file.to_string()).unwrap();
        Typed {
            model: schema.to_collection(),
            prefix: "fx.".into(),
            schema: Some(schema),
        }
    }

    fn read(value: &str) -> Variable {
        Variable {
            key: "eur".into(),
            value: value.into(),
            description: None,
            is_encrypted: false,
        }
    }

    #[test]
    fn a_change_leaves_what_the_model_does_not_know() {
        let fields = Fields::from([("rate".into(), json!(2))]);
        let text = rates().changed(
            "eur",
            Some(&read(r#"{"later": [1], "active": true}"#)),
            &fields,
            &BTreeSet::new(),
        );
        assert_eq!(
            text.ok().as_deref(),
            Some(r#"{"rate": 2, "active": true, "later": [1]}"#)
        );
    }

    #[test]
    fn what_is_no_record_is_not_written_over() {
        let changed = rates().changed("eur", Some(&read("3.1")), &Fields::new(), &BTreeSet::new());
        assert!(changed.is_err());
    }

    #[test]
    fn only_its_own_variables_are_records() {
        let keys = ["rates.eur", "rates", "rates2", "other"];
        let variables = keys.map(|key| Variable {
            key: key.into(),
            ..read("{}")
        });
        let items = rates().items(variables.into());
        assert_eq!(items.iter().map(Item::key).collect::<Vec<_>>(), ["eur"]);
    }

    #[test]
    fn whole_numbers_are_texts_within_and_numbers_without() {
        let record = record_in(r#"{"currency": "EUR", "rate": "1.50", "lots": 9007199254740993}"#).unwrap();
        let fields = fx().read("EUR", record.clone()).unwrap();
        assert_eq!(
            fields,
            Fields::from([
                ("currency".into(), json!("EUR")),
                ("rate".into(), json!("1.5")),
                ("lots".into(), json!("9007199254740993")),
            ])
        );
        let changes = Fields::from([("rate".into(), json!("2"))]);
        assert_eq!(
            fx().text(record, &changes, &BTreeSet::new()),
            r#"{"currency": "EUR", "lots": 9007199254740993, "rate": "2"}"#
        );
    }

    /// A collection with a JSON field.
    fn limits() -> Typed {
        let file = json!({
            "type": "object",
            "properties": {"sku": {"type": "string"}, "lots": {"type": "integer"}, "limits": {}},
            "required": ["sku"],
            "x-leeward": {"collection": "limits", "version": 1, "key": ["sku"]},
        });
        let schema = DataModel::read(&file.to_string()).unwrap();
        Typed {
            model: schema.to_collection(),
            prefix: "limits.".into(),
            schema: Some(schema),
        }
    }

    /// Airflow answers with Python's spelling of what was sent.
    #[test]
    fn a_number_in_json_is_the_same_in_every_spelling() {
        let typed = limits();
        let field = typed.schema.as_ref().unwrap().field("limits").unwrap();
        let cases = [
            ("[1.50, 1e2, 1.0, -0.0, 1e22]", "[1.5, 100.0, 1.0, -0.0, 1e+22]"),
            ("100000000000000000000", "1e20"),
            ("{\"id\": 9007199254740993}", "{\"id\": 9007199254740993}"),
        ];
        for (given, answered) in cases {
            let sent = field.kind.take_text(given).unwrap();
            let record = record_in(&format!(r#"{{"sku": "A-1", "limits": {answered}}}"#)).unwrap();
            let read = typed.read("A-1", record).unwrap();
            assert_eq!(read.get("limits"), Some(&sent), "{given}");
        }
    }

    #[test]
    fn json_that_is_not_changed_goes_back_as_it_was_read() {
        let there = r#"{"sku": "A-1", "lots": 1, "limits": [100.0, 9007199254740993, -0.0]}"#;
        let changes = Fields::from([("lots".into(), json!("2"))]);
        let text = limits().changed("A-1", Some(&read(there)), &changes, &BTreeSet::new());
        assert_eq!(
            text.ok().as_deref(),
            Some(r#"{"limits": [100.0,9007199254740993,-0.0], "lots": 2, "sku": "A-1"}"#)
        );
    }

    #[test]
    fn a_record_has_the_fields_of_its_key() {
        let fields = Fields::from([("rate".into(), json!("2"))]);
        assert_eq!(
            fx().new_text("EUR", &fields),
            r#"{"currency": "EUR", "lots": 1, "rate": "2"}"#
        );
        let of_an_earlier_version = record_in(r#"{"value": "2"}"#).unwrap();
        let fields = fx().read("EUR", of_an_earlier_version).unwrap();
        assert_eq!(
            (fields.get("currency"), fields.get("rate")),
            (Some(&json!("EUR")), Some(&json!("2")))
        );
        let of_another = record_in(r#"{"currency": "USD", "rate": "2"}"#).unwrap();
        assert_eq!(fx().read("EUR", of_another), None);
    }

    #[test]
    fn the_data_model_is_no_record() {
        assert_eq!(fx().own_key("fx.$model"), None);
        assert_eq!(fx().own_key("fx.EUR"), Some("EUR"));
    }
}
