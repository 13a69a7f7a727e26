//! One field: base, local and remote to an outcome.

use crate::json::{self, TextMerge};
use leeward_model::{BaseField, Content, Field, FieldKind, Value};

/// What the merge needs to know of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape<'m> {
    /// How the field is compared and merged.
    pub kind: FieldKind,
    /// The member that tells the items of its arrays apart; without one they merge as a whole.
    pub item_key: Option<&'m str>,
    /// Two changes of it are a clash, whatever they are.
    pub whole: bool,
}

impl From<FieldKind> for Shape<'_> {
    fn from(kind: FieldKind) -> Self {
        Self {
            kind,
            item_key: None,
            whole: false,
        }
    }
}

impl<'m> From<&'m Field> for Shape<'m> {
    fn from(field: &'m Field) -> Self {
        Self {
            kind: field.kind,
            item_key: field.item_key.as_deref(),
            whole: field.whole,
        }
    }
}

/// What the merge of one field comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldMerge {
    /// Nobody changed it.
    Unchanged,
    /// Only Airflow changed it.
    TakeRemote,
    /// Only the analyst changed it.
    KeepLocal,
    /// Both arrived at the same value.
    Converged,
    /// Both changed different parts of a JSON object, or of an array whose items have keys: this holds both changes, in the analyst's formatting.
    Merged(Value),
    /// Both changed the same thing.
    Conflict {
        /// The clashing places as JSON Pointers, where an item of an array is named by its key (`/prices/sku=A1/net`);
        /// empty when the whole field clashes.
        paths: Vec<String>,
    },
}

/// Merges one field. `None` is a missing field (or record); without a base any difference is a conflict.
#[must_use]
pub fn merge_field<'m>(
    shape: impl Into<Shape<'m>>,
    base: Option<&BaseField>,
    local: Option<&Value>,
    remote: Option<&Content>,
) -> FieldMerge {
    let shape = shape.into();
    let kind = shape.kind;
    let Some(base) = base else {
        return without_base(kind, local, remote);
    };
    match (local_moved(base, local), remote_moved(base, remote)) {
        (false, false) => FieldMerge::Unchanged,
        (false, true) => FieldMerge::TakeRemote,
        // Even where the texts are equal: Airflow's `3.1` may be our own `3.10` read back.
        (true, false) => FieldMerge::KeepLocal,
        (true, true) if converged(kind, local, remote) => FieldMerge::Converged,
        (true, true) => both_moved(shape, base, local, remote),
    }
}

/// Whether the analyst's value differs from the base as they see it.
fn local_moved(base: &BaseField, local: Option<&Value>) -> bool {
    local != base.local()
}

/// Whether Airflow's value differs from what was last confirmed, letter by letter.
fn remote_moved(base: &BaseField, remote: Option<&Content>) -> bool {
    remote != Some(&base.seen)
}

/// With no base: one side alone is a creation, two that differ are a conflict.
fn without_base(kind: FieldKind, local: Option<&Value>, remote: Option<&Content>) -> FieldMerge {
    match (local, remote) {
        (None, None) => FieldMerge::Unchanged,
        (Some(_), Some(_)) if converged(kind, local, remote) => FieldMerge::Converged,
        (Some(_), None) => FieldMerge::KeepLocal,
        (None, Some(_)) => FieldMerge::TakeRemote,
        (Some(_), Some(_)) => FieldMerge::Conflict { paths: Vec::new() },
    }
}

/// The same letter by letter or, for JSON objects and arrays, the same when read. Bare scalars count letter by
/// letter: `3.1` is not `3.10`, because Airflow's reads are lossy and the analyst's text is what they meant.
fn converged(kind: FieldKind, local: Option<&Value>, remote: Option<&Content>) -> bool {
    match (local, remote) {
        (None, None) => true,
        (Some(local), Some(Content::Value(remote))) => {
            local == remote || (kind == FieldKind::JsonText && containers_equal(local, remote))
        }
        _ => false,
    }
}

fn containers_equal(local: &Value, remote: &Value) -> bool {
    match (local.as_str(), remote.as_str()) {
        (Some(local), Some(remote)) => json::containers_equal(local, remote),
        _ => false,
    }
}

fn both_moved(
    shape: Shape<'_>,
    base: &BaseField,
    local: Option<&Value>,
    remote: Option<&Content>,
) -> FieldMerge {
    let whole = FieldMerge::Conflict { paths: Vec::new() };
    if shape.whole {
        return whole;
    }
    let (Some(base_seen), Some(local), Some(remote)) =
        (base.seen.value(), local, remote.and_then(Content::value))
    else {
        return whole;
    };
    let base_typed = base.local().unwrap_or(base_seen);
    let Some(sides) = texts(shape.kind, [base_typed, base_seen, local, remote]) else {
        return whole;
    };
    match json::merge_texts(sides.each_ref().map(String::as_str), shape.item_key) {
        TextMerge::Apart => whole,
        TextMerge::Clash(paths) => FieldMerge::Conflict { paths },
        TextMerge::Merged(text) => merged(shape.kind, text).map_or(whole, FieldMerge::Merged),
    }
}

/// The four sides as JSON texts, where the kind merges by key.
fn texts(kind: FieldKind, values: [&Value; 4]) -> Option<[String; 4]> {
    let text = |value: &Value| match kind {
        FieldKind::Text => None,
        FieldKind::JsonText => value.as_str().map(str::to_owned),
        FieldKind::Json => Some(value.to_string()),
    };
    let [a, b, c, d] = values.map(text);
    Some([a?, b?, c?, d?])
}

fn merged(kind: FieldKind, text: String) -> Option<Value> {
    match kind {
        FieldKind::Json => json::read_value(&text).ok(),
        FieldKind::Text | FieldKind::JsonText => Some(Value::String(text)),
    }
}
