//! The fields of a data model.

use crate::field_type::FieldType;
use crate::notes::Notes;
use leeward_model::Value;

/// One field of a data model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name, unique in the model.
    pub name: String,
    /// Its type and the rules of that.
    pub kind: FieldType,
    /// Every record has it.
    pub required: bool,
    /// What a new record has where nothing was given, in canonical form.
    pub default: Option<Value>,
    /// The collection whose keys it holds.
    pub references: Option<String>,
    /// What is said of it.
    pub notes: Notes,
}
