//! Pools: creates that collide, changes that want more than they write, and a default pool that stays (H37, H38).

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::masker::Rules;
use super::reply::{Asked, broken, detail, empty, invalid, reply};
use super::{FakeAirflow, unknown_route};

/// The pool of every task that names none.
pub const DEFAULT_POOL: &str = "default_pool";
const NAME_MAX: usize = 256;
/// The body of a create calls the name `name`, that of a change `pool`; either takes the other word, not both.
const NAME: [&str; 2] = ["name", "pool"];

/// A pool as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRow {
    /// Task slots; -1 is unlimited.
    pub slots: i64,
    /// The description.
    pub description: Option<String>,
    /// Whether deferred tasks take slots.
    pub include_deferred: bool,
}

impl PoolRow {
    /// The default pool of a new Airflow.
    pub(super) fn first() -> (String, Self) {
        let row = Self {
            slots: 128,
            description: Some("Default pool".to_owned()),
            include_deferred: false,
        };
        (DEFAULT_POOL.to_owned(), row)
    }
}

/// An answer in place of what was asked for; boxed because answers are large.
type Refused = Box<Response<Bytes>>;

pub(super) fn collection(airflow: &mut FakeAirflow, asked: &Asked, user: &str) -> Response<Bytes> {
    match asked.method {
        Method::GET => list(airflow, asked),
        Method::POST => create(airflow, asked, user),
        Method::PATCH => bulk(airflow, asked, user),
        _ => unknown_route(),
    }
}

pub(super) fn one(airflow: &mut FakeAirflow, asked: &Asked, name: &str, user: &str) -> Response<Bytes> {
    match asked.method {
        Method::GET => read(airflow, name, StatusCode::OK),
        Method::PATCH => patch(airflow, asked, name, user).unwrap_or_else(|refusal| *refusal),
        Method::DELETE => delete(airflow, name, user),
        _ => unknown_route(),
    }
}

fn list(airflow: &FakeAirflow, asked: &Asked) -> Response<Bytes> {
    let rows: Vec<_> = airflow.pools.iter().collect();
    let (page, total) = asked.page(&rows, airflow.page_max);
    let page: Vec<Value> = page.iter().map(|(name, row)| shown(airflow, name, row)).collect();
    reply(StatusCode::OK, &json!({"pools": page, "total_entries": total}))
}

fn read(airflow: &FakeAirflow, name: &str, status: StatusCode) -> Response<Bytes> {
    match airflow.pools.get(name) {
        Some(row) => reply(status, &shown(airflow, name, row)),
        None => missing(name),
    }
}

fn create(airflow: &mut FakeAirflow, asked: &Asked, user: &str) -> Response<Bytes> {
    airflow.log_redacted("post_pool", user, &asked.body);
    if let Err(refusal) = check(&asked.body, &["name", "slots"]) {
        return *refusal;
    }
    let name = name_in(&asked.body).unwrap_or_default().to_owned();
    if airflow.pools.contains_key(&name) {
        let reason = json!({"reason": "Unique constraint violation", "statement": "hidden"});
        return reply(StatusCode::CONFLICT, &json!({"detail": reason}));
    }
    let mut row = PoolRow {
        slots: 0,
        description: None,
        include_deferred: false,
    };
    write(&mut row, &asked.body, None);
    airflow.pools.insert(name.clone(), row);
    read(airflow, &name, StatusCode::CREATED)
}

fn patch(
    airflow: &mut FakeAirflow,
    asked: &Asked,
    name: &str,
    user: &str,
) -> Result<Response<Bytes>, Refused> {
    let mask: Vec<&str> = asked.all("update_mask").collect();
    airflow.log_redacted("patch_pool", user, &noted(asked, name, &mask));
    check_known(&asked.body)?;
    if name_in(&asked.body).is_some_and(|named| !named.is_empty() && named != name) {
        let text = "Invalid body, pool name from request body doesn't match uri parameter";
        return Err(Box::new(detail(StatusCode::BAD_REQUEST, text)));
    }
    let Some(row) = airflow.pools.get(name) else {
        return Err(Box::new(missing(name)));
    };
    let mut row = row.clone();
    if name == DEFAULT_POOL {
        check_default(&mask)?;
    } else if mask.is_empty() || airflow.rules == Rules::Current {
        check(&asked.body, &["pool", "slots", "include_deferred"])?;
    }
    let mask = Some(mask.as_slice()).filter(|mask| !mask.is_empty());
    if !write(&mut row, &asked.body, mask) {
        return Err(Box::new(broken()));
    }
    airflow.pools.insert(name.to_owned(), row);
    Ok(read(airflow, name, StatusCode::OK))
}

fn delete(airflow: &mut FakeAirflow, name: &str, user: &str) -> Response<Bytes> {
    airflow.log_redacted("delete_pool", user, &json!({"pool_name": name}));
    if name == DEFAULT_POOL {
        return detail(StatusCode::BAD_REQUEST, "Default Pool can't be deleted");
    }
    match airflow.pools.remove(name) {
        Some(_) => empty(StatusCode::NO_CONTENT),
        None => missing(name),
    }
}

