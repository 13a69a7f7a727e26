//! Keys of records: one field's text, or the JSON list of several.

use crate::field::Field;
use crate::model::{DataModel, Key};
use leeward_model::{Fields, MODEL_KEY, Value};
use std::fmt;
use ulid::Ulid;

/// The longest key, in characters: Airflow takes 250 for a Variable's, and a prefix comes before.
pub(crate) const KEY_LENGTH_MAX: usize = 200;

/// Why there is no key, or no fields of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFault {
    /// The key is in none of the fields: it is made with the record.
    Generated,
    /// A field of the key is missing.
    Missing {
        /// Its name.
        field: String,
    },
    /// A field of the key has no value of its type.
    Wrong {
        /// Its name.
        field: String,
        /// What it must be, as the end of a sentence.
        why: String,
    },
    /// The one field of the key is an empty text.
    Empty,
    /// The key is that under which the model is kept.
    Reserved,
    /// The key is too long.
    TooLong {
        /// The greatest length, in characters.
        most: usize,
    },
    /// The text is no key of this model.
    NotAKey,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generated => {
                f.write_str("The key is generated with the record, and is in none of its fields.")
            }
            Self::Missing { field } => write!(f, "{field} is a field of the key, and is missing."),
            Self::Wrong { field, why } => write!(f, "{field} is a field of the key, and {why}."),
            Self::Empty => f.write_str("The key is empty."),
            Self::Reserved => write!(
                f,
                "{MODEL_KEY} is where the data model is kept, and no record's key."
            ),
            Self::TooLong { most } => write!(f, "The key has more than {most} characters."),
            Self::NotAKey => f.write_str("This is no key of the collection."),
        }
    }
}

impl std::error::Error for KeyFault {}

impl DataModel {
    /// The key of a record with these fields: the canonical text of its one key field, or the JSON list of the texts of
    /// several, without blanks.
    ///
    /// # Errors
    /// `Generated` where the key is in no field; else what the key fields lack.
    pub fn key_of(&self, fields: &Fields) -> Result<String, KeyFault> {
        let Key::Fields(names) = &self.key else {
            return Err(KeyFault::Generated);
        };
        let mut texts: Vec<String> = Vec::new();
        for name in names {
            let missing = || KeyFault::Missing { field: name.clone() };
            let value = fields.get(name).ok_or_else(missing)?;
            let field = self.field(name).ok_or_else(missing)?;
            let wrong = |why| KeyFault::Wrong {
                field: name.clone(),
                why,
            };
            texts.push(field.kind.text_of(&field.kind.take(value).map_err(wrong)?));
        }
        let key = match texts.as_slice() {
            [text] => text.clone(),
            several => Value::from(several).to_string(),
        };
        check_length(key)
    }

    /// The key fields of the record of that key, in canonical form; none where keys are generated.
    ///
    /// # Errors
    /// Where the text is no key that [`key_of`](Self::key_of) gives, or no ULID.
    pub fn fields_of_key(&self, key: &str) -> Result<Fields, KeyFault> {
        let Key::Fields(names) = &self.key else {
            let is_canonical = Ulid::from_string(key).is_ok_and(|ulid| ulid.to_string() == key);
            return if is_canonical {
                Ok(Fields::new())
            } else {
                Err(KeyFault::NotAKey)
            };
        };
        let texts: Vec<String> = match names.as_slice() {
            [_] => vec![key.to_owned()],
            _ => serde_json::from_str(key).map_err(|_| KeyFault::NotAKey)?,
        };
        if texts.len() != names.len() {
            return Err(KeyFault::NotAKey);
        }
        let mut fields = Fields::new();
        for (name, text) in names.iter().zip(&texts) {
            let field = self.field(name).ok_or(KeyFault::NotAKey)?;
            fields.insert(name.clone(), take_key_field(field, text)?);
        }
        // A key is found by its text, so that one with another spelling is another key.
        match self.key_of(&fields)? == key {
            true => Ok(fields),
            false => Err(KeyFault::NotAKey),
        }
    }
}

fn take_key_field(field: &Field, text: &str) -> Result<Value, KeyFault> {
    let taken = field.kind.take_text(text);
    taken.map_err(|why| KeyFault::Wrong {
        field: field.name.clone(),
        why,
    })
}

fn check_length(key: String) -> Result<String, KeyFault> {
    if key.is_empty() {
        return Err(KeyFault::Empty);
    }
    if key == MODEL_KEY {
        return Err(KeyFault::Reserved);
    }
    if key.chars().count() > KEY_LENGTH_MAX {
        return Err(KeyFault::TooLong { most: KEY_LENGTH_MAX });
    }
    Ok(key)
}
