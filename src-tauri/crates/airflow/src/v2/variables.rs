//! Variables over API v2.

use std::sync::atomic::Ordering;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Ask, Client, wire};
use crate::MASK;
use crate::error::{AirflowError, Call, ErrorKind};
use crate::key::check_key;
use crate::types::{Page, Variable, VariablePatch};

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
    refuse_mask(PATCH, patch.value.as_deref().unwrap_or_default())?;
    let mask = mask_of(patch);
    if mask.is_empty() {
        let now = get(client, key).await?;
        return now.ok_or_else(|| AirflowError::new(PATCH, ErrorKind::NotFound));
    }
    let mut ask = at(client, PATCH, Method::PATCH, key, &mask)?;
    ask.body = Some(body_of(key, patch));
    let answer = client.signed(&ask).await?;
    if answer.says_missing(key) {
        return Err(answer.error(ErrorKind::NotFound));
    }
    Ok(answer.parse::<wire::Variable>()?.into())
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

/// PATCH wants `value` even when the mask leaves it out: the placeholder is then not written (H4a).
pub(super) fn body_of(key: &str, patch: &VariablePatch) -> Value {
    let mut body = Map::new();
    body.insert("key".to_owned(), json!(key));
    body.insert(
        "value".to_owned(),
        json!(patch.value.as_deref().unwrap_or_default()),
    );
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

/// The last of several guards: writing the mask back would destroy the secret (H3).
pub(super) fn refuse_mask(call: Call, value: &str) -> Result<(), AirflowError> {
    if value == MASK {
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
    fn a_description_alone_sends_a_placeholder_for_the_value() {
        let description = patch_of(None, Some(Some("d")));
        assert_eq!(mask_of(&description), [("update_mask", "description")]);
        assert_eq!(
            body_of("k", &description),
            json!({"key": "k", "value": "", "description": "d"})
        );
    }
}
