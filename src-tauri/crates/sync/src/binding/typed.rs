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
use leeward_model::{Collection, Content, Fields, Value, sensitive};
use leeward_store::{Ledger, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// A typed collection, and where its records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The data model.
    pub model: Collection,
    /// The keys of its Variables begin with it; not empty, and no other collection's begin so.
    pub prefix: String,
}

impl Typed {
    fn address(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Its Variables, each under its record's key.
    fn items(&self, variables: Vec<Variable>) -> Vec<Item> {
        let own = variables.into_iter().filter_map(|variable| {
            let key = variable.key.strip_prefix(&self.prefix)?.to_owned();
            Some(Item::Variable(Variable { key, ..variable }))
        });
        own.collect()
    }

    /// The record with the fields in the model's order; what the model does not know comes after them.
    fn text(&self, fields: &Fields) -> String {
        let known = self.model.fields.iter().map(|field| &field.name);
        let others = fields.keys().filter(|name| self.model.field(name).is_none());
        let member = |name: &String| Some(format!("{}: {}", Value::String(name.clone()), fields.get(name)?));
        let members: Vec<String> = known.chain(others).filter_map(member).collect();
        format!("{{{}}}", members.join(", "))
    }

    /// What was read, with the changes: members that the model does not know stay as they are.
    fn changed(
        &self,
        key: &str,
        read: Option<&Variable>,
        fields: &Fields,
        removed: &BTreeSet<String>,
    ) -> Result<String, Unsendable> {
        let mut record = read.and_then(|read| record_in(&read.value)).ok_or_else(|| {
            Unsendable(format!(
                "The Variable {} holds no record of this collection.",
                self.address(key)
            ))
        })?;
        record.retain(|name, _| !removed.contains(name));
        record.extend(fields.clone());
        Ok(self.text(&record))
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
                value: self.text(fields),
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
            EventSubject::Keys(keys) => Subjects::Keys(
                keys.iter()
                    .filter_map(|key| key.strip_prefix(&self.prefix))
                    .collect(),
            ),
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
            model: Collection {
                name: "rates".into(),
                fields: vec![field("rate"), field("active")],
            },
            prefix: "rates.".into(),
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
}
