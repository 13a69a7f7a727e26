//! Places in a model file, and what is asked of them.

use crate::fault::Faults;
use crate::node::{Node, below};
use std::collections::BTreeSet;

/// A value of the file, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Place<'n> {
    pub(super) pointer: String,
    pub(super) node: &'n Node,
}

/// The members of an object that were not asked for yet.
pub(super) struct Members<'n> {
    pointer: String,
    rest: Vec<(&'n str, &'n Node)>,
}

impl<'n> Place<'n> {
    pub(super) fn root(node: &'n Node) -> Self {
        let pointer = String::new();
        Self { pointer, node }
    }

    pub(super) fn fault(&self, what: impl Into<String>, instead: impl Into<String>, faults: &mut Faults) {
        faults.add(&self.pointer, what, instead);
    }

    pub(super) fn text(&self, faults: &mut Faults) -> Option<&'n str> {
        if let Node::Text(text) = self.node {
            return Some(text);
        }
        self.fault("is not a text", "Put it in quotes.", faults);
        None
    }

    pub(super) fn flag(&self, faults: &mut Faults) -> Option<bool> {
        if let Node::Bool(flag) = self.node {
            return Some(*flag);
        }
        self.fault(
            "is neither true nor false",
            "Give one of the two, without quotes.",
            faults,
        );
        None
    }

    /// A whole number from `least` to `most`.
    pub(super) fn whole(&self, least: u32, most: u32, faults: &mut Faults) -> Option<u32> {
        let number = match self.node {
            Node::Number(number) => number.as_str().parse().ok(),
            _ => None,
        };
        let fits = number.filter(|number| (least..=most).contains(number));
        if fits.is_none() {
            let instead = format!("Give one from {least} to {most}, without quotes.");
            self.fault("is not a whole number that fits here", instead, faults);
        }
        fits
    }

    pub(super) fn list(&self, faults: &mut Faults) -> Option<Vec<Place<'n>>> {
        let Node::List(items) = self.node else {
            self.fault("is not a list", "Put it in [ and ].", faults);
            return None;
        };
        let place = |(index, node)| Place {
            pointer: format!("{}/{index}", self.pointer),
            node,
        };
        Some(items.iter().enumerate().map(place).collect())
    }

    /// A list of names of fields, each of them once.
    pub(super) fn names(&self, known: &[&str], faults: &mut Faults) -> Option<Vec<String>> {
        let mut names = Vec::new();
        let before = faults.0.len();
        for place in self.list(faults)? {
            let Some(name) = place.text(faults) else { continue };
            if !known.contains(&name) {
                place.fault(
                    "is not the name of a field",
                    "Name one of those in properties.",
                    faults,
                );
            } else if names.iter().any(|other| other == name) {
                place.fault("stands twice in the list", "Keep one of the two.", faults);
            } else {
                names.push(name.to_owned());
            }
        }
        (faults.0.len() == before).then_some(names)
    }
}

impl<'n> Members<'n> {
    /// The members of an object, each name once: those that stand twice have been told.
    pub(super) fn open(place: &Place<'n>, faults: &mut Faults) -> Option<Self> {
        let Node::Object(members) = place.node else {
            place.fault("is not an object", "Put it in { and }.", faults);
            return None;
        };
        let mut seen = BTreeSet::new();
        let members = members.iter().filter(|(name, _)| seen.insert(name.as_str()));
        Some(Self {
            pointer: place.pointer.clone(),
            rest: members.map(|(name, node)| (name.as_str(), node)).collect(),
        })
    }

    /// The pointer of a member, whether it is there or not.
    pub(super) fn pointer_of(&self, name: &str) -> String {
        below(&self.pointer, name)
    }

    /// The member of that name, which counts as asked for.
    pub(super) fn take(&mut self, name: &str) -> Option<Place<'n>> {
        let index = self.rest.iter().position(|(member, _)| *member == name)?;
        let (_, node) = self.rest.remove(index);
        Some(Place {
            pointer: self.pointer_of(name),
            node,
        })
    }

    /// The member of that name; a fault where it is missing.
    pub(super) fn need(&mut self, name: &str, instead: &str, faults: &mut Faults) -> Option<Place<'n>> {
        let found = self.take(name);
        if found.is_none() {
            faults.add(&self.pointer_of(name), "is missing", instead);
        }
        found
    }

    /// All that were not asked for, in order.
    pub(super) fn into_places(self) -> Vec<(&'n str, Place<'n>)> {
        let place = |(name, node): &(&'n str, &'n Node)| {
            let pointer = self.pointer_of(name);
            (*name, Place { pointer, node })
        };
        self.rest.iter().map(place).collect()
    }

    /// Whatever was not asked for is a fault: nothing of a file is passed over.
    pub(super) fn close(self, instead: &str, faults: &mut Faults) {
        for (_, place) in self.into_places() {
            place.fault("is nothing that a data model can keep to", instead, faults);
        }
    }
}
