//! An edit: fields were changed or emptied, or a record created.

use super::rules::Rules;
use super::{clash, settle};
use crate::StoredRecord;
use jiff::Timestamp;
use leeward_merge::{FieldMerge, merge_field, suggest};
use leeward_model::{
    BaseField, Change, Conflict, ConflictField, ConflictKind, Content, Entry, EntryKind, Slot, Value,
    secret_id,
};

/// Applies an edit. Where what was shown is not what is here now, the edit is merged; a clash is a stored conflict.
pub(super) fn apply(rules: &Rules, record: &mut StoredRecord, entry: &Entry, now: Timestamp) {
    if entry.creates {
        show_what_was_removed(record);
    }
    let before = record.clone();
    let mut clashes = Vec::new();
    for (name, change) in &entry.fields {
        match outcome(rules, &before, entry, (name.as_str(), change)) {
            Outcome::Nothing => {}
            Outcome::Set(value) => put(record, &before, name, value, entry.creates),
            Outcome::SetOnShown(value) => {
                settle::set(record, name, value, change.from.clone().map(shown_base));
            }
            Outcome::Clash(paths) => {
                put_clash(record, &before, name, change, entry.creates);
                clashes.push(clashing(rules, &before, name, change, paths));
            }
        }
    }
    if creates(&before, entry) {
        fill_defaults(rules, record);
    }
    if makes_anew(rules, &before, entry) {
        empty_what_is_not_given(record, &before, entry);
    }
    if !clashes.is_empty() {
        clash::add(record, &before, conflict(&before, clashes, now));
    }
    clash::refresh_mine(record);
}

/// Who knew no such record has not seen what was deleted or emptied here: their work meets what was there before, and
/// who is asked about it sees that.
fn show_what_was_removed(record: &mut StoredRecord) {
    let StoredRecord { base, overlay, .. } = record;
    let (Some(base), Some(pending)) = (base, overlay.as_mut()) else {
        return;
    };
    let count = pending.fields.len();
    pending
        .fields
        .retain(|name, edited| edited.to.is_some() || !base.contains_key(name));
    if !pending.deleted && pending.fields.len() == count {
        return;
    }
    pending.deleted = false;
    if pending.fields.is_empty() {
        *overlay = None;
    }
    // What was asked about the removal is over; another edit of this computer is not.
    record.conflict.take_if(|conflict| !clash::is_local(conflict));
}

enum Outcome {
    Nothing,
    Set(Slot),
    /// Nothing is known here: the edit stands on what was shown, and the next reading of Airflow judges it.
    SetOnShown(Slot),
    Clash(Vec<String>),
}

fn outcome(rules: &Rules, before: &StoredRecord, entry: &Entry, (name, change): (&str, &Change)) -> Outcome {
    let to = change.to.as_ref();
    if to.is_none() && (change.from.is_none() || before.is_sealed(name)) {
        // Nothing was there to be emptied, or nothing that can be seen.
        return Outcome::Nothing;
    }
    if is_unread(before) || is_hidden_since(before, entry, (name, change)) {
        return Outcome::SetOnShown(to.cloned());
    }
    let local = before.local(name);
    let replaces_secret = before.is_sealed(name) && to.is_some_and(|to| secret_id(to).is_some());
    if change.from.as_ref() == local || replaces_secret {
        return Outcome::Set(to.cloned());
    }
    let shown = change.from.clone().map(shown_base);
    let local = local.cloned().map(Content::Value);
    match merge_field(rules.shape(name), shown.as_ref(), to, local.as_ref()) {
        FieldMerge::Unchanged | FieldMerge::TakeRemote | FieldMerge::Converged => Outcome::Nothing,
        FieldMerge::KeepLocal => Outcome::Set(to.cloned()),
        FieldMerge::Merged(value) => Outcome::Set(Some(value)),
        FieldMerge::Conflict { paths } => Outcome::Clash(paths),
    }
}

/// Nothing is here, neither as confirmed nor by an edit or a delete: it is new, or gone, or (in a new mirror) not yet
/// read. Which, only a reading of Airflow can tell.
fn is_unread(before: &StoredRecord) -> bool {
    before.base.is_none() && before.overlay.is_none()
}

