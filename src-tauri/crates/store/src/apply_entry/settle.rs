//! Steps that several kinds of entries share.

use super::rules::Rules;
use crate::StoredRecord;
use leeward_model::{BaseField, ConflictField, Content, Overlay, OverlayField, Remote, Slot};

/// What an edit of this field is made on: what the pending edit was made on, or else the base.
pub(super) fn edit_base(record: &StoredRecord, field: &str) -> Option<BaseField> {
    match record
        .overlay
        .as_ref()
        .and_then(|overlay| overlay.fields.get(field))
    {
        Some(pending) => pending.base.clone(),
        None => record.base_of(field).cloned(),
    }
}

/// Puts an edit on a field; `None` empties it.
pub(super) fn set(record: &mut StoredRecord, field: &str, to: Slot, base: Option<BaseField>) {
    let edited = OverlayField { to, base };
    record
        .overlay
        .get_or_insert_default()
        .fields
        .insert(field.to_owned(), edited);
}

/// A pending delete of everything the record has, made on what each field's edit was made on.
pub(super) fn delete_overlay(record: &StoredRecord) -> Overlay {
    let seen = |name: String| {
        let base = edit_base(record, &name);
        (name, OverlayField { to: None, base })
    };
    Overlay {
        fields: record.names().into_iter().map(seen).collect(),
        deleted: true,
    }
}

/// The analyst has seen the other side of this field: it becomes the base.
///
/// What they saw may be older than what was last observed; then the base is what they saw, and the next reconcile
/// finds the difference.
pub(super) fn adopt(record: &mut StoredRecord, field: &ConflictField) {
    let base = record.base_of(&field.name);
    if base.is_some() && base.and_then(BaseField::local) == field.airflow.as_ref() && !sealed(base) {
        return;
    }
    match seen_of(record, field) {
        // The same seal: what is known of the text that it stands for stays known.
        Some(seen) if base.is_some_and(|base| base.seen == seen) => {}
        Some(seen) => {
            record
                .base
                .get_or_insert_default()
                .insert(field.name.clone(), BaseField::seen(seen));
        }
        None => {
            if let Some(base) = &mut record.base {
                base.remove(&field.name);
            }
        }
    }
}

fn sealed(base: Option<&BaseField>) -> bool {
    base.is_some_and(|base| base.seen.value().is_none())
}

fn seen_of(record: &StoredRecord, field: &ConflictField) -> Option<Content> {
    let observed = match &record.remote {
        Remote::Present(remote) => remote.get(&field.name),
        Remote::Absent | Remote::Unknown => None,
    };
    match observed {
        Some(observed) if observed.value() == field.airflow.as_ref() => Some(observed.clone()),
        _ => field.airflow.clone().map(Content::Value),
    }
}

/// A field that has a default cannot be empty: where it is missing, it reads as that, in Airflow as here. An edit that empties it
/// puts the default there; sent as a removal it would never be seen to arrive.
pub(super) fn empty_to_default(rules: &Rules, record: &mut StoredRecord) {
    let Some(overlay) = record.overlay.as_mut().filter(|overlay| !overlay.deleted) else {
        return;
    };
    for field in rules.fields() {
        if let Some(edit) = overlay.fields.get_mut(&field.name) {
            edit.to = edit.to.take().or_else(|| field.default.clone());
        }
    }
}

/// Drops edits that say what the base says, and an overlay that says nothing.
///
/// While a write is in flight nothing is dropped: typing the old value back must still undo what may arrive.
pub(super) fn drop_what_changes_nothing(record: &mut StoredRecord) {
    if record.in_doubt || record.conflict.is_some() {
        return;
    }
    let Some(mut overlay) = record.overlay.take() else {
        return;
    };
    if !overlay.deleted {
        overlay
            .fields
            .retain(|name, edited| changes_something(record.base_of(name), edited));
    }
    record.overlay = Some(overlay).filter(|overlay| overlay.deleted || !overlay.fields.is_empty());
}

fn changes_something(base: Option<&BaseField>, edited: &OverlayField) -> bool {
    let same_base = edited.base.as_ref() == base;
    let says_the_same = edited.to.as_ref() == base.and_then(BaseField::local);
    !(same_base && says_the_same)
}
