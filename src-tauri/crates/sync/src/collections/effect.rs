//! What the next version of a data model does to the records that there are.

use super::{Refusal, stored};
use leeward_model::{BrokenTogether, BrokenValue, FieldEffect, FieldEffectKind, Fields, ValueEffect};
use leeward_schema::{Addition, DataModel, Field, Step};
use leeward_store::{Ledger, StoredRecord, may_follow};
use std::collections::BTreeMap;

/// As many examples are given of everything.
const EXAMPLES_MAX: usize = 3;

/// What a change would do.
#[derive(Debug)]
pub struct Effect {
    /// The version that it leads to.
    pub version: u32,
    /// What needs no step.
    pub additions: Vec<Addition>,
    /// The steps that lead to the version.
    pub steps: Vec<Step>,
    /// How many records there are.
    pub records: u32,
    /// How many of them would read otherwise than now.
    pub changed: u32,
    /// What happens to fields, where something does.
    pub fields: Vec<FieldEffect>,
    /// Every value that would break a rule of its field.
    pub broken: Vec<BrokenValue>,
    /// Rules about records together that the version adds, and that would be broken.
    pub together: Vec<BrokenTogether>,
}

/// Checks that the model can follow the one that there is, and says what it would do.
///
/// # Errors
/// `NoCollection`, `CannotFollow`, `MayNotFollow`; those of the mirror.
pub fn effect(ledger: &Ledger<'_>, name: &str, next: &DataModel) -> Result<Effect, Refusal> {
    let present = stored(ledger, name)?.data_model()?;
    let difference = present.difference(next);
    if !difference.is_complete() && present.write() != next.write() {
        return Err(Refusal::CannotFollow {
            version: present.version(),
            missing: difference.missing,
        });
    }
    may_follow(&present, next).map_err(Refusal::MayNotFollow)?;
    let mut steps = difference.steps;
    steps.retain(|step| step.version > present.version());
    let mut looking = Looking {
        present: &present,
        next,
        fields: fates(&present, next, &steps),
        together: demands(&present, next),
        effect: Effect {
            version: next.version(),
            additions: difference.additions,
            steps,
            records: 0,
            changed: 0,
            fields: Vec::new(),
            broken: Vec::new(),
            together: Vec::new(),
        },
    };
    ledger.each_record(name, |record| looking.look_at(ledger, &record))?;
    Ok(looking.done())
}

/// The records on the way.
struct Looking<'m> {
    present: &'m DataModel,
    next: &'m DataModel,
    fields: Vec<Fate<'m>>,
    together: Vec<Demand>,
    effect: Effect,
}

impl Looking<'_> {
    fn look_at(&mut self, ledger: &Ledger<'_>, record: &StoredRecord) -> Result<(), Refusal> {
        let Some(before) = record.local_fields().filter(|_| record.is_visible()) else {
            return Ok(());
        };
        let after = self.present.migrate(self.next, before.clone());
        let after = self.next.with_defaults(after);
        self.effect.records += 1;
        self.effect.changed += u32::from(after != before);
        for fate in &mut self.fields {
            fate.look_at(&record.key, &before, &after);
        }
        for demand in &mut self.together {
            demand.look_at(ledger, &record.key, &after)?;
        }
        let broken = self.next.check(&after).into_iter();
        self.effect.broken.extend(broken.map(|(field, why)| BrokenValue {
            key: record.key.clone(),
            field,
            why,
        }));
        Ok(())
    }

    fn done(self) -> Effect {
        Effect {
            fields: self.fields.into_iter().filter_map(Fate::done).collect(),
            together: self.together.into_iter().filter_map(Demand::done).collect(),
            ..self.effect
        }
    }
}

/// A field of either version, and what happens to it.
struct Fate<'m> {
    old: Option<&'m Field>,
    new: Option<&'m Field>,
    effect: FieldEffect,
}

/// The fields to which something can happen.
fn fates<'m>(present: &'m DataModel, next: &'m DataModel, steps: &[Step]) -> Vec<Fate<'m>> {
    let after = |old: &Field| {
        let name = present.name_in_version(next, &old.name)?;
        // Without a step to it, a name that is there no more leads nowhere.
        next.field(&name)
    };
    let old = present.fields().iter().map(|old| (Some(old), after(old)));
    let mut pairs: Vec<(Option<&Field>, Option<&Field>)> = old.collect();
    for new in next.fields() {
        let is_old = pairs.iter().any(|(_, known)| *known == Some(new));
        if !is_old && new.default.is_some() {
            pairs.push((None, Some(new)));
        }
    }
    if steps.is_empty() {
        // Values stay as they are, but for those that are added.
        pairs.retain(|(old, _)| old.is_none());
    }
    pairs.into_iter().map(|(old, new)| Fate::of(old, new)).collect()
}

