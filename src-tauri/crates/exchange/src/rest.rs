//! Deleting the records that are not in the file.

use crate::keys::RowKey;
use crate::layout::Layout;
use crate::planned::Plan;
use crate::present::Present;
use crate::secrets;
use leeward_tables::{Note, NoteCode, Table};
use std::collections::HashSet;

/// Adds to the plan what is deleted. A record of which the file has a row stays, also where the row is refused; one that
/// holds a secret stays, since no export has it; one that was not there when the file was made stays, since its author
/// has not seen it.
pub(crate) fn delete(
    layout: &Layout,
    plan: &mut Plan,
    keys: &[RowKey],
    table: &Table,
    present: &Present,
    base: Option<&Present>,
) {
    let is_unknown = keys.iter().any(|key| matches!(key, RowKey::Refused(_)));
    if is_unknown || !table.refused.is_empty() {
        let sentence =
            "Nothing is deleted: some rows are refused, and which records they are about is not known.";
        plan.rest_notes.push(Note::new(NoteCode::Kept, sentence));
        return;
    }
    let in_file: HashSet<&str> = keys
        .iter()
        .filter_map(|key| match key {
            RowKey::Of(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let rest = present.iter().filter(|(key, _)| !in_file.contains(key.as_str()));
    let (mut sealed, mut unseen) = (0, 0);
    for (key, known) in rest {
        if secrets::holds_any(layout, key, known) {
            sealed += 1;
        } else if base.is_some_and(|base| !base.contains_key(key)) {
            unseen += 1;
        } else {
            plan.deleted.push(key.clone());
        }
    }
    let kept = |count: usize, why: &str| {
        let sentence = format!("{count} of the records that are not in the file stay: {why}.");
        (count > 0).then(|| Note::new(NoteCode::Kept, sentence))
    };
    plan.rest_notes
        .extend(kept(sealed, "they hold a secret, which no file has"));
    plan.rest_notes
        .extend(kept(unseen, "they were not there yet when the file was made"));
}
