//! The next version of a model, of a description of it without steps: what happened to each field makes the steps.

use crate::compare::{Fit, fit};
use crate::difference::{Missing, MissingKind};
use crate::fault::ModelFault;
use crate::field_type::FieldType;
use crate::model::{DataModel, Step, StepKind};
use std::mem::discriminant;

/// A field of a described model that is a field of the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What it is called in the description.
    pub name: String,
    /// What it is called now. One of the same name without an origin is another field, and new.
    pub was: String,
    /// Texts of it that become others.
    pub map: Vec<(String, String)>,
}

impl DataModel {
    /// The version after this one, of a description without steps (its version counts for nothing): a field with an origin
    /// is renamed where its name is another and converted where its values may break a rule, and one of this version that
    /// is no field's origin is dropped.
    ///
    /// # Errors
    /// What keeps the description from following this version, at places of its file: all of it.
    pub fn next_version(&self, described: Self, origins: &[Origin]) -> Result<Self, Vec<ModelFault>> {
        let mut faults = self.taken_names(&described, origins);
        faults.extend(self.changed_keys(&described, origins));
        faults.extend(self.collapsed_choices(&described, origins));
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut next = Self {
            version: self.version.saturating_add(1),
            steps: self.steps.clone(),
            ..described
        };
        let steps = self.drops(origins).chain(renames(origins));
        let version = next.version;
        let steps: Vec<Step> = steps.map(|kind| Step { version, kind }).collect();
        next.steps.extend(steps);
        let converted = self.conversions(&next, origins);
        next.steps
            .extend(converted.into_iter().map(|kind| Step { version, kind }));
        let missing = self.difference(&next).missing;
        match missing.is_empty() {
            true => Ok(next),
            false => Err(missing.iter().map(fault_of).collect()),
        }
    }

    /// Names of this version that other fields would get. Records in Airflow keep the names of the version that wrote them
    /// until they are changed: they would be read as the other field's.
    fn taken_names(&self, described: &Self, origins: &[Origin]) -> Vec<ModelFault> {
        let was = |name: &str| origins.iter().find(|origin| origin.name == name);
        let is_taken = |name: &str| self.field(name).is_some() && was(name).is_none_or(|one| one.was != name);
        let names = described.fields.iter().map(|field| field.name.as_str());
        let fault = |name: &str| ModelFault {
            pointer: format!("/properties/{name}"),
            what: "is the name of another field until now: records in Airflow may hold its values under it"
                .into(),
            instead: "Choose another name.".into(),
        };
        names.filter(|name| is_taken(name)).map(fault).collect()
    }

    /// Fields of the key whose values would become others: a record keeps the key that it was made with.
    fn changed_keys(&self, described: &Self, origins: &[Origin]) -> Vec<ModelFault> {
        let in_key = origins
            .iter()
            .filter(|origin| self.key_fields().contains(&origin.was));
        let changes = |origin: &&Origin| {
            let pair = self.field(&origin.was).zip(described.field(&origin.name));
            let is_other = pair.is_some_and(|(old, new)| {
                let is_other = discriminant(&old.kind) != discriminant(&new.kind);
                is_other && fit(&old.kind, &new.kind) == Fit::Narrower
            });
            is_other || !origin.map.is_empty()
        };
        let fault = |origin: &Origin| ModelFault {
            pointer: format!("/properties/{}", origin.name),
            what: "is a part of the key, and values of a key stay as they are".into(),
            instead: "Make another collection for it.".into(),
        };
        in_key.filter(changes).map(fault).collect()
    }

