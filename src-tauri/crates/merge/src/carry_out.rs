//! Carries out the steps of a plan that concern the mirror alone. The write to Airflow is somebody else's.

use crate::Op;
use leeward_model::{Against, BaseField, Conflict, ConflictKind, Overlay, OverlayField, Value};
use std::collections::BTreeMap;

/// The parts of a record that the steps of a plan change.
#[derive(Debug)]
pub struct Parts<'r> {
    /// As last confirmed by Airflow; `None` when it was not there.
    pub base: &'r mut Option<BTreeMap<String, BaseField>>,
    /// The analyst's pending work.
    pub overlay: &'r mut Option<Overlay>,
    /// What a person must settle.
    pub conflict: &'r mut Option<Conflict>,
}

/// What carrying out steps changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effects {
    /// A value of Airflow's was taken over.
    pub taken: bool,
    /// Both sides' changes were merged.
    pub merged: bool,
    /// A conflict was stored that was not there before.
    pub new_conflict: bool,
    /// Nothing is pending any more.
    pub work_done: bool,
    /// The same, and no conflict was left that keeps other work: what was pending is verified.
    pub verified: bool,
}

/// A field as the overlay over the base leaves it. A pending delete leaves nothing; a sealed field has no value.
#[must_use]
pub fn local<'r>(
    base: Option<&'r BTreeMap<String, BaseField>>,
    overlay: Option<&'r Overlay>,
    field: &str,
) -> Option<&'r Value> {
    let of_base = || base?.get(field)?.local();
    match overlay {
        None => of_base(),
        Some(overlay) if overlay.deleted => None,
        Some(overlay) => match overlay.fields.get(field) {
            Some(edited) => edited.to.as_ref(),
            None => of_base(),
        },
    }
}

impl Parts<'_> {
    /// Carries out a step that is not a write to Airflow; a write changes nothing here.
    pub fn carry_out(&mut self, op: &Op, effects: &mut Effects) {
        match op {
            Op::Take { field, base } => {
                effects.taken = true;
                self.set_base(field, base);
            }
            Op::Settle { field, base } => {
                self.set_base(field, base);
                self.settle(field, effects);
            }
            Op::Drop { field } => {
                effects.taken = true;
                if let Some(base) = self.base {
                    base.remove(field);
                }
                self.settle(field, effects);
            }
            Op::Rebase { field, base, overlay } => {
                effects.merged = true;
                self.set_base(field, base);
                self.set_overlay(field, overlay);
            }
            Op::Forget => {
                effects.taken = self.overlay.is_none();
                *self.base = None;
                self.drop_overlay(effects);
            }
            Op::DropOverlay => self.drop_overlay(effects),
            Op::Conflict(conflict) => {
                effects.new_conflict = self.conflict.is_none();
                *self.conflict = Some((**conflict).clone());
            }
            Op::ClearConflict => self.clear_conflict(),
            Op::Create { .. } | Op::Update { .. } | Op::Delete => {}
        }
    }

    /// The field's edit is true in Airflow; with the last one, the record's work is done.
    pub fn settle(&mut self, field: &str, effects: &mut Effects) {
        let Some(overlay) = self.overlay else {
            return;
        };
        overlay.fields.remove(field);
        if overlay.fields.is_empty() && !overlay.deleted {
            self.drop_overlay(effects);
        }
    }

    /// Nothing is pending any more.
    pub fn drop_overlay(&mut self, effects: &mut Effects) {
        let was_deleted = self.overlay.as_ref().is_some_and(|overlay| overlay.deleted);
        *self.overlay = None;
        self.clear_conflict();
        if was_deleted {
            self.forget_decisions();
        }
        effects.work_done = true;
        effects.verified |= self.conflict.is_none();
    }

    fn set_base(&mut self, field: &str, base: &BaseField) {
        let fields = self.base.get_or_insert_with(BTreeMap::new);
        fields.insert(field.to_owned(), base.clone());
    }

    fn set_overlay(&mut self, field: &str, overlay: &OverlayField) {
        let edits = self.overlay.get_or_insert_with(Overlay::default);
        edits.fields.insert(field.to_owned(), overlay.clone());
    }

    fn local(&self, field: &str) -> Option<&Value> {
        local(self.base.as_ref(), self.overlay.as_ref(), field)
    }

    /// What clashed with Airflow is settled. Another edit of this computer, or a decision that was not carried out, may be
    /// kept in the conflict alone: that waits for its person, whatever Airflow has.
    fn clear_conflict(&mut self) {
        let Some(mut conflict) = self.conflict.take() else {
            return;
        };
        let names = conflict.fields.iter().map(|field| &field.name);
        let undone: Vec<String> = names
            .filter(|name| self.is_undone(&conflict, name))
            .cloned()
            .collect();
        conflict
            .fields
            .retain(|field| field.against == Against::Local || undone.contains(&field.name));
        if conflict.fields.is_empty() {
            return;
        }
        for field in &mut conflict.fields {
            field.mine = self.local(&field.name).cloned();
            if field.against == Against::Airflow {
                let base = self.base.as_ref().and_then(|base| base.get(&field.name));
                field.airflow = base.and_then(BaseField::local).cloned();
            }
        }
        conflict.airflow_deleted = self.base.is_none();
        conflict.mine_deleted = false;
        conflict.kind = if conflict.airflow_deleted {
            ConflictKind::EditDelete
        } else {
            ConflictKind::Fields
        };
        *self.conflict = Some(conflict);
    }

    /// Whether a decision on the field is kept that has not come true.
    fn is_undone(&self, conflict: &Conflict, name: &str) -> bool {
        conflict.kept(name).any(|kept| self.local(name) != Some(kept))
    }

    /// A delete was meant after them.
    fn forget_decisions(&mut self) {
        if let Some(conflict) = self.conflict {
            conflict.fields.retain(|field| field.against == Against::Local);
            conflict.decided = None;
        }
        self.conflict.take_if(|conflict| conflict.fields.is_empty());
    }
}
