//! How often each fault struck, each step of a plan was taken, and each kind of conflict was found.

use crate::faults::Fault;
use leeward_model::ConflictKind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The counts of one history, or of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<String, u64>);

/// Every step that a plan can have.
pub(crate) const OPS: [&str; 10] = [
    "take",
    "settle",
    "rebase",
    "forget",
    "drop_overlay",
    "create",
    "update",
    "delete",
    "clear_conflict",
    "conflict",
];
/// Every kind of conflict.
const CONFLICTS: [&str; 4] = ["fields", "edit_delete", "create_create", "invalid"];

impl Counters {
    /// Counters that know what can be counted.
    #[must_use]
    pub fn zero() -> Self {
        let mut zero = Self::default();
        for fault in Fault::ALL {
            zero.0.insert(fault_name(*fault), 0);
        }
        for op in OPS {
            zero.0.insert(format!("op.{op}"), 0);
        }
        for kind in CONFLICTS {
            zero.0.insert(format!("conflict.{kind}"), 0);
        }
        zero
    }

    /// Counters that know these names.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| ((*name).to_owned(), 0)).collect())
    }

    /// A fault struck.
    pub fn fault(&mut self, fault: Fault) {
        self.add(fault_name(fault), 1);
    }

    /// A conflict was found.
    pub fn conflict(&mut self, kind: ConflictKind) {
        let name = match kind {
            ConflictKind::Fields => "fields",
            ConflictKind::EditDelete => "edit_delete",
            ConflictKind::CreateCreate => "create_create",
            ConflictKind::Invalid => "invalid",
        };
        self.add(format!("conflict.{name}"), 1);
    }

    /// Anything else that is worth a count.
    pub fn other(&mut self, name: &str) {
        self.add(name.to_owned(), 1);
    }

    /// Steps of plans were taken, so often.
    pub fn ops(&mut self, name: &str, count: u64) {
        self.add(format!("op.{name}"), count);
    }

    /// Adds another history's.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            self.add(name.clone(), *count);
        }
    }

    /// What never happened.
    pub fn never(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(_, count)| **count == 0)
            .map(|(name, _)| name.as_str())
    }

    /// Each with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        Value::Object(
            self.iter()
                .map(|(name, count)| (name.to_owned(), count.into()))
                .collect::<Map<_, _>>(),
        )
    }

    fn add(&mut self, name: String, count: u64) {
        *self.0.entry(name).or_default() += count;
    }
}

fn fault_name(fault: Fault) -> String {
    let mut name = String::from("fault.");
    for (place, letter) in format!("{fault:?}").chars().enumerate() {
        if letter.is_uppercase() && place > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
