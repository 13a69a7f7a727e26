//! The data model's rules, held against a record that is about to be written.

use super::Subject;
use super::clash::{self, new_conflict};
use leeward_model::{Conflict, ConflictField, ConflictKind, Content, Field, OverlayField, Remote, Value};
use std::collections::BTreeMap;

/// The conflict that says which rules the record breaks; `None` when it keeps them all. Fields whose value is a secret
/// cannot be looked at: they are not in `record`, and count as kept.
pub(super) fn broken(subject: &Subject<'_>, record: &BTreeMap<String, Value>) -> Option<Conflict> {
    let fields = &subject.collection.fields;
    let broken: Vec<(&Field, String)> = fields
        .iter()
        .filter_map(|field| Some((field, broken_rule(subject, field, record.get(&field.name))?)))
        .collect();
    if broken.is_empty() {
        return None;
    }
    let clashes = broken
        .iter()
        .map(|(field, _)| shown(subject, &field.name))
        .collect();
    let mut conflict = new_conflict(subject, ConflictKind::Invalid, clashes);
    let said: Vec<_> = broken
        .iter()
        .map(|(field, rule)| format!("{} {rule}", field.name))
        .collect();
    conflict.note = Some(format!(
        "The record as it would be written breaks a rule: {}.",
        said.join("; ")
    ));
    Some(conflict)
}

fn broken_rule(subject: &Subject<'_>, field: &Field, value: Option<&Value>) -> Option<String> {
    match value {
        Some(value) => field.broken_rule(value),
        None => (field.required && !is_sealed(subject, &field.name)).then(|| "must be there".to_owned()),
    }
}

/// Whether Airflow has a secret there.
fn is_sealed(subject: &Subject<'_>, name: &str) -> bool {
    matches!(remote_of(subject, name), Some(Content::Sealed(_)))
}

/// The field on all sides: as edited or, where only Airflow changed it, as confirmed.
fn shown(subject: &Subject<'_>, name: &str) -> ConflictField {
    let edited = subject.overlay.and_then(|overlay| overlay.fields.get(name));
    let unedited = || {
        let base = subject.base_of(name).cloned();
        OverlayField {
            to: base.as_ref().and_then(|base| base.local().cloned()),
            base,
        }
    };
    let edit = edited.cloned().unwrap_or_else(unedited);
    ConflictField {
        suggestion: None,
        ..clash::field(subject, name, &edit, remote_of(subject, name), Vec::new())
    }
}

fn remote_of<'s>(subject: &Subject<'s>, name: &str) -> Option<&'s Content> {
    match subject.remote {
        Remote::Present(remote) => remote.get(name),
        Remote::Absent | Remote::Unknown => None,
    }
}
