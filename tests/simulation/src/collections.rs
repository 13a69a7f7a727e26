//! The collections of a history, all in one Airflow and with keys in common: Variables, pools, and a typed collection whose
//! records are Variables under a prefix. A record is known by its collection and its key, never by the key alone.

use crate::fake_airflow::{DEFAULT_POOL, FakeAirflow, PoolRow, Row};
use leeward_model::{Collection, Field, FieldKind, JsonType, POOLS, VARIABLES, Value};
use leeward_sync::Typed;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;

/// The keys of the typed collection's Variables begin with it.
pub const PREFIX: &str = "rates.";
const RATES: &str = "rates";
/// Fields of a record, at most.
pub const FIELDS_MAX: usize = 4;

/// A collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Airflow's Variables.
    Variables,
    /// Airflow's pools.
    Pools,
    /// Typed records, one Variable each.
    Rates,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// Its collection.
    pub kind: Kind,
    /// Its key there.
    pub key: String,
}

/// A record's fields in the order of [`Kind::fields`], as texts: what is no text as its JSON, null as none.
pub type Texts = [Option<String>; FIELDS_MAX];

/// Every record that there is.
pub type Rows = BTreeMap<Id, Texts>;

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.name(), self.key)
    }
}

impl Kind {
    /// Every collection, in the order in which they are synchronised.
    pub const ALL: [Self; 3] = [Self::Variables, Self::Pools, Self::Rates];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Variables => VARIABLES,
            Self::Pools => POOLS,
            Self::Rates => RATES,
        }
    }

    /// The collection of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The names of its fields; the first is the one that a new record cannot do without.
    #[must_use]
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Variables => &["value", "description"],
            Self::Pools => &["slots", "description", "include_deferred"],
            Self::Rates => &["rate", "source", "active", "limits"],
        }
    }

    /// The record of that key.
    #[must_use]
    pub fn id(self, key: &str) -> Id {
        Id {
            kind: self,
            key: key.to_owned(),
        }
    }
}

impl Id {
    /// The record that a Variable of Airflow's is.
    #[must_use]
    pub fn of_variable(key: &str) -> Self {
        match key.strip_prefix(PREFIX) {
            Some(key) => Kind::Rates.id(key),
            None => Kind::Variables.id(key),
        }
    }

    /// The record of a collection that is named so.
    #[must_use]
    pub fn of(collection: &str, key: &str) -> Option<Self> {
        Kind::of(collection).map(|kind| kind.id(key))
    }

    /// The Variable's key, or the pool's name.
    #[must_use]
    pub fn address(&self) -> String {
        match self.kind {
            Kind::Rates => format!("{PREFIX}{}", self.key),
            Kind::Variables | Kind::Pools => self.key.clone(),
        }
    }

    /// Whether Airflow never deletes it.
    #[must_use]
    pub fn is_default_pool(&self) -> bool {
        self.kind == Kind::Pools && self.key == DEFAULT_POOL
    }
}

/// The typed collection: an integer, a text, a boolean and an object.
#[must_use]
pub fn rates() -> Typed {
    let rate = Field {
        required: true,
        types: vec![JsonType::Integer],
        ..Field::new("rate", FieldKind::Json)
    };
    let source = Field {
        default: Some(Value::Null),
        ..Field::new("source", FieldKind::Text)
    };
    let active = Field {
        default: Some(Value::Bool(false)),
        types: vec![JsonType::Boolean],
        ..Field::new("active", FieldKind::Json)
    };
    let limits = Field {
        default: Some(json!({})),
        types: vec![JsonType::Object],
        ..Field::new("limits", FieldKind::Json)
    };
    Typed {
        model: Collection::new(RATES, vec![rate, source, active, limits]),
        prefix: PREFIX.into(),
        schema: None,
    }
}

/// A value as the truth has it.
#[must_use]
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The fields of a JSON object.
#[must_use]
pub fn texts_of(kind: Kind, object: &Value) -> Texts {
    let mut texts = Texts::default();
    for (text, name) in texts.iter_mut().zip(kind.fields()) {
        *text = text_of(&object[*name]);
    }
    texts
}

