//! The `variables` binding: one Airflow Variable a record, with the fields `value` and `description`.

use leeward_airflow::{Airflow, AirflowError, Variable, VariablePatch};
use leeward_merge::Op;
use leeward_model::{Content, Remote, Value, secret_id, sensitive};
use leeward_store::{Ledger, StoreError};
use std::collections::BTreeMap;

use crate::replacements::Replacements;

const VALUE: &str = "value";
const DESCRIPTION: &str = "description";

/// A Variable as a record's remote. A sensitive value is sealed before anything is stored.
pub(crate) fn remote_of(ledger: &Ledger<'_>, variable: Option<&Variable>) -> Result<Remote, StoreError> {
    let Some(variable) = variable else {
        return Ok(Remote::Absent);
    };
    let description = variable.description.clone().map_or(Value::Null, Value::String);
    Ok(Remote::Present(BTreeMap::from([
        (VALUE.to_owned(), value_of(ledger, variable)?),
        (DESCRIPTION.to_owned(), Content::Value(description)),
    ])))
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

/// A write that is ready to be sent.
pub(crate) enum Write {
    Create(Variable),
    Patch(VariablePatch),
    Delete,
}

/// Why a planned write cannot be sent.
pub(crate) struct Unsendable(pub(crate) String);

/// The request that a planned write comes to. Secrets that wait in the keychain are put in here, and only here. `read` is
/// what was there just now.
pub(crate) fn write_of(
    key: &str,
    op: &Op,
    read: Option<&Variable>,
    replacements: &dyn Replacements,
) -> Result<Write, Unsendable> {
    match op {
        Op::Create { fields } => Ok(Write::Create(Variable {
            key: key.to_owned(),
            value: text(fields.get(VALUE), replacements)?.unwrap_or_default(),
            description: description(fields.get(DESCRIPTION))?,
            is_encrypted: false,
        })),
        Op::Update { fields, .. } => Ok(Write::Patch(VariablePatch {
            value: text(fields.get(VALUE), replacements)?,
            description: fields
                .get(DESCRIPTION)
                .map(|value| description(Some(value)))
                .transpose()?,
            value_as_read: read.filter(|_| !fields.contains_key(VALUE)).and_then(readable),
        })),
        _ => Ok(Write::Delete),
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

/// Sends a write.
pub(crate) async fn send(airflow: &dyn Airflow, key: &str, write: &Write) -> Result<(), AirflowError> {
    match write {
        Write::Create(variable) => airflow.create_variable(variable).await.map(drop),
        Write::Patch(patch) => airflow.patch_variable(key, patch).await.map(drop),
        Write::Delete => airflow.delete_variable(key).await,
    }
}
