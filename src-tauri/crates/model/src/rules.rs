//! Whether a value keeps the rules of its field.

use crate::canonical::{self, SCALE_MAX};
use crate::pattern::Pattern;
use crate::{Field, Format, Value, decimal, secret_id};
use serde_json::Number;
use std::cmp::Ordering;

impl Field {
    /// The first rule that the value breaks, as the end of a sentence ("must be at least 0"), or `None`. The value
    /// itself is not in it. A reference to a secret keeps every rule: nobody can look.
    #[must_use]
    pub fn broken_rule(&self, value: &Value) -> Option<String> {
        if secret_id(value).is_some() {
            return None;
        }
        self.type_broken(value)
            .or_else(|| self.enum_broken(value))
            .or_else(|| match value {
                Value::Number(number) => self.range_broken(number.as_str()),
                Value::String(text) => self.format_broken(text).or_else(|| self.text_broken(text)),
                _ => None,
            })
    }

    /// What is wrong with the rules themselves, as the end of a sentence, or `None`.
    #[must_use]
    pub fn unreadable_rule(&self) -> Option<String> {
        let pattern = self.pattern.as_ref()?;
        let error = Pattern::read(pattern).err()?;
        Some(format!("has a pattern that cannot be read: {error}"))
    }

    fn type_broken(&self, value: &Value) -> Option<String> {
        let kept = self.types.is_empty() || self.types.iter().any(|kind| kind.admits(value));
        (!kept).then(|| {
            let words: Vec<_> = self.types.iter().map(|kind| kind.words()).collect();
            format!("must be {}", words.join(" or "))
        })
    }

    fn enum_broken(&self, value: &Value) -> Option<String> {
        let allowed = self.one_of.as_ref()?;
        (!allowed.iter().any(|one| equal(one, value))).then(|| {
            let words: Vec<_> = allowed.iter().map(Value::to_string).collect();
            format!("must be one of {}", words.join(", "))
        })
    }

    /// The limits are those of the number that the text is.
    fn format_broken(&self, text: &str) -> Option<String> {
        let canonical = match self.format? {
            Format::Integer => canonical::integer(text),
            Format::Decimal => canonical::decimal(text, self.scale.unwrap_or(SCALE_MAX)),
            Format::Date => return canonical::date(text).err(),
            Format::DateTime => return canonical::date_time(text).err(),
        };
        canonical.map_or_else(Some, |number| self.range_broken(&number))
    }

    fn range_broken(&self, number: &str) -> Option<String> {
        let beyond = |limit: &Option<Number>, side: Ordering| {
            let limit = limit.as_ref()?;
            (decimal::compare(number, limit.as_str()) == side).then(|| limit.to_string())
        };
        let below = beyond(&self.minimum, Ordering::Less).map(|limit| format!("must be at least {limit}"));
        below.or_else(|| {
            beyond(&self.maximum, Ordering::Greater).map(|limit| format!("must be at most {limit}"))
        })
    }

    fn text_broken(&self, text: &str) -> Option<String> {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        if let Some(least) = self.min_length.filter(|least| length < *least) {
            return Some(format!("must have at least {least} characters"));
        }
        if let Some(most) = self.max_length.filter(|most| length > *most) {
            return Some(format!("must have at most {most} characters"));
        }
        let pattern = self.pattern.as_ref()?;
        match Pattern::read(pattern).map(|read| read.finds(text)) {
            Ok(Some(true)) => None,
            Ok(Some(false)) => Some(format!("must have the form {pattern}")),
            // A rule that cannot be read, or takes too long, is not one that is kept.
            Ok(None) => Some(format!("cannot be checked: {pattern} takes too long on it")),
            Err(_) => Some(format!(
                "cannot be checked: {pattern} is not a regular expression"
            )),
        }
    }
}

