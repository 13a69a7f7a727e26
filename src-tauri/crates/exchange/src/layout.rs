//! A collection as a table: which columns its records have.

use crate::column::{Column, Kind};
use leeward_model::{Collection, FieldKind};
use leeward_schema::{DataModel, Key};

/// The column of the key where the key is no field.
pub const KEY: &str = "key";
/// The column of keys that are generated. No field can be called so.
pub const GENERATED_KEY: &str = "_key";

/// The columns of a collection's records.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The collection's name.
    pub(crate) collection: String,
    pub(crate) key: KeyColumns,
    /// The fields, those of the key first, each in the order of the data model.
    pub(crate) columns: Vec<Column>,
    /// The data model; none for a built-in collection.
    pub(crate) model: Option<DataModel>,
}

/// Where the key of a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyColumns {
    /// In a column of its own, as a text.
    Own,
    /// In these fields.
    Fields(Vec<String>),
    /// In a column that may be missing: a row without one is a new record.
    Generated,
}

impl Layout {
    /// That of a built-in collection.
    #[must_use]
    pub fn built_in(collection: &Collection) -> Self {
        let column = |field: &leeward_model::Field| Column {
            name: field.name.clone(),
            kind: match field.kind {
                FieldKind::Text => Kind::Text,
                FieldKind::JsonText => Kind::JsonText,
                FieldKind::Json => Kind::Rules(field.clone()),
            },
            required: field.required,
            default: field.default.clone(),
            in_key: false,
        };
        Self {
            collection: collection.name.clone(),
            key: KeyColumns::Own,
            columns: collection.fields.iter().map(column).collect(),
            model: None,
        }
    }

    /// That of a typed collection.
    #[must_use]
    pub fn typed(model: &DataModel) -> Self {
        let key = match model.key() {
            Key::Fields(names) => KeyColumns::Fields(names.clone()),
            Key::Generated => KeyColumns::Generated,
        };
        let column = |field: &leeward_schema::Field| Column {
            name: field.name.clone(),
            kind: Kind::Typed(field.kind.clone()),
            required: field.required,
            default: field.default.clone(),
            in_key: matches!(&key, KeyColumns::Fields(names) if names.contains(&field.name)),
        };
        let mut columns: Vec<Column> = model.fields().iter().map(column).collect();
        // What a record is found by stands where one looks first.
        columns.sort_by_key(|column| !column.in_key);
        Self {
            collection: model.collection().to_owned(),
            key,
            columns,
            model: Some(model.clone()),
        }
    }

    /// The collection's name.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The name of the column that has the key, where the key is no field.
    pub(crate) fn key_column(&self) -> Option<&'static str> {
        match self.key {
            KeyColumns::Own => Some(KEY),
            KeyColumns::Generated => Some(GENERATED_KEY),
            KeyColumns::Fields(_) => None,
        }
    }

    /// The names of all columns, in the order in which they are written.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let fields = self.columns.iter().map(|column| column.name.as_str());
        self.key_column().into_iter().chain(fields).collect()
    }
}
