//! Collections and their data models.

use crate::json_type::JsonType;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The name of the built-in collection of Airflow Variables.
pub const VARIABLES: &str = "variables";

/// The name of the built-in collection of Airflow's pools.
pub const POOLS: &str = "pools";

/// How a field's value is compared and merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text that merges as a whole.
    Text,
    /// Text that may hold JSON: objects merge by key, everything else as a whole.
    JsonText,
    /// Any JSON value: objects merge by key.
    #[default]
    Json,
}

/// What happens to a clash on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// A person decides.
    #[default]
    Ask,
    /// The analyst's value wins.
    Mine,
    /// Airflow's value wins.
    Theirs,
}

/// One field of a collection's data model. The rules are named and meant as in JSON Schema (draft 2020-12); they say what
/// may be written, and are not held against what Airflow has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The field's name, unique in its collection.
    pub name: String,
    /// How it is compared and merged.
    #[serde(default)]
    pub kind: FieldKind,
    /// What a new record has where the analyst gave nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::slot")]
    #[ts(type = "unknown", optional)]
    pub default: crate::Slot,
    /// What happens to a clash.
    #[serde(default)]
    pub policy: Policy,
    /// Every record has it.
    #[serde(default)]
    pub required: bool,
    /// The member that tells the items of an array apart, so that arrays of objects merge item by item; without it an
    /// array merges as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub item_key: Option<String>,
    /// The only types that it may have.
    #[serde(
        default,
        rename = "type",
        skip_serializing_if = "Vec::is_empty",
        with = "crate::json_type::types"
    )]
    #[ts(optional, as = "Option<Vec<JsonType>>")]
    pub types: Vec<JsonType>,
    /// The only values that it may have.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    #[ts(type = "unknown[]", optional)]
    pub one_of: Option<Vec<crate::Value>>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub minimum: Option<serde_json::Number>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "number", optional)]
    pub maximum: Option<serde_json::Number>,
    /// The least length of a text, in characters.
    #[serde(default, rename = "minLength", skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub min_length: Option<u32>,
    /// The greatest length of a text, in characters.
    #[serde(default, rename = "maxLength", skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub max_length: Option<u32>,
    /// A regular expression that a text must contain a match of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub pattern: Option<String>,
}

impl Field {
    /// A field of that name and kind, with no rules: it may be missing, and a person decides a clash.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            name: name.into(),
            kind,
            default: None,
            policy: Policy::Ask,
            required: false,
            item_key: None,
            types: Vec::new(),
            one_of: None,
            minimum: None,
            maximum: None,
            min_length: None,
            max_length: None,
            pattern: None,
        }
    }
}

/// A named set of records with one data model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Collection {
    /// The collection's name, such as `variables`.
    pub name: String,
    /// Its fields, the key excluded, in the order in which they are shown.
    pub fields: Vec<Field>,
}

impl Collection {
    /// The built-in collection of Airflow Variables: `value` and `description`.
    #[must_use]
    pub fn variables() -> Self {
        let value = Field {
            required: true,
            ..Field::new("value", FieldKind::JsonText)
        };
        let description = Field {
            default: Some(crate::Value::Null),
            ..Field::new("description", FieldKind::Text)
        };
        Self {
            name: VARIABLES.into(),
            fields: vec![value, description],
        }
    }

    /// The built-in collection of Airflow's pools: `slots` (-1 is unlimited), `description`, and `include_deferred`,
    /// whether deferred tasks take slots.
    #[must_use]
    pub fn pools() -> Self {
        let slots = Field {
            required: true,
            types: vec![JsonType::Integer],
            minimum: Some((-1).into()),
            maximum: Some(i32::MAX.into()),
            ..Field::new("slots", FieldKind::Json)
        };
        let description = Field {
            default: Some(crate::Value::Null),
            ..Field::new("description", FieldKind::Text)
        };
        let include_deferred = Field {
            default: Some(crate::Value::Bool(false)),
            types: vec![JsonType::Boolean],
            ..Field::new("include_deferred", FieldKind::Json)
        };
        Self {
            name: POOLS.into(),
            fields: vec![slots, description, include_deferred],
        }
    }

    /// The names of the built-in collections, in the order in which they are synchronised.
    pub const BUILT_IN: &[&str] = &[VARIABLES, POOLS];

    /// The built-in collection of that name, if there is one.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            VARIABLES => Some(Self::variables()),
            POOLS => Some(Self::pools()),
            _ => None,
        }
    }

    /// The field of that name, if the data model has one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
