//! What is typed: texts, numbers whose formatting Airflow loses, and JSON objects of several members; each with a
//! number of its own in it.

use crate::dice::Dice;
use crate::tokens::Token;
use serde_json::{Map, Value, json};

/// Keys of the records that a history is about; what they begin with says what is in them.
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

/// A key, rather one of the first than another, so that people meet.
pub(crate) fn any_key(dice: &mut Dice) -> String {
    let few = dice.within(3, KEYS.len() as u64);
    let place = dice.below(few);
    KEYS[usize::try_from(place).unwrap_or_default()].to_owned()
}

/// Every key.
pub(crate) fn keys() -> impl Iterator<Item = String> {
    KEYS.iter().map(|key| (*key).to_owned())
}

/// Whether what is under the key is hidden.
pub(crate) fn is_secret(key: &str) -> bool {
    key.starts_with("api_key")
}

/// The secret inside the values of a key, which Airflow may mask; `None` where there is none.
pub(crate) fn secret_inside(key: &str) -> Option<String> {
    key.starts_with("url").then(|| format!("S3cr-et-of-{key}"))
}

/// A new text in place of `old`, with the token in it.
pub(crate) fn typed(dice: &mut Dice, key: &str, old: Option<&str>, token: Token) -> String {
    if key.starts_with("num") {
        return format!("{token}.{}0", dice.within(1, 9));
    }
    if let Some(secret) = secret_inside(key) {
        return if dice.chance(50) {
            json!({"url": format!("mysql://u:{secret}@h/db"), "limit": token}).to_string()
        } else {
            format!("host=db1 pw={secret} timeout={token}")
        };
    }
    if !key.starts_with("map") {
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
