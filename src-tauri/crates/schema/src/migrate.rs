//! Records of an older version of a model, brought to a newer one.

use crate::field_type::FieldType;
use crate::model::{DataModel, Step, StepKind};
use leeward_model::{Fields, Value};

impl DataModel {
    /// The fields of a record of this version as those of `next`: its steps after this version, in order. All or some of
    /// a record's fields may be given, so that bases, edits and history migrate alike. What the steps do not name stays,
    /// known or not; so does a value that cannot be converted, which then breaks its new rule.
    #[must_use]
    pub fn migrate(&self, next: &Self, mut fields: Fields) -> Fields {
        let steps = next.steps.as_slice();
        let begin = steps.partition_point(|step| step.version <= self.version);
        for (index, step) in steps.iter().enumerate().skip(begin) {
            match &step.kind {
                StepKind::Rename { from, to } => rename(&mut fields, from, to),
                StepKind::Drop { field } => {
                    fields.remove(field);
                }
                StepKind::Convert { field, map } => {
                    let old = earlier_name(steps.get(begin..index).unwrap_or_default(), field);
                    let old = old.and_then(|name| self.field(&name));
                    let new = later_name(steps.get(index + 1..).unwrap_or_default(), field);
                    let new = new.and_then(|name| next.field(&name));
                    if let (Some(value), Some(new)) = (fields.get_mut(field), new) {
                        *value = convert(value, old.map(|old| &old.kind), &new.kind, map);
                    }
                }
                StepKind::Key { .. } => {}
            }
        }
        fields
    }

    /// What a field is called in this version that an earlier one called so; `None` where it was dropped since, or where no
    /// earlier version is known to have had it.
    #[must_use]
    pub fn name_since(&self, earlier: &str) -> Option<String> {
        let name = later_name(&self.steps, earlier)?;
        (name != earlier && self.field(&name).is_some()).then_some(name)
    }
}

/// A field that has the new name already stays, and so does the old one: neither is known to be the better.
fn rename(fields: &mut Fields, from: &str, to: &str) {
    if fields.contains_key(to) {
        return;
    }
    if let Some(value) = fields.remove(from) {
        fields.insert(to.to_owned(), value);
    }
}

/// What a field was called before these steps.
fn earlier_name(steps: &[Step], name: &str) -> Option<String> {
    let mut name = name.to_owned();
    for step in steps.iter().rev() {
        match &step.kind {
            StepKind::Rename { from, to } if *to == name => name.clone_from(from),
            // It was another field of the same name.
            StepKind::Drop { field } if *field == name => return None,
            _ => {}
        }
    }
    Some(name)
}

/// What a field is called after these steps.
pub(crate) fn later_name(steps: &[Step], name: &str) -> Option<String> {
    let mut name = name.to_owned();
    for step in steps {
        match &step.kind {
            StepKind::Rename { from, to } if *from == name => name.clone_from(to),
            StepKind::Drop { field } if *field == name => return None,
            _ => {}
        }
    }
    Some(name)
}

/// The value in the form of its new type, or as it is.
fn convert(value: &Value, old: Option<&FieldType>, new: &FieldType, map: &[(String, String)]) -> Value {
    let text = old.map_or_else(|| text_of(value), |old| old.text_of(value));
    if let Some((_, to)) = map.iter().find(|(from, _)| *from == text) {
        return new.take_text(to).unwrap_or_else(|_| Value::from(to.as_str()));
    }
    let json = old.map_or_else(|| value.clone(), |old| old.to_json(value));
    let taken = new
        .take(&json)
        .or_else(|_| new.take(value))
        .or_else(|_| new.take_text(&text));
    taken.unwrap_or_else(|_| value.clone())
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
