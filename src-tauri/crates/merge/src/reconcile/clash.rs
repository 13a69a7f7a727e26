//! Conflicts: what is asked of a person, and when.

use super::Subject;
use crate::{Op, suggest};
use leeward_model::{Against, BaseField, Conflict, ConflictField, ConflictKind, Content, OverlayField};

/// A conflict with another edit on this computer stands until a person settles it.
pub(super) fn has_local_clash(subject: &Subject<'_>) -> bool {
    let fields = subject.conflict.map_or(&[][..], |conflict| &conflict.fields);
    fields.iter().any(|field| field.against == Against::Local)
}

/// A field of a conflict with Airflow.
pub(super) fn field(
    subject: &Subject<'_>,
    name: &str,
    edit: &OverlayField,
    remote: Option<&Content>,
    paths: Vec<String>,
) -> ConflictField {
    let base = edit.base.as_ref().and_then(BaseField::local);
    let (mine, airflow) = (edit.to.as_ref(), remote.and_then(Content::value));
    ConflictField {
        name: name.to_owned(),
        suggestion: suggest(subject.shape(name), base, mine, airflow),
        base: base.cloned(),
        mine: mine.cloned(),
        airflow: airflow.cloned(),
        sealed: matches!(remote, Some(Content::Sealed(_))),
        paths,
        against: Against::Airflow,
    }
}

pub(super) fn new_conflict(
    subject: &Subject<'_>,
    kind: ConflictKind,
    fields: Vec<ConflictField>,
) -> Conflict {
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
pub(super) fn raise(subject: &Subject<'_>, conflict: Conflict) -> Vec<Op> {
    if subject.conflict == Some(&conflict) {
        Vec::new()
    } else {
        vec![Op::Conflict(Box::new(conflict))]
    }
}

pub(super) fn clear_conflict(subject: &Subject<'_>) -> Vec<Op> {
    let is_over = subject.conflict.is_some() && !has_local_clash(subject);
    is_over.then_some(Op::ClearConflict).into_iter().collect()
}
