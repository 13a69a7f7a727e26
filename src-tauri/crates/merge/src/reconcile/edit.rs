//! An edited record that is in Airflow: field by field, then at most one write.

use super::clash::{self, clear_conflict, has_local_clash, new_conflict, raise};
use super::{Subject, base_of, groups, is_creation, rules, take};
use crate::{FieldMerge, Op, json, merge_field};
use leeward_model::{BaseField, ConflictField, ConflictKind, Content, Overlay, OverlayField, Policy, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn plan(subject: &Subject<'_>, overlay: &Overlay, remote: &BTreeMap<String, Content>) -> Vec<Op> {
    let mut tally = Tally::of(*subject, overlay, remote);
    let known = subject.base.into_iter().flat_map(BTreeMap::keys);
    let names: BTreeSet<&String> = remote.keys().chain(overlay.fields.keys()).chain(known).collect();
    let apart = groups::changed_apart(subject, overlay, remote);
    for name in names {
        match (overlay.fields.get(name), remote.get(name)) {
            (edit, content) if apart.contains(name) => tally.together(name, edit, content),
            (Some(field), content) => tally.edited(name, field, content),
            (None, Some(content)) => tally.unedited(name, content),
            (None, None) => tally.settle(name, None),
        }
    }
    tally.finish()
}

/// What the fields of an edited record come to.
struct Tally<'s> {
    subject: Subject<'s>,
    /// The analyst made the record and never saw Airflow's.
    is_creation: bool,
    ops: Vec<Op>,
    /// The record as it would be written, as far as it can be looked at.
    record: BTreeMap<String, Value>,
    dirty: BTreeMap<String, Value>,
    removed: BTreeSet<String>,
    clashes: Vec<ConflictField>,
}

impl<'s> Tally<'s> {
    fn of(subject: Subject<'s>, overlay: &Overlay, remote: &BTreeMap<String, Content>) -> Self {
        let held = |(name, content): (&String, &Content)| Some((name.clone(), content.value()?.clone()));
        Self {
            is_creation: is_creation(overlay),
            record: remote.iter().filter_map(held).collect(),
            subject,
            ops: Vec::new(),
            dirty: BTreeMap::new(),
            removed: BTreeSet::new(),
            clashes: Vec::new(),
        }
    }

    fn edited(&mut self, name: &str, field: &OverlayField, remote: Option<&Content>) {
        let mine = field.to.as_ref();
        match self.merge(name, field, remote) {
            FieldMerge::Unchanged => self.settle(name, field.base.clone()),
            FieldMerge::Converged | FieldMerge::TakeRemote => self.agree(name, mine, remote),
            FieldMerge::KeepLocal => self.write(name, mine),
            FieldMerge::Merged(value) => self.merged(name, &value, remote),
            FieldMerge::Conflict { paths } => self.clash(name, field, remote, paths),
        }
    }

    /// Without a base, whatever differs is a conflict: a field that only one of two creations has differs, too.
    fn merge(&self, name: &str, field: &OverlayField, remote: Option<&Content>) -> FieldMerge {
        let shape = self.subject.shape(name);
        match merge_field(shape, field.base.as_ref(), field.to.as_ref(), remote) {
            FieldMerge::KeepLocal if self.is_unseen(name) => FieldMerge::Conflict { paths: Vec::new() },
            merge => merge,
        }
    }

    /// A field that is not edited: Airflow's is taken, unless it is part of a creation that clashes with ours.
    fn unedited(&mut self, name: &str, content: &Content) {
        let ours = self.default(name);
        if self.is_unseen(name) && ours != content.value() {
            let edit = OverlayField {
                to: ours.cloned(),
                base: None,
            };
            self.clash(name, &edit, Some(content), Vec::new());
        } else {
            self.ops.extend(take(&self.subject, name, content));
        }
    }

    /// A field of a group that both sides have changed, each in its own way: asked about even where one side alone changed
    /// it, and its base stays, so that the question stands.
    fn together(&mut self, name: &str, edit: Option<&OverlayField>, content: Option<&Content>) {
        let base = self.subject.base_of(name).cloned();
        let unedited = OverlayField {
            to: base.as_ref().and_then(|base| base.local().cloned()),
            base,
        };
        self.clash(name, edit.unwrap_or(&unedited), content, Vec::new());
    }

