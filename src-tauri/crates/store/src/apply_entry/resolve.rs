//! A resolve: a person settled a conflict.

use super::rules::Rules;
use super::{clash, delete, edit, settle};
use crate::StoredRecord;
use jiff::Timestamp;
use leeward_model::{
    Against, BaseField, Conflict, ConflictKind, Entry, Fields, Overlay, OverlayField, Remote, Slot,
};

/// Applies a decision, if it was made against what the conflict shows now; otherwise the conflict stays, and shows it.
pub(super) fn apply(rules: &Rules, record: &mut StoredRecord, entry: &Entry, now: Timestamp) {
    let Some(conflict) = record.conflict.take() else {
        return without_conflict(rules, record, entry, now);
    };
    if has_moved(&conflict, entry) {
        record.conflict = Some(decided(conflict, entry));
    } else if conflict.airflow_deleted && !clash::is_local(&conflict) {
        gone_in_airflow(rules, record, conflict, entry);
    } else if entry.deleted {
        delete_it(record, &conflict);
    } else if conflict.mine_deleted || conflict.airflow_deleted {
        keep_it(record, &conflict, entry);
    } else {
        settle_fields(rules, record, conflict, entry, now);
    }
}

/// It settled itself meanwhile: the decision is work like any other.
fn without_conflict(rules: &Rules, record: &mut StoredRecord, entry: &Entry, now: Timestamp) {
    if entry.deleted {
        delete::apply(record, entry, now);
    } else {
        edit::apply(rules, record, entry, now);
    }
}

/// Whether a side is no longer what the decision was made over.
fn has_moved(conflict: &Conflict, entry: &Entry) -> bool {
    conflict_moved(conflict, entry) || edited_since(conflict, entry)
}

/// Whether the analyst's own side is another one by now: they edited it elsewhere.
fn edited_since(conflict: &Conflict, entry: &Entry) -> bool {
    let Some(shown) = &entry.mine else { return false };
    let is_other = |field: &leeward_model::ConflictField| shown.get(&field.name) != field.mine.as_ref();
    conflict.fields.iter().any(is_other)
}

fn conflict_moved(conflict: &Conflict, entry: &Entry) -> bool {
    let moved = |field: &leeward_model::ConflictField| match entry.fields.get(&field.name) {
        Some(change) => change.from != field.airflow,
        // A delete takes all there is: what it does not mention was not shown.
        None => entry.deleted && field.airflow.is_some(),
    };
    conflict.fields.iter().any(moved)
}

fn decided(mut conflict: Conflict, entry: &Entry) -> Conflict {
    let results = entry
        .fields
        .iter()
        .filter_map(|(name, change)| Some((name.clone(), change.to.clone()?)));
    // The decision stands in place of those before it; of other edits it says nothing.
    let mut kept = conflict.decided.take().unwrap_or_default();
    kept.retain(|name, _| conflict.fields.iter().all(|field| field.name != *name));
    kept.extend(results);
    conflict.decided = Some(kept);
    conflict.note = Some(if entry.deleted {
        "You decided to delete it, but it changed again meanwhile.".into()
    } else {
        "It changed again after you decided; your decision is kept here.".into()
    });
    conflict
}

fn result(entry: &Entry, name: &str) -> Slot {
    entry.fields.get(name)?.to.clone()
}

/// Airflow has no such record: agree, or create it again with everything it needs.
fn gone_in_airflow(rules: &Rules, record: &mut StoredRecord, conflict: Conflict, entry: &Entry) {
    if entry.deleted {
        (record.base, record.overlay) = (None, None);
        return;
    }
    let mut fields: Fields = record.local_fields().unwrap_or_default();
    fields.extend(
        entry
            .fields
            .iter()
            .filter_map(|(name, change)| Some((name.clone(), change.to.clone()?))),
    );
    for field in rules.fields() {
        let default = field.default.clone();
        if let Some(default) = default.filter(|_| !fields.contains_key(&field.name)) {
            fields.insert(field.name.clone(), default);
        }
    }
    if let Some(missing) = rules
        .fields()
        .iter()
        .find(|field| Rules::needs(field) && !fields.contains_key(&field.name))
    {
        let note = format!("To create it again, it needs a {}.", missing.name);
        record.conflict = Some(Conflict {
            note: Some(note),
            ..decided(conflict, entry)
        });
        return;
    }
    let created = |(name, to)| {
        (
            name,
            OverlayField {
                to: Some(to),
                base: None,
            },
        )
    };
    record.base = None;
    record.overlay = Some(Overlay {
        fields: fields.into_iter().map(created).collect(),
        deleted: false,
    });
}

