//! A collection's data model.

use crate::field::Field;
use crate::notes::Notes;

/// The data model of a typed collection. It comes of [`DataModel::read`] alone, so what it says of itself holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataModel {
    pub(crate) collection: String,
    pub(crate) version: u32,
    pub(crate) notes: Notes,
    pub(crate) fields: Vec<Field>,
    pub(crate) key: Key,
    pub(crate) merge: Merge,
    pub(crate) unique: Vec<Vec<String>>,
    pub(crate) steps: Vec<Step>,
}

/// What a record is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The values of these fields, in this order.
    Fields(Vec<String>),
    /// A ULID that is made with the record, and is in none of its fields.
    Generated,
}

/// Which fields of a record are merged together: two changes of one merge unit are a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// All of the record is one unit.
    Record,
    /// Each of these groups is a unit, and every other field one by itself.
    Groups(Vec<Vec<String>>),
}

/// A change of the model that is no mere addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The version that it leads to.
    pub version: u32,
    /// What happens to each record.
    pub kind: StepKind,
}

/// What a step does to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// A field has another name.
    Rename {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// A field is gone, with its values.
    Drop {
        /// Its name.
        field: String,
    },
    /// A field has another type or a stricter rule. Values that fit are brought into its form; others stay as they are,
    /// and break the rule.
    Convert {
        /// Its name.
        field: String,
        /// Texts that become others first, in the order of the file.
        map: Vec<(String, String)>,
    },
    /// Records are found by other fields.
    Key {
        /// Those of the new key.
        fields: Vec<String>,
    },
}

impl DataModel {
    /// The collection's name.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The model's version, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What the model says of the collection.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// The fields, in the order in which they are shown.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field of that name, if there is one.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// What a record is found by.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Which fields are merged together.
    #[must_use]
    pub fn merge(&self) -> &Merge {
        &self.merge
    }

    /// The groups of fields whose values no two records share.
    #[must_use]
    pub fn unique(&self) -> &[Vec<String>] {
        &self.unique
    }

    /// The steps to all versions up to this one.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The fields of the merge unit that a field belongs to, itself among them, in the model's order. One that the model
    /// does not know is a unit by itself, or belongs to that of the whole record.
    #[must_use]
    pub fn merge_unit<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let in_unit: Box<dyn Fn(&str) -> bool> = match &self.merge {
            Merge::Record => Box::new(|_| true),
            Merge::Groups(groups) => {
                let group = groups.iter().find(|group| group.iter().any(|one| one == name));
                Box::new(move |other| group.is_some_and(|group| group.iter().any(|one| one == other)))
            }
        };
        let names = self.fields.iter().map(|field| field.name.as_str());
        let mut unit: Vec<&str> = names.filter(|other| *other == name || in_unit(other)).collect();
        if self.field(name).is_none() {
            unit.push(name);
        }
        unit
    }
}
