//! What a data model demands of a collection's records together: values that no two share, or a reference.

use crate::columns::json;
use crate::{StoreError, StoredRecord};
use leeward_model::{Value, secret_id};
use leeward_schema::DataModel;

/// One demand of a data model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Constraint {
    /// The collection whose model it is in.
    pub(crate) collection: String,
    /// By which the mirror tells it from the model's others.
    pub(crate) name: String,
    /// The fields whose values it is about.
    pub(crate) fields: Vec<String>,
    /// The collection whose keys the one field holds; without one, no two records have the same values.
    pub(crate) target: Option<String>,
}

impl Constraint {
    /// Those of the model, in the order of their names.
    pub(crate) fn all_of(model: &DataModel) -> Vec<Self> {
        let unique = model.unique().iter().map(|fields| Self {
            collection: model.collection().to_owned(),
            name: format!("unique {}", fields.join(",")),
            fields: fields.clone(),
            target: None,
        });
        let references = model.fields().iter().filter_map(|field| {
            Some(Self {
                collection: model.collection().to_owned(),
                name: format!("reference {}", field.name),
                fields: vec![field.name.clone()],
                target: Some(field.references.clone()?),
            })
        });
        let mut all: Vec<Self> = unique.chain(references).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|one, other| one.name == other.name);
        all
    }

    /// The record's value as the analyst sees it. None where a field is missing or nobody can read it: that breaks nothing.
    pub(crate) fn value_of(&self, record: Option<&StoredRecord>) -> Result<Option<String>, StoreError> {
        let Some(record) = record.filter(|record| record.exists()) else {
            return Ok(None);
        };
        let value = |name: &String| record.local(name).filter(|value| secret_id(value).is_none());
        let values: Option<Vec<&Value>> = self.fields.iter().map(value).collect();
        match (values.as_deref(), &self.target) {
            (None, _) => Ok(None),
            (Some([Value::String(text)]), Some(_)) => Ok(Some(text.clone())),
            (Some([one]), Some(_)) => json(one).map(Some),
            (Some(several), _) => json(several).map(Some),
        }
    }
}