/// The result is a delete, of what the conflict showed.
fn delete_it(record: &mut StoredRecord, conflict: &Conflict) {
    adopt_all(record, conflict);
    record.overlay = None;
    if record.base.is_some() || record.in_doubt {
        record.overlay = Some(settle::delete_overlay(record));
    }
}

/// The result is that the record stays, with what was decided; what was not mentioned stays as the other side has it.
fn keep_it(record: &mut StoredRecord, conflict: &Conflict, entry: &Entry) {
    adopt_all(record, conflict);
    let others = conflict
        .fields
        .iter()
        .filter(|field| conflict.mine_deleted || field.mine.is_none());
    let mut fields: Fields = others
        .filter_map(|field| Some((field.name.clone(), field.airflow.clone()?)))
        .collect();
    if !conflict.mine_deleted {
        fields.extend(record.local_fields().unwrap_or_default());
    }
    fields.extend(
        entry
            .fields
            .iter()
            .filter_map(|(name, change)| Some((name.clone(), change.to.clone()?))),
    );
    record.overlay = None;
    for (name, to) in fields {
        let base = record.base_of(&name).cloned();
        settle::set(record, &name, Some(to), base);
    }
}

fn adopt_all(record: &mut StoredRecord, conflict: &Conflict) {
    for field in conflict
        .fields
        .iter()
        .filter(|field| field.against == Against::Airflow)
    {
        settle::adopt(record, field);
    }
}

/// Field by field; those that the decision does not mention stay in conflict, and other fields are edits.
fn settle_fields(
    rules: &Rules,
    record: &mut StoredRecord,
    conflict: Conflict,
    entry: &Entry,
    now: Timestamp,
) {
    let (mentioned, rest): (Vec<_>, Vec<_>) = conflict
        .fields
        .iter()
        .cloned()
        .partition(|field| entry.fields.contains_key(&field.name));
    if conflict.kind == ConflictKind::CreateCreate {
        take_over_agreed(record, &conflict);
    }
    for field in &mentioned {
        if field.against == Against::Airflow {
            settle::adopt(record, field);
        }
        let base = record.base_of(&field.name).cloned();
        match result(entry, &field.name) {
            None if base.is_none() => drop_edit(record, &field.name),
            to => settle::set(record, &field.name, to, base),
        }
    }
    let mut others = entry.clone();
    others
        .fields
        .retain(|name, _| !mentioned.iter().any(|field| field.name == *name));
    if !rest.is_empty() {
        record.conflict = Some(Conflict {
            fields: rest,
            ..conflict
        });
    }
    edit::apply(rules, record, &others, now);
}

/// Created on both sides: what both have alike is confirmed by Airflow.
fn take_over_agreed(record: &mut StoredRecord, conflict: &Conflict) {
    let Remote::Present(remote) = record.remote.clone() else {
        return;
    };
    for (name, content) in remote {
        let in_conflict = conflict.fields.iter().any(|field| field.name == name);
        let agreed = content.value().is_some() && content.value() == record.local(&name);
        if agreed && !in_conflict && record.base_of(&name).is_none() {
            drop_edit(record, &name);
            record
                .base
                .get_or_insert_default()
                .insert(name, BaseField::seen(content));
        }
    }
}

fn drop_edit(record: &mut StoredRecord, name: &str) {
    if let Some(overlay) = &mut record.overlay {
        overlay.fields.remove(name);
    }
}
