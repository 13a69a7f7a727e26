//! Imports, from the moment when a plan is kept: as the window and `leewardctl` do it, in one transaction of their store.
//! Reading and planning have no state; `exchange` and `transfer` are tested by themselves, and would bring readers of
//! every format into this build. *no-half-import* judges what the two stores hold, after each crash and at the end.

use super::history::History;
use super::people::{Changes, Doing, changes, work_of};
use super::scheme::{FIRST, KEY, Rec, Scheme, Spec, Table, Texts};
use super::world::Import;
use crate::bugs::Bug;
use crate::contents::Contents;
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::people::CTL;
use crate::truth::{DeskId, OpKind};
use crate::window::store::CLIENT;
use leeward_store::StoreError;
use std::collections::BTreeSet;
use ulid::Ulid;

/// A plan: what is to be done to which records, by which data model.
struct Plan {
    steps: Vec<Doing>,
    /// A row was refused, and nobody asked for the others: nothing may be kept.
    is_refused: bool,
}

impl History {
    /// Imports a file, in the window or at a terminal.
    pub(super) fn import(&mut self, desk: DeskId, client: &'static str) {
        let table = Table::ALL[self.world.lock().dice.index(2)];
        let Some(plan) = self.plan(desk, client, table) else {
            return;
        };
        match client {
            CLIENT => self.keep_plan_in_window(desk, &plan),
            _ => self.keep_plan_at_terminal(desk, &plan),
        }
    }

    /// What the rows of a file come to: whole rows, for records that are there or new; at times the rest is deleted.
    fn plan(&self, desk: DeskId, client: &'static str, table: Table) -> Option<Plan> {
        let (file, scheme) = self.model_of(desk, client, table)?;
        let columns: Vec<&Spec> = {
            let dice = &mut self.world.lock().dice;
            let fields = scheme.fields[1..].iter();
            fields
                .filter(|spec| spec.required || spec.ident == FIRST || dice.chance(50))
                .collect()
        };
        let (mut steps, mut is_refused) = (Vec::new(), false);
        let count = self.world.lock().dice.within(2, 3);
        let deletes_rest = self.world.lock().dice.chance(10);
        let keeps_good = self.world.lock().dice.chance(50);
        for (row, key) in (0..).zip(table.keys().iter().rev()) {
            let rec = table.rec(key);
            let fields = if row < count {
                let of = |spec: &&Spec| (spec.ident, self.text_for(desk, table, spec));
                let texts: Texts = columns.iter().map(of).collect();
                let fits = columns
                    .iter()
                    .all(|spec| texts.get(&spec.ident).is_none_or(|text| spec.fits(text)));
                if !fits {
                    is_refused |= !keeps_good;
                    continue;
                }
                self.row(desk, client, &scheme, &rec, texts)
            } else {
                Changes::new()
            };
            let kind = if row < count { OpKind::Edit } else { OpKind::Delete };
            if (kind == OpKind::Delete && !deletes_rest) || (kind == OpKind::Edit && fields.is_empty()) {
                continue;
            }
            let shown = self.shown(desk, client, table.name(), key);
            let is_there = shown.as_ref().is_some_and(|seen| !seen.deleted);
            // The window withholds what is in conflict; what is to be deleted is there no more.
            let is_withheld = client == CLIENT && shown.is_some_and(|seen| seen.conflict.is_some());
            if is_withheld || (kind == OpKind::Delete && !is_there) {
                continue;
            }
            steps.push(Doing {
                client,
                kind,
                rec,
                fields,
                mine: None,
                deleted: false,
                scheme: file.clone(),
            });
        }
        Some(Plan { steps, is_refused })
    }

    /// What a row changes; a new record gets the field of its key.
    fn row(&self, desk: DeskId, client: &'static str, scheme: &Scheme, rec: &Rec, texts: Texts) -> Changes {
        let shown = self.shown(desk, client, rec.table.name(), &rec.key);
        let seen = shown.filter(|seen| !seen.deleted);
        let mut texts = texts;
        if seen.is_none() {
            texts.insert(KEY, rec.key.clone());
        }
        let mut changes = changes(scheme, &texts, seen.as_ref());
        changes.retain(|_, change| change.from != change.to);
        changes
    }