/// What was shown in clear, or not known to be there, is hidden by Airflow now: the next reconcile asks whose value it is
/// to be.
fn is_hidden_since(before: &StoredRecord, entry: &Entry, (name, change): (&str, &Change)) -> bool {
    let is_plain = change.to.as_ref().is_some_and(|to| secret_id(to).is_none());
    is_plain && (change.from.is_some() || entry.creates) && before.is_sealed(name)
}

fn shown_base(from: Value) -> BaseField {
    BaseField::seen(Content::Value(from))
}

/// Puts an edit on what the pending one was made on. Work on a record that was to be deleted brings it back. Who knew no
/// such record (`unseen`) was shown nothing.
fn put(record: &mut StoredRecord, before: &StoredRecord, name: &str, to: Slot, unseen: bool) {
    bring_back(record);
    let base = (!unseen).then(|| settle::edit_base(before, name)).flatten();
    settle::set(record, name, to, base);
}

/// The edit stands in the overlay, made on what was shown, unless the field was in conflict already.
fn put_clash(record: &mut StoredRecord, before: &StoredRecord, name: &str, change: &Change, unseen: bool) {
    bring_back(record);
    let known = before
        .conflict
        .iter()
        .flat_map(|conflict| &conflict.fields)
        .any(|field| field.name == name);
    let base = if known && !unseen {
        settle::edit_base(before, name)
    } else {
        change.from.clone().map(shown_base)
    };
    settle::set(record, name, change.to.clone(), base);
}

fn bring_back(record: &mut StoredRecord) {
    if let Some(overlay) = record.overlay.as_mut().filter(|overlay| overlay.deleted) {
        overlay.deleted = false;
        overlay.fields.retain(|_, field| field.to.is_some());
    }
}

fn clashing(
    rules: &Rules,
    before: &StoredRecord,
    name: &str,
    change: &Change,
    paths: Vec<String>,
) -> ConflictField {
    let (shown, other) = (change.from.as_ref(), before.local(name));
    ConflictField {
        name: name.to_owned(),
        suggestion: suggest(rules.shape(name), shown, change.to.as_ref(), other),
        base: shown.cloned(),
        mine: change.to.clone(),
        airflow: other.cloned(),
        sealed: false,
        paths,
        against: clash::against(before, name),
    }
}

fn conflict(before: &StoredRecord, fields: Vec<ConflictField>, now: Timestamp) -> Conflict {
    let none_was_shown = fields.iter().all(|field| field.base.is_none());
    let kind = if !before.exists() {
        ConflictKind::EditDelete
    } else if none_was_shown {
        ConflictKind::CreateCreate
    } else {
        ConflictKind::Fields
    };
    let mut conflict = clash::conflict(kind, fields, now);
    conflict.airflow_deleted = !before.exists();
    conflict
}

/// Whether the entry makes a record where the analyst saw none, and there is none.
fn creates(before: &StoredRecord, entry: &Entry) -> bool {
    let nothing_shown = entry.fields.values().all(|change: &Change| change.from.is_none());
    entry.kind == EntryKind::Edit && is_unread(before) && nothing_shown
}

/// Whether the entry makes a new record under the key of one that was to be deleted: it gives the fields of the key, which are
/// set with a new record and stay.
fn makes_anew(rules: &Rules, before: &StoredRecord, entry: &Entry) -> bool {
    let is_given = |name: &String| {
        let change = entry.fields.get(name);
        change.is_some_and(|change| change.from.is_none() && change.to.is_some())
    };
    let key = rules.key_fields();
    entry.kind == EntryKind::Edit && before.is_deleted() && !key.is_empty() && key.iter().all(is_given)
}

/// Nothing of the deleted record comes back unasked.
fn empty_what_is_not_given(record: &mut StoredRecord, before: &StoredRecord, entry: &Entry) {
    for name in before.names() {
        if !entry.fields.contains_key(&name) {
            settle::set(record, &name, None, settle::edit_base(before, &name));
        }
    }
}

fn fill_defaults(rules: &Rules, record: &mut StoredRecord) {
    for field in rules.fields() {
        let given = record
            .overlay
            .as_ref()
            .is_some_and(|overlay| overlay.fields.contains_key(&field.name));
        if let Some(default) = field.default.as_ref().filter(|_| !given) {
            settle::set(record, &field.name, Some(default.clone()), None);
        }
    }
}
