//! What the analyst sees: the pulled row with the work on top that it does not include yet (`overlay.ts`,
//! `action-view.ts`).

use super::store::{Subject, WindowStore};
use crate::collections::Id;
use leeward_model::{
    Action, ActionState, ActionView, Conflict, Entry, EntryKind, Fields, RecordState, RecordView,
};

/// A record as a screen shows it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its fields.
    pub fields: Fields,
    /// Fields that hold a secret.
    pub sealed: Vec<String>,
    /// Where it stands.
    pub state: RecordState,
    /// Deleted, pending.
    pub deleted: bool,
    /// The conflict.
    pub conflict: Option<Conflict>,
}

#[derive(Clone, Copy, PartialEq)]
enum Cleared {
    No,
    TakenBack,
    Resolved,
}

struct Work {
    cleared: Cleared,
    fields: Fields,
    removed: Vec<String>,
    deleted: bool,
}

impl WindowStore {
    /// A record; `None` when there is no such record (any more).
    #[must_use]
    pub fn seen(&self, id: &Id) -> Option<Seen> {
        self.seen_at(&(id.kind.name().to_owned(), id.key.clone()))
    }

    /// The same by collection and key.
    #[must_use]
    pub fn seen_at(&self, subject: &Subject) -> Option<Seen> {
        let row = self.rows.get(subject).map(|row| &row.record);
        match self.overlay.get(subject).filter(|entries| !entries.is_empty()) {
            None => row.map(seen_row),
            Some(entries) => overlaid(row, entries),
        }
    }

    /// Every action, as pulled or as queued here.
    #[must_use]
    pub fn shown_actions(&self) -> Vec<(Action, ActionState)> {
        let pulled = self
            .actions
            .values()
            .map(|view| (view.action.clone(), view.state));
        let queued = self
            .overlay
            .iter()
            .filter(|((collection, id), _)| collection.is_empty() && !self.actions.contains_key(id));
        let queued = queued.filter_map(|(_, entries)| {
            let action = entries.first()?.action.clone()?;
            Some((action, ActionState::Queued))
        });
        pulled.chain(queued).collect()
    }

    /// An action as pulled.
    #[must_use]
    pub fn action(&self, id: &str) -> Option<&ActionView> {
        self.actions.get(id)
    }
}

/// A record as the mirror shows it.
#[must_use]
pub fn seen_row(row: &RecordView) -> Seen {
    Seen {
        fields: row.fields.clone(),
        sealed: row.sealed.clone(),
        state: row.state,
        deleted: row.deleted,
        conflict: row.conflict.clone(),
    }
}

fn overlaid(row: Option<&RecordView>, entries: &[Entry]) -> Option<Seen> {
    let work = entries.iter().fold(nothing(), add);
    let fields = fields_of(row, &work);
    if is_gone(row, &work) {
        return None;
    }
    let stays = row.is_some_and(|row| {
        row.state == RecordState::InDoubt
            || (row.state == RecordState::Conflict && work.cleared == Cleared::No)
    });
    let converged = !work.deleted && row.and_then(|row| row.base.as_ref()) == Some(&fields);
    let state = match row {
        Some(row) if stays => row.state,
        _ if converged => RecordState::Clean,
        _ => RecordState::Pending,
    };
    let conflict = row.and_then(|row| row.conflict.clone());
    Some(Seen {
        fields,
        sealed: row.map(|row| row.sealed.clone()).unwrap_or_default(),
        state,
        deleted: work.deleted,
        conflict: conflict.filter(|_| state == RecordState::Conflict),
    })
}

fn nothing() -> Work {
    Work {
        cleared: Cleared::No,
        fields: Fields::new(),
        removed: Vec::new(),
        deleted: false,
    }
}

fn add(mut work: Work, entry: &Entry) -> Work {
    match entry.kind {
        EntryKind::Edit => {
            changed(&mut work, entry);
            work.deleted = false;
        }
        EntryKind::Resolve => {
            changed(&mut work, entry);
            work.cleared = Cleared::Resolved;
            work.deleted = entry.deleted;
        }
        EntryKind::Delete => {
            work.fields.clear();
            work.removed.clear();
            work.deleted = true;
        }
        EntryKind::TakeBack => {
            work = Work {
                cleared: Cleared::TakenBack,
                ..nothing()
            };
        }
        EntryKind::Act | EntryKind::Release => {}
    }
    work
}

fn changed(work: &mut Work, entry: &Entry) {
    for (name, change) in &entry.fields {
        match &change.to {
            Some(to) => {
                work.removed.retain(|removed| removed != name);
                work.fields.insert(name.clone(), to.clone());
            }
            None => {
                work.fields.remove(name);
                work.removed.push(name.clone());
            }
        }
    }
}

fn fields_of(row: Option<&RecordView>, work: &Work) -> Fields {
    let under = match row {
        None => Fields::new(),
        Some(row) if work.cleared == Cleared::TakenBack => row.base.clone().unwrap_or_default(),
        Some(row) => row.fields.clone(),
    };
    let mut fields: Fields = under
        .into_iter()
        .filter(|(name, _)| !work.removed.contains(name))
        .collect();
    fields.extend(work.fields.clone());
    fields
}

fn is_gone(row: Option<&RecordView>, work: &Work) -> bool {
    if row.is_some_and(|row| row.state == RecordState::InDoubt || row.base.is_some()) {
        return false;
    }
    if work.deleted {
        return row.is_none();
    }
    work.cleared == Cleared::TakenBack && work.fields.is_empty()
}
