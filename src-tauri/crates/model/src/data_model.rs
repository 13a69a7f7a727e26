//! Data models between the window and the engine: what a screen describes, and what is told of it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A collection as the window describes it: a new one, or the next version of one that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ModelDraft {
    /// The data model that it began with, as its file; none of a collection that is new.
    pub from: Option<String>,
    /// What the keys of its Variables begin with. It counts for a new collection alone.
    pub prefix: String,
    /// The data model's file. In the next version of one, version and steps are left out: they follow from `origins`.
    pub file: String,
    /// The fields that there were before.
    pub origins: Vec<FieldOrigin>,
}

/// A described field that is one of the present version. Without an origin, one of the same name is another field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct FieldOrigin {
    /// What it is called in the description.
    pub name: String,
    /// What it is called now.
    pub was: String,
    /// Texts of it that become others: before, after.
    pub map: Vec<(String, String)>,
}

/// What is told of a described data model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelLook {
    /// What is wrong with it; none where it can be kept.
    pub faults: Vec<PlacedFault>,
    /// The file that is kept; none where something is wrong.
    pub file: Option<String>,
    /// What keeping it does to the records that there are; none for a new collection, and where something is wrong.
    pub effect: Option<ModelEffect>,
}

/// One fault of a described data model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PlacedFault {
    /// A JSON Pointer (RFC 6901) into the file, or `prefix`, or `from` where another version is there by now.
    pub pointer: String,
    /// What is wrong there, as the end of a sentence ("is not a whole number").
    pub what: String,
    /// What would be right, as a sentence.
    pub instead: String,
}

/// What the next version of a data model does to the records that there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ModelEffect {
    /// The version that it is.
    pub version: u32,
    /// Nothing would be another than it is.
    pub is_same: bool,
    /// What needs no step, as sentences.
    pub additions: Vec<String>,
    /// How many records there are.
    pub records: u32,
    /// How many of them would read otherwise than now.
    pub changed: u32,
    /// What happens to fields, where something does.
    pub fields: Vec<FieldEffect>,
    /// How many values would break a rule of their field.
    pub broken: u32,
    /// The first of them.
    pub broken_examples: Vec<BrokenValue>,
    /// Rules about records together that would be broken.
    pub together: Vec<BrokenTogether>,
}

/// What happens to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FieldEffectKind {
    /// It is gone.
    Dropped,
    /// It has another name.
    Renamed,
    /// Its values have another form, or others take their place.
    Converted,
    /// It is new, and records get its default.
    Filled,
}

/// What happens to a field of the records that there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldEffect {
    /// What it is.
    pub kind: FieldEffectKind,
    /// What the field is called: one that is gone by its present name, any other by its next.
    pub field: String,
    /// What it is called now; none where it is new.
    pub was: Option<String>,
    /// How many records have a value there to which it happens.
    pub records: u32,
    /// The first of them.
    pub examples: Vec<ValueEffect>,
}

/// What happens to one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ValueEffect {
    /// The record's key.
    pub key: String,
    /// What a cell shows now; none where there is nothing.
    pub before: Option<String>,
    /// What it shows then.
    pub after: Option<String>,
}

/// A value that would break a rule of its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BrokenValue {
    /// The record's key.
    pub key: String,
    /// The field, by its next name.
    pub field: String,
    /// The rule, as the end of a sentence ("must be a whole number").
    pub why: String,
}

/// A rule about records together that would be broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BrokenTogether {
    /// The fields whose values no two records share, or the one that refers.
    pub fields: Vec<String>,
    /// The collection that it refers to; none where values are shared.
    pub refers_to: Option<String>,
    /// How many records take part.
    pub records: u32,
    /// The keys of the first of them.
    pub examples: Vec<String>,
}
