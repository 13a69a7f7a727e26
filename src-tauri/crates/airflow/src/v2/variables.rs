//! Variables over API v2.

use std::sync::atomic::Ordering;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Ask, Client, bulk, spec, wire};
use crate::error::{AirflowError, Call, ErrorKind};
use crate::key::check_key;
use crate::types::{BulkWrite, Page, Variable, VariablePatch};
use leeward_model::sensitive::holds_mask;

pub(super) const LIST: Call = Call::read("list the variables");
const GET: Call = Call::read("read the variable");
const CREATE: Call = Call::write("create the variable");
const PATCH: Call = Call::write("change the variable");
const DELETE: Call = Call::write("delete the variable");

pub(super) async fn page(client: &Client, offset: u64, limit: u64) -> Result<Page<Variable>, AirflowError> {
    let (offset, limit) = (offset.to_string(), limit.to_string());
    let query = [("order_by", "key"), ("offset", &offset), ("limit", &limit)];
    listed(client, &query).await
}

/// One page of the listing; the longest that comes says how many the server gives at most.
pub(super) async fn listed(client: &Client, query: &[(&str, &str)]) -> Result<Page<Variable>, AirflowError> {
    let ask = client.ask(LIST, Method::GET, &["variables"], query);
    let page: Page<Variable> = client.signed(&ask).await?.parse::<wire::Variables>()?.into();
    client.longest_page.fetch_max(page.items.len(), Ordering::Relaxed);
    Ok(page)
}

pub(super) async fn get(client: &Client, key: &str) -> Result<Option<Variable>, AirflowError> {
    let answer = client.signed(&at(client, GET, Method::GET, key, &[])?).await?;
    if answer.says_missing(key) {
        return Ok(None);
    }
    Ok(Some(answer.parse::<wire::Variable>()?.into()))
}

pub(super) async fn create(client: &Client, variable: &Variable) -> Result<Variable, AirflowError> {
    check(CREATE, &variable.key)?;
    refuse_mask(CREATE, &variable.value)?;
    let mut ask = client.ask(CREATE, Method::POST, &["variables"], &[]);
    ask.body = Some(json!({
        "key": variable.key, "value": variable.value, "description": variable.description,
    }));
    let answer = client.signed(&ask).await?;
    if answer.status == StatusCode::CONFLICT {
        return Err(answer.error(ErrorKind::AlreadyExists));
    }
    Ok(answer.parse::<wire::Variable>()?.into())
}

pub(super) async fn patch(
    client: &Client,
    key: &str,
    patch: &VariablePatch,
) -> Result<Variable, AirflowError> {
    check(PATCH, key)?;
    refuse_mask(PATCH, in_body(patch))?;
    let mask = mask_of(patch);
    if mask.is_empty() {
        return there(client, key).await;
    }
    if patch.value.is_none() && patch.value_as_read.is_none() {
        return patch_hidden(client, key, patch).await;
    }
    let mut ask = at(client, PATCH, Method::PATCH, key, &mask)?;
    ask.body = Some(body_of(key, patch));
    let answer = client.signed(&ask).await?;
    if answer.says_missing(key) {
        return Err(answer.error(ErrorKind::NotFound));
    }
    Ok(answer.parse::<wire::Variable>()?.into())
}

/// Changes the description of a variable whose value cannot be read: there is nothing to put in the value's place, so the
/// mask of fields must not get lost. In the address it can (H30); it travels in the body of a bulk update.
async fn patch_hidden(client: &Client, key: &str, patch: &VariablePatch) -> Result<Variable, AirflowError> {
    if !spec::abilities(client).await?.bulk_masks {
        return Err(AirflowError::new(PATCH, ErrorKind::HiddenValueAtRisk));
    }
    let bulk = BulkWrite {
        creates: Vec::new(),
        updates: vec![(key.to_owned(), patch.clone())],
    };
    bulk::write(client, &bulk).await?;
    there(client, key).await
}

/// The variable as it is now.
async fn there(client: &Client, key: &str) -> Result<Variable, AirflowError> {
    let now = get(client, key).await?;
    now.ok_or_else(|| AirflowError::new(PATCH, ErrorKind::NotFound))
}

