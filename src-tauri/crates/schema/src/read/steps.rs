//! The steps of a model file: its changes that are no mere additions.

use super::place::{Members, Place};
use crate::fault::Faults;
use crate::model::{Key, Step, StepKind};
use crate::name;
use std::collections::BTreeSet;

/// The most steps.
const STEPS_MAX: usize = 1000;

/// Reads the steps, and goes them back from the fields and the key that the model has now: a field that a step leads to
/// must be there after it.
pub(super) fn read(
    place: &Place<'_>,
    version: u32,
    key: &Key,
    fields: &[&str],
    faults: &mut Faults,
) -> Option<Vec<Step>> {
    let places = place.list(faults)?;
    if places.len() > STEPS_MAX {
        place.fault(
            format!("has {} steps", places.len()),
            format!("A model has at most {STEPS_MAX}."),
            faults,
        );
        return None;
    }
    let steps: Vec<Option<Step>> = places
        .iter()
        .map(|place| read_step(place, version, faults))
        .collect();
    let steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
    for (pair, place) in steps.windows(2).zip(places.iter().skip(1)) {
        if pair[1].version < pair[0].version {
            place.fault(
                "is out of order",
                "Put the steps in the order of their versions.",
                faults,
            );
        }
    }
    let mut after = After {
        fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        key: Some(key.clone()),
    };
    for (step, place) in steps.iter().zip(&places).rev() {
        after.go_back(&step.kind, place, faults);
    }
    Some(steps)
}

fn read_step(place: &Place<'_>, version: u32, faults: &mut Faults) -> Option<Step> {
    let mut members = Members::open(place, faults)?;
    let leads_to = members.need("version", "Say which version the step leads to.", faults);
    let leads_to = leads_to.and_then(|place| {
        if version < 2 {
            place.fault("cannot be", "The first version has no steps.", faults);
            return None;
        }
        place.whole(2, version, faults)
    });
    let kind = read_kind(place, &mut members, faults);
    members.close(
        "A step is one of rename (with to), drop, convert (with map) and key.",
        faults,
    );
    Some(Step {
        version: leads_to?,
        kind: kind?,
    })
}

fn read_kind(place: &Place<'_>, members: &mut Members<'_>, faults: &mut Faults) -> Option<StepKind> {
    if let Some(from) = members.take("rename") {
        let to = members.need("to", "Say what the field is called after the step.", faults);
        let (from, to) = (read_name(&from, faults), to.and_then(|to| read_name(&to, faults)));
        let (from, to) = (from?, to?);
        if from == to {
            place.fault("renames a field to what it is called", "Leave it out.", faults);
        }
        Some(StepKind::Rename { from, to })
    } else if let Some(field) = members.take("drop") {
        let field = read_name(&field, faults)?;
        Some(StepKind::Drop { field })
    } else if let Some(field) = members.take("convert") {
        let map = members.take("map");
        let field = read_name(&field, faults);
        let map = map.map_or(Some(Vec::new()), |map| read_map(&map, faults));
        Some(StepKind::Convert {
            field: field?,
            map: map?,
        })
    } else if let Some(key) = members.take("key") {
        let fields = key.list(faults)?;
        let fields: Vec<Option<String>> = fields.iter().map(|field| read_name(field, faults)).collect();
        let fields = fields.into_iter().collect::<Option<_>>()?;
        Some(StepKind::Key { fields })
    } else {
        let instead = "Give one of rename (with to), drop, convert (with map) and key.";
        place.fault("does nothing that a step can do", instead, faults);
        None
    }
}

fn read_name(place: &Place<'_>, faults: &mut Faults) -> Option<String> {
    let name = place.text(faults)?;
    name::check_field(name, &place.pointer, faults);
    Some(name.to_owned())
}

fn read_map(place: &Place<'_>, faults: &mut Faults) -> Option<Vec<(String, String)>> {
    let places = Members::open(place, faults)?.into_places();
    let pair = |(from, to): (&str, Place<'_>)| Some((from.to_owned(), to.text(faults)?.to_owned()));
    let pairs: Vec<Option<_>> = places.into_iter().map(pair).collect();
    pairs.into_iter().collect()
}

/// What is known of the model after a step.
struct After {
    fields: BTreeSet<String>,
    /// Not known before a step that gave another one.
    key: Option<Key>,
}

impl After {
    fn go_back(&mut self, kind: &StepKind, place: &Place<'_>, faults: &mut Faults) {
        let mut need = |name: &str| {
            if !self.fields.contains(name) {
                let what = format!("leads to a field {name}, which is not there after it");
                place.fault(
                    what,
                    "Name one that is, or one that a later step renames or drops.",
                    faults,
                );
            }
        };
        match kind {
            StepKind::Rename { from, to } => {
                need(to);
                self.fields.remove(to);
                self.fields.insert(from.clone());
                if let Some(Key::Fields(key)) = &mut self.key {
                    let renamed = key.iter_mut().filter(|name| *name == to);
                    renamed.for_each(|name| name.clone_from(from));
                }
            }
            StepKind::Drop { field } => {
                self.fields.insert(field.clone());
            }
            StepKind::Convert { field, .. } => need(field),
            StepKind::Key { fields } => {
                fields.iter().for_each(|name| need(name));
                let leads_to = Key::Fields(fields.clone());
                if self.key.as_ref().is_some_and(|key| *key != leads_to) {
                    place.fault(
                        "leads to a key that the model does not have after it",
                        "Name the fields of that key. From fields to a generated key there is no step.",
                        faults,
                    );
                }
                self.key = None;
            }
        }
    }
}
