//! What the data model says about a field; an unknown collection merges by JSON and has no defaults.

use leeward_model::{Collection, Field, FieldKind, Value};

pub(super) struct Rules {
    model: Option<Collection>,
}

impl Rules {
    pub(super) fn of(collection: &str) -> Self {
        Self {
            model: Collection::built_in(collection),
        }
    }

    pub(super) fn kind(&self, field: &str) -> FieldKind {
        self.field(field).map_or(FieldKind::Json, |field| field.kind)
    }

    /// Whether the data model is known and has no such field.
    pub(super) fn lacks(&self, field: &str) -> bool {
        self.model.is_some() && self.field(field).is_none()
    }

    pub(super) fn fields(&self) -> &[Field] {
        self.model.as_ref().map_or(&[], |model| &model.fields)
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
