//! A record held to its data model.

use crate::key::KeyFault;
use crate::model::{DataModel, Key};
use leeward_model::{Fields, MODEL_KEY};

impl DataModel {
    /// Every field that breaks a rule, with what it must be or have, as the end of a sentence; in the model's order. Each
    /// value may be in canonical form or as in JSON. A field that the model does not know is of a newer version, and
    /// keeps its own rules.
    #[must_use]
    pub fn check(&self, fields: &Fields) -> Vec<(String, String)> {
        let mut broken: Vec<(String, String)> = Vec::new();
        for field in &self.fields {
            let why = match fields.get(&field.name) {
                Some(value) => field.kind.take(value).err(),
                None => field.required.then(|| "is required".to_owned()),
            };
            broken.extend(why.map(|why| (field.name.clone(), why)));
        }
        if broken.is_empty() {
            broken.extend(self.broken_key(fields));
        }
        broken
    }

    /// What is wrong with the key alone, told of its first field.
    fn broken_key(&self, fields: &Fields) -> Option<(String, String)> {
        let Key::Fields(names) = &self.key else {
            return None;
        };
        let why = match self.key_of(fields).err()? {
            KeyFault::Empty => "must not be empty: the record is found by it".to_owned(),
            KeyFault::Reserved => format!("must not be {MODEL_KEY}: the data model is kept under it"),
            KeyFault::TooLong { most } => format!("makes a key of more than {most} characters"),
            other => other.to_string(),
        };
        Some((names.first()?.clone(), why))
    }

    /// The record with the default of each field that it lacks and that has one: what a new record begins with, and what
    /// one gets of the fields that a newer version added. Not for the fields of an edit, which says what it changes.
    #[must_use]
    pub fn with_defaults(&self, mut fields: Fields) -> Fields {
        for field in &self.fields {
            if let Some(default) = &field.default {
                fields
                    .entry(field.name.clone())
                    .or_insert_with(|| default.clone());
            }
        }
        fields
    }
}
