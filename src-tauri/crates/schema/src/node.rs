//! JSON with its members in the order of the file: the order of a model's fields is that of its `properties`.

use leeward_model::Value;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Number;
use std::collections::BTreeSet;
use std::fmt;

/// A JSON value; its objects keep the order of their members, and those that stand twice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// How serde_json hands over, under `arbitrary_precision`, a number that is no plain 64-bit integer: as an object with
/// this one member.
const NUMBER: &str = "$serde_json::private::Number";

impl Node {
    /// Reads a JSON text. Nesting is limited by serde_json.
    ///
    /// # Errors
    /// Where the text is no JSON, with line and column.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The pointers of the members whose name stands before them in the same object already.
    pub(crate) fn repeated(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.find_repeated("", &mut found);
        found
    }

    fn find_repeated(&self, pointer: &str, found: &mut Vec<String>) {
        match self {
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.find_repeated(&format!("{pointer}/{index}"), found);
                }
            }
            Self::Object(members) => {
                let mut seen = BTreeSet::new();
                for (name, member) in members {
                    let pointer = below(pointer, name);
                    if !seen.insert(name) {
                        found.push(pointer.clone());
                    }
                    member.find_repeated(&pointer, found);
                }
            }
            _ => {}
        }
    }

    /// The same as a value, whose objects are sorted by name.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => {
                let members = members.iter();
                Value::Object(
                    members
                        .map(|(name, node)| (name.clone(), node.to_value()))
                        .collect(),
                )
            }
        }
    }

    /// The text over several lines, with two spaces a level: the form of JavaScript's `JSON.stringify(value, null, 2)`
    /// and of Python's `json.dumps(value, indent=2, ensure_ascii=False)`.
    pub(crate) fn pretty(&self) -> String {
        let mut text = String::new();
        self.print(0, &mut text);
        text
    }

    fn print(&self, level: usize, text: &mut String) {
        match self {
            Self::List(items) => {
                let print_item = |item: &Self, text: &mut String| item.print(level + 1, text);
                print_all(items, ['[', ']'], level, text, print_item);
            }
            Self::Object(members) => {
                let print_member = |(name, member): &(String, Self), text: &mut String| {
                    text.push_str(&quoted(name));
                    text.push_str(": ");
                    member.print(level + 1, text);
                };
                print_all(members, ['{', '}'], level, text, print_member);
            }
            Self::Text(inner) => text.push_str(&quoted(inner)),
            plain => text.push_str(&plain.to_value().to_string()),
        }
    }
}

fn print_all<T>(
    items: &[T],
    [open, close]: [char; 2],
    level: usize,
    text: &mut String,
    print: impl Fn(&T, &mut String),
) {
    text.push(open);
    for (index, item) in items.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(level + 1));
        print(item, text);
    }
    if !items.is_empty() {
        text.push('\n');
        text.push_str(&"  ".repeat(level));
    }
    text.push(close);
}

/// A text as JSON spells it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The pointer of a member of what `pointer` points at.
pub(crate) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                let members = members.iter();
                Self::Object(
                    members
                        .map(|(name, member)| (name.clone(), Self::from(member)))
                        .collect(),
                )
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Bool(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == NUMBER && members.is_empty() {
                let digits: String = map.next_value()?;
                return digits.parse().map(Node::Number).map_err(A::Error::custom);
            }
            members.push((name, map.next_value()?));
        }
        Ok(Node::Object(members))
    }
}

/// Members in their order.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members.iter().map(|(name, node)| (name, node))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_digits_and_repetition_are_seen() {
        let node = Node::parse(r#"{"b": 1.10, "a/~": [{"x": 1, "x": 2}, -0, 1e400], "b": ""}"#).unwrap();
        assert_eq!(node.repeated(), ["/a~1~0/0/x", "/b"]);
        let expected = "{\n  \"b\": 1.10,\n  \"a/~\": [\n    {\n      \"x\": 1,\n      \"x\": 2\n    },\n    \
                        -0,\n    1e+400\n  ],\n  \"b\": \"\"\n}";
        assert_eq!(node.pretty(), expected);
        assert_eq!(Node::parse("[{}, []]").unwrap().pretty(), "[\n  {},\n  []\n]");
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(Node::parse(&"[".repeat(100_000)).is_err());
    }
}
