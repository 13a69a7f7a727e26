//! The `variables` binding: one Airflow Variable a record, with the fields `value` and `description`.

use super::source::{Look, PageWrite, Subjects};
use super::{Binding, Item, Source, Unsendable, Write, not_mine};
use crate::replacements::Replacements;
use async_trait::async_trait;
use leeward_airflow::{
    Airflow, AirflowError, BulkAbility, BulkOutcome, BulkWrite, EventSubject, Variable, VariablePatch,
    check_key,
};
use leeward_merge::Op;
use leeward_model::{Collection, Content, Value, secret_id, sensitive};
use leeward_store::{Ledger, StoreError};
use std::collections::BTreeMap;

const VALUE: &str = "value";
const DESCRIPTION: &str = "description";

/// Airflow's Variables, each a record.
pub(crate) struct Variables {
    model: Collection,
}

impl Variables {
    pub(crate) fn new() -> Self {
        Self {
            model: Collection::variables(),
        }
    }
}

impl Binding for Variables {
    fn model(&self) -> &Collection {
        &self.model
    }

    fn source(&self) -> &dyn Source {
        self
    }

    fn decode(&self, ledger: &Ledger<'_>, item: &Item) -> Result<BTreeMap<String, Content>, StoreError> {
        let variable = variable(item).ok_or_else(not_mine)?;
        let description = variable.description.clone().map_or(Value::Null, Value::String);
        Ok(BTreeMap::from([
            (VALUE.to_owned(), value_of(ledger, variable)?),
            (DESCRIPTION.to_owned(), Content::Value(description)),
        ]))
    }

    fn encode(
        &self,
        key: &str,
        op: &Op,
        read: Option<&Item>,
        replacements: &dyn Replacements,
    ) -> Result<Write, Unsendable> {
        write_of(key, op, read.and_then(variable), replacements)
    }
}

#[async_trait]
impl Source for Variables {
    fn is_addressable(&self, key: &str) -> bool {
        check_key(key).is_ok()
    }

    fn subjects<'r>(&self, about: &'r EventSubject) -> Subjects<'r> {
        match about {
            EventSubject::Keys(keys) => Subjects::Keys(keys),
            EventSubject::Unnamed => Subjects::Unnamed,
            EventSubject::Pools(_) | EventSubject::UnnamedPools => Subjects::None,
        }
    }

    async fn scan(&self, airflow: &dyn Airflow, look: Look<'_>) -> Result<Vec<Item>, AirflowError> {
        let mut shown = |page: &[Variable]| look(&items(page.to_vec()));
        airflow.scan_variables(&mut shown).await.map(items)
    }

    async fn get(&self, airflow: &dyn Airflow, key: &str) -> Result<Option<Item>, AirflowError> {
        Ok(airflow.get_variable(key).await?.map(Item::Variable))
    }

    async fn find(
        &self,
        airflow: &dyn Airflow,
        keys: &[&str],
        near: Option<u64>,
    ) -> Result<Vec<Item>, AirflowError> {
        airflow.find_variables(keys, near).await.map(items)
    }

    /// `None` where bulk updates would overwrite more than was asked for (H28).
    async fn bulk_ability(&self, airflow: &dyn Airflow) -> Result<Option<BulkAbility>, AirflowError> {
        Ok(Some(airflow.bulk_ability().await?).filter(|ability| ability.masks))
    }

    async fn send_page(&self, airflow: &dyn Airflow, page: PageWrite) -> Result<BulkOutcome, AirflowError> {
        let mut bulk = BulkWrite::default();
        for (key, write) in page {
            match write {
                Write::CreateVariable(variable) => bulk.creates.push(variable),
                Write::PatchVariable(patch) => bulk.updates.push((key, patch)),
                _ => {}
            }
        }
        airflow.write_variables(&bulk).await
    }
}

fn variable(item: &Item) -> Option<&Variable> {
    match item {
        Item::Variable(variable) => Some(variable),
        Item::Pool(_) => None,
    }
}

fn items(variables: Vec<Variable>) -> Vec<Item> {
    variables.into_iter().map(Item::Variable).collect()
}

fn value_of(ledger: &Ledger<'_>, variable: &Variable) -> Result<Content, StoreError> {
    let text = &variable.value;
    if sensitive::sensitive_paths(&variable.key, text).is_empty() {
        return Ok(Content::Value(Value::String(text.clone())));
    }
    Ok(match ledger.seal(text)? {
        Content::Sealed(seal) if sensitive::holds_mask(text) => Content::Sealed(seal.with_masked_text(text)),
        sealed => sealed,
    })
}

fn write_of(
    key: &str,
    op: &Op,
    read: Option<&Variable>,
    replacements: &dyn Replacements,
) -> Result<Write, Unsendable> {
    match op {
        Op::Create { fields } => Ok(Write::CreateVariable(Variable {
            key: key.to_owned(),
            value: text(fields.get(VALUE), replacements)?.unwrap_or_default(),
            description: description(fields.get(DESCRIPTION))?,
            is_encrypted: false,
        })),
        Op::Update { fields, .. } => Ok(Write::PatchVariable(VariablePatch {
            value: text(fields.get(VALUE), replacements)?,
            description: fields
                .get(DESCRIPTION)
                .map(|value| description(Some(value)))
                .transpose()?,
            value_as_read: read.filter(|_| !fields.contains_key(VALUE)).and_then(readable),
        })),
        _ => Ok(Write::DeleteVariable),
    }
}

fn readable(variable: &Variable) -> Option<String> {
    let is_hidden = !sensitive::sensitive_paths(&variable.key, &variable.value).is_empty();
    (!is_hidden).then(|| variable.value.clone())
}

fn text(value: Option<&Value>, replacements: &dyn Replacements) -> Result<Option<String>, Unsendable> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => match secret_id(other) {
            Some(id) => replacement(id, replacements).map(Some),
            None => Err(Unsendable("The value of a Variable must be text.".into())),
        },
    }
}

fn replacement(id: &str, replacements: &dyn Replacements) -> Result<String, Unsendable> {
    let gone = || Unsendable("The new secret is no longer in the keychain: enter it again.".into());
    let found = replacements
        .get(id)
        .map_err(|problem| Unsendable(problem.to_string()))?;
    found.map(|secret| secret.reveal().to_owned()).ok_or_else(gone)
}

fn description(value: Option<&Value>) -> Result<Option<String>, Unsendable> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Unsendable("The description of a Variable must be text.".into())),
    }
}
