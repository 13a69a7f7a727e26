//! What is typed: texts, numbers whose formatting Airflow loses, and JSON objects of several members; each with a
//! number of its own in it.

use crate::collections::{Id, Kind, text_of};
use crate::dice::Dice;
use crate::fake_airflow::DEFAULT_POOL;
use crate::tokens::Token;
use serde_json::{Map, Value, json};

/// Keys of the Variables that a history is about; what they begin with says what is in them.
const KEYS: [&str; 18] = [
    "txt-a",
    "txt-b",
    "txt/c d",
    "txt-e",
    "num-a",
    "num-b",
    "num-c",
    "map-a",
    "map-b",
    "map-c",
    "map-d",
    "map-é?#%",
    "api_key-a",
    "api_key-b",
    "txt-f",
    "num-d",
    "url-a",
    "url-b",
];

/// Names of pools; most are keys of Variables, too.
const POOLS: [&str; 12] = [
    "txt-a",
    DEFAULT_POOL,
    "num-a",
    "etl",
    "txt/c d",
    "map-é?#%",
    "txt-b",
    "nightly",
    "num-b",
    "map-a",
    "txt-e",
    "map-b",
];

/// Keys of the typed records; most are keys of Variables, too.
const RATES: [&str; 10] = [
    "txt-a", "num-a", "EUR", "map-a", "txt-b", "CHF/x y", "txt/c d", "USD", "num-b", "map-b",
];

fn keys_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Variables => &KEYS,
        Kind::Pools => &POOLS,
        Kind::Rates => &RATES,
    }
}

/// A record of any collection, rather one of the first than another, so that people meet.
pub(crate) fn any_id(dice: &mut Dice) -> Id {
    let kind = any_kind(dice);
    let keys = keys_of(kind);
    let few = dice.within(3, keys.len() as u64);
    let place = dice.below(few);
    kind.id(keys[usize::try_from(place).unwrap_or_default()])
}

/// A collection, rather the first than another.
pub(crate) fn any_kind(dice: &mut Dice) -> Kind {
    match dice.below(10) {
        0..6 => Kind::Variables,
        6..8 => Kind::Pools,
        _ => Kind::Rates,
    }
}

/// Every record.
pub(crate) fn ids() -> impl Iterator<Item = Id> {
    Kind::ALL.into_iter().flat_map(ids_of)
}

/// Every record of a collection.
fn ids_of(kind: Kind) -> impl Iterator<Item = Id> {
    keys_of(kind).iter().map(move |key| kind.id(key))
}

/// Whether what is in the record is hidden.
pub(crate) fn is_secret(id: &Id) -> bool {
    id.kind == Kind::Variables && id.key.starts_with("api_key")
}

/// The secret inside the values of a record, which Airflow may mask; `None` where there is none.
pub(crate) fn secret_inside(id: &Id) -> Option<String> {
    let is_url = id.kind == Kind::Variables && id.key.starts_with("url");
    is_url.then(|| format!("S3cr-et-of-{}", id.key))
}

/// One of the fields of a record, rather the first than another; of a Variable the value, its description is edited apart.
pub(crate) fn any_field(dice: &mut Dice, kind: Kind) -> &'static str {
    let fields = kind.fields();
    if kind == Kind::Variables || dice.chance(40) {
        return fields[0];
    }
    fields[dice.index(fields.len())]
}

/// A new value in place of `old`, with the token in it where there is room for one.
pub(crate) fn typed(dice: &mut Dice, id: &Id, field: &str, old: Option<&Value>, token: Token) -> Value {
    match field {
        "value" => typed_text(dice, id, old.and_then(Value::as_str), token).into(),
        "slots" | "rate" => token.into(),
        "include_deferred" | "active" => (old != Some(&Value::Bool(true))).into(),
        "limits" => {
            let mut limits = old.and_then(Value::as_object).cloned().unwrap_or_default();
            let name = ["low", "high", "alarm"][dice.index(3)];
            limits.insert(name.to_owned(), token.into());
            Value::Object(limits)
        }
        _ => format!("said {token}").into(),
    }
}

/// The same as the truth has it.
pub(crate) fn typed_as_text(
    dice: &mut Dice,
    id: &Id,
    field: &str,
    old: Option<&str>,
    token: Token,
) -> Option<String> {
    let old = old.map(|old| match field {
        "value" | "description" | "source" => Value::String(old.to_owned()),
        _ => serde_json::from_str(old).unwrap_or_default(),
    });
    text_of(&typed(dice, id, field, old.as_ref(), token))
}

fn typed_text(dice: &mut Dice, id: &Id, old: Option<&str>, token: Token) -> String {
    if id.key.starts_with("num") {
        return format!("{token}.{}0", dice.within(1, 9));
    }
    if let Some(secret) = secret_inside(id) {
        return if dice.chance(50) {
            json!({"url": format!("mysql://u:{secret}@h/db"), "limit": token}).to_string()
        } else {
            format!("host=db1 pw={secret} timeout={token}")
        };
    }
    if !id.key.starts_with("map") {
        return format!("text {token}");
    }
    let old = old.and_then(|old| serde_json::from_str::<Map<String, Value>>(old).ok());
    let Some(mut map) = old else {
        return json!({"a": token, "b": [token, 1.5], "c": {"d": token.to_string()}}).to_string();
    };
    let name = ["a", "b", "c", "new"][dice.index(4)];
    let value = match name {
        "b" => json!([token, 2.5]),
        "c" => json!({"d": token.to_string()}),
        _ => json!(token),
    };
    map.insert(name.to_owned(), value);
    Value::Object(map).to_string()
}
