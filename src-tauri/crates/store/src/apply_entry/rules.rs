//! What the data model says about a field.

use crate::{Ledger, StoreError};
use leeward_model::{Collection, Field, FieldKind, Value};

pub(super) struct Rules {
    /// `None` where the collection is unknown here: nothing is done by such rules but refuse.
    model: Option<Collection>,
}

impl Rules {
    pub(super) fn of(ledger: &Ledger<'_>, collection: &str) -> Result<Self, StoreError> {
        Ok(Self {
            model: ledger.model(collection)?,
        })
    }

    /// Whether the collection has a data model here.
    pub(super) fn are_known(&self) -> bool {
        self.model.is_some()
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
