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
use leeward_model::{Collection, Content, MODEL_KEY, Value, secret_id, sensitive};
use leeward_store::{Ledger, StoreError};
use std::collections::{BTreeMap, BTreeSet};

const VALUE: &str = "value";
const DESCRIPTION: &str = "description";

/// Airflow's Variables, each a record, but for those that are records of typed collections.
pub(crate) struct Variables {
    model: Collection,
    /// The keys of typed collections' Variables begin with these.
    prefixes: Vec<String>,
    /// Of those keys, the ones on which work waits that was begun before: it goes out as what it was meant to be.
    busy: BTreeSet<String>,
}

impl Variables {
    pub(crate) fn without(prefixes: Vec<String>, busy: BTreeSet<String>) -> Self {
        Self {
            model: Collection::variables(),
            prefixes,
            busy,
        }
    }

    /// Whether the Variable is a record here: no typed collection's, or the data model of one.
    fn has(&self, key: &str) -> bool {
        let is_claimed = |prefix: &String| key.strip_prefix(prefix).is_some_and(|rest| rest != MODEL_KEY);
        self.busy.contains(key) || !self.prefixes.iter().any(is_claimed)
    }

    fn items(&self, variables: Vec<Variable>) -> Vec<Item> {
        let own = variables.into_iter().filter(|variable| self.has(&variable.key));
        own.map(Item::Variable).collect()
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
            EventSubject::Keys(keys) => Subjects::Keys(
                keys.iter()
                    .map(String::as_str)
                    .filter(|key| self.has(key))
                    .collect(),
            ),
            EventSubject::Unnamed => Subjects::Unnamed,
            EventSubject::Pools(_) | EventSubject::UnnamedPools => Subjects::None,
        }
    }

    async fn scan(&self, airflow: &dyn Airflow, look: Look<'_>) -> Result<Vec<Item>, AirflowError> {
        let items = |variables| self.items(variables);
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
        let found = airflow.find_variables(keys, near).await?;
        Ok(found.into_iter().map(Item::Variable).collect())
    }

    async fn bulk_ability(&self, airflow: &dyn Airflow) -> Result<Option<BulkAbility>, AirflowError> {
        ability(airflow).await
    }

    async fn send_page(&self, airflow: &dyn Airflow, page: PageWrite) -> Result<BulkOutcome, AirflowError> {
        write_many(airflow, page).await
    }
}

/// Creations and changes of Variables in one request.
pub(super) async fn write_many(airflow: &dyn Airflow, page: PageWrite) -> Result<BulkOutcome, AirflowError> {
    let mut bulk = BulkWrite::default();
    for write in page {
        match write {
            Write::CreateVariable(variable) => bulk.creates.push(variable),
            Write::PatchVariable(key, patch) => bulk.updates.push((key, patch)),
            _ => {}
        }
    }
    airflow.write_variables(&bulk).await
}

/// How many Variables go into one request; `None` where bulk updates would overwrite more than was asked for (H28).
pub(super) async fn ability(airflow: &dyn Airflow) -> Result<Option<BulkAbility>, AirflowError> {
    Ok(Some(airflow.bulk_ability().await?).filter(|ability| ability.masks))
}

pub(super) fn variable(item: &Item) -> Option<&Variable> {
    match item {
        Item::Variable(variable) => Some(variable),
        Item::Pool(_) | Item::Row(_) => None,
    }
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
        Op::Update { fields, .. } => {
            let patch = VariablePatch {
                value: text(fields.get(VALUE), replacements)?,
                description: fields
                    .get(DESCRIPTION)
                    .map(|value| description(Some(value)))
                    .transpose()?,
                value_as_read: read.filter(|_| !fields.contains_key(VALUE)).and_then(readable),
            };
            Ok(Write::PatchVariable(key.to_owned(), patch))
        }
        _ => Ok(Write::DeleteVariable(key.to_owned())),
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
