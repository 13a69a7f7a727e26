//! What the data model says about a field.

use crate::{Ledger, StoreError};
use leeward_merge::Shape;
use leeward_model::{Collection, Field, FieldKind, Value};

pub(super) struct Rules {
    /// `None` where the collection is unknown here: nothing is done by such rules but refuse.
    model: Option<Collection>,
}

impl Rules {
    pub(super) fn of(ledger: &Ledger<'_>, collection: &str, key: &str) -> Result<Self, StoreError> {
        let model = ledger.model(collection)?;
        Ok(Self {
            model: model.map(|model| model.of_key(key).into_owned()),
        })
    }

    /// Whether the collection has a data model here.
    pub(super) fn are_known(&self) -> bool {
        self.model.is_some()
    }

    pub(super) fn kind(&self, field: &str) -> FieldKind {
        self.field(field).map_or(FieldKind::Json, |field| field.kind)
    }

    /// How the field is merged.
    pub(super) fn shape(&self, field: &str) -> Shape<'_> {
        self.field(field)
            .map_or_else(|| FieldKind::Json.into(), Shape::from)
    }

    /// Whether the data model is known and has no such field.
    pub(super) fn lacks(&self, field: &str) -> bool {
        self.model.is_some() && self.field(field).is_none()
    }

    pub(super) fn fields(&self) -> &[Field] {
        self.model.as_ref().map_or(&[], |model| &model.fields)
    }

    /// Whether a new record is nothing without the field.
    pub(super) fn needs(field: &Field) -> bool {
        field.required && field.default.is_none()
    }

    /// The fields that the key is made of.
    pub(super) fn key_fields(&self) -> &[String] {
        self.model.as_ref().map_or(&[], |model| &model.key)
    }

    /// The texts that the key is made of.
    pub(super) fn key_parts(&self, key: &str) -> Vec<String> {
        match self.key_fields() {
            [_] => vec![key.to_owned()],
            _ => serde_json::from_str(key).unwrap_or_default(),
        }
    }

    /// Whether each record is one text in Airflow, so that what is hidden in one field hides them all.
    pub(super) fn is_one_text(&self) -> bool {
        self.model.as_ref().is_some_and(|model| !model.is_built_in())
    }

    /// Whether the value has the type that the field needs.
    pub(super) fn allows(&self, field: &str, value: &Value) -> bool {
        match self.field(field) {
            Some(field) if field.kind != FieldKind::Json => {
                value.is_string() || field.default.as_ref() == Some(value)
            }
            _ => true,
        }
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.model.as_ref()?.field(name)
    }
}
