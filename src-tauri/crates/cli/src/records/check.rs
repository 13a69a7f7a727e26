//! What is refused before it becomes work: nothing of it is kept anywhere.

use super::typed::TypedRules;
use crate::args::RecordName;
use crate::context::Context;
use crate::problem::{refused, usage};
use leeward_model::{Collection, Field, FieldKind, Fields, POOLS, Problem, Value, sensitive};
use leeward_store::StoredRecord;

/// The rules for the values of a record.
pub(crate) struct Rules {
    collection: Collection,
    /// Where the collection is a typed one.
    typed: Option<TypedRules>,
    force_text: bool,
}

impl Rules {
    /// The collection's rules.
    pub(crate) fn of(context: &Context, collection: &str, force_text: bool) -> Result<Self, Problem> {
        let rules = Self::new(context.collection(collection)?, force_text);
        if rules.collection.is_built_in() {
            return Ok(rules);
        }
        let stored = context.read(|ledger| ledger.typed_collection(collection))?;
        Ok(Self {
            typed: stored.map(TypedRules::of).transpose()?,
            ..rules
        })
    }

    pub(crate) fn new(collection: Collection, force_text: bool) -> Self {
        Self {
            collection,
            typed: None,
            force_text,
        }
    }

    /// Values in the one form in which they are kept: whole numbers and decimals are taken as texts or numbers.
    pub(crate) fn canonical(&self, given: Fields) -> Result<Fields, Problem> {
        match &self.typed {
            None => Ok(given),
            Some(typed) => typed.canonical(given),
        }
    }

    /// Checks that Airflow can hold the record under that key.
    pub(super) fn key(&self, record: &RecordName) -> Result<(), Problem> {
        match &self.typed {
            None => key(record),
            Some(typed) => typed.key(&record.key),
        }
    }

    /// Checks that the key is made of the fields that are given, and gives a new record those of its key.
    pub(super) fn hold_key(&self, key: &str, given: &mut Fields, is_new: bool) -> Result<(), Problem> {
        match &self.typed {
            None => Ok(()),
            Some(typed) => typed.hold_key(key, given, is_new),
        }
    }

    pub(crate) fn model(&self) -> &Collection {
        &self.collection
    }

    /// Checks new values for a record, of which `present` are the values now.
    pub(crate) fn check(
        &self,
        key: &str,
        given: &Fields,
        record: Option<&StoredRecord>,
    ) -> Result<(), Problem> {
        for (name, value) in given {
            let field = self.field(name)?;
            if self.typed.is_none() {
                has_the_type(field, value)?;
            }
            self.is_no_secret(key, field, value, record)?;
            if field.kind == FieldKind::JsonText && !self.force_text {
                stays_json(key, name, value, record)?;
            }
        }
        Ok(())
    }

    /// Checks that a new record has what it needs.
    pub(crate) fn is_whole(&self, given: &Fields) -> Result<(), Problem> {
        let lacks =
            |field: &&Field| field.required && field.default.is_none() && !given.contains_key(&field.name);
        match self.collection.fields.iter().find(lacks) {
            None => Ok(()),
            Some(field) => Err(usage(
                format!("A new record needs a {}.", field.name),
                format!("Give it with --field {}=….", field.name),
            )),
        }
    }

    /// Gives a new record its defaults where nothing was given.
    pub(crate) fn fill(&self, given: &mut Fields) {
        for field in &self.collection.fields {
            if let Some(default) = &field.default {
                given.entry(field.name.clone()).or_insert_with(|| default.clone());
            }
        }
    }

    fn field(&self, name: &str) -> Result<&Field, Problem> {
        self.collection.field(name).ok_or_else(|| {
            let names: Vec<&str> = self
                .collection
                .fields
                .iter()
                .map(|field| field.name.as_str())
                .collect();
            usage(
                format!("{} has no field {name}.", self.collection.name),
                format!("Its fields are: {}.", names.join(", ")),
            )
        })
    }

    fn is_no_secret(
        &self,
        key: &str,
        field: &Field,
        value: &Value,
        record: Option<&StoredRecord>,
    ) -> Result<(), Problem> {
        let name = &field.name;
        let replace = format!(
            "Replace a secret as a whole: `leewardctl records replace-secret {} KEY --value-stdin`.",
            self.collection.name
        );
        if record.is_some_and(|record| record.is_sealed(name)) {
            return Err(refused(
                format!(
                    "The {name} of {key} holds a secret: Leeward neither keeps nor shows it, and cannot edit it."
                ),
                replace,
            ));
        }
        let paths = match (field.kind, value) {
            (FieldKind::Text, Value::String(text)) if self.typed.is_some() => {
                sensitive::sensitive_paths(key, text)
            }
            (FieldKind::JsonText | FieldKind::Json, Value::String(text)) => {
                sensitive::sensitive_paths(key, text)
            }
            _ => Vec::new(),
        };
        let Some(first) = paths.first() else {
            return Ok(());
        };
        let why = if first.is_empty() && sensitive::is_sensitive_name(key) {
            format!("Airflow treats names like {key} as secret")
        } else if first.is_empty() {
            format!("The {name} of {key} would hold a secret")
        } else {
            format!("The {name} of {key} would hold a secret at {}", paths.join(", "))
        };
        Err(refused(
            format!("{why}, and Leeward keeps no secrets among the records."),
            replace,
        ))
    }
}

/// Whether the record can be addressed in Airflow at all.
pub(super) fn key(record: &RecordName) -> Result<(), Problem> {
    if record.collection == POOLS {
        return leeward_sync::check_pool_name(&record.key).map_err(|why| {
            usage(
                format!("This pool cannot be used: {why}."),
                "Choose another name.",
            )
        });
    }
    leeward_sync::check_key(&record.key)
        .map_err(|why| usage(format!("This key cannot be used: {why}."), "Choose another key."))
}

