//! Pools over API v2.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Ask, Client, PAGE_LIMIT, wire};
use crate::error::{AirflowError, Call, ErrorKind};
use crate::pool_name::check_pool_name;
use crate::types::{Page, Pool, PoolPatch};

pub(super) const LIST: Call = Call::read("list the pools");
const GET: Call = Call::read("read the pool");
const CREATE: Call = Call::write("create the pool");
const PATCH: Call = Call::write("change the pool");
const DELETE: Call = Call::write("delete the pool");

pub(super) async fn page(client: &Client, offset: u64) -> Result<Page<Pool>, AirflowError> {
    let (offset, limit) = (offset.to_string(), PAGE_LIMIT.to_string());
    let query = [("order_by", "name"), ("offset", &offset), ("limit", &limit)];
    let ask = client.ask(LIST, Method::GET, &["pools"], &query);
    Ok(client.signed(&ask).await?.parse::<wire::Pools>()?.into())
}

pub(super) async fn get(client: &Client, name: &str) -> Result<Option<Pool>, AirflowError> {
    let answer = client.signed(&at(client, GET, Method::GET, name, &[])?).await?;
    if answer.says_missing(name) {
        return Ok(None);
    }
    Ok(Some(answer.parse::<wire::Pool>()?.into()))
}

pub(super) async fn create(client: &Client, pool: &Pool) -> Result<Pool, AirflowError> {
    check(CREATE, &pool.name)?;
    let mut ask = client.ask(CREATE, Method::POST, &["pools"], &[]);
    ask.body = Some(json!({
        "name": pool.name, "slots": pool.slots, "description": pool.description,
        "include_deferred": pool.include_deferred,
    }));
    let answer = client.signed(&ask).await?;
    if answer.status == StatusCode::CONFLICT {
        return Err(answer.error(ErrorKind::AlreadyExists));
    }
    Ok(answer.parse::<wire::Pool>()?.into())
}

pub(super) async fn patch(client: &Client, name: &str, patch: &PoolPatch) -> Result<Pool, AirflowError> {
    check(PATCH, name)?;
    let mask = mask_of(patch);
    if mask.is_empty() {
        return there(client, name).await;
    }
    let whole = whole(client, name, patch).await?;
    let mut ask = at(client, PATCH, Method::PATCH, name, &mask)?;
    ask.body = Some(body_of(name, patch, whole));
    let answer = client.signed(&ask).await?;
    if answer.says_missing(name) {
        return Err(answer.error(ErrorKind::NotFound));
    }
    Ok(answer.parse::<wire::Pool>()?.into())
}

/// Slots and `include_deferred` as PATCH wants them even where the mask leaves them out (H37): new, or as they were just
/// read.
async fn whole(client: &Client, name: &str, patch: &PoolPatch) -> Result<(i64, bool), AirflowError> {
    if let (Some(slots), Some(include_deferred)) = (patch.slots, patch.include_deferred) {
        return Ok((slots, include_deferred));
    }
    let read = match &patch.as_read {
        Some(pool) => pool.clone(),
        None => there(client, name).await?,
    };
    let include_deferred = patch.include_deferred.unwrap_or(read.include_deferred);
    Ok((patch.slots.unwrap_or(read.slots), include_deferred))
}

/// The pool as it is now.
async fn there(client: &Client, name: &str) -> Result<Pool, AirflowError> {
    let now = get(client, name).await?;
    now.ok_or_else(|| AirflowError::new(PATCH, ErrorKind::NotFound))
}

pub(super) async fn delete(client: &Client, name: &str) -> Result<(), AirflowError> {
    let ask = at(client, DELETE, Method::DELETE, name, &[])?;
    let answer = client.signed(&ask).await?;
    if answer.says_missing(name) {
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

/// Only what is named here is written; without a mask PATCH would write all that its body holds.
fn mask_of(patch: &PoolPatch) -> Vec<(&'static str, &'static str)> {
    let named = [
        ("slots", patch.slots.is_some()),
        ("description", patch.description.is_some()),
        ("include_deferred", patch.include_deferred.is_some()),
    ];
    let named = named.into_iter().filter(|(_, is_named)| *is_named);
    named.map(|(field, _)| ("update_mask", field)).collect()
}

fn body_of(name: &str, patch: &PoolPatch, (slots, include_deferred): (i64, bool)) -> Value {
    // A create calls it `name`.
    let mut body = json!({"pool": name, "slots": slots, "include_deferred": include_deferred});
    if let Some(description) = &patch.description {
        body["description"] = json!(description);
    }
    body
}

fn at(
    client: &Client,
    call: Call,
    method: Method,
    name: &str,
    query: &[(&str, &str)],
) -> Result<Ask, AirflowError> {
    check(call, name)?;
    Ok(client.ask(call, method, &["pools", name], query))
}

fn check(call: Call, name: &str) -> Result<(), AirflowError> {
    check_pool_name(name).map_err(|reason| AirflowError::new(call, ErrorKind::Unaddressable(reason.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_names_what_is_written_and_nothing_else() {
        let all = PoolPatch {
            slots: Some(-1),
            description: Some(None),
            include_deferred: Some(false),
            as_read: None,
        };
        let fields: Vec<&str> = mask_of(&all).into_iter().map(|(_, field)| field).collect();
        assert_eq!(fields, ["slots", "description", "include_deferred"]);
        let body = json!({"pool": "p", "slots": -1, "description": null, "include_deferred": false});
        assert_eq!(body_of("p", &all, (-1, false)), body);
        assert!(mask_of(&PoolPatch::default()).is_empty());
        let slots = PoolPatch {
            slots: Some(2),
            ..PoolPatch::default()
        };
        assert_eq!(mask_of(&slots), [("update_mask", "slots")]);
        let body = json!({"pool": "p", "slots": 2, "include_deferred": true});
        assert_eq!(body_of("p", &slots, (2, true)), body);
    }
}
