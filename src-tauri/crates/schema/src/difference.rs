//! A data model beside its next version.

use crate::compare::{Fit, fit};
use crate::field::Field;
use crate::model::{DataModel, Key, Step, StepKind};
use std::fmt;

/// What the next version of a model changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// What needs no step.
    pub additions: Vec<Addition>,
    /// The steps that lead to the next version.
    pub steps: Vec<Step>,
    /// What is missing. A next version to which this says anything must not be used.
    pub missing: Vec<Missing>,
}

/// A change that needs no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The field, by its new name; `None` for what is of the whole model.
    pub field: Option<String>,
    /// What it is.
    pub kind: AdditionKind,
}

/// A kind of change that needs no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdditionKind {
    /// A new field.
    Field,
    /// A type that takes every old value.
    WiderType,
    /// More texts to choose from.
    MoreChoices,
    /// A rule that every old value keeps.
    LooserRule,
    /// Another default, for new records.
    Default,
    /// Another merge unit.
    Merge,
    /// Other groups of fields that no two records share. Records that there are may break them.
    Unique,
    /// Another reference. Records that there are may break it.
    Reference,
    /// What is said for people.
    Words,
}

/// What a next version lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The field; `None` for what is of the whole model.
    pub field: Option<String>,
    /// What it is.
    pub kind: MissingKind,
}

/// A kind of what a next version lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingKind {
    /// The version is not that after the present one.
    Version {
        /// That after the present one.
        expected: u32,
    },
    /// The model is that of another collection.
    Collection,
    /// A step to an earlier version was changed or left out.
    EarlierStep,
    /// A step names a field that the present version does not have.
    FieldOfStep,
    /// A step gives a field the name of another one that is still there.
    NameTaken,
    /// A field is gone, and no step says so.
    DropOrRename,
    /// A new field is required, and records that there are have no value for it.
    DefaultOrOptional,
    /// A field has another type, or a rule that its values may break, and no step says so.
    Convert,
    /// The key is another one, and no step says so.
    Key,
}

impl Difference {
    /// Whether the next version can follow.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    fn add(&mut self, field: Option<&str>, kind: AdditionKind) {
        let field = field.map(str::to_owned);
        self.additions.push(Addition { field, kind });
    }

    fn miss(&mut self, field: Option<&str>, kind: MissingKind) {
        let field = field.map(str::to_owned);
        self.missing.push(Missing { field, kind });
    }
}

impl DataModel {
    /// What changes from this version to the next.
    #[must_use]
    pub fn difference(&self, next: &Self) -> Difference {
        let mut found = Difference::default();
        self.compare_versions(next, &mut found);
        let (carried, key) = self.carry(&mut found);
        for field in &next.fields {
            match carried.iter().find(|carried| carried.name == field.name) {
                Some(carried) => carried.compare(field, &mut found),
                None if field.required && field.default.is_none() => {
                    found.miss(Some(&field.name), MissingKind::DefaultOrOptional);
                }
                None => found.add(Some(&field.name), AdditionKind::Field),
            }
        }
        for carried in carried
            .iter()
            .filter(|carried| next.field(&carried.name).is_none())
        {
            found.miss(Some(&carried.old.name), MissingKind::DropOrRename);
        }
        if key != next.key {
            found.miss(None, MissingKind::Key);
        }
        self.compare_rest(next, &mut found);
        found
    }

    fn compare_versions(&self, next: &Self, found: &mut Difference) {
        let expected = self.version.saturating_add(1);
        if next.version != expected {
            found.miss(None, MissingKind::Version { expected });
        }
        if next.collection != self.collection {
            found.miss(None, MissingKind::Collection);
        }
        let (earlier, new): (Vec<_>, Vec<_>) = next
            .steps
            .iter()
            .cloned()
            .partition(|step| step.version <= self.version);
        if earlier != self.steps {
            found.miss(None, MissingKind::EarlierStep);
        }
        found.steps = new;
    }

    /// The present fields and the key after the new steps.
    fn carry(&self, found: &mut Difference) -> (Vec<Carried<'_>>, Key) {
        let mut carried: Vec<Carried<'_>> = self.fields.iter().map(Carried::new).collect();
        let mut key = self.key.clone();
        for step in found.steps.clone() {
            let name = match &step.kind {
                StepKind::Rename { from: name, .. }
                | StepKind::Drop { field: name }
                | StepKind::Convert { field: name, .. } => name,
                StepKind::Key { fields } => {
                    key = Key::Fields(fields.clone());
                    continue;
                }
            };
            let Some(index) = carried.iter().position(|carried| carried.name == *name) else {
                found.miss(Some(name), MissingKind::FieldOfStep);
                continue;
            };
            match &step.kind {
                StepKind::Rename { to, .. } => {
                    if carried.iter().any(|carried| carried.name == *to) {
                        found.miss(Some(to), MissingKind::NameTaken);
                    }
                    carried[index].name.clone_from(to);
                    rename_in_key(&mut key, name, to);
                }
                StepKind::Drop { .. } => {
                    carried.remove(index);
                }
                _ => carried[index].is_converted = true,
            }
        }
        (carried, key)
    }

