//! What records break together: rules of data models that are about several records.

use crate::Value;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BrokenRule {
    /// Records have the same values of fields that no two may share.
    Unique,
    /// A record refers to one that is not there.
    Reference,
}

/// A rule of a data model that is broken, and by which records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Violation {
    /// The collection whose data model has the rule.
    pub collection: String,
    /// What is broken.
    pub rule: BrokenRule,
    /// The keys of the collection's records that take part, in order.
    pub keys: Vec<String>,
    /// The fields that the rule is about.
    pub fields: Vec<String>,
    /// What these records have in each of them: what no two may share, or the key that is referred to.
    #[ts(type = "Array<unknown>")]
    pub values: Vec<Value>,
    /// The collection that is referred to; missing where the rule is about no reference.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<String>,
    /// Why, in plain words.
    pub why: String,
}