    /// Choices whose texts would become the same: of records that have it, nobody could tell any more which choice they had. A
    /// text that was another choice's until now is refused also where that one gets another text in its turn: records in
    /// Airflow that were not changed since hold it as that one's.
    fn collapsed_choices(&self, described: &Self, origins: &[Origin]) -> Vec<ModelFault> {
        let of_field = |origin: &Origin| {
            let Some(FieldType::Choice(present)) = self.field(&origin.was).map(|field| &field.kind) else {
                return Vec::new();
            };
            let next = described.field(&origin.name).map(|field| &field.kind);
            let is_present = |text: &str| present.iter().any(|choice| choice.value == text);
            let is_taken = |at: usize, from: &str, to: &str| {
                let earlier = origin.map.get(..at).unwrap_or_default();
                from != to && (is_present(to) || earlier.iter().any(|(_, other)| other == to))
            };
            let map = origin.map.iter().enumerate();
            let collapsed = map.filter(|(at, (from, to))| is_taken(*at, from, to));
            let fault = |(_, (from, to)): (usize, &(String, String))| {
                ModelFault {
                pointer: choice_pointer(&origin.name, next, to),
                what: format!(
                    "would make \"{to}\" of \"{from}\", and records may hold \"{to}\" as another choice's: nobody could tell \
                     which they had"
                ),
                instead: "Choose another text. To make one of two choices, give the records of one the other first, and take \
                          it out then."
                    .into(),
            }
            };
            collapsed.map(fault).collect()
        };
        origins.iter().flat_map(of_field).collect()
    }

    fn drops(&self, origins: &[Origin]) -> impl Iterator<Item = StepKind> {
        let is_kept = |name: &str| origins.iter().any(|origin| origin.was == name);
        let names = self.fields.iter().map(|field| &field.name);
        let gone: Vec<String> = names.filter(|name| !is_kept(name)).cloned().collect();
        gone.into_iter().map(|field| StepKind::Drop { field })
    }

    /// What must be converted, and what has texts that become others.
    fn conversions(&self, next: &Self, origins: &[Origin]) -> Vec<StepKind> {
        let missing = self.difference(next).missing;
        let is_needed = |name: &str| {
            let is_it =
                |one: &Missing| one.kind == MissingKind::Convert && one.field.as_deref() == Some(name);
            missing.iter().any(is_it)
        };
        let known = origins.iter().filter(|origin| next.field(&origin.name).is_some());
        let changed = known.filter(|origin| is_needed(&origin.name) || !origin.map.is_empty());
        let convert = |origin: &Origin| StepKind::Convert {
            field: origin.name.clone(),
            map: origin.map.clone(),
        };
        changed.map(convert).collect()
    }

    /// Whether it is the other with the next version's number, and nothing else.
    #[must_use]
    pub fn is_only_numbered_anew(&self, other: &Self) -> bool {
        let numbered = Self {
            version: self.version,
            ..other.clone()
        };
        *self == numbered
    }
}

/// Where a choice stands in the description; the field where it does not.
fn choice_pointer(field: &str, kind: Option<&FieldType>, text: &str) -> String {
    let at = match kind {
        Some(FieldType::Choice(choices)) => choices.iter().position(|choice| choice.value == text),
        _ => None,
    };
    match at {
        Some(at) => format!("/properties/{field}/oneOf/{at}/const"),
        None => format!("/properties/{field}"),
    }
}

fn renames(origins: &[Origin]) -> impl Iterator<Item = StepKind> {
    let renamed = origins.iter().filter(|origin| origin.name != origin.was);
    renamed.map(|origin| StepKind::Rename {
        from: origin.was.clone(),
        to: origin.name.clone(),
    })
}

/// What is missing, at the place of the description where it is mended.
fn fault_of(missing: &Missing) -> ModelFault {
    let field = missing.field.as_deref().unwrap_or_default();
    let (pointer, what, instead) = match missing.kind {
        MissingKind::DefaultOrOptional => (
            format!("/properties/{field}"),
            "is new and required, and the records that there are have no value for it",
            "Give it a default, or do not require it.",
        ),
        MissingKind::Collection => (
            "/x-leeward/collection".into(),
            "is the name of another collection, and a collection keeps its name",
            "Change its title instead.",
        ),
        MissingKind::Key => (
            "/x-leeward/key".into(),
            "is another key: records are found by the one that there is",
            "Make another collection for it.",
        ),
        _ => (
            String::new(),
            "cannot follow the version that there is",
            "Begin again from that.",
        ),
    };
    ModelFault {
        pointer,
        what: what.into(),
        instead: instead.into(),
    }
}