impl<'m> Fate<'m> {
    fn of(old: Option<&'m Field>, new: Option<&'m Field>) -> Self {
        let kind = match (old, new) {
            (None, _) => FieldEffectKind::Filled,
            (_, None) => FieldEffectKind::Dropped,
            (Some(old), Some(new)) if old.name != new.name => FieldEffectKind::Renamed,
            _ => FieldEffectKind::Converted,
        };
        let name = |field: &Field| field.name.clone();
        let effect = FieldEffect {
            kind,
            field: new.or(old).map(name).unwrap_or_default(),
            was: old.map(name),
            records: 0,
            examples: Vec::new(),
        };
        Self { old, new, effect }
    }

    fn look_at(&mut self, key: &str, before: &Fields, after: &Fields) {
        let text = |field: Option<&Field>, fields: &Fields| {
            let field = field?;
            Some(field.kind.text_of(fields.get(&field.name)?))
        };
        let (before, after) = (text(self.old, before), text(self.new, after));
        let happens = match self.effect.kind {
            FieldEffectKind::Dropped | FieldEffectKind::Renamed => before.is_some(),
            FieldEffectKind::Converted | FieldEffectKind::Filled => before != after,
        };
        if !happens {
            return;
        }
        self.effect.records += 1;
        // Where a name is all that changes there is nothing to show.
        if self.effect.examples.len() < EXAMPLES_MAX && before != after {
            let key = key.to_owned();
            self.effect.examples.push(ValueEffect { key, before, after });
        }
    }

    /// A step is told although no record has anything there.
    fn done(self) -> Option<FieldEffect> {
        let is_step = matches!(
            self.effect.kind,
            FieldEffectKind::Dropped | FieldEffectKind::Renamed
        );
        (is_step || self.effect.records > 0).then_some(self.effect)
    }
}

/// A rule about records together.
struct Demand {
    fields: Vec<String>,
    refers_to: Option<String>,
    /// The keys of the records that have the value; of a reference, those that refer to nothing.
    keys: BTreeMap<String, Vec<String>>,
}

/// Those that the next version adds.
fn demands(present: &DataModel, next: &DataModel) -> Vec<Demand> {
    let name = |name: &String| present.name_in_version(next, name).unwrap_or_default();
    let renamed = |group: &Vec<String>| group.iter().map(name).collect::<Vec<_>>();
    let known: Vec<Vec<String>> = present.unique().iter().map(renamed).collect();
    let demand = |fields, refers_to| Demand {
        fields,
        refers_to,
        keys: BTreeMap::new(),
    };
    let added = next.unique().iter().filter(|group| !known.contains(group));
    let unique = added.map(|group| demand(group.clone(), None));
    let refers = |field: &Field, target: &String| {
        let is_it = |old: &&Field| name(&old.name) == field.name;
        let old = present.fields().iter().find(is_it);
        old.is_some_and(|old| old.references.as_ref() == Some(target))
    };
    let references = next.fields().iter().filter_map(|field| {
        let target = field.references.as_ref()?;
        (!refers(field, target)).then(|| demand(vec![field.name.clone()], Some(target.clone())))
    });
    unique.chain(references).collect()
}

impl Demand {
    fn look_at(&mut self, ledger: &Ledger<'_>, key: &str, after: &Fields) -> Result<(), Refusal> {
        let values = self.fields.iter().map(|name| after.get(name));
        let Some(values) = values.collect::<Option<Vec<_>>>() else {
            return Ok(());
        };
        if let Some(target) = &self.refers_to {
            let text = values
                .first()
                .and_then(|value| value.as_str())
                .unwrap_or_default();
            if !ledger.is_nothing(target, text)? {
                return Ok(());
            }
        }
        let shared = format!("{values:?}");
        self.keys.entry(shared).or_default().push(key.to_owned());
        Ok(())
    }

    fn done(self) -> Option<BrokenTogether> {
        let least = if self.refers_to.is_some() { 1 } else { 2 };
        let keys = self.keys.into_values().filter(|keys| keys.len() >= least);
        let keys: Vec<String> = keys.flatten().collect();
        if keys.is_empty() {
            return None;
        }
        Some(BrokenTogether {
            fields: self.fields,
            refers_to: self.refers_to,
            records: u32::try_from(keys.len()).unwrap_or(u32::MAX),
            examples: keys.into_iter().take(EXAMPLES_MAX).collect(),
        })
    }
}
