//! The two collections of these histories: their data models, their keys and fields.

use leeward_model::Fields;
use serde_json::{Value, json};
use std::fmt;

/// A record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rec {
    /// Its collection.
    pub collection: &'static str,
    /// Its key.
    pub key: &'static str,
}

impl fmt::Display for Rec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.collection, self.key)
    }
}

/// Rates: two fields of three change together.
pub const RATES: &str = "rates";
/// Limits: each field by itself, under a key of two fields.
pub const LIMITS: &str = "limits";
/// Both.
pub const COLLECTIONS: [&str; 2] = [RATES, LIMITS];

const RATE_KEYS: [&str; 4] = ["EUR", "GBP", "JPY", "USD"];
const LIMIT_KEYS: [&str; 3] = [r#"["EUR","d1"]"#, r#"["EUR","d2"]"#, r#"["GBP","d1"]"#];

/// The fields that people write.
#[must_use]
pub fn fields_of(collection: &str) -> &'static [&'static str] {
    match collection {
        RATES => &["rate", "source", "note"],
        _ => &["cap", "floor"],
    }
}

/// The fields that change together with one, itself included.
#[must_use]
pub fn unit_of(field: &str) -> &'static [&'static str] {
    match field {
        "rate" | "source" => &["rate", "source"],
        "note" => &["note"],
        "cap" => &["cap"],
        "floor" => &["floor"],
        _ => &[],
    }
}

/// A version of the data model, as the DAG's param has it: each has one field more than the one before, which people leave
/// as it is.
#[must_use]
pub fn model_of(collection: &str, version: u32) -> String {
    let text = json!({"type": "string"});
    let (mut properties, key, more) = match collection {
        RATES => (
            json!({"code": text, "rate": text, "source": text, "note": text,
                "lots": {"type": "integer", "default": 1}}),
            json!(["code"]),
            json!([["rate", "source"]]),
        ),
        _ => (
            json!({"code": text, "day": text, "cap": text, "floor": text}),
            json!(["code", "day"]),
            json!([]),
        ),
    };
    for later in 2..=version {
        properties[format!("later{later}")] = json!({"type": "string", "default": "as it comes"});
    }
    let own = json!({"collection": collection, "version": version, "key": key, "merge": more});
    json!({"type": "object", "properties": properties, "required": key, "x-leeward": own}).to_string()
}

impl Rec {
    /// Every record that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        let of =
            |collection, keys: &'static [&'static str]| keys.iter().map(move |key| Self { collection, key });
        of(RATES, &RATE_KEYS).chain(of(LIMITS, &LIMIT_KEYS))
    }

    /// By its names.
    #[must_use]
    pub fn of(collection: &str, key: &str) -> Option<Self> {
        Self::all().find(|rec| rec.collection == collection && rec.key == key)
    }

    /// The fields of its key.
    #[must_use]
    pub fn own(&self) -> Vec<(&'static str, Value)> {
        match self.collection {
            RATES => vec![("code", self.key.into())],
            _ => {
                let texts: Vec<Value> = serde_json::from_str(self.key).unwrap_or_default();
                ["code", "day"].into_iter().zip(texts).collect()
            }
        }
    }
}

/// What people wrote into a record: its texts by field.
pub fn texts(fields: &Fields) -> impl Iterator<Item = (&'static str, &str)> {
    let all = COLLECTIONS
        .into_iter()
        .flat_map(|collection| fields_of(collection).iter());
    all.filter_map(|name| Some((*name, fields.get(*name)?.as_str()?)))
}
