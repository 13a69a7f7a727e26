//! Collections and their data models.

use crate::json_type::JsonType;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use ts_rs::TS;

/// The name of the built-in collection of Airflow Variables.
pub const VARIABLES: &str = "variables";

/// Where the records of a typed collection are Variables, the Variable of their prefix and this holds the data model.
pub const MODEL_KEY: &str = "$model";

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

/// What a text must be the canonical form of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A whole number of 64 bits.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// A day.
    Date,
    /// A moment with its zone.
    DateTime,
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
    /// Two changes of it are a clash, even of different parts of its JSON.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub whole: bool,
    /// The only types that it may have.
    #[serde(
        default,
        rename = "type",
        skip_serializing_if = "Vec::is_empty",
        with = "crate::json_type::types"
    )]
    #[ts(optional, as = "Option<Vec<JsonType>>")]
    pub types: Vec<JsonType>,
    /// What a text must be: numbers that no float carries, and times. Limits of a number hold for such a text, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub format: Option<Format>,
    /// The most decimal places of a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub scale: Option<u8>,
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
            whole: false,
            types: Vec::new(),
            format: None,
            scale: None,
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
    /// Its fields, in the order in which they are shown. The key of a built-in collection is none of them.
    pub fields: Vec<Field>,
    /// The fields that the key is made of. They are set with a new record, and stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<String>>")]
    pub key: Vec<String>,
    /// Groups of fields that merge together: two changes of one group are a clash. Every other field is one by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Vec<String>>>")]
    pub merge: Vec<Vec<String>>,
}

impl Collection {
    /// A collection of that name and these fields, each of which merges by itself.
    #[must_use]
    pub fn new(name: impl Into<String>, fields: Vec<Field>) -> Self {
        Self {
            name: name.into(),
            fields,
            key: Vec::new(),
            merge: Vec::new(),
        }
    }

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
        Self::new(VARIABLES, vec![value, description])
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
        Self::new(POOLS, vec![slots, description, include_deferred])
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

    /// The collection for a record of that key. A Variable that holds a data model is merged as a whole: a mixture of two
    /// versions is none.
    #[must_use]
    pub fn of_key(&self, key: &str) -> Cow<'_, Self> {
        if self.name != VARIABLES || !key.ends_with(MODEL_KEY) {
            return Cow::Borrowed(self);
        }
        let mut own = self.clone();
        for field in &mut own.fields {
            field.whole = true;
        }
        Cow::Owned(own)
    }

    /// Whether every Airflow has it.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        Self::BUILT_IN.contains(&self.name.as_str())
    }

    /// The group of fields that the field merges with, itself among them; `None` where it merges by itself.
    #[must_use]
    pub fn merge_group(&self, name: &str) -> Option<&[String]> {
        let has = |group: &&Vec<String>| group.iter().any(|one| one == name);
        self.merge.iter().find(has).map(Vec::as_slice)
    }

    /// The field of that name, if the data model has one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Where the records of a typed collection are in Airflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BindingKind {
    /// Each record is an Airflow Variable.
    Variables,
    /// The companion's DAGs keep them in a database: changes go there as batches, each a run.
    Dag,
}

/// A typed collection as screens and lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CollectionView {
    /// Its name.
    pub name: String,
    /// What people call it; the name where the model has no title.
    pub title: String,
    /// Where its records are.
    pub binding: BindingKind,
    /// What the keys of its Variables begin with; `None` where its records are no Variables.
    pub prefix: Option<String>,
    /// The version of the data model that this computer works by.
    pub version: u32,
    /// That data model: the file's text, a JSON Schema.
    pub model: String,
    /// The same as the merge knows it.
    pub collection: Collection,
    /// What is wrong with the collection in Airflow, in plain words.
    pub trouble: Option<String>,
    /// Because of that nothing of it is changed or sent: Airflow has a data model that cannot be used here.
    pub stands_still: bool,
    /// Its records, as the analyst sees them.
    pub records: u32,
    /// Records with work that waits to be sent and can be.
    pub pending: u32,
    /// Records in conflict.
    pub conflicts: u32,
    /// Records whose work was refused.
    pub rejected: u32,
}