/// JSON Schema's equality: numbers by value.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => decimal::compare(a.as_str(), b.as_str()).is_eq(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_str, json};

    fn field(rules: &Value) -> Field {
        let mut rules = rules.clone();
        rules["name"] = json!("f");
        serde_json::from_value(rules).unwrap()
    }

    #[test]
    fn rules_are_kept_or_said() {
        let rows = [
            // rules, value, what is said
            (json!({}), "null", None),
            (json!({"type": "number"}), "1", None),
            (json!({"type": "number"}), "\"1\"", Some("must be a number")),
            (json!({"type": "integer"}), "1.0", None),
            (json!({"type": "integer"}), "1.5", Some("must be a whole number")),
            (json!({"type": ["string", "null"]}), "null", None),
            (
                json!({"type": ["string", "null"]}),
                "[]",
                Some("must be a text or null"),
            ),
            (json!({"type": "boolean"}), "true", None),
            (json!({"type": "boolean"}), "0", Some("must be true or false")),
            (json!({"type": "array"}), "[]", None),
            (json!({"type": "array"}), "{}", Some("must be a list")),
            (json!({"type": "object"}), "{}", None),
            (json!({"type": "object"}), "[]", Some("must be an object")),
            (json!({"enum": ["a", 1]}), "1.0", None),
            (json!({"enum": ["a", 1]}), "\"a\"", None),
            (
                json!({"enum": ["a", 1]}),
                "\"1\"",
                Some("must be one of \"a\", 1"),
            ),
            (json!({"minimum": 0}), "0", None),
            (json!({"minimum": 0}), "-0.1", Some("must be at least 0")),
            (json!({"minimum": 0}), "\"-1\"", None),
            (json!({"maximum": 1}), "1", None),
            (json!({"maximum": 1}), "1e400", Some("must be at most 1")),
            (json!({"format": "integer"}), "\"12\"", None),
            (
                json!({"format": "integer"}),
                "\"012\"",
                Some("must be a whole number without leading zeros"),
            ),
            (
                json!({"format": "integer", "maximum": 9}),
                "\"10\"",
                Some("must be at most 9"),
            ),
            (json!({"format": "decimal", "scale": 1}), "\"1.5\"", None),
            (
                json!({"format": "decimal", "scale": 1}),
                "\"1.25\"",
                Some("must have at most 1 decimal place"),
            ),
            (
                json!({"format": "date"}),
                "\"2026-02-30\"",
                Some("must be a date such as 2026-11-01"),
            ),
            (json!({"format": "date-time"}), "\"2026-11-01T09:30:00Z\"", None),
            (json!({"minLength": 2}), "\"éé\"", None),
            (
                json!({"minLength": 2}),
                "\"é\"",
                Some("must have at least 2 characters"),
            ),
            (json!({"maxLength": 1}), "\"é\"", None),
            (
                json!({"maxLength": 1}),
                "\"ab\"",
                Some("must have at most 1 characters"),
            ),
            (json!({"pattern": "^a+$"}), "\"aa\"", None),
            (
                json!({"pattern": "^a+$"}),
                "\"b\"",
                Some("must have the form ^a+$"),
            ),
            (json!({"pattern": r"^\d$"}), "\"3\"", None),
            (
                json!({"pattern": r"^\d$"}),
                "\"٣\"",
                Some(r"must have the form ^\d$"),
            ),
            (json!({"pattern": "^(?!a)"}), "\"b\"", None),
            (
                json!({"pattern": "("}),
                "\"b\"",
                Some("cannot be checked: ( is not a regular expression"),
            ),
            (json!({"type": "number"}), r#"{"$leeward_secret": "k"}"#, None),
        ];
        for (rules, value, expected) in rows {
            let value: Value = from_str(value).unwrap();
            assert_eq!(
                field(&rules).broken_rule(&value).as_deref(),
                expected,
                "{rules} {value}"
            );
        }
    }

    #[test]
    fn big_limits_are_exact() {
        let field = field(&from_str(r#"{"maximum": 9007199254740992}"#).unwrap());
        assert!(
            field
                .broken_rule(&from_str("9007199254740993").unwrap())
                .is_some()
        );
        assert!(
            field
                .broken_rule(&from_str("9007199254740992.0").unwrap())
                .is_none()
        );
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_said() {
        assert_eq!(field(&json!({"pattern": "a+"})).unreadable_rule(), None);
        let said = field(&json!({"pattern": "("})).unreadable_rule().unwrap();
        assert!(said.starts_with("has a pattern that cannot be read: "), "{said}");
    }

    #[test]
    fn a_field_says_its_rules_again() {
        let rules = json!({"name": "f", "kind": "text", "policy": "mine", "required": true, "item_key": "id",
            "type": ["string"], "enum": ["a"], "minimum": 1, "maximum": 2, "minLength": 1, "maxLength": 2,
            "pattern": "a", "default": null, "format": "date-time", "scale": 2});
        assert_eq!(serde_json::to_value(field(&rules)).unwrap(), rules);
        let unknown = serde_json::from_value::<Field>(json!({"name": "f", "requird": true}));
        assert!(unknown.is_err());
    }
}
