//! Fields that merge together: two changes of a group are a clash, even of different fields.

use super::Subject;
use crate::{FieldMerge, merge_field};
use leeward_model::{Content, Overlay};
use std::collections::{BTreeMap, BTreeSet};

/// Who changed a field, since the edit was made.
#[derive(Default)]
struct Changed {
    here: bool,
    there: bool,
}

/// The changed fields of the groups that both sides have changed. What both changed alike is no change of either.
pub(super) fn changed_apart<'s>(
    subject: &Subject<'s>,
    overlay: &Overlay,
    remote: &BTreeMap<String, Content>,
) -> BTreeSet<&'s String> {
    let mut apart = BTreeSet::new();
    for group in &subject.collection.merge {
        let all: Vec<_> = group
            .iter()
            .map(|name| (name, changed(subject, overlay, remote, name)))
            .collect();
        if all.iter().any(|(_, one)| one.here) && all.iter().any(|(_, one)| one.there) {
            apart.extend(
                all.into_iter()
                    .filter(|(_, one)| one.here || one.there)
                    .map(|(name, _)| name),
            );
        }
    }
    apart
}

fn changed(
    subject: &Subject<'_>,
    overlay: &Overlay,
    remote: &BTreeMap<String, Content>,
    name: &str,
) -> Changed {
    let content = remote.get(name);
    let Some(edit) = overlay.fields.get(name) else {
        let seen = subject.base_of(name).map(|base| &base.seen);
        return Changed {
            here: false,
            there: seen != content,
        };
    };
    let (here, there) = match merge_field(subject.shape(name), edit.base.as_ref(), edit.to.as_ref(), content)
    {
        FieldMerge::Unchanged | FieldMerge::Converged => (false, false),
        FieldMerge::TakeRemote => (false, true),
        FieldMerge::KeepLocal => (true, false),
        FieldMerge::Merged(_) | FieldMerge::Conflict { .. } => (true, true),
    };
    Changed { here, there }
}
