//! Types of fields, and the canonical form of their values.

use crate::node::Node;
use crate::notes::Choice;
use leeward_model::canonical::{self, date, date_time, decimal, integer, integer_of_json};
use leeward_model::{FieldKind, Value};
use serde_json::Number;

/// A field's type, with the rules that its values keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    Text(TextRules),
    /// A whole number of 64 bits, carried as its text.
    Integer(Range),
    /// An exact decimal number, carried as its text.
    Decimal {
        /// The most decimal places.
        scale: u8,
        /// Its limits.
        range: Range,
    },
    /// True or false.
    Boolean,
    /// A day, as `YYYY-MM-DD`.
    Date,
    /// A moment with its zone, as in RFC 3339.
    DateTime,
    /// One of some texts.
    Choice(Vec<Choice>),
    /// Any JSON of that shape.
    Json(JsonShape),
}

/// The rules of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextRules {
    /// A regular expression (ECMA-262) that it contains a match of.
    pub pattern: Option<String>,
    /// The least length, in characters.
    pub min_length: Option<u32>,
    /// The greatest length, in characters.
    pub max_length: Option<u32>,
}

/// The limits of a number, as canonical texts; both are allowed themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Range {
    /// The least number.
    pub minimum: Option<String>,
    /// The greatest number.
    pub maximum: Option<String>,
}

/// What a JSON field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonShape {
    /// Any JSON.
    Any,
    /// An object.
    Object,
    /// A list.
    Array,
}

impl FieldType {
    /// The canonical form of a value of JSON: numbers and decimals as text, numbers within JSON in one spelling, everything
    /// else as JSON Schema has it. What is canonical already comes back as it is.
    ///
    /// # Errors
    /// The first rule that it breaks, as the end of a sentence ("must be a whole number"). The value is not in it.
    pub fn take(&self, value: &Value) -> Result<Value, String> {
        match (self, value) {
            (Self::Json(shape), value) => shape.broken(value).map_or_else(|| canonical::json(value), Err),
            (Self::Boolean, Value::Bool(_)) => Ok(value.clone()),
            (Self::Integer(range), Value::Number(number)) => range.keep(integer_of_json(number.as_str())?),
            (Self::Boolean, _) => Err("must be true or false".into()),
            (_, Value::String(text)) => self.take_scalar(text),
            _ => Err(self.words().into()),
        }
    }

    /// The canonical form of what stands in a cell or a file: as [`take`](Self::take) of a text, but `true` and `false`
    /// in any case are read for a boolean, and JSON is read for a JSON field. Nothing is trimmed or guessed.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_text(&self, text: &str) -> Result<Value, String> {
        match self {
            Self::Boolean if text.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
            Self::Boolean if text.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
            Self::Boolean => Err("must be true or false".into()),
            Self::Json(_) => {
                let node = Node::parse(text).map_err(|why| format!("must be JSON: {why}"))?;
                match node.repeated().first() {
                    None => self.take(&node.to_value()),
                    Some(pointer) => Err(format!(
                        "must be JSON without a member that stands twice: {pointer}"
                    )),
                }
            }
            _ => self.take_scalar(text),
        }
    }

    fn take_scalar(&self, text: &str) -> Result<Value, String> {
        match self {
            Self::Text(rules) => rules.broken(text).map_or(Ok(Value::from(text)), Err),
            Self::Integer(range) => range.keep(integer(text)?),
            Self::Decimal { scale, range } => range.keep(decimal(text, *scale)?),
            Self::Date => date(text).map(Value::from),
            Self::DateTime => date_time(text).map(Value::from),
            Self::Choice(choices) => choose(choices, text),
            Self::Boolean | Self::Json(_) => Err(self.words().into()),
        }
    }

    /// A canonical value as the model's JSON Schema has it: whole numbers as numbers. This is what leaves Leeward, in a
    /// Variable's JSON.
    #[must_use]
    pub fn to_json(&self, canonical: &Value) -> Value {
        let number = match (self, canonical) {
            (Self::Integer(_), Value::String(text)) => text.parse::<Number>().ok(),
            _ => None,
        };
        number.map_or_else(|| canonical.clone(), Value::Number)
    }

    /// The text of a canonical value that a cell shows and [`take_text`](Self::take_text) reads.
    #[must_use]
    pub fn text_of(&self, canonical: &Value) -> String {
        match (self, canonical) {
            (Self::Json(_), value) => value.to_string(),
            (_, Value::String(text)) => text.clone(),
            (_, value) => value.to_string(),
        }
    }

    /// Whether its values can be a part of a key, and refer to one. A moment cannot: it has a text for every zone. JSON
    /// cannot: it has many texts.
    #[must_use]
    pub fn can_be_key(&self) -> bool {
        !matches!(self, Self::DateTime | Self::Json(_))
    }

    /// What a value of another type is told.
    fn words(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Choice(_) => "must be a text",
            Self::Integer(_) => "must be a whole number",
            Self::Decimal { .. } => "must be a decimal number as text, such as \"12.5\"",
            Self::Boolean => "must be true or false",
            Self::Date => "must be a date as text, such as 2026-11-01",
            Self::DateTime => "must be a date and time with zone, such as 2026-11-01T09:30:00+01:00",
            Self::Json(_) => "must be JSON",
        }
    }
}

impl TextRules {
    /// The first rule that the text breaks.
    fn broken(&self, text: &str) -> Option<String> {
        if text.contains('\0') {
            return Some("must not hold the character U+0000, which databases refuse".into());
        }
        let mut field = leeward_model::Field::new("", FieldKind::Text);
        field.pattern.clone_from(&self.pattern);
        field.min_length = self.min_length;
        field.max_length = self.max_length;
        field.broken_rule(&Value::from(text))
    }

    /// What is wrong with the pattern.
    pub(crate) fn unreadable(&self) -> Option<String> {
        let mut field = leeward_model::Field::new("", FieldKind::Text);
        field.pattern.clone_from(&self.pattern);
        field.unreadable_rule()
    }
}

impl Range {
    /// The number as a value, where it is within.
    ///
    /// # Errors
    /// The limit that it is beyond.
    pub(crate) fn keep(&self, number: String) -> Result<Value, String> {
        let read = |text: &String| text.parse::<Number>().ok();
        let mut field = leeward_model::Field::new("", FieldKind::Text);
        field.minimum = self.minimum.as_ref().and_then(read);
        field.maximum = self.maximum.as_ref().and_then(read);
        let broken = read(&number).and_then(|number| field.broken_rule(&Value::Number(number)));
        broken.map_or(Ok(Value::String(number)), Err)
    }
}

impl JsonShape {
    fn broken(self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::Any, _) | (Self::Object, Value::Object(_)) | (Self::Array, Value::Array(_)) => None,
            (Self::Object, _) => Some("must be an object".into()),
            (Self::Array, _) => Some("must be a list".into()),
        }
    }
}

fn choose(choices: &[Choice], text: &str) -> Result<Value, String> {
    if choices.iter().any(|choice| choice.value == text) {
        return Ok(Value::from(text));
    }
    let words: Vec<_> = choices
        .iter()
        .map(|choice| Value::from(choice.value.as_str()).to_string())
        .collect();
    let few = words
        .get(..CHOICES_SAID_MAX)
        .map(|few| format!("{}, …", few.join(", ")));
    Err(format!(
        "must be one of {}",
        few.unwrap_or_else(|| words.join(", "))
    ))
}

/// A sentence names no more choices than these.
const CHOICES_SAID_MAX: usize = 20;
