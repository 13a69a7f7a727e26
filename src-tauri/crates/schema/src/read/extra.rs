//! The member `x-leeward` of a model file: what JSON Schema has no words for.

use super::Declared;
use super::place::{Members, Place};
use super::steps;
use crate::fault::Faults;
use crate::field::Field;
use crate::model::{Key, Merge, Step};
use crate::name;
use crate::node::Node;
use crate::spelling::{GENERATED, WHOLE_RECORD};

/// The greatest version.
const VERSION_MAX: u32 = 1_000_000;

/// What the member says.
pub(super) struct Extra {
    pub(super) collection: String,
    pub(super) version: u32,
    pub(super) key: Key,
    pub(super) merge: Merge,
    pub(super) unique: Vec<Vec<String>>,
    pub(super) references: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
}

/// Reads it.
pub(super) fn read(place: &Place<'_>, declared: &[Declared], faults: &mut Faults) -> Option<Extra> {
    let mut members = Members::open(place, faults)?;
    let collection = members.need("collection", "Name the collection.", faults);
    let version = members.need("version", "The first version is 1.", faults);
    let key = members.need("key", "Name its fields in a list, or say \"ulid\".", faults);
    let (merge, unique) = (members.take("merge"), members.take("unique"));
    let (references, changes) = (members.take("references"), members.take("changes"));
    members.close(
        "Use collection, version, key, merge, unique, references and changes.",
        faults,
    );
    let collection = collection.and_then(|place| read_collection(&place, faults));
    let version = version.and_then(|place| place.whole(1, VERSION_MAX, faults));
    let key = key.and_then(|place| read_key(&place, declared, faults));
    let merge = match merge {
        Some(place) => read_merge(&place, declared, key.as_ref(), faults),
        None => Some(Merge::Groups(Vec::new())),
    };
    let unique = unique.map_or(Some(Vec::new()), |place| read_unique(&place, declared, faults));
    let references = references.map_or(Some(Vec::new()), |place| {
        read_references(&place, declared, faults)
    });
    let (version, key) = (version?, key?);
    let steps = match changes {
        Some(place) => steps::read(&place, version, &key, &names(declared), faults),
        None => Some(Vec::new()),
    };
    Some(Extra {
        collection: collection?,
        version,
        key,
        merge: merge?,
        unique: unique?,
        references: references?,
        steps: steps?,
    })
}

fn names(declared: &[Declared]) -> Vec<&str> {
    declared.iter().map(|(name, _)| name.as_str()).collect()
}

fn field<'d>(declared: &'d [Declared], name: &str) -> Option<&'d Field> {
    let (_, field) = declared.iter().find(|(other, _)| other == name)?;
    field.as_ref()
}

fn read_collection(place: &Place<'_>, faults: &mut Faults) -> Option<String> {
    let name = place.text(faults)?;
    name::check_collection(name, &place.pointer, faults);
    Some(name.to_owned())
}

fn read_key(place: &Place<'_>, declared: &[Declared], faults: &mut Faults) -> Option<Key> {
    if *place.node == Node::Text(GENERATED.into()) {
        return Some(Key::Generated);
    }
    if !matches!(place.node, Node::List(_)) {
        let instead =
            "Name its fields in a list, such as [\"id\"], or say \"ulid\" for one that is generated.";
        place.fault("is not a key", instead, faults);
        return None;
    }
    let key = place.names(&names(declared), faults)?;
    if key.is_empty() {
        place.fault("names no field", "Name at least one.", faults);
    }
    for (index, name) in key.iter().enumerate() {
        let Some(field) = field(declared, name) else {
            continue;
        };
        let pointer = format!("{}/{index}", place.pointer);
        if !field.required {
            faults.add(
                &pointer,
                "may be missing",
                "Name the field in required: every record has a key.",
            );
        }
        check_can_be_key(field, &pointer, faults);
    }
    Some(Key::Fields(key))
}

fn check_can_be_key(field: &Field, pointer: &str, faults: &mut Faults) {
    if !field.kind.can_be_key() {
        let instead = "Use a text, a whole number, a decimal, a date, a choice or a boolean.";
        faults.add(pointer, "has no one text for a value, as a key must", instead);
    }
}

fn read_merge(
    place: &Place<'_>,
    declared: &[Declared],
    key: Option<&Key>,
    faults: &mut Faults,
) -> Option<Merge> {
    if *place.node == Node::Text(WHOLE_RECORD.into()) {
        return Some(Merge::Record);
    }
    if let Node::Text(_) = place.node {
        place.fault(
            "is no way to merge",
            "Give groups of fields, or \"record\".",
            faults,
        );
        return None;
    }
    let groups = read_groups(place, declared, faults)?;
    let mut seen: Vec<&String> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        if group.len() < 2 {
            let pointer = format!("{}/{index}", place.pointer);
            faults.add(
                &pointer,
                "is no group",
                "Name two fields or more: one is a unit by itself.",
            );
        }
        for (at, name) in group.iter().enumerate() {
            let pointer = format!("{}/{index}/{at}", place.pointer);
            if seen.contains(&name) {
                faults.add(
                    &pointer,
                    "is in a group already",
                    "A field is in one group at most.",
                );
            }
            if let Some(Key::Fields(key)) = key
                && key.contains(name)
            {
                let instead = "Leave it out: another key is another record.";
                faults.add(&pointer, "is a field of the key", instead);
            }
            seen.push(name);
        }
    }
    Some(Merge::Groups(groups))
}

fn read_unique(place: &Place<'_>, declared: &[Declared], faults: &mut Faults) -> Option<Vec<Vec<String>>> {
    let groups = read_groups(place, declared, faults)?;
    for (index, group) in groups.iter().enumerate() {
        let pointer = format!("{}/{index}", place.pointer);
        if group.is_empty() {
            faults.add(&pointer, "names no field", "Name at least one.");
        }
        for name in group {
            if field(declared, name).is_some_and(|field| !field.kind.can_be_key()) {
                let instead = "Use fields whose equal values have equal texts.";
                faults.add(
                    &pointer,
                    format!("names {name}, whose values cannot be told apart"),
                    instead,
                );
            }
        }
        if groups.iter().take(index).any(|other| other == group) {
            faults.add(&pointer, "stands twice", "Keep one of the two.");
        }
    }
    Some(groups)
}

fn read_groups(place: &Place<'_>, declared: &[Declared], faults: &mut Faults) -> Option<Vec<Vec<String>>> {
    let known = names(declared);
    let groups: Vec<_> = place.list(faults)?;
    let groups: Vec<_> = groups.iter().map(|group| group.names(&known, faults)).collect();
    groups.into_iter().collect()
}

fn read_references(
    place: &Place<'_>,
    declared: &[Declared],
    faults: &mut Faults,
) -> Option<Vec<(String, String)>> {
    let mut references = Vec::new();
    for (name, place) in Members::open(place, faults)?.into_places() {
        match declared.iter().find(|(other, _)| other == name) {
            Some((_, Some(field))) => check_can_be_key(field, &place.pointer, faults),
            Some((_, None)) => {}
            None => place.fault(
                "is not the name of a field",
                "Name one of those in properties.",
                faults,
            ),
        }
        if let Some(collection) = read_collection(&place, faults) {
            references.push((name.to_owned(), collection));
        }
    }
    Some(references)
}
