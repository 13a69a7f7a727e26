//! A record as JSON outside of Leeward, such as a Variable's value: read into canonical values, and written.

use crate::field::Field;
use crate::field_type::FieldType;
use crate::model::{DataModel, StepKind};
use leeward_model::canonical::integer_of_json;
use leeward_model::{Fields, Value};

impl DataModel {
    /// The fields of a record that was read as JSON, in canonical form. What was written by an earlier version is brought
    /// to this one: under its former name, or in its former form. A value that does not fit stays as it is, and breaks its
    /// rule; what the model does not know is left out, and what is missing has its default.
    #[must_use]
    pub fn read_record(&self, json: &Fields) -> Fields {
        let read = |field: &Field| {
            let name = self.name_in(json, &field.name)?;
            Some((field.name.clone(), self.read_value(field, json.get(&name)?)))
        };
        self.with_defaults(self.fields.iter().filter_map(read).collect())
    }

    /// The JSON of a record, once these fields are changed and those removed. `before` is what was read there: what the
    /// model does not know stays, and what is missing gets its default. Members come in the model's order, those that it
    /// does not know after them.
    #[must_use]
    pub fn write_record<'n>(
        &self,
        mut before: Fields,
        changes: &'n Fields,
        removed: impl IntoIterator<Item = &'n String>,
    ) -> Vec<(String, Value)> {
        for name in removed.into_iter().chain(changes.keys()) {
            while let Some(present) = self.name_in(&before, name) {
                before.remove(&present);
            }
        }
        let mut members = Vec::new();
        for field in &self.fields {
            let changed = changes.get(&field.name).map(|value| field.kind.to_json(value));
            let unchanged = || {
                let present = self.name_in(&before, &field.name)?;
                let value = before.get(&present)?;
                // JSON stays as it is spelled there.
                let is_json = matches!(field.kind, FieldType::Json(_)) && field.kind.take(value).is_ok();
                Some(match is_json {
                    true => value.clone(),
                    false => field.kind.to_json(&self.read_value(field, value)),
                })
            };
            let default = || Some(field.kind.to_json(field.default.as_ref()?));
            let value = changed.or_else(unchanged).or_else(default);
            members.extend(value.map(|value| (field.name.clone(), value)));
        }
        let others = changes.iter().filter(|(name, _)| self.field(name).is_none());
        members.extend(others.map(|(name, value)| (name.clone(), value.clone())));
        let is_known = |name: &String| {
            self.fields
                .iter()
                .any(|field| self.name_in(&before, &field.name).as_ref() == Some(name))
        };
        let unknown: Vec<String> = before.keys().filter(|name| !is_known(name)).cloned().collect();
        members.extend(unknown.into_iter().filter_map(|name| before.remove_entry(&name)));
        members
    }

    /// The name under which a record has the field: its own or, where an earlier version wrote the record, a former one.
    fn name_in(&self, json: &Fields, name: &str) -> Option<String> {
        let mut name = name.to_owned();
        let mut steps = self.steps.iter().rev();
        while !json.contains_key(&name) {
            name = steps.find_map(|step| match &step.kind {
                StepKind::Rename { from, to } if *to == name => Some(from.clone()),
                _ => None,
            })?;
            if self.field(&name).is_some() {
                // It is another field's name by now.
                return None;
            }
        }
        Some(name)
    }

    /// The canonical value; one of an earlier form is brought to this one, as the steps say or as a wider type allows.
    fn read_value(&self, field: &Field, value: &Value) -> Value {
        let taken = field.kind.take(value).ok();
        let taken = taken.or_else(|| self.read_earlier(field, value));
        taken.unwrap_or_else(|| value.clone())
    }

    fn read_earlier(&self, field: &Field, value: &Value) -> Option<Value> {
        if let Value::Number(number) = value {
            // A whole number, before the field's type was a wider one.
            let text = integer_of_json(number.as_str()).ok()?;
            return field.kind.take_text(&text).ok();
        }
        let mut text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut is_converted = false;
        for map in self.conversions_of(&field.name) {
            is_converted = true;
            if let Some((_, to)) = map.iter().find(|(from, _)| *from == text) {
                text.clone_from(to);
            }
        }
        field.kind.take_text(&text).ok().filter(|_| is_converted)
    }

    /// The texts that became others in a field, conversion by conversion, also while it had another name.
    fn conversions_of(&self, name: &str) -> Vec<&[(String, String)]> {
        let mut name = name;
        let mut maps = Vec::new();
        for step in self.steps.iter().rev() {
            match &step.kind {
                StepKind::Rename { from, to } if to == name => name = from,
                StepKind::Convert { field, map } if field == name => maps.push(map.as_slice()),
                // Before this step the name was another field's.
                StepKind::Rename { from: other, .. } | StepKind::Drop { field: other } if other == name => {
                    break;
                }
                _ => {}
            }
        }
        maps.reverse();
        maps
    }
}
