//! What an import would do, as data.

use crate::found::FoundJson;
use crate::present::Present;
use leeward_model::{Change, EntryKind};
use leeward_tables::{Note, Refused};
use std::collections::BTreeMap;

/// Whether a key can be used in Airflow; if not, why, as the end of a sentence.
pub type Addressable<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// How a table is to be taken.
#[derive(Clone, Copy, Default)]
pub struct PlanOptions<'a> {
    /// Delete the records that are not in the table.
    pub delete_rest: bool,
    /// The records as they were when the table was exported: what its cells were changed from. Without it, what is there
    /// now counts as seen.
    pub base: Option<&'a Present>,
    /// Whether a key can be used.
    pub addressable: Option<Addressable<'a>>,
}

impl std::fmt::Debug for PlanOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlanOptions")
            .field("delete_rest", &self.delete_rest)
            .field("base", &self.base.map(BTreeMap::len))
            .finish_non_exhaustive()
    }
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The records that are added and changed, in the order of the file.
    pub planned: Vec<Planned>,
    /// The keys of the records that are deleted because they are not in the file.
    pub deleted: Vec<String>,
    /// Rows that change nothing.
    pub unchanged: usize,
    /// Rows and cells that are not taken, in the order of the file.
    pub refused: Vec<Refused>,
    /// What was found out about the file.
    pub found: FoundJson,
    /// What a person should know before this is kept.
    pub notes: Vec<Note>,
    /// What a person should know of the deletes.
    pub rest_notes: Vec<Note>,
}

/// What becomes of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The row of the file.
    pub row: u64,
    /// The record's key; nothing where one has to be made.
    pub key: Option<String>,
    /// Whether it is new.
    pub kind: PlannedKind,
    /// The fields that change: what the file's author saw, and what they wrote.
    pub fields: BTreeMap<String, Change>,
}

/// Whether a record is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlannedKind {
    /// It is not there.
    Added,
    /// It is there, or was when the file was made.
    Changed,
}

/// What keeping a plan does to one record.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanStep {
    /// An edit or a delete.
    pub kind: EntryKind,
    /// The record's key.
    pub key: String,
    /// What was seen, and what is written.
    pub fields: BTreeMap<String, Change>,
}

impl Plan {
    /// Whether it is to be kept: as a whole or, where rows are refused, only if what is good was asked for.
    #[must_use]
    pub fn is_taken(&self, keeps_good: bool) -> bool {
        keeps_good || self.refused.is_empty()
    }

    /// What keeping it does, record by record: to be done in one transaction. `seen` is what the file's author saw,
    /// `make_key` makes up the keys that are generated.
    pub fn steps<'p>(
        &'p self,
        seen: &'p Present,
        make_key: impl Fn() -> String + 'p,
    ) -> impl Iterator<Item = PlanStep> + 'p {
        let edit = move |planned: &Planned| PlanStep {
            kind: EntryKind::Edit,
            key: planned.key.clone().unwrap_or_else(&make_key),
            fields: planned.fields.clone(),
        };
        let delete = |key: &String| PlanStep {
            kind: EntryKind::Delete,
            key: key.clone(),
            fields: seen_fields(seen, key),
        };
        let edits = self.planned.iter().map(edit);
        edits.chain(self.deleted.iter().map(delete))
    }

    /// How many records are planned of this kind.
    #[must_use]
    pub fn count(&self, kind: PlannedKind) -> usize {
        self.planned.iter().filter(|planned| planned.kind == kind).count()
    }
}

/// What a delete carries: the record that was seen.
fn seen_fields(seen: &Present, key: &str) -> BTreeMap<String, Change> {
    let fields = seen.get(key).map(|known| known.fields.clone());
    let change = |(name, from)| {
        let change = Change {
            from: Some(from),
            to: None,
        };
        (name, change)
    };
    fields.unwrap_or_default().into_iter().map(change).collect()
}
