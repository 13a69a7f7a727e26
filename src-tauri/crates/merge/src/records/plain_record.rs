//! A mirror of one record, on which a plan is played.

use super::sides::{Sides, field_of};
use crate::{Effects, Op, Parts, Subject, reconcile};
use jiff::Timestamp;
use leeward_model::{
    BaseField, Collection, Conflict, ConflictField, ConflictKind, Content, Fields, Overlay, OverlayField,
    Remote, Seal, Value,
};
use std::collections::{BTreeMap, BTreeSet};

type Base = BTreeMap<String, BaseField>;

pub(super) struct PlainRecord {
    base: Option<Base>,
    overlay: Option<Overlay>,
    remote: Remote,
    conflict: Option<Conflict>,
}

impl PlainRecord {
    pub(super) fn of(sides: &Sides<'_>, sealed: &BTreeSet<String>) -> Self {
        let contents = |record: &Fields| contents(record, sealed);
        let seen = |record: &Fields| -> Base {
            let fields = contents(record).into_iter();
            fields
                .map(|(name, content)| (name, BaseField::seen(content)))
                .collect()
        };
        let base = sides.base.map(seen);
        Self {
            overlay: overlay(sides, base.as_ref(), sealed),
            remote: sides
                .remote
                .map_or(Remote::Absent, |record| Remote::Present(contents(record))),
            base,
            conflict: None,
        }
    }

    /// Carries the plan out, the write included: afterwards base and overlay hold the merge.
    pub(super) fn reconcile(&mut self, collection: &Collection) {
        let plan = reconcile(&Subject {
            collection,
            base: self.base.as_ref(),
            overlay: self.overlay.as_ref(),
            remote: &self.remote,
            conflict: None,
            now: Timestamp::UNIX_EPOCH,
        });
        let mut parts = Parts {
            base: &mut self.base,
            overlay: &mut self.overlay,
            conflict: &mut self.conflict,
        };
        for op in &plan.ops {
            parts.carry_out(op, &mut Effects::default());
        }
        if let Some(write) = plan.write() {
            self.write(write);
        }
        // A record without fields is one, too.
        if let Remote::Present(_) = self.remote {
            self.base.get_or_insert_default();
        }
    }

    /// As if the write had been read back.
    fn write(&mut self, op: &Op) {
        self.overlay = None;
        let nothing = BTreeSet::new();
        let (fields, removed) = match op {
            Op::Create { fields } => (fields, &nothing),
            Op::Update { fields, removed } => (fields, removed),
            _ => {
                self.base = None;
                self.remote = Remote::Absent;
                return;
            }
        };
        let base = self.base.get_or_insert_default();
        base.retain(|name, _| !removed.contains(name));
        for (name, value) in fields {
            base.insert(name.clone(), BaseField::seen(Content::Value(value.clone())));
        }
    }

    /// Adds fields to the conflict whose values may not be looked at.
    pub(super) fn lock(&mut self, locked: &[String]) {
        if locked.is_empty() {
            return;
        }
        let conflict = self.conflict.get_or_insert_with(no_conflict);
        for name in locked {
            if conflict.fields.iter().all(|field| field.name != *name) {
                conflict.fields.push(ConflictField {
                    name: name.clone(),
                    ..ConflictField::default()
                });
            }
        }
        conflict.note = Some(format!(
            "What is secret is neither merged nor shown, and {} was changed locally.",
            locked.join(", ")
        ));
    }

    /// The record as it is now for who works here, without what is sealed.
    pub(super) fn record(&self) -> Option<Fields> {
        let is_gone = self.overlay.as_ref().is_some_and(|overlay| overlay.deleted);
        if is_gone || (self.base.is_none() && self.overlay.is_none()) {
            return None;
        }
        let shown = |(name, base): (&String, &BaseField)| Some((name.clone(), base.local()?.clone()));
        let mut record: Fields = self.base.iter().flatten().filter_map(shown).collect();
        for (name, edit) in self.overlay.iter().flat_map(|overlay| &overlay.fields) {
            match &edit.to {
                Some(to) => drop(record.insert(name.clone(), to.clone())),
                None => drop(record.remove(name)),
            }
        }
        Some(record)
    }

    /// What is to be asked, without what is sealed.
    pub(super) fn conflict(self, sealed: &BTreeSet<String>) -> Option<Conflict> {
        let mut conflict = self.conflict?;
        for field in conflict
            .fields
            .iter_mut()
            .filter(|field| sealed.contains(&field.name))
        {
            *field = ConflictField {
                name: std::mem::take(&mut field.name),
                ..ConflictField::default()
            };
        }
        Some(conflict)
    }
}

fn contents(record: &Fields, sealed: &BTreeSet<String>) -> BTreeMap<String, Content> {
    let content = |name: &String, value: &Value| {
        if sealed.contains(name) {
            Content::Sealed(Seal::new(value.to_string()))
        } else {
            Content::Value(value.clone())
        }
    };
    let fields = record.iter();
    fields
        .map(|(name, value)| (name.clone(), content(name, value)))
        .collect()
}

/// What the local record did to the base, as pending work; secrets are not edited.
fn overlay(sides: &Sides<'_>, base: Option<&Base>, sealed: &BTreeSet<String>) -> Option<Overlay> {
    let base_of = |name: &String| base.and_then(|base| base.get(name)).cloned();
    let Some(local) = sides.local else {
        let gone = |(name, base): (&String, &BaseField)| {
            let base = Some(base.clone());
            (name.clone(), OverlayField { to: None, base })
        };
        return base.map(|base| Overlay {
            fields: base.iter().map(gone).collect(),
            deleted: true,
        });
    };
    let names: BTreeSet<&String> = local
        .keys()
        .chain(sides.base.into_iter().flat_map(BTreeMap::keys))
        .collect();
    let is_edited =
        |name: &&String| field_of(sides.base, name) != local.get(*name) && !sealed.contains(*name);
    let edit = |name: &String| OverlayField {
        to: local.get(name).cloned(),
        base: base_of(name),
    };
    let edited = names.into_iter().filter(is_edited);
    let fields: BTreeMap<_, _> = edited.map(|name| (name.clone(), edit(name))).collect();
    let is_pending = !fields.is_empty() || base.is_none();
    is_pending.then_some(Overlay {
        fields,
        deleted: false,
    })
}

fn no_conflict() -> Conflict {
    Conflict {
        kind: ConflictKind::Fields,
        fields: Vec::new(),
        mine_deleted: false,
        airflow_deleted: false,
        found_at: Timestamp::UNIX_EPOCH,
        decided: None,
        note: None,
    }
}
