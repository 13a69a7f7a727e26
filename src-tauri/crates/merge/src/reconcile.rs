//! A record: base, overlay and remote to a plan.

use crate::{FieldMerge, Op, Plan, json, merge_field};
use jiff::Timestamp;
use leeward_model::{
    Against, BaseField, Collection, Conflict, ConflictField, ConflictKind, Content, FieldKind, Overlay,
    OverlayField, Policy, Remote, Value,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be reconciled.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The data model.
    pub collection: &'a Collection,
    /// The record as last confirmed by Airflow; `None` when it was not there.
    pub base: Option<&'a BTreeMap<String, BaseField>>,
    /// The analyst's pending work.
    pub overlay: Option<&'a Overlay>,
    /// What was last observed.
    pub remote: &'a Remote,
    /// The stored conflict.
    pub conflict: Option<&'a Conflict>,
    /// Stamped on a conflict that is found.
    pub now: Timestamp,
}

/// Reconciles a record. Reconciling again after the plan was carried out plans nothing but the write.
#[must_use]
pub fn reconcile(subject: &Subject<'_>) -> Plan {
    let ops = match (subject.remote, subject.overlay) {
        (Remote::Unknown, _) => Vec::new(),
        (Remote::Absent, None) => forget_if_known(subject),
        (Remote::Absent, Some(overlay)) if overlay.deleted => vec![Op::Forget],
        (Remote::Absent, Some(overlay)) => on_absent(subject, overlay),
        (Remote::Present(remote), None) => take_all(subject, remote),
        (Remote::Present(remote), Some(overlay)) if overlay.deleted => delete(subject, overlay, remote),
        (Remote::Present(remote), Some(overlay)) => edit(subject, overlay, remote),
    };
    Plan { ops }
}

fn forget_if_known(subject: &Subject<'_>) -> Vec<Op> {
    if subject.base.is_some() || subject.conflict.is_some() {
        vec![Op::Forget]
    } else {
        Vec::new()
    }
}

/// A conflict with another edit on this computer stands until a person settles it.
fn has_local_clash(subject: &Subject<'_>) -> bool {
    let conflict = subject.conflict.filter(|conflict| !conflict.fields.is_empty());
    conflict.is_some_and(|conflict| {
        conflict
            .fields
            .iter()
            .any(|field| field.against == Against::Local)
    })
}

/// Edited here, not there: a creation, or edited against deleted.
fn on_absent(subject: &Subject<'_>, overlay: &Overlay) -> Vec<Op> {
    if has_local_clash(subject) {
        return Vec::new();
    }
    let is_new = subject.base.is_none() && overlay.fields.values().all(|field| field.base.is_none());
    if is_new {
        return create(subject, overlay);
    }
    let fields = overlay
        .fields
        .iter()
        .map(|(name, field)| clash(name, field, None, Vec::new()))
        .collect();
    let mut conflict = new_conflict(subject, ConflictKind::EditDelete, fields);
    conflict.airflow_deleted = true;
    raise(subject, conflict)
}

fn create(subject: &Subject<'_>, overlay: &Overlay) -> Vec<Op> {
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    for field in &subject.collection.fields {
        let given = overlay.fields.get(&field.name).and_then(|field| field.to.clone());
        match given.or_else(|| field.default.clone()) {
            Some(value) => drop(fields.insert(field.name.clone(), value)),
            None => return raise(subject, missing_field(subject, &field.name)),
        }
    }
    let mut ops = clear_conflict(subject);
    ops.push(Op::Create { fields });
    ops
}

fn missing_field(subject: &Subject<'_>, name: &str) -> Conflict {
    let mut conflict = new_conflict(subject, ConflictKind::Invalid, Vec::new());
    conflict.note = Some(format!("The record has no {name}, and needs one."));
    conflict
}

fn take_all(subject: &Subject<'_>, remote: &BTreeMap<String, Content>) -> Vec<Op> {
    let mut ops = clear_conflict(subject);
    ops.extend(
        remote
            .iter()
            .filter_map(|(name, content)| take(subject, name, content)),
    );
    ops
}

/// Moves the base of a field that is not edited; keeps the analyst's formatting where the meaning is the same.
fn take(subject: &Subject<'_>, name: &str, content: &Content) -> Option<Op> {
    let base = subject.base.and_then(|base| base.get(name));
    if base.is_some_and(|base| base.seen == *content) {
        return None;
    }
    let typed = base
        .and_then(BaseField::local)
        .filter(|typed| same_container(typed, content));
    let base = match typed {
        Some(typed) => BaseField::written(content.clone(), typed.clone()),
        None => BaseField::seen(content.clone()),
    };
    Some(Op::Take {
        field: name.to_owned(),
        base,
    })
}

fn same_container(typed: &Value, content: &Content) -> bool {
    match (typed.as_str(), content.value().and_then(Value::as_str)) {
        (Some(typed), Some(read)) => json::containers_equal(typed, read),
        _ => false,
    }
}

/// A delete goes out only against exactly what the analyst saw.
fn delete(subject: &Subject<'_>, overlay: &Overlay, remote: &BTreeMap<String, Content>) -> Vec<Op> {
    if has_local_clash(subject) {
        return Vec::new();
    }
    let moved: Vec<ConflictField> = remote
        .iter()
        .filter_map(|(name, content)| moved_since(overlay, name, content))
        .collect();
    if moved.is_empty() {
        let mut ops = clear_conflict(subject);
        ops.push(Op::Delete);
        return ops;
    }
    let mut conflict = new_conflict(subject, ConflictKind::EditDelete, moved);
    conflict.mine_deleted = true;
    raise(subject, conflict)
}

