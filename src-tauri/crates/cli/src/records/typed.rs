//! The rules of a typed collection's records.

use crate::problem::{refused, usage};
use leeward_model::{Fields, Problem, Value, sensitive};
use leeward_schema::{DataModel, FieldType, KeyFault};
use leeward_store::StoredCollection;

/// What the data model of a typed collection says of its records.
pub(crate) struct TypedRules {
    model: DataModel,
    /// What the keys of its Variables begin with, where its records are such.
    prefix: Option<String>,
}

impl TypedRules {
    /// Nothing is changed in a collection whose data model cannot be used.
    pub(super) fn of(stored: StoredCollection) -> Result<Self, Problem> {
        let model = stored.data_model()?;
        if let Some(trouble) = stored.trouble {
            return Err(refused(
                trouble,
                format!(
                    "`leewardctl collection show {}` shows the data model that is used here.",
                    model.collection()
                ),
            ));
        }
        Ok(Self {
            model,
            prefix: stored.prefix,
        })
    }

    pub(super) fn canonical(&self, given: Fields) -> Result<Fields, Problem> {
        given
            .into_iter()
            .map(|(name, value)| self.canonical_field(name, &value))
            .collect()
    }

    fn canonical_field(&self, name: String, value: &Value) -> Result<(String, Value), Problem> {
        let Some(field) = self.model.field(&name) else {
            // The names are checked with the record.
            return Ok((name, value.clone()));
        };
        let taken = match (&field.kind, value) {
            // The text of the number, which was never a float.
            (FieldType::Decimal { .. }, Value::Number(number)) => field.kind.take_text(number.as_str()),
            _ => field.kind.take(value),
        };
        let taken = taken.map_err(|why| usage(format!("{name} {why}."), "Give another value."))?;
        Ok((name, taken))
    }

    pub(super) fn key(&self, key: &str) -> Result<(), Problem> {
        self.model
            .fields_of_key(key)
            .map_err(|fault| self.no_key(&fault))?;
        let Some(prefix) = &self.prefix else {
            return Ok(());
        };
        let address = format!("{prefix}{key}");
        leeward_sync::check_key(&address)
            .map_err(|why| usage(format!("This key cannot be used: {why}."), "Choose another key."))?;
        if sensitive::is_sensitive_name(&address) {
            return Err(refused(
                format!("Airflow treats names like {address} as secret: the record could not be read back."),
                "Choose another key.",
            ));
        }
        Ok(())
    }

    fn no_key(&self, fault: &KeyFault) -> Problem {
        let next = match self.model.key_fields() {
            [] => "Keys of this collection are ULIDs.".to_owned(),
            [one] => format!("The key is the text of {one}."),
            several => format!(
                "The key is the JSON list of {}, without blanks, such as [\"a\",\"b\"].",
                several.join(", ")
            ),
        };
        usage(fault.to_string(), next)
    }

    pub(super) fn hold_key(&self, key: &str, given: &mut Fields, is_new: bool) -> Result<(), Problem> {
        let of_key = self
            .model
            .fields_of_key(key)
            .map_err(|fault| self.no_key(&fault))?;
        for (name, value) in of_key {
            match given.get(&name) {
                Some(other) if *other != value => {
                    return Err(usage(
                        format!("{name} is a field of the key, and of {key} it is {value}."),
                        "A record keeps its key: delete it, and make another one.",
                    ));
                }
                Some(_) => {}
                None if is_new => {
                    given.insert(name, value);
                }
                None => {}
            }
        }
        Ok(())
    }
}
