//! What may not be stored at all: secrets, and values that the data model has no place for.

use super::rules::Rules;
use crate::StoredRecord;
use leeward_model::sensitive::{self, MASK};
use leeward_model::{Change, Entry, EntryKind, FieldKind, Value, secret_id};

/// Why an entry is refused; its `seq` is acknowledged all the same.
pub(super) struct Refusal {
    pub(super) why: String,
    secret: bool,
}

impl Refusal {
    /// What the log may keep: of a refused secret, only that there was something.
    pub(super) fn kept(&self, entry: &Entry) -> Entry {
        let mut kept = entry.clone();
        if self.secret {
            kept.fields.clear();
            kept.mine = None;
            kept.reason = None;
        }
        kept
    }

    fn secret(why: String) -> Self {
        Self { why, secret: true }
    }

    fn misfit(why: String) -> Self {
        Self { why, secret: false }
    }
}

/// The first reason to refuse the entry, secrets before anything else. Taking back is never refused.
pub(super) fn refusal(rules: &Rules, record: &StoredRecord, entry: &Entry) -> Option<Refusal> {
    if !matches!(entry.kind, EntryKind::Edit | EntryKind::Resolve) {
        return unknown(rules, entry).filter(|_| entry.kind != EntryKind::TakeBack);
    }
    let secret = entry
        .fields
        .iter()
        .find_map(|(name, change)| secret_in(rules, record, entry, (name.as_str(), change)));
    let misfit = || {
        let mut given = entry.fields.iter();
        given.find_map(|(name, change)| misfit(rules, name, change.to.as_ref()?))
    };
    secret
        .or_else(|| unknown(rules, entry))
        .or_else(misfit)
        .or_else(|| another_key(rules, entry))
        .or_else(|| incomplete(rules, record, entry))
}

/// The entry with what was shown, except that a secret which the analyst had typed and we refused is not repeated:
/// they are taken to have seen what the mirror showed beneath it.
pub(super) fn without_secrets_shown(rules: &Rules, record: &StoredRecord, entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    for (name, change) in &mut entry.fields {
        let is_secret = |value: &Value| !sensitive_paths(rules, &record.key, name, value).is_empty();
        if change.from.as_ref().is_some_and(is_secret) {
            change.from = record.rejected.as_ref().and_then(|_| record.local(name)).cloned();
        }
    }
    entry
}

fn secret_in(
    rules: &Rules,
    record: &StoredRecord,
    entry: &Entry,
    (name, change): (&str, &Change),
) -> Option<Refusal> {
    let value = change.to.as_ref().filter(|to| secret_id(to).is_none())?;
    if record.is_sealed(name) && !was_not_sealed_for_its_author(rules, record, entry, (name, change)) {
        let why =
            format!("The {name} holds a secret and cannot be edited. Replace the secret as a whole instead.");
        return Some(Refusal::secret(why));
    }
    let paths = sensitive_paths(rules, &record.key, name, value);
    (!paths.is_empty()).then(|| Refusal::secret(secret_note(name, value, &paths)))
}

/// Whether the edit was begun before Airflow hid a part of the value, or by somebody who knew no such record: that is a
/// question to its author, no refusal.
fn was_not_sealed_for_its_author(
    rules: &Rules,
    record: &StoredRecord,
    entry: &Entry,
    (name, change): (&str, &Change),
) -> bool {
    let pending = record.overlay.as_ref();
    let is_replaced = pending.is_some_and(|overlay| overlay.fields.contains_key(name));
    let is_clear = |from: &Value| sensitive_paths(rules, &record.key, name, from).is_empty();
    !is_replaced && change.from.as_ref().map_or(entry.creates, is_clear)
}

fn secret_note(name: &str, value: &Value, paths: &[String]) -> String {
    let inside: Vec<&str> = paths
        .iter()
        .map(String::as_str)
        .filter(|path| !path.is_empty())
        .collect();
    let place = if inside.is_empty() {
        String::new()
    } else {
        format!(" at {}", inside.join(", "))
    };
    if value.as_str().is_some_and(sensitive::holds_mask) {
        return format!(
            "The {name} holds {MASK}{place}, which Airflow shows in place of a secret. Sent back, it would take the \
             secret's place: nothing of it was stored. Replace the whole value with the real text."
        );
    }
    format!(
        "The {name} would hold a secret{place}. Leeward keeps no secrets among the records: nothing of it was stored. \
         Replace the secret as a whole, or remove it from the text."
    )
}

/// Airflow hides values by their name and by the names inside a JSON value; plain texts such as a description are not
/// hidden.
fn sensitive_paths(rules: &Rules, key: &str, name: &str, value: &Value) -> Vec<String> {
    let is_never_hidden = rules.kind(name) == FieldKind::Text && !rules.is_one_text();
    if is_never_hidden || secret_id(value).is_some() {
        return Vec::new();
    }
    match value {
        Value::String(text) => sensitive::sensitive_paths(key, text),
        other => sensitive::sensitive_paths(key, &other.to_string()),
    }
}

/// Without a data model nobody can say what the fields mean, what merges with what, and what may be sent.
fn unknown(rules: &Rules, entry: &Entry) -> Option<Refusal> {
    (!rules.are_known()).then(|| {
        Refusal::misfit(format!(
            "This Leeward knows no collection {}. What was entered stays in the log, and nothing of it is sent. Use the \
             Leeward that knows the collection, or take the change back.",
            entry.collection
        ))
    })
}

fn misfit(rules: &Rules, name: &str, value: &Value) -> Option<Refusal> {
    if rules.lacks(name) {
        return Some(Refusal::misfit(format!(
            "The collection has no field named {name}."
        )));
    }
    let fits = secret_id(value).is_some() || rules.allows(name, value);
    (!fits).then(|| Refusal::misfit(format!("The {name} must be a text.")))
}

/// A record is found by the fields that its key is made of: they are set as the key has them, and stay.
fn another_key(rules: &Rules, entry: &Entry) -> Option<Refusal> {
    if entry.deleted {
        return None;
    }
    let names = rules.key_fields();
    let parts = rules.key_parts(&entry.key);
    let is_other = |place: usize, name: &String| {
        let change = entry.fields.get(name);
        let text = |to: &Value| to.as_str().map_or_else(|| to.to_string(), str::to_owned);
        change.is_some_and(|change| change.to.as_ref().map(text).as_ref() != parts.get(place))
    };
    let mut all = names.iter().enumerate();
    let (_, name) = all.find(|(place, name)| is_other(*place, name))?;
    Some(Refusal::misfit(format!(
        "The {name} is a part of the key, which a record keeps. Delete the record, and make another one."
    )))
}

/// A new record needs every field that has no default.
fn incomplete(rules: &Rules, record: &StoredRecord, entry: &Entry) -> Option<Refusal> {
    let creates = entry.kind == EntryKind::Edit
        && record.base.is_none()
        && record.overlay.is_none()
        && entry.fields.values().all(|change| change.from.is_none());
    let given = |name: &str| entry.fields.get(name).is_some_and(|change| change.to.is_some());
    let missing = rules
        .fields()
        .iter()
        .find(|field| Rules::needs(field) && !given(&field.name));
    let missing = missing.filter(|_| creates)?;
    Some(Refusal::misfit(format!("A new record needs a {}.", missing.name)))
}