fn moved_since(overlay: &Overlay, name: &str, content: &Content) -> Option<ConflictField> {
    let nothing = OverlayField { to: None, base: None };
    let seen = overlay.fields.get(name).unwrap_or(&nothing);
    let same = seen.base.as_ref().is_some_and(|base| {
        base.seen == *content
            || base
                .seen
                .value()
                .is_some_and(|value| same_container(value, content))
    });
    (!same).then(|| clash(name, seen, Some(content), Vec::new()))
}

/// What the fields of an edited record come to.
#[derive(Default)]
struct Tally {
    ops: Vec<Op>,
    dirty: BTreeMap<String, Value>,
    clashes: Vec<ConflictField>,
}

fn edit(subject: &Subject<'_>, overlay: &Overlay, remote: &BTreeMap<String, Content>) -> Vec<Op> {
    let mut tally = Tally::default();
    let names: BTreeSet<&String> = remote.keys().chain(overlay.fields.keys()).collect();
    for name in names {
        match (overlay.fields.get(name), remote.get(name)) {
            (Some(field), content) => tally.edited(subject, name, field, content),
            (None, Some(content)) => tally.ops.extend(take(subject, name, content)),
            (None, None) => {}
        }
    }
    tally.finish(subject)
}

impl Tally {
    fn edited(&mut self, subject: &Subject<'_>, name: &str, field: &OverlayField, remote: Option<&Content>) {
        let model = subject.collection.field(name);
        let kind = model.map_or(FieldKind::Text, |field| field.kind);
        match merge_field(kind, field.base.as_ref(), field.to.as_ref(), remote) {
            FieldMerge::Unchanged | FieldMerge::Converged | FieldMerge::TakeRemote => {
                self.settle(name, field, remote);
            }
            FieldMerge::KeepLocal => self.write(name, field.to.clone()),
            FieldMerge::Merged(value) => self.rebase(name, Some(value), remote),
            FieldMerge::Conflict { paths } => match model.map_or(Policy::Ask, |field| field.policy) {
                Policy::Ask => self.clashes.push(clash(name, field, remote, paths)),
                Policy::Mine => self.rebase(name, field.to.clone(), remote),
                Policy::Theirs => self.settle(name, &OverlayField { to: None, base: None }, remote),
            },
        }
    }

    fn settle(&mut self, name: &str, field: &OverlayField, remote: Option<&Content>) {
        let Some(content) = remote else { return };
        let typed = field.to.as_ref().filter(|typed| same_container(typed, content));
        let base = match typed {
            Some(typed) => BaseField::written(content.clone(), typed.clone()),
            None => BaseField::seen(content.clone()),
        };
        self.ops.push(Op::Settle {
            field: name.to_owned(),
            base,
        });
    }

    fn rebase(&mut self, name: &str, to: Option<Value>, remote: Option<&Content>) {
        let Some(content) = remote else { return };
        let base = BaseField::seen(content.clone());
        let overlay = OverlayField {
            to: to.clone(),
            base: Some(base.clone()),
        };
        self.ops.push(Op::Rebase {
            field: name.to_owned(),
            base,
            overlay,
        });
        self.write(name, to);
    }

    fn write(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.dirty.insert(name.to_owned(), value);
        }
    }

    /// A clash in one field holds the whole record; what needs no write is carried out all the same.
    fn finish(mut self, subject: &Subject<'_>) -> Vec<Op> {
        if has_local_clash(subject) {
            return self.ops;
        }
        if !self.clashes.is_empty() {
            let conflict = new_conflict(subject, kind_of(&self.clashes, subject), self.clashes);
            self.ops.extend(raise(subject, conflict));
            return self.ops;
        }
        self.ops.extend(clear_conflict(subject));
        self.ops.push(if self.dirty.is_empty() {
            Op::DropOverlay
        } else {
            Op::Update { fields: self.dirty }
        });
        self.ops
    }
}

fn kind_of(clashes: &[ConflictField], subject: &Subject<'_>) -> ConflictKind {
    let no_base = clashes.iter().all(|field| field.base.is_none());
    if no_base && subject.base.is_none() {
        ConflictKind::CreateCreate
    } else {
        ConflictKind::Fields
    }
}

fn clash(name: &str, field: &OverlayField, remote: Option<&Content>, paths: Vec<String>) -> ConflictField {
    ConflictField {
        name: name.to_owned(),
        base: field.base.as_ref().and_then(BaseField::local).cloned(),
        mine: field.to.clone(),
        airflow: remote.and_then(Content::value).cloned(),
        paths,
        against: Against::Airflow,
    }
}

fn new_conflict(subject: &Subject<'_>, kind: ConflictKind, fields: Vec<ConflictField>) -> Conflict {
    let stored = subject.conflict;
    Conflict {
        kind,
        fields,
        mine_deleted: false,
        airflow_deleted: false,
        found_at: stored.map_or(subject.now, |stored| stored.found_at),
        decided: stored.and_then(|stored| stored.decided.clone()),
        note: None,
    }
}

/// Raised only when it says something new, so that a quiet cycle writes nothing.
fn raise(subject: &Subject<'_>, conflict: Conflict) -> Vec<Op> {
    if subject.conflict == Some(&conflict) {
        Vec::new()
    } else {
        vec![Op::Conflict(Box::new(conflict))]
    }
}

fn clear_conflict(subject: &Subject<'_>) -> Vec<Op> {
    subject.conflict.map(|_| Op::ClearConflict).into_iter().collect()
}