    fn compare_rest(&self, next: &Self, found: &mut Difference) {
        let renamed = |groups: &[Vec<String>]| -> Vec<Vec<String>> {
            let steps = &found.steps;
            let name = |name: &String| steps.iter().fold(name.clone(), renamed_by);
            groups
                .iter()
                .map(|group| group.iter().map(name).collect())
                .collect()
        };
        let merge = match &self.merge {
            crate::model::Merge::Groups(groups) => crate::model::Merge::Groups(renamed(groups)),
            record => record.clone(),
        };
        let unique = renamed(&self.unique);
        if merge != next.merge {
            found.add(None, AdditionKind::Merge);
        }
        if unique != next.unique {
            found.add(None, AdditionKind::Unique);
        }
        if self.notes != next.notes {
            found.add(None, AdditionKind::Words);
        }
    }
}

fn renamed_by(name: String, step: &Step) -> String {
    match &step.kind {
        StepKind::Rename { from, to } if *from == name => to.clone(),
        _ => name,
    }
}

fn rename_in_key(key: &mut Key, from: &str, to: &str) {
    if let Key::Fields(names) = key {
        let renamed = names.iter_mut().filter(|name| *name == from);
        renamed.for_each(|name| to.clone_into(name));
    }
}

/// A field of the present version on its way through the steps.
struct Carried<'m> {
    name: String,
    old: &'m Field,
    is_converted: bool,
}

impl<'m> Carried<'m> {
    fn new(old: &'m Field) -> Self {
        Self {
            name: old.name.clone(),
            old,
            is_converted: false,
        }
    }

    fn compare(&self, new: &Field, found: &mut Difference) {
        let name = Some(new.name.as_str());
        let fit = fit(&self.old.kind, &new.kind);
        let is_needed_now = new.required && !self.old.required;
        let lacks_value = is_needed_now && new.default.is_none();
        if (fit == Fit::Narrower || lacks_value) && !self.is_converted {
            found.miss(name, MissingKind::Convert);
        }
        match fit {
            Fit::Wider => found.add(name, AdditionKind::WiderType),
            Fit::MoreChoices => found.add(name, AdditionKind::MoreChoices),
            Fit::Looser => found.add(name, AdditionKind::LooserRule),
            Fit::Same if self.old.kind != new.kind => found.add(name, AdditionKind::Words),
            Fit::Same | Fit::Narrower => {}
        }
        if self.old.required && !new.required {
            found.add(name, AdditionKind::LooserRule);
        }
        if self.old.default != new.default {
            found.add(name, AdditionKind::Default);
        }
        if self.old.references != new.references {
            found.add(name, AdditionKind::Reference);
        }
        if self.old.notes != new.notes {
            found.add(name, AdditionKind::Words);
        }
    }
}

impl fmt::Display for Addition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.field.as_deref().unwrap_or("The model");
        let what = match self.kind {
            AdditionKind::Field => "is a new field",
            AdditionKind::WiderType => "has a wider type",
            AdditionKind::MoreChoices => "has more texts to choose from",
            AdditionKind::LooserRule => "has a looser rule",
            AdditionKind::Default => "has another default for new records",
            AdditionKind::Merge => "merges other fields together",
            AdditionKind::Unique => "has other groups of fields that no two records may share",
            AdditionKind::Reference => "has another reference",
            AdditionKind::Words => "has other words for people",
        };
        write!(f, "{of} {what}.")
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.field.as_deref().unwrap_or("The model");
        match self.kind {
            MissingKind::Version { expected } => {
                write!(f, "{of} is not the next version. Its version must be {expected}.")
            }
            MissingKind::Collection => {
                write!(f, "{of} is that of another collection. The name cannot change.")
            }
            MissingKind::EarlierStep => write!(
                f,
                "{of} lacks steps to earlier versions. Keep them as they were: other desktops go through them."
            ),
            MissingKind::FieldOfStep => write!(f, "{of} is named by a step, and is not there before it."),
            MissingKind::NameTaken => write!(
                f,
                "{of} is there already, and a step gives its name to another field. Drop or rename it before."
            ),
            MissingKind::DropOrRename => {
                write!(f, "{of} is gone. Say in changes that it was dropped or renamed.")
            }
            MissingKind::DefaultOrOptional => write!(
                f,
                "{of} is new and required. Give it a default for the records that there are, or do not require it."
            ),
            MissingKind::Convert => write!(
                f,
                "{of} has a rule that values may break. Say in changes that it is converted, or loosen the rule."
            ),
            MissingKind::Key => write!(
                f,
                "{of} has another key. Say it in changes; from fields to a generated key there is no way."
            ),
        }
    }
}
