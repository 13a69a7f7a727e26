//! A record: base, overlay and remote to a plan.

mod clash;
mod edit;
mod groups;
mod rules;

use crate::{Op, Plan, Shape, json};
use clash::{clear_conflict, has_local_clash, new_conflict, raise};
use jiff::Timestamp;
use leeward_model::{
    BaseField, Collection, Conflict, ConflictField, ConflictKind, Content, FieldKind, Overlay, OverlayField,
    Remote, Value,
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
    if subject.is_at_rest() {
        return Plan::default();
    }
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
        (Remote::Present(remote), Some(overlay)) => edit::plan(subject, overlay, remote),
    };
    Plan { ops }
}

impl Subject<'_> {
    /// Whether nothing is pending, nothing is asked, and Airflow has what it had. Nearly every record of nearly every
    /// cycle: one walk over both, and nothing is allocated.
    fn is_at_rest(&self) -> bool {
        let (None, None, Remote::Present(remote)) = (self.overlay, self.conflict, self.remote) else {
            return false;
        };
        let Some(base) = self.base else { return false };
        base.len() == remote.len()
            && base
                .iter()
                .zip(remote)
                .all(|((name, base), (other, content))| name == other && base.seen == *content)
    }

    fn shape(&self, name: &str) -> Shape<'_> {
        let field = self.collection.field(name);
        field.map_or_else(|| FieldKind::Json.into(), Shape::from)
    }

    fn kind(&self, name: &str) -> FieldKind {
        self.shape(name).kind
    }

    fn base_of(&self, name: &str) -> Option<&BaseField> {
        self.base?.get(name)
    }
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

/// Whether the edit (it is no delete) is of a record that the analyst had never seen.
fn is_creation(overlay: &Overlay) -> bool {
    overlay.fields.values().all(|field| field.base.is_none())
}

/// Edited here, not there: a creation, or edited against deleted.
fn on_absent(subject: &Subject<'_>, overlay: &Overlay) -> Vec<Op> {
    if subject.base.is_none() && is_creation(overlay) {
        return create(subject, overlay);
    }
    let fields = overlay
        .fields
        .iter()
        .map(|(name, field)| clash::field(subject, name, field, None, Vec::new()))
        .collect();
    let mut conflict = new_conflict(subject, ConflictKind::EditDelete, fields);
    conflict.airflow_deleted = true;
    raise(subject, conflict)
}

/// All that was given, unknown fields too, and the data model's defaults for what was not.
fn create(subject: &Subject<'_>, overlay: &Overlay) -> Vec<Op> {
    let given = |(name, field): (&String, &OverlayField)| Some((name.clone(), field.to.clone()?));
    let mut fields: BTreeMap<String, Value> = overlay.fields.iter().filter_map(given).collect();
    for field in &subject.collection.fields {
        if let Some(default) = field
            .default
            .as_ref()
            .filter(|_| !fields.contains_key(&field.name))
        {
            fields.insert(field.name.clone(), default.clone());
        }
    }
    if let Some(mut invalid) = rules::broken(subject, &fields) {
        invalid.airflow_deleted = true;
        return raise(subject, invalid);
    }
    let mut ops = clear_conflict(subject);
    ops.push(Op::Create { fields });
    ops
}

fn take_all(subject: &Subject<'_>, remote: &BTreeMap<String, Content>) -> Vec<Op> {
    let mut ops = clear_conflict(subject);
    ops.extend(
        remote
            .iter()
            .filter_map(|(name, content)| take(subject, name, content)),
    );
    let known = subject.base.into_iter().flat_map(BTreeMap::keys);
    let gone = known.filter(|name| !remote.contains_key(*name));
    ops.extend(gone.map(|field| Op::Drop { field: field.clone() }));
    ops
}

/// Moves the base of a field that is not edited; keeps the analyst's formatting where the meaning is the same.
fn take(subject: &Subject<'_>, name: &str, content: &Content) -> Option<Op> {
    let base = subject.base_of(name);
    if base.is_some_and(|base| base.seen == *content) {
        return None;
    }
    let typed = base.and_then(BaseField::local);
    Some(Op::Take {
        field: name.to_owned(),
        base: base_of(subject.kind(name), typed, content),
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

/// A delete goes out only against exactly what the analyst saw.
fn delete(subject: &Subject<'_>, overlay: &Overlay, remote: &BTreeMap<String, Content>) -> Vec<Op> {
    if has_local_clash(subject) {
        return Vec::new();
    }
    let names: BTreeSet<&String> = remote.keys().chain(overlay.fields.keys()).collect();
    let moved: Vec<ConflictField> = names
        .into_iter()
        .filter_map(|name| moved_since(subject, overlay, name, remote.get(name)))
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

fn moved_since(
    subject: &Subject<'_>,
    overlay: &Overlay,
    name: &str,
    content: Option<&Content>,
) -> Option<ConflictField> {
    let nothing = OverlayField { to: None, base: None };
    let seen = overlay.fields.get(name).unwrap_or(&nothing);
    let same = match (&seen.base, content) {
        (Some(base), Some(content)) => base.seen == *content || reads_alike(subject, name, base, content),
        (None, None) => true,
        _ => false,
    };
    (!same).then(|| clash::field(subject, name, seen, content, Vec::new()))
}

fn reads_alike(subject: &Subject<'_>, name: &str, base: &BaseField, content: &Content) -> bool {
    let kind = subject.kind(name);
    let seen = base.seen.value();
    seen.is_some_and(|seen| same_container(kind, seen, content))
}