pub(super) async fn delete(client: &Client, key: &str) -> Result<(), AirflowError> {
    let answer = client
        .signed(&at(client, DELETE, Method::DELETE, key, &[])?)
        .await?;
    if answer.says_missing(key) {
        return Err(answer.error(ErrorKind::NotFound));
    }
    answer.expect_success()?;
    // A page with status 200 in place of Airflow's empty 204 proves nothing.
    if answer.status == StatusCode::NO_CONTENT {
        Ok(())
    } else {
        Err(answer.error(answer.not_airflow()))
    }
}

/// Only what is named here is written; without a mask PATCH would write `value` as well.
pub(super) fn mask_of(patch: &VariablePatch) -> Vec<(&'static str, &'static str)> {
    let value = patch.value.as_ref().map(|_| ("update_mask", "value"));
    let description = patch.description.as_ref().map(|_| ("update_mask", "description"));
    value.into_iter().chain(description).collect()
}

/// PATCH wants `value` even when the mask leaves it out (H4a): then it is the value as it was just read.
fn in_body(patch: &VariablePatch) -> &str {
    let value = patch.value.as_deref().or(patch.value_as_read.as_deref());
    value.unwrap_or_default()
}

pub(super) fn body_of(key: &str, patch: &VariablePatch) -> Value {
    let mut body = Map::new();
    body.insert("key".to_owned(), json!(key));
    body.insert("value".to_owned(), json!(in_body(patch)));
    if let Some(description) = &patch.description {
        body.insert("description".to_owned(), json!(description));
    }
    Value::Object(body)
}

fn at(
    client: &Client,
    call: Call,
    method: Method,
    key: &str,
    query: &[(&str, &str)],
) -> Result<Ask, AirflowError> {
    check(call, key)?;
    Ok(client.ask(call, method, &["variables", key], query))
}

pub(super) fn check(call: Call, key: &str) -> Result<(), AirflowError> {
    check_key(key).map_err(|reason| AirflowError::new(call, ErrorKind::Unaddressable(reason)))
}

/// The last of several guards: writing a mask back would destroy the secret that it stands for (H3, H29).
pub(super) fn refuse_mask(call: Call, value: &str) -> Result<(), AirflowError> {
    if holds_mask(value) {
        Err(AirflowError::new(call, ErrorKind::MaskRefused))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch_of(value: Option<&str>, description: Option<Option<&str>>) -> VariablePatch {
        VariablePatch {
            value: value.map(str::to_owned),
            description: description.map(|d| d.map(str::to_owned)),
            value_as_read: None,
        }
    }

    #[test]
    fn the_mask_names_what_is_written_and_nothing_else() {
        let both = patch_of(Some("v"), Some(None));
        assert_eq!(
            mask_of(&both),
            [("update_mask", "value"), ("update_mask", "description")]
        );
        assert_eq!(
            body_of("k", &both),
            json!({"key": "k", "value": "v", "description": null})
        );
        let value = patch_of(Some("v"), None);
        assert_eq!(mask_of(&value), [("update_mask", "value")]);
        assert_eq!(body_of("k", &value), json!({"key": "k", "value": "v"}));
        assert!(mask_of(&patch_of(None, None)).is_empty());
    }

    #[test]
    fn a_description_alone_sends_the_value_as_it_was_read() {
        let mut description = patch_of(None, Some(Some("d")));
        description.value_as_read = Some("v".to_owned());
        assert_eq!(mask_of(&description), [("update_mask", "description")]);
        assert_eq!(
            body_of("k", &description),
            json!({"key": "k", "value": "v", "description": "d"})
        );
    }

    #[test]
    fn a_mask_is_refused_wherever_it_stands() {
        for value in ["***", "pw=*** x", r#"{"a": ["***"]}"#] {
            assert!(refuse_mask(PATCH, value).is_err(), "{value}");
        }
        assert!(refuse_mask(PATCH, "** a * b").is_ok());
    }
}
