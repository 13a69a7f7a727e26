//! JSON texts: read without loss, compared as Airflow would, merged by key in the analyst's own formatting.
//!
//! The reader accepts what Python's `json.loads` accepts (`NaN`, `Infinity`), since that decides what Airflow
//! re-serialises (docs/AIRFLOW.md H2). It keeps every token's place, so that a merge can reuse the analyst's text.

mod items;
mod masked;
mod merge;
mod read;
mod render;
mod value;

pub use masked::is_masked_form;
pub(crate) use merge::{TextMerge, merge_texts};
pub use value::{NotPlain, read_value};

use leeward_model::{Content, Value};
use read::{Node, Token};
use std::collections::BTreeMap;

/// Whether two texts are JSON and mean the same to Airflow (`{"a": 1.10}` and `{"a":1.1}` do; `1` and `1.0` do not).
#[must_use]
pub fn canonically_equal(a: &str, b: &str) -> bool {
    match (read::read(a), read::read(b)) {
        (Some(a), Some(b)) => equal(&a, &b, numbers_equal),
        _ => false,
    }
}

/// Whether what was read back shows that `sent` arrived: the same letter by letter, or the same JSON.
#[must_use]
pub fn verifies(sent: &Value, read: &Content) -> bool {
    let Some(read) = read.value() else { return false };
    match (sent.as_str(), read.as_str()) {
        (Some(sent), Some(read)) => sent == read || canonically_equal(sent, read),
        _ => sent == read,
    }
}

/// As [`canonically_equal`], for objects and arrays only.
pub(crate) fn containers_equal(a: &str, b: &str) -> bool {
    match (read::read(a), read::read(b)) {
        (Some(a), Some(b)) => is_container(&a) && equal(&a, &b, numbers_equal),
        _ => false,
    }
}

/// As [`containers_equal`], but numbers count letter by letter: nothing is left to tell the two apart.
pub(crate) fn containers_same(a: &str, b: &str) -> bool {
    match (read::read(a), read::read(b)) {
        (Some(a), Some(b)) => is_container(&a) && equal(&a, &b, numbers_same),
        _ => false,
    }
}

/// Whether the text is a JSON object or array.
pub(crate) fn is_container_text(text: &str) -> bool {
    read::read(text).is_some_and(|node| is_container(&node))
}

fn is_container(node: &Node<'_>) -> bool {
    matches!(node.token, Token::Array(_) | Token::Object(_))
}

/// Deep equality; members in any order, of repeated ones the last counts (as in Python).
fn equal(a: &Node<'_>, b: &Node<'_>, numbers: fn(&str, &str) -> bool) -> bool {
    match (&a.token, &b.token) {
        (Token::Null, Token::Null) => true,
        (Token::Bool(a), Token::Bool(b)) => a == b,
        (Token::Number(a), Token::Number(b)) => numbers(a, b),
        (Token::Text(a), Token::Text(b)) => a == b,
        (Token::Array(a), Token::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b, numbers))
        }
        (Token::Object(a), Token::Object(b)) => members_equal(&by_key(a), &by_key(b), numbers),
        _ => false,
    }
}

/// A key in a JSON Pointer. A lone surrogate has no text of its own; its stand-in is shown.
fn pointer_token(key: &[u16]) -> String {
    String::from_utf16_lossy(key)
        .replace('~', "~0")
        .replace('/', "~1")
}

type Members<'n, 't> = BTreeMap<&'n [u16], &'n Node<'t>>;

fn by_key<'n, 't>(members: &'n [read::Member<'t>]) -> Members<'n, 't> {
    members
        .iter()
        .map(|member| (member.key.as_slice(), &member.value))
        .collect()
}

fn members_equal(a: &Members<'_, '_>, b: &Members<'_, '_>, numbers: fn(&str, &str) -> bool) -> bool {
    a.len() == b.len()
        && a.iter()
            .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b, numbers)))
}

/// As Python reads them: integers exactly, everything else as a 64-bit float; the two never meet.
fn numbers_equal(a: &str, b: &str) -> bool {
    match (is_integer(a), is_integer(b)) {
        (true, true) => integer(a) == integer(b),
        (false, false) => float(a).to_bits() == float(b).to_bits(),
        _ => false,
    }
}

/// Letter by letter: `3.10` is not `3.1`.
fn numbers_same(a: &str, b: &str) -> bool {
    a == b
}

fn is_integer(number: &str) -> bool {
    number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
}

fn integer(number: &str) -> &str {
    if number == "-0" { "0" } else { number }
}

fn float(number: &str) -> f64 {
    match number {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        other => other.parse().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_that_of_a_round_trip_through_airflow() {
        let same = [
            ("1.10", "1.1"),
            (r#"{"b":  1,"a":2}"#, r#"{"b": 1, "a": 2}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a": 2}"#),
            ("\"é\"", r#""\u00e9""#),
            ("1e400", "Infinity"),
            ("-0", "0"),
            ("[1E3]", "[1000.0]"),
            (r#""\ud83d\ude00""#, "\"😀\""),
        ];
        for (a, b) in same {
            assert!(canonically_equal(a, b), "{a} = {b}");
        }
    }

    #[test]
    fn what_differs_differs() {
        let different = [
            ("1", "1.0"),
            ("0.0", "-0.0"),
            ("9007199254740993", "9007199254740992"),
            ("null", "\"null\""),
            ("[1,2]", "[2,1]"),
            ("{\"a\":1,}", "{\"a\":1}"),
            ("abc", "abc"),
            ("", ""),
            (r#"{"a":null}"#, "{}"),
        ];
        for (a, b) in different {
            assert!(!canonically_equal(a, b), "{a} /= {b}");
        }
    }

    #[test]
    fn plain_text_verifies_letter_by_letter() {
        let read = |text: &str| Content::Value(Value::String(text.into()));
        assert!(verifies(&Value::String("a,b".into()), &read("a,b")));
        assert!(!verifies(&Value::String("a,b".into()), &read("a, b")));
        assert!(verifies(&Value::String("3.10".into()), &read("3.1")));
        assert!(verifies(&Value::Null, &Content::Value(Value::Null)));
        assert!(!verifies(&Value::Null, &read("null")));
        assert!(!verifies(
            &Value::String("3.10".into()),
            &Content::Sealed("x".into())
        ));
    }
}