/// A bulk request, as far as it deletes: also the default pool.
fn bulk(airflow: &mut FakeAirflow, asked: &Asked, user: &str) -> Response<Bytes> {
    airflow.log_redacted("bulk_pools", user, &asked.body);
    let actions = asked.body["actions"].as_array().into_iter().flatten();
    let deletes = actions.filter(|action| action["action"] == "delete");
    let names = deletes
        .filter_map(|action| action["entities"].as_array())
        .flatten();
    let gone: Vec<&str> = names
        .filter_map(Value::as_str)
        .filter(|name| airflow.pools.remove(*name).is_some())
        .collect();
    let account = json!({"create": null, "update": null, "delete": {"success": gone, "errors": []}});
    reply(StatusCode::OK, &account)
}

/// What the event log holds of a change: the query (of a name that occurs twice the last), the path and the body.
fn noted(asked: &Asked, name: &str, mask: &[&str]) -> Value {
    let mut noted = Map::new();
    if let Some(last) = mask.last() {
        noted.insert("update_mask".to_owned(), json!(last));
    }
    noted.insert("pool_name".to_owned(), json!(name));
    noted.extend(asked.body.as_object().cloned().unwrap_or_default());
    Value::Object(noted)
}

/// pydantic's refusal of a body without one of these fields, or with one that it does not take.
fn check(body: &Value, wanted: &[&str]) -> Result<(), Refused> {
    check_known(body)?;
    for field in wanted {
        let value = if NAME.contains(field) {
            NAME.iter().find_map(|word| body.get(word))
        } else {
            body.get(field)
        };
        if value.is_none_or(Value::is_null) {
            return Err(Box::new(invalid("missing", field, "Field required", body)));
        }
    }
    // `null` stands for no field in a change alone.
    let is_null = body.get("include_deferred").is_some_and(Value::is_null);
    accept(
        !is_null,
        "include_deferred",
        "Input should be a valid boolean",
        body,
    )
}

/// The same of the fields that are there.
fn check_known(body: &Value) -> Result<(), Refused> {
    let Some(fields) = body.as_object() else {
        return accept(false, "", "Input should be a valid dictionary", body);
    };
    accept(
        !NAME.iter().all(|word| fields.contains_key(*word)),
        "name",
        "Extra inputs are not permitted",
        body,
    )?;
    for (field, value) in fields {
        let (is_good, message) = judge(field, value);
        accept(value.is_null() || is_good, field, message, value)?;
    }
    Ok(())
}

fn judge(field: &str, value: &Value) -> (bool, &'static str) {
    match field {
        "name" | "pool" => (
            value
                .as_str()
                .is_some_and(|name| name.chars().count() <= NAME_MAX),
            "String should have at most 256 characters",
        ),
        "slots" => (
            value.as_i64().is_some_and(|slots| slots >= -1),
            "Input should be greater than or equal to -1",
        ),
        "description" => (value.is_string(), "Input should be a valid string"),
        "include_deferred" => (value.is_boolean(), "Input should be a valid boolean"),
        _ => (false, "Extra inputs are not permitted"),
    }
}

fn accept(is_good: bool, place: &str, message: &str, input: &Value) -> Result<(), Refused> {
    if is_good {
        Ok(())
    } else {
        Err(Box::new(invalid("value_error", place, message, input)))
    }
}

/// Of the default pool only slots and `include_deferred` change, and only where a mask says so.
fn check_default(mask: &[&str]) -> Result<(), Refused> {
    let may = |field: &&str| matches!(field.trim(), "slots" | "include_deferred");
    if !mask.is_empty() && mask.iter().all(may) {
        return Ok(());
    }
    let text = "Only slots and included_deferred can be modified on Default Pool";
    Err(Box::new(detail(StatusCode::BAD_REQUEST, text)))
}

/// Writes what was sent and the mask names; without a mask, all that was sent. `false` where no slots are left, which
/// Airflow cannot show.
fn write(row: &mut PoolRow, body: &Value, mask: Option<&[&str]>) -> bool {
    let sent = |field: &str| {
        let counts = mask.is_none_or(|mask| mask.contains(&field));
        body.get(field).filter(|_| counts)
    };
    if let Some(description) = sent("description") {
        row.description = description.as_str().map(str::to_owned);
    }
    if let Some(include_deferred) = sent("include_deferred") {
        row.include_deferred = include_deferred.as_bool().unwrap_or_default();
    }
    if let Some(slots) = sent("slots") {
        row.slots = slots.as_i64().unwrap_or_default();
        return slots.is_i64();
    }
    true
}

fn name_in(body: &Value) -> Option<&str> {
    NAME.iter().find_map(|word| body[word].as_str())
}

fn shown(airflow: &FakeAirflow, name: &str, row: &PoolRow) -> Value {
    let mut shown = json!({
        "name": name, "slots": row.slots, "description": row.description,
        "include_deferred": row.include_deferred, "occupied_slots": 0, "running_slots": 0, "queued_slots": 0,
        "scheduled_slots": 0, "open_slots": row.slots, "deferred_slots": 0,
    });
    if airflow.rules == Rules::Current {
        shown["team_name"] = Value::Null;
    }
    shown
}

fn missing(name: &str) -> Response<Bytes> {
    detail(
        StatusCode::NOT_FOUND,
        &format!("The Pool with name: `{name}` was not found"),
    )
}
