//! Records of one version of a model, brought to another.

use crate::field_type::FieldType;
use crate::model::{DataModel, Step, StepKind};
use leeward_model::{Fields, Value};

/// The way from one version to another.
struct Way<'m> {
    /// Fields that go on from the name that they had when the ways parted: their names now, and those.
    parted: Vec<(&'m str, &'m str)>,
    steps: Vec<&'m Step>,
}

impl DataModel {
    /// The fields of a record of this version as those of `next`: by the steps that lead there, in order. All or some of
    /// a record's fields may be given, so that bases, edits and history migrate alike. What the steps do not name stays,
    /// known or not; so does a value that cannot be converted, which then breaks its new rule.
    ///
    /// Where `next` does not come of this version ([`DataModel::leads_to`]), fields go back to the names that they had when
    /// the two parted, and on from there. What was dropped or converted on the way here stays so.
    #[must_use]
    pub fn migrate(&self, next: &Self, mut fields: Fields) -> Fields {
        let way = self.way_to(next);
        for (name, former) in &way.parted {
            rename(&mut fields, name, former);
        }
        for (index, step) in way.steps.iter().enumerate() {
            match &step.kind {
                StepKind::Rename { from, to } => rename(&mut fields, from, to),
                StepKind::Drop { field } => {
                    fields.remove(field);
                }
                StepKind::Convert { field, map } => {
                    let (before, after) = way.steps.split_at(index);
                    let old = earlier_name(before, field).and_then(|name| self.field(way.name_here(&name)));
                    let new = later_name(after, field).and_then(|name| next.field(&name));
                    if let (Some(value), Some(new)) = (fields.get_mut(field), new) {
                        *value = convert(value, old.map(|old| &old.kind), &new.kind, map);
                    }
                }
                StepKind::Key { .. } => {}
            }
        }
        fields
    }

    /// What a field of this version is called in `next`; `None` where it was dropped on the way.
    #[must_use]
    pub fn name_in_version(&self, next: &Self, field: &str) -> Option<String> {
        let way = self.way_to(next);
        later_name(&way.steps, way.name_there(field))
    }

    /// Whether `next` was made of this version, or of one that was. It was not where two versions were made of one, and the
    /// other was followed: records that were read by this version have to be read anew then.
    #[must_use]
    pub fn leads_to(&self, next: &Self) -> bool {
        let new = next.steps.strip_prefix(self.steps.as_slice());
        new.is_some_and(|new| new.iter().all(|step| step.version > self.version))
    }

    fn way_to<'m>(&'m self, next: &'m Self) -> Way<'m> {
        let both = self.steps.iter().zip(&next.steps);
        let shared = both.take_while(|(own, other)| own == other).count();
        let own = self.steps.get(shared..).unwrap_or_default();
        let others = next.steps.get(shared..).unwrap_or_default();
        let steps: Vec<&Step> = others.iter().filter(|step| !own.contains(step)).collect();
        let arrives = |name: &str| {
            let name = later_name(&steps, name);
            name.is_some_and(|name| next.field(&name).is_some())
        };
        let parted = |name: &'m str| {
            let mut former = former_names(own, name);
            (!arrives(name)).then(|| former.find(|name| arrives(name)))?
        };
        let names = self.fields.iter().map(|field| field.name.as_str());
        let parted = names.filter_map(|name| Some((name, parted(name)?)));
        Way {
            parted: parted.collect(),
            steps,
        }
    }

    /// What a field is called in this version that an earlier one called so; `None` where it was dropped since, or where no
    /// earlier version is known to have had it.
    #[must_use]
    pub fn name_since(&self, earlier: &str) -> Option<String> {
        let steps: Vec<&Step> = self.steps.iter().collect();
        let name = later_name(&steps, earlier)?;
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

impl Way<'_> {
    /// What a field goes on as that has this name at the way's beginning.
    fn name_there<'n>(&self, name: &'n str) -> &'n str
    where
        Self: 'n,
    {
        let parted = self.parted.iter().find(|(here, _)| *here == name);
        parted.map_or(name, |(_, there)| there)
    }

    fn name_here<'n>(&self, name: &'n str) -> &'n str
    where
        Self: 'n,
    {
        let parted = self.parted.iter().find(|(_, there)| *there == name);
        parted.map_or(name, |(here, _)| here)
    }
}

/// The names that a field had before these steps, the last one first.
fn former_names<'m>(steps: &'m [Step], name: &'m str) -> impl Iterator<Item = &'m str> {
    let mut name = name;
    steps.iter().rev().filter_map(move |step| match &step.kind {
        StepKind::Rename { from, to } if to == name => {
            name = from;
            Some(name)
        }
        _ => None,
    })
}

/// What a field was called before these steps.
fn earlier_name(steps: &[&Step], name: &str) -> Option<String> {
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
fn later_name(steps: &[&Step], name: &str) -> Option<String> {
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
