//! Field values, and the difference between "missing", `null` and `""`.

use std::collections::BTreeMap;

/// A field's value: any JSON. Numbers keep their text (`3.10` stays `3.10`).
pub type Value = serde_json::Value;

/// A record's fields by name.
pub type Fields = BTreeMap<String, Value>;

/// A value that may be missing; `Some(Value::Null)` is `null`, which is not the same.
pub type Slot = Option<Value>;

/// Serde for [`Slot`]: a missing member is `None`, an explicit `null` is `Some(Null)`.
///
/// Use as `#[serde(default, skip_serializing_if = "Option::is_none", with = "slot")]`.
pub mod slot {
    use super::{Slot, Value};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the value; a missing one must be skipped by the caller.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(slot: &Slot, serializer: S) -> Result<S::Ok, S::Error> {
        slot.serialize(serializer)
    }

    /// Reads a member that is there, `null` included.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Slot, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }
}