    /// `leewardctl import`: kept in one transaction of the mirror.
    fn keep_plan_at_terminal(&mut self, desk: DeskId, plan: &Plan) {
        let ids: Vec<Ulid> = plan.steps.iter().map(|_| self.new_id()).collect();
        let (is_split, now) = (self.bug == Some(Bug::ImportsRowByRow), self.wall());
        if plan.is_refused || plan.steps.is_empty() {
            return self.take_note(desk, CTL, plan, &ids, Some(false));
        }
        let Some(app) = &self.desks[desk].app else { return };
        let works: Vec<_> = plan
            .steps
            .iter()
            .zip(&ids)
            .map(|(step, id)| work_of(step, *id))
            .collect();
        let kept = {
            let mut mirror = locked(&app.mirror);
            let size = if is_split { 1 } else { works.len() };
            works.chunks(size).try_for_each(|part| {
                mirror.write(|ledger| {
                    for work in part {
                        ledger.enter(CTL, work.clone(), now)?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
        };
        let told = self.desks[desk].is_open().then_some(kept.is_ok());
        self.take_note(desk, CTL, plan, &ids, told);
        for (step, id) in plan.steps.iter().zip(&ids) {
            self.entered(desk, step, *id, kept.is_ok());
        }
    }

    /// The window's import: planned by what is there, looked at for a while, and kept in one transaction of its store.
    fn keep_plan_in_window(&mut self, desk: DeskId, plan: &Plan) {
        let looks = self.world.lock().dice.chance(25);
        if looks {
            let micros = self.world.lock().dice.within(1, 70) * 1_000_000;
            self.run_for(micros);
        }
        if !self.desks[desk].is_open() {
            return;
        }
        let ids: Vec<Ulid> = plan.steps.iter().map(|_| self.new_id()).collect();
        self.take_note(desk, CLIENT, plan, &ids, Some(!plan.is_refused));
        if plan.is_refused {
            return;
        }
        for (step, id) in plan.steps.iter().zip(&ids) {
            self.keep_in_window(desk, step, *id);
            self.note(desk, step, *id, false, false);
        }
        self.wake(desk);
    }

    fn take_note(
        &self,
        desk: DeskId,
        client: &'static str,
        plan: &Plan,
        entries: &[Ulid],
        told: Option<bool>,
    ) {
        let name = match told {
            Some(true) => "import.kept",
            Some(false) => "import.not_kept",
            None => "import.unsure",
        };
        let world = &mut *self.world.lock();
        world.counters.other(name);
        world.say(format_args!(
            "desk {desk} {client}: {name}, {} records, refused: {}",
            entries.len(),
            plan.is_refused
        ));
        world.imports.push(Import {
            desk,
            client,
            entries: entries.to_vec(),
            told,
        });
    }

    /// An import is there as a whole or not at all, and as it was told, in what a desktop's two stores hold.
    pub(super) fn check_imports(&self, desk: DeskId, mirror: &Contents) {
        let mut held: BTreeSet<Ulid> = mirror.entries.clone();
        held.extend(Contents::of_window(&locked(&self.desks[desk].window)).entries);
        let world = &mut *self.world.lock();
        let mut found = Vec::new();
        for import in world.imports.iter_mut().filter(|import| import.desk == desk) {
            let there = import.entries.iter().filter(|id| held.contains(id)).count();
            let all = import.entries.len();
            let what = match import.told {
                _ if there > 0 && there < all => "a part of it is there",
                Some(true) if there < all => "it was kept, and is not there",
                Some(false) if there > 0 => "it was not kept, and is there",
                _ => {
                    // What was found after the crash stays so.
                    import.told.get_or_insert(there > 0);
                    continue;
                }
            };
            found.push(format!(
                "desk {desk}: an import by {} has {there} of {all} records: {what}",
                import.client
            ));
        }
        for what in found {
            world.violate(Invariant::NoHalfImport, what);
        }
    }
}
