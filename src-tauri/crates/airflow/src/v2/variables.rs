//! Variables over API v2.

use http::{Method, StatusCode};
use serde_json::json;

use super::variable_body::{body_of, check, in_body, listed, mask_of, refuse_mask};
use super::{Ask, Client, bulk, spec, wire};
use crate::error::{AirflowError, Call, ErrorKind};
use crate::types::{BulkWrite, Page, Variable, VariablePatch};

const GET: Call = Call::read("read the variable");
const CREATE: Call = Call::write("create the variable");
const PATCH: Call = Call::write("change the variable");
const DELETE: Call = Call::write("delete the variable");

pub(super) async fn page(client: &Client, offset: u64, limit: u64) -> Result<Page<Variable>, AirflowError> {
    let (offset, limit) = (offset.to_string(), limit.to_string());
    let query = [("order_by", "key"), ("offset", &offset), ("limit", &limit)];
    listed(client, &query).await
}

/// By `variable_key_prefix_pattern`, which finds more than was asked for, never less (3.3.2).
pub(super) async fn page_under(
    client: &Client,
    prefix: &str,
    offset: u64,
    limit: u64,
) -> Result<Page<Variable>, AirflowError> {
    let (offset, limit) = (offset.to_string(), limit.to_string());
    let query = [
        ("order_by", "key"),
        ("offset", &offset),
        ("limit", &limit),
        ("variable_key_prefix_pattern", prefix),
    ];
    listed(client, &query).await
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
