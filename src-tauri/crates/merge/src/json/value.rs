//! A JSON text as a value, strictly: what would lose something on the way is refused, and said.

use super::read::{self, Member, Node, Token};
use leeward_model::Value;
use serde_json::{Map, Number};
use std::collections::BTreeSet;
use thiserror::Error;

/// Why a text is not taken as a JSON value. Paths are JSON Pointers; nothing of the text's values is in the message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotPlain {
    /// It is not JSON.
    #[error("it is not JSON from line {line}, column {column} on")]
    Syntax {
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
    },
    /// It is nested deeper than 100 levels.
    #[error("it is nested deeper than 100 levels")]
    TooDeep,
    /// A key is there twice: which of the two would be meant?
    #[error("the key at {0} is there twice")]
    RepeatedKey(String),
    /// `NaN` or an infinity, which JSON has not, though Python writes them.
    #[error("the value at {0} is not a number of JSON (NaN, Infinity)")]
    NotANumber(String),
    /// Half of a surrogate pair, which stands for no character.
    #[error("the text at {0} holds half a character (a lone surrogate)")]
    LoneSurrogate(String),
}

/// Reads a JSON text (RFC 8259) without loss: numbers keep their spelling (`1.10`, `1E400`, any length).
///
/// # Errors
/// Where the text is not JSON, or holds what a [`Value`] cannot: repeated keys, `NaN`, lone surrogates, deep nesting.
pub fn read_value(text: &str) -> Result<Value, NotPlain> {
    let node = read::read_or_place(text).map_err(|stop| stopped(text, stop))?;
    value(&node, "")
}

fn stopped(text: &str, stop: read::Stop) -> NotPlain {
    if stop.too_deep {
        return NotPlain::TooDeep;
    }
    let before = text.get(..stop.at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    NotPlain::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

fn value(node: &Node<'_>, path: &str) -> Result<Value, NotPlain> {
    Ok(match &node.token {
        Token::Null => Value::Null,
        Token::Bool(truth) => Value::Bool(*truth),
        Token::Number(number) => Value::Number(as_number(number, path)?),
        Token::Text(units) => Value::String(as_text(units, path)?),
        Token::Array(items) => Value::Array(array(items, path)?),
        Token::Object(members) => Value::Object(object(members, path)?),
    })
}

/// As spelled; `Number`'s own parser would make `1e+5` of `1E5`.
fn as_number(number: &str, path: &str) -> Result<Number, NotPlain> {
    let is_json = number.ends_with(|end: char| end.is_ascii_digit());
    is_json
        .then(|| Number::from_string_unchecked(number.to_owned()))
        .ok_or_else(|| NotPlain::NotANumber(path.to_owned()))
}

fn as_text(units: &[u16], path: &str) -> Result<String, NotPlain> {
    String::from_utf16(units).map_err(|_half| NotPlain::LoneSurrogate(path.to_owned()))
}

fn array(items: &[Node<'_>], path: &str) -> Result<Vec<Value>, NotPlain> {
    let items = items.iter().enumerate();
    items
        .map(|(index, item)| value(item, &format!("{path}/{index}")))
        .collect()
}

fn object(members: &[Member<'_>], path: &str) -> Result<Map<String, Value>, NotPlain> {
    let mut known = BTreeSet::new();
    let mut map = Map::new();
    for member in members {
        let path = format!("{path}/{}", super::pointer_token(&member.key));
        if !known.insert(member.key.as_slice()) {
            return Err(NotPlain::RepeatedKey(path));
        }
        let key = as_text(&member.key, &path)?;
        map.insert(key, value(&member.value, &path)?);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_spelling() {
        let numbers = [
            "0",
            "-0",
            "1.10",
            "10.0",
            "1E5",
            "1e+5",
            "1e-05",
            "1e400",
            "-0.0",
            "9007199254740993",
            "123456789012345678901234567890.123456789012345678901234567890",
        ];
        for number in numbers {
            assert_eq!(read_value(number).unwrap().to_string(), number);
        }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#"{"a":[null,true,false,"\u00e9\n"],"b":{}}"#;
        assert_eq!(read_value(text), Ok(serde_json::from_str(text).unwrap()));
    }

    #[test]
    fn what_would_lose_something_is_refused() {
        let repeated = |path: &str| NotPlain::RepeatedKey(path.into());
        let rows = [
            (r#"{"a": 1, "a": 1}"#, repeated("/a")),
            (r#"{"a": [{"k~": 1, "k~": 2}]}"#, repeated("/a/0/k~0")),
            (r#"{"é": 1, "\u00e9": 2}"#, repeated("/é")),
            ("[NaN]", NotPlain::NotANumber("/0".into())),
            ("-Infinity", NotPlain::NotANumber(String::new())),
            (r#"{"a/b": "\ud800"}"#, NotPlain::LoneSurrogate("/a~1b".into())),
            (r#"{"\udc00": 1}"#, NotPlain::LoneSurrogate("/\u{fffd}".into())),
        ];
        for (text, why) in rows {
            assert_eq!(read_value(text), Err(why), "{text}");
        }
        assert_eq!(read_value(&"[".repeat(200_000)), Err(NotPlain::TooDeep));
    }

    #[test]
    fn the_place_is_said_where_it_stops() {
        let rows = [
            ("", 1, 1),
            ("nul", 1, 1),
            ("{\"a\": 1,\n  é}", 2, 3),
            ("[1,\n\n\"éé\" 2]", 3, 6),
            ("1 2", 1, 3),
            ("\u{feff}{}", 1, 1),
        ];
        for (text, line, column) in rows {
            assert_eq!(
                read_value(text),
                Err(NotPlain::Syntax { line, column }),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_object_that_looks_like_a_number_inside_is_an_object() {
        let odd = r#"{"$serde_json::private::Number":"1"}"#;
        let value = read_value(odd).unwrap();
        assert!(value.is_object());
        assert_eq!(value.to_string(), odd);
    }
}
