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
        (Remote::Absent, _) if has_local_clash(subject) => Vec::new(),
        (Remote::Absent, None) => forget_if_known(subject),
        (Remote::Absent, Some(overlay)) if overlay.deleted || edits_nothing(subject, overlay) => {
            vec![Op::Forget]
        }
        (Remote::Absent, Some(overlay)) => on_absent(subject, overlay),
        (Remote::Present(remote), None) => take_all(subject, remote),
        (Remote::Present(remote), Some(overlay)) if overlay.deleted => delete(subject, overlay, remote),
        (Remote::Present(remote), Some(overlay)) => edit(subject, overlay, remote),
    };
    Plan { ops }
}

/// An overlay whose fields have all been settled, on a record that was there.
fn edits_nothing(subject: &Subject<'_>, overlay: &Overlay) -> bool {
    overlay.fields.is_empty() && subject.base.is_some()
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
    let fields = subject.conflict.map_or(&[][..], |conflict| &conflict.fields);
    fields.iter().any(|field| field.against == Against::Local)
}

/// Edited here, not there: a creation, or edited against deleted.
fn on_absent(subject: &Subject<'_>, overlay: &Overlay) -> Vec<Op> {
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
    let typed = base.and_then(BaseField::local);
    Some(Op::Take {
        field: name.to_owned(),
        base: base_of(kind_of_field(subject, name), typed, content),
    })
}

/// Whether the two texts are the same JSON object or array, in a field where that counts as the same.
fn same_container(kind: FieldKind, typed: &Value, content: &Content) -> bool {
    match (kind, typed.as_str(), content.value().and_then(Value::as_str)) {
        (FieldKind::JsonText, Some(typed), Some(read)) => json::containers_equal(typed, read),
        _ => false,
    }
}

/// Airflow's value as a base; the analyst's text is kept beside it where the two mean the same.
fn base_of(kind: FieldKind, typed: Option<&Value>, content: &Content) -> BaseField {
    match typed.filter(|typed| same_container(kind, typed, content)) {
        Some(typed) => BaseField::written(content.clone(), typed.clone()),
        None => BaseField::seen(content.clone()),
    }
}

fn kind_of_field(subject: &Subject<'_>, name: &str) -> FieldKind {
    let model = subject.collection.field(name);
    model.map_or(FieldKind::Text, |field| field.kind)
}

/// A delete goes out only against exactly what the analyst saw.
fn delete(subject: &Subject<'_>, overlay: &Overlay, remote: &BTreeMap<String, Content>) -> Vec<Op> {
    if has_local_clash(subject) {
        return Vec::new();
    }
    let moved: Vec<ConflictField> = remote
        .iter()
        .filter_map(|(name, content)| moved_since(kind_of_field(subject, name), overlay, name, content))
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

fn moved_since(kind: FieldKind, overlay: &Overlay, name: &str, content: &Content) -> Option<ConflictField> {
    let nothing = OverlayField { to: None, base: None };
    let seen = overlay.fields.get(name).unwrap_or(&nothing);
    let same = seen.base.as_ref().is_some_and(|base| {
        base.seen == *content
            || base
                .seen
                .value()
                .is_some_and(|value| same_container(kind, value, content))
    });
    (!same).then(|| clash(name, seen, Some(content), Vec::new()))
}

/// What the fields of an edited record come to.
#[derive(Default)]
struct Tally {
    ops: Vec<Op>,
    dirty: BTreeMap<String, Value>,
    clashes: Vec<ConflictField>,
    /// A field that the data model requires and the edit takes away.
    missing: Option<String>,
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
        let policy = subject
            .collection
            .field(name)
            .map_or(Policy::Ask, |field| field.policy);
        let kind = kind_of_field(subject, name);
        let mine = field.to.as_ref();
        match merge_field(kind, field.base.as_ref(), mine, remote) {
            FieldMerge::Unchanged => self.settle(name, field.base.clone()),
            FieldMerge::Converged | FieldMerge::TakeRemote => {
                self.settle(name, remote.map(|content| base_of(kind, mine, content)));
            }
            FieldMerge::KeepLocal => self.write(subject, name, mine),
            FieldMerge::Merged(value) => self.merged(subject, name, &value, remote),
            FieldMerge::Conflict { paths } => match policy {
                Policy::Ask => self.clashes.push(clash(name, field, remote, paths)),
                // Not over a secret: nobody has seen what would be lost.
                Policy::Mine if is_sealed(remote) => self.clashes.push(clash(name, field, remote, paths)),
                Policy::Mine => self.rebase(subject, name, mine, remote),
                Policy::Theirs => self.settle(name, remote.cloned().map(BaseField::seen)),
            },
        }
    }

    fn settle(&mut self, name: &str, base: Option<BaseField>) {
        let Some(base) = base else { return };
        self.ops.push(Op::Settle {
            field: name.to_owned(),
            base,
        });
    }

    /// Writes the merge, unless Airflow's side alone already holds all of it, number by number.
    fn merged(&mut self, subject: &Subject<'_>, name: &str, merged: &Value, remote: Option<&Content>) {
        let theirs = remote.and_then(Content::value);
        match (merged.as_str(), theirs.and_then(Value::as_str), remote) {
            (Some(text), Some(read), Some(content)) if json::containers_same(text, read) => {
                self.settle(name, Some(BaseField::written(content.clone(), merged.clone())));
            }
            _ => self.rebase(subject, name, Some(merged), remote),
        }
    }

    /// Airflow's value becomes the base of the edit; where it has none there is nothing to base it on.
    fn rebase(&mut self, subject: &Subject<'_>, name: &str, to: Option<&Value>, remote: Option<&Content>) {
        if let Some(content) = remote {
            let base = BaseField::seen(content.clone());
            let overlay = OverlayField {
                to: to.cloned(),
                base: Some(base.clone()),
            };
            self.ops.push(Op::Rebase {
                field: name.to_owned(),
                base,
                overlay,
            });
        }
        self.write(subject, name, to);
    }

    /// A field that the analyst emptied goes back to the data model's default, as in a creation.
    fn write(&mut self, subject: &Subject<'_>, name: &str, value: Option<&Value>) {
        let default = || {
            subject
                .collection
                .field(name)
                .and_then(|field| field.default.as_ref())
        };
        match value.or_else(default) {
            Some(value) => drop(self.dirty.insert(name.to_owned(), value.clone())),
            None => self.missing = Some(name.to_owned()),
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
        if let Some(name) = &self.missing {
            self.ops.extend(raise(subject, missing_field(subject, name)));
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

fn is_sealed(content: Option<&Content>) -> bool {
    matches!(content, Some(Content::Sealed(_)))
}

/// A clash over fields of which the edit knows no earlier value is one of two creations, whatever the mirror has
/// learnt since.
fn kind_of(clashes: &[ConflictField], subject: &Subject<'_>) -> ConflictKind {
    let edited = |name: &str| subject.overlay.and_then(|overlay| overlay.fields.get(name));
    let is_new = |name: &str| edited(name).is_none_or(|field| field.base.is_none());
    if clashes.iter().all(|field| is_new(&field.name)) {
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
    let is_over = subject.conflict.is_some() && !has_local_clash(subject);
    is_over.then_some(Op::ClearConflict).into_iter().collect()
}