    /// Whether nothing of the field was known when the record was made here: neither then nor, as long as the question
    /// stands, since.
    fn is_unseen(&self, name: &str) -> bool {
        let asked = self
            .subject
            .conflict
            .filter(|asked| asked.kind == ConflictKind::CreateCreate);
        let is_asked = asked.is_some_and(|asked| asked.fields.iter().any(|field| field.name == name));
        self.is_creation && (self.subject.base.is_none() || is_asked)
    }

    fn clash(&mut self, name: &str, field: &OverlayField, remote: Option<&Content>, paths: Vec<String>) {
        let model = self.subject.collection.field(name);
        match model.map_or(Policy::Ask, |field| field.policy) {
            // Not over a secret: nobody has seen what would be lost.
            Policy::Mine if !is_sealed(remote) => self.rebase(name, field.to.as_ref(), remote),
            Policy::Theirs => self.settle(name, remote.cloned().map(BaseField::seen)),
            Policy::Ask | Policy::Mine => {
                let clash = clash::field(&self.subject, name, field, remote, paths);
                self.clashes.push(clash);
            }
        }
    }

    fn agree(&mut self, name: &str, mine: Option<&Value>, remote: Option<&Content>) {
        let kind = self.subject.kind(name);
        self.settle(name, remote.map(|content| base_of(kind, mine, content)));
    }

    fn settle(&mut self, name: &str, base: Option<BaseField>) {
        let field = name.to_owned();
        self.ops.push(match base {
            Some(base) => Op::Settle { field, base },
            None => Op::Drop { field },
        });
    }

    /// Writes the merge, unless Airflow's side alone already holds all of it, number by number.
    fn merged(&mut self, name: &str, merged: &Value, remote: Option<&Content>) {
        let theirs = remote.and_then(Content::value);
        match (merged.as_str(), theirs.and_then(Value::as_str), remote) {
            (Some(text), Some(read), Some(content)) if json::containers_same(text, read) => {
                self.settle(name, Some(BaseField::written(content.clone(), merged.clone())));
            }
            _ if theirs == Some(merged) => self.settle(name, remote.cloned().map(BaseField::seen)),
            _ => self.rebase(name, Some(merged), remote),
        }
    }

    /// Airflow's value becomes the base of the edit; where it has none there is nothing to base it on.
    fn rebase(&mut self, name: &str, to: Option<&Value>, remote: Option<&Content>) {
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
        self.write(name, to);
    }

    /// A field that the analyst emptied goes back to the data model's default, as in a creation.
    fn write(&mut self, name: &str, value: Option<&Value>) {
        match value.or_else(|| self.default(name)).cloned() {
            Some(value) => {
                self.record.insert(name.to_owned(), value.clone());
                self.dirty.insert(name.to_owned(), value);
            }
            None => {
                self.record.remove(name);
                self.removed.insert(name.to_owned());
            }
        }
    }

    fn default(&self, name: &str) -> Option<&'s Value> {
        self.subject.collection.field(name)?.default.as_ref()
    }

    /// A clash in one field holds the whole record; what needs no write is carried out all the same.
    fn finish(mut self) -> Vec<Op> {
        if has_local_clash(&self.subject) {
            return self.ops;
        }
        if !self.clashes.is_empty() {
            let kind = kind_of(&self.clashes, &self.subject);
            let mut conflict = new_conflict(&self.subject, kind, self.clashes);
            conflict.note = conflict
                .fields
                .iter()
                .any(is_newly_hidden)
                .then(|| NEWLY_HIDDEN.to_owned());
            self.ops.extend(raise(&self.subject, conflict));
            return self.ops;
        }
        if self.dirty.is_empty() && self.removed.is_empty() {
            self.ops.extend(clear_conflict(&self.subject));
            self.ops.push(Op::DropOverlay);
            return self.ops;
        }
        self.write_or_ask()
    }

    fn write_or_ask(mut self) -> Vec<Op> {
        if let Some(invalid) = rules::broken(&self.subject, &self.record) {
            // The edits stay on what they were made on, so that both sides can be seen.
            self.ops.retain(|op| !matches!(op, Op::Rebase { .. }));
            self.ops.extend(raise(&self.subject, invalid));
            return self.ops;
        }
        self.ops.extend(clear_conflict(&self.subject));
        self.ops.push(Op::Update {
            fields: self.dirty,
            removed: self.removed,
        });
        self.ops
    }
}

/// Said where an edit of a value that was readable meets one that is not any more.
const NEWLY_HIDDEN: &str = "Airflow now treats a part of this value as secret and does not show it any more. \
     Send yours as a whole, or keep what Airflow has.";

fn is_newly_hidden(field: &ConflictField) -> bool {
    field.sealed && field.base.is_some()
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
