//! The model as the merge and the window use it: fields with their rules, the key, and what merges together.

use crate::field::Field;
use crate::field_type::{FieldType, JsonShape, Range};
use crate::model::{DataModel, Key, Merge};
use leeward_model::{Collection, FieldKind, Format, JsonType, Value};

impl DataModel {
    /// The collection of this model.
    #[must_use]
    pub fn to_collection(&self) -> Collection {
        Collection {
            key: self.key_fields().to_vec(),
            merge: self.groups(),
            ..Collection::new(&self.collection, self.fields.iter().map(field_of).collect())
        }
    }

    /// The fields that the key is made of; none where it is generated.
    #[must_use]
    pub fn key_fields(&self) -> &[String] {
        match &self.key {
            Key::Fields(names) => names,
            Key::Generated => &[],
        }
    }

    fn groups(&self) -> Vec<Vec<String>> {
        match &self.merge {
            Merge::Groups(groups) => groups.clone(),
            Merge::Record => {
                let names = self.fields.iter().map(|field| &field.name);
                let group: Vec<String> = names
                    .filter(|name| !self.key_fields().contains(name))
                    .cloned()
                    .collect();
                Vec::from_iter((group.len() > 1).then_some(group))
            }
        }
    }
}

fn field_of(field: &Field) -> leeward_model::Field {
    let of = |kind, types: &[JsonType]| leeward_model::Field {
        types: types.to_vec(),
        default: field.default.clone(),
        required: field.required,
        ..leeward_model::Field::new(&field.name, kind)
    };
    let text = || of(FieldKind::Text, &[JsonType::String]);
    let of_format = |format| leeward_model::Field {
        format: Some(format),
        ..text()
    };
    match &field.kind {
        FieldType::Text(rules) => leeward_model::Field {
            pattern: rules.pattern.clone(),
            min_length: rules.min_length,
            max_length: rules.max_length,
            ..text()
        },
        FieldType::Integer(range) => within(range, of_format(Format::Integer)),
        FieldType::Decimal { scale, range } => leeward_model::Field {
            scale: Some(*scale),
            ..within(range, of_format(Format::Decimal))
        },
        FieldType::Date => of_format(Format::Date),
        FieldType::DateTime => of_format(Format::DateTime),
        FieldType::Choice(choices) => leeward_model::Field {
            one_of: Some(
                choices
                    .iter()
                    .map(|choice| Value::from(choice.value.as_str()))
                    .collect(),
            ),
            ..text()
        },
        FieldType::Boolean => of(FieldKind::Json, &[JsonType::Boolean]),
        FieldType::Json(JsonShape::Any) => of(FieldKind::Json, &[]),
        FieldType::Json(JsonShape::Object) => of(FieldKind::Json, &[JsonType::Object]),
        FieldType::Json(JsonShape::Array) => of(FieldKind::Json, &[JsonType::Array]),
    }
}

fn within(range: &Range, field: leeward_model::Field) -> leeward_model::Field {
    let read = |limit: &Option<String>| limit.as_ref()?.parse().ok();
    leeward_model::Field {
        minimum: read(&range.minimum),
        maximum: read(&range.maximum),
        ..field
    }
}
