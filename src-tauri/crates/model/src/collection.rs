//! Collections and their data models.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The name of the built-in collection of Airflow Variables.
pub const VARIABLES: &str = "variables";

/// How a field's value is compared and merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text that merges as a whole.
    Text,
    /// Text that may hold JSON: objects merge by key, everything else as a whole.
    JsonText,
    /// Any JSON value: objects merge by key.
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

/// One field of a collection's data model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Field {
    /// The field's name, unique in its collection.
    pub name: String,
    /// How it is compared and merged.
    pub kind: FieldKind,
    /// What a new record has where the analyst gave nothing; `None` when the field is required.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::slot")]
    #[ts(type = "unknown", optional)]
    pub default: crate::Slot,
    /// What happens to a clash.
    #[serde(default)]
    pub policy: Policy,
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
            name: "value".into(),
            kind: FieldKind::JsonText,
            default: None,
            policy: Policy::Ask,
        };
        let description = Field {
            name: "description".into(),
            kind: FieldKind::Text,
            default: Some(crate::Value::Null),
            policy: Policy::Ask,
        };
        Self {
            name: VARIABLES.into(),
            fields: vec![value, description],
        }
    }

    /// The built-in collection of that name, if there is one.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        (name == VARIABLES).then(Self::variables)
    }

    /// The field of that name, if the data model has one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