fn has_the_type(field: &Field, value: &Value) -> Result<(), Problem> {
    let may_be_null = field.default == Some(Value::Null);
    if value.as_str().is_some_and(|text| text.contains('\0')) {
        return Err(usage(
            format!(
                "The {} holds a NUL character, which Airflow's database cannot keep.",
                field.name
            ),
            "Take it out.",
        ));
    }
    if field.kind == FieldKind::Json {
        return match field.broken_rule(value) {
            None => Ok(()),
            Some(rule) => Err(usage(format!("{} {rule}.", field.name), "Give another value.")),
        };
    }
    if value.is_string() || (may_be_null && value.is_null()) {
        return Ok(());
    }
    let or_null = if may_be_null { " or null" } else { "" };
    Err(usage(
        format!("The {} must be a text{or_null}.", field.name),
        r#"Put it in quotes: '{"value": "3.10"}'; JSON inside a text needs \" for each quote."#,
    ))
}

/// A value that is JSON now and would not be afterwards is a slip of the hand, nearly always; so is one that begins as
/// JSON and is not. The window asks in the same cases.
fn stays_json(key: &str, name: &str, value: &Value, record: Option<&StoredRecord>) -> Result<(), Problem> {
    let Some(new) = value.as_str() else { return Ok(()) };
    let old = record
        .and_then(|record| record.local(name))
        .and_then(Value::as_str);
    let was_json = old.is_some_and(is_container);
    if !was_json && !new.trim_start().starts_with(['{', '[']) {
        return Ok(());
    }
    let Err(error) = serde_json::from_str::<Value>(new) else {
        return Ok(());
    };
    let what = if was_json {
        format!("The {name} of {key} is JSON, and the new one is not: {error}.")
    } else {
        format!("The {name} of {key} begins like JSON, and is not: {error}.")
    };
    Err(usage(
        what,
        "Correct it, or say that it is to be plain text with --force-text.",
    ))
}

fn is_container(text: &str) -> bool {
    matches!(serde_json::from_str(text), Ok(Value::Object(_) | Value::Array(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::{BaseField, Content, ProblemCode};
    use serde_json::json;
    use std::collections::BTreeMap;

    fn record(value: &str) -> StoredRecord {
        let mut record = StoredRecord::new("variables", "k");
        let content = Content::Value(json!(value));
        record.base = Some(BTreeMap::from([("value".into(), BaseField::seen(content))]));
        record
    }

    fn checked(
        key: &str,
        fields: &Value,
        record: Option<&StoredRecord>,
        force_text: bool,
    ) -> Option<ProblemCode> {
        let rules = Rules::new(Collection::variables(), force_text);
        let fields: Fields = serde_json::from_value(fields.clone()).unwrap();
        rules
            .check(key, &fields, record)
            .err()
            .map(|problem| problem.code)
    }

    #[test]
    fn json_stays_json_unless_that_is_meant() {
        let object = record(r#"{"a": 1}"#);
        let broken = json!({"value": "{\"a\": 1,}"});
        assert_eq!(
            checked("k", &broken, Some(&object), false),
            Some(ProblemCode::BadInput)
        );
        assert_eq!(checked("k", &broken, Some(&object), true), None);
        assert_eq!(checked("k", &json!({"value": "7"}), Some(&object), false), None);
    }

    #[test]
    fn what_begins_like_json_is_json_unless_that_is_meant() {
        for text in ["{\"a\": 1,}", " [1, 2", "{'a': 1}"] {
            let broken = json!({"value": text});
            for record in [None, Some(record("plain"))] {
                let record = record.as_ref();
                assert_eq!(
                    checked("k", &broken, record, false),
                    Some(ProblemCode::BadInput),
                    "{text}"
                );
                assert_eq!(checked("k", &broken, record, true), None, "{text}");
            }
        }
        let plain = json!({"value": "a {plain} text"});
        assert_eq!(checked("k", &plain, None, false), None);
    }

    #[test]
    fn a_secret_is_refused_wherever_it_stands() {
        assert_eq!(
            checked("my_token", &json!({"value": "x"}), None, false),
            Some(ProblemCode::Rejected)
        );
        let nested = json!({"value": "{\"password\": \"x\"}"});
        assert_eq!(checked("k", &nested, None, false), Some(ProblemCode::Rejected));
        assert_eq!(
            checked(
                "my_token",
                &json!({"description": "where it is from"}),
                None,
                false
            ),
            None
        );
    }

    #[test]
    fn a_sealed_value_is_not_edited_but_its_description_is() {
        let mut sealed = record("");
        sealed.base = Some(BTreeMap::from([(
            "value".into(),
            BaseField::seen(Content::Sealed("hash".into())),
        )]));
        assert_eq!(
            checked("k", &json!({"value": "x"}), Some(&sealed), false),
            Some(ProblemCode::Rejected)
        );
        assert_eq!(
            checked("k", &json!({"description": "x"}), Some(&sealed), false),
            None
        );
    }

    #[test]
    fn types_and_names_are_those_of_the_data_model() {
        for fields in [
            json!({"value": 3}),
            json!({"value": null}),
            json!({"colour": "red"}),
            json!({"description": 1}),
            json!({"value": "a\u{0}"}),
        ] {
            assert_eq!(
                checked("k", &fields, None, false),
                Some(ProblemCode::BadInput),
                "{fields}"
            );
        }
        assert_eq!(
            checked("k", &json!({"value": "", "description": null}), None, false),
            None
        );
    }
}