/// Every record that Airflow has.
#[must_use]
pub fn rows(airflow: &FakeAirflow) -> Rows {
    let variables = airflow
        .variables
        .iter()
        .map(|(key, row)| (Id::of_variable(key), row));
    let variables = variables.map(|(id, row)| {
        let texts = texts_of_variable(id.kind, row);
        (id, texts)
    });
    let pools = airflow
        .pools
        .iter()
        .map(|(name, row)| (Kind::Pools.id(name), texts_of_pool(row)));
    variables.chain(pools).collect()
}

/// What Airflow has of a record.
#[must_use]
pub fn row(airflow: &FakeAirflow, id: &Id) -> Option<Texts> {
    match id.kind {
        Kind::Pools => airflow.pools.get(&id.key).map(texts_of_pool),
        kind => airflow
            .variables
            .get(&id.address())
            .map(|row| texts_of_variable(kind, row)),
    }
}

fn texts_of_variable(kind: Kind, row: &Row) -> Texts {
    if kind == Kind::Rates {
        return texts_of(kind, &serde_json::from_str(&row.raw).unwrap_or_default());
    }
    let mut texts = Texts::default();
    texts[0] = Some(row.raw.clone());
    texts[1].clone_from(&row.description);
    texts
}

fn texts_of_pool(row: &PoolRow) -> Texts {
    let mut texts = Texts::default();
    texts[0] = Some(row.slots.to_string());
    texts[1].clone_from(&row.description);
    texts[2] = Some(row.include_deferred.to_string());
    texts
}

/// Somebody's record stands in Airflow, or is gone.
pub fn put(airflow: &mut FakeAirflow, id: &Id, texts: Option<&Texts>) {
    let address = id.address();
    match (id.kind, texts) {
        (Kind::Pools, None) => drop(airflow.pools.remove(&address)),
        (Kind::Pools, Some(texts)) => drop(airflow.pools.insert(address, pool_of(texts))),
        (_, None) => drop(airflow.variables.remove(&address)),
        (kind, Some(texts)) => drop(airflow.variables.insert(address, variable_of(kind, texts))),
    }
}

fn pool_of(texts: &Texts) -> PoolRow {
    let slots = texts[0].as_deref().and_then(|slots| slots.parse().ok());
    PoolRow {
        slots: slots.unwrap_or_default(),
        description: texts[1].clone(),
        include_deferred: texts[2].as_deref() == Some("true"),
    }
}

fn variable_of(kind: Kind, texts: &Texts) -> Row {
    if kind == Kind::Rates {
        let json = |place: usize| -> Value {
            let text = texts[place].as_deref().unwrap_or("null");
            serde_json::from_str(text).unwrap_or_default()
        };
        let record = json!({"rate": json(0), "source": texts[1], "active": json(2), "limits": json(3)});
        return Row {
            raw: record.to_string(),
            description: None,
        };
    }
    Row {
        raw: texts[0].clone().unwrap_or_default(),
        description: texts[1].clone(),
    }
}

/// Every token in a record.
pub fn tokens_of(texts: Option<&Texts>) -> std::collections::BTreeSet<crate::tokens::Token> {
    let texts = texts.into_iter().flatten().flatten();
    texts.flat_map(|text| crate::tokens::tokens_in(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_there() {
        let mut airflow = FakeAirflow::default();
        for kind in Kind::ALL {
            let id = kind.id("same");
            let mut texts = Texts::default();
            (texts[0], texts[1]) = (Some("100001".into()), Some("text".into()));
            if kind != Kind::Variables {
                texts[2] = Some("true".into());
            }
            if kind == Kind::Rates {
                texts[3] = Some(r#"{"a":100002}"#.into());
            }
            put(&mut airflow, &id, Some(&texts));
            assert_eq!(row(&airflow, &id), Some(texts.clone()), "{id}");
            assert_eq!(rows(&airflow).get(&id), Some(&texts), "{id}");
        }
        put(&mut airflow, &Kind::Rates.id("same"), None);
        assert!(row(&airflow, &Kind::Rates.id("same")).is_none());
        assert!(row(&airflow, &Kind::Variables.id("same")).is_some());
    }
}
