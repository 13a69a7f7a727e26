//! Judged at the end, when the faults have stopped and the people have decided what was theirs to decide: everything has
//! arrived, all agree, and nothing was lost on the way.

use super::change::Step;
use super::history::{History, SECOND};
use super::people::{Decision, decided};
use super::scheme::{FIRST, Rec, Scheme, Table, Texts, same};
use crate::contents::Contents;
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::people::CTL;
use crate::tokens::tokens_in;
use crate::truth::DeskId;
use crate::window::store::CLIENT;
use crate::window::view::seen_row;
use leeward_model::{Change, ConflictKind, EntryKind, RecordState, RecordView, VARIABLES, Value};
use leeward_store::{StoreError, Work};

/// The people look so often, and so many times at the most.
const LOOK_US: u64 = 15 * SECOND;
const LOOKS_MAX: u64 = 160;
/// After so many looks a conflict is settled as Airflow's.
const PATIENCE: u64 = 12;

impl History {
    /// The faults stop: everything arrives, and all agree.
    pub(super) fn finish(&mut self) {
        self.calm();
        for looks in 0..LOOKS_MAX {
            self.run_for(LOOK_US);
            let Some((invariant, what)) = self.unfinished() else {
                return self.check_nothing_lost();
            };
            if self.failed() {
                return;
            }
            self.world.lock().say(format_args!("not yet: {what}"));
            if looks + 1 == LOOKS_MAX {
                return self.world.lock().violate(invariant, what);
            }
            for desk in 0..self.desks.len() {
                self.settle(desk, looks);
            }
        }
    }

    /// What has not come to its end yet.
    fn unfinished(&self) -> Option<(Invariant, String)> {
        for desk in 0..self.desks.len() {
            if !self.desks[desk].is_open() {
                return Some((Invariant::Liveness, format!("desk {desk} is closed")));
            }
            if let Some((invariant, what)) = self.waits(desk).or_else(|| self.differs(desk)) {
                return Some((invariant, format!("desk {desk}: {what}")));
            }
        }
        None
    }

    fn waits(&self, desk: DeskId) -> Option<(Invariant, String)> {
        let late = |what: String| Some((Invariant::Liveness, what));
        for table in Table::ALL {
            let stored = self.desks[desk].read(|ledger| ledger.typed_collection(table.name()));
            let Some(stored) = stored.flatten() else {
                return late(format!("{} is not there", table.name()));
            };
            if let Some(trouble) = stored.trouble {
                return late(format!("{} stands still: {trouble}", table.name()));
            }
            let world = self.world.lock();
            let shared = world.airflow.variables.get(&table.model_key());
            if shared.is_none_or(|row| row.raw != stored.file) {
                return late(format!("{} has another data model than Airflow", table.name()));
            }
        }
        for collection in ["currencies", "fx", VARIABLES] {
            let mut views = self.desks[desk].views(collection).into_iter();
            if let Some(view) = views.find(|view| view.state != RecordState::Clean) {
                return late(format!(
                    "{collection}/{} is {:?} ({:?}, {:?})",
                    view.key, view.state, view.note, view.conflict
                ));
            }
        }
        let window = locked(&self.desks[desk].window);
        let unsent = window.log.values().next()?;
        late(format!(
            "the window's log still has {:?} of {}",
            unsent.kind, unsent.key
        ))
    }

    /// Where window, mirror and Airflow differ.
    fn differs(&self, desk: DeskId) -> Option<(Invariant, String)> {
        let world = self.world.lock();
        for table in Table::ALL {
            let scheme = world.shared(table)?;
            let views = self.desks[desk].views(table.name());
            for key in table.keys() {
                let rec = table.rec(key);
                let view = views.iter().find(|view| view.key == *key);
                let there = world.there(&rec).map(|row| scheme.read(&Value::Object(row)));
                if let Some(what) = differs(scheme, &rec, view, there.as_ref()) {
                    return Some(what);
                }
                let window = locked(&self.desks[desk].window);
                let subject = (table.name().to_owned(), (*key).to_owned());
                if window.seen_at(&subject).map(|seen| seen.fields) != view.map(|view| view.fields.clone()) {
                    let what = format!("the window shows {rec} otherwise than the mirror");
                    return Some((Invariant::Convergence, what));
                }
            }
        }
        None
    }

    /// The people decide what is theirs to decide.
    fn settle(&mut self, desk: DeskId, looks: u64) {
        if !self.desks[desk].is_open() {
            return;
        }
        self.accept_brakes_of(desk);
        self.settle_models(desk, looks);
        for table in Table::ALL {
            for view in self.desks[desk].views(table.name()) {
                let rec = table.rec(&view.key);
                let client = if self.world.lock().dice.chance(50) {
                    CTL
                } else {
                    CLIENT
                };
                match view.state {
                    RecordState::Conflict => {
                        let kind = view.conflict.as_ref().map(|conflict| conflict.kind);
                        let decision = match self.world.lock().dice.below(3) {
                            // Neither side fits its field.
                            _ if kind == Some(ConflictKind::Invalid) => Decision::Edited,
                            _ if looks > PATIENCE => Decision::Airflow,
                            0 => Decision::Mine,
                            1 => Decision::Airflow,
                            _ => Decision::Edited,
                        };
                        self.resolve_of(desk, client, &rec, decision);
                    }
                    RecordState::Rejected => self.take_back_of(desk, client, &rec),
                    RecordState::Violation => self.mend(desk, client, &rec, looks),
                    _ => {}
                }
            }
        }
    }

    /// They look at what vanished, and agree that it is gone.
    pub(super) fn accept_brakes_of(&mut self, desk: DeskId) {
        let Some(app) = &self.desks[desk].app else { return };
        let accepted = locked(&app.mirror).write(|ledger| {
            let brakes = ledger.brakes()?;
            brakes
                .iter()
                .try_for_each(|brake| ledger.accept_brake(&brake.collection).map(drop))?;
            Ok::<_, StoreError>(!brakes.is_empty())
        });
        if !accepted.unwrap_or(false) {
            return;
        }
        {
            let world = &mut *self.world.lock();
            world.counters.other("brake.accepted");
            world.say(format_args!("desk {desk} accepts that much is gone"));
        }
        self.wake(desk);
    }

    /// Settles a broken rule, if there is one.
    pub(super) fn mend_any(&mut self, desk: DeskId, client: &'static str) {
        let is_broken = |rec: &Rec| {
            let seen = self.shown(desk, client, rec.table.name(), &rec.key);
            seen.is_some_and(|seen| seen.state == RecordState::Violation)
        };
        let recs: Vec<Rec> = Rec::all().filter(is_broken).collect();
        let rec = self.world.lock().dice.pick(&recs).cloned();
        if let Some(rec) = rec {
            self.mend(desk, client, &rec, 0);
        }
    }

    /// By an edit of one that takes part, or by taking work back.
    fn mend(&mut self, desk: DeskId, client: &'static str, rec: &Rec, looks: u64) {
        let view = self.desks[desk].views(rec.table.name());
        let view = view.iter().find(|view| view.key == rec.key);
        let has_work = view.is_some_and(RecordView::is_worked_on);
        let is_deleted = view.is_some_and(|view| view.deleted);
        let takes_back = self.world.lock().dice.chance(30) || looks > PATIENCE;
        self.world.lock().counters.other("violation.mended");
        if is_deleted || (has_work && takes_back) {
            return self.take_back_of(desk, client, rec);
        }
        let there = self.desks[desk].views(Table::Currencies.name());
        let there: Vec<String> = there
            .iter()
            .filter(|view| !view.deleted)
            .map(|view| view.key.clone())
            .collect();
        let text = {
            let world = &mut *self.world.lock();
            match rec.table {
                Table::Currencies => format!("n{}", world.new_token()),
                Table::Rates => match world.dice.pick(&there) {
                    Some(key) => key.clone(),
                    None => String::new(),
                },
            }
        };
        if text.is_empty() {
            // There is nothing that it could refer to.
            return self.edit_of(desk, client, &Table::Currencies.rec("eur"), None);
        }
        self.edit_of(desk, client, rec, Some((FIRST, text)));
    }

    /// Two versions at once are a conflict of the Variable; a collection that stands still goes on by a newer version.
    fn settle_models(&mut self, desk: DeskId, looks: u64) {
        for view in self.desks[desk].views(VARIABLES) {
            match view.state {
                RecordState::Conflict => self.decide_model(desk, &view, looks),
                RecordState::Rejected => self.enter_about_model(desk, &view, EntryKind::TakeBack, None),
                _ => {}
            }
        }
        for table in Table::ALL {
            let stored = self.desks[desk].read(|ledger| ledger.typed_collection(table.name()));
            let stands_still = stored.flatten().is_some_and(|stored| stored.trouble.is_some());
            if stands_still && looks > 2 {
                self.go_on_by_a_newer_version(table);
            }
        }
    }

    /// Who works by what Airflow has makes a newer version of it, which the others can follow.
    fn go_on_by_a_newer_version(&mut self, table: Table) {
        for desk in 0..self.desks.len() {
            let works = self.model_of(desk, CTL, table).map(|(file, _)| file);
            let is_shared = {
                let world = self.world.lock();
                let shared = world.airflow.variables.get(&table.model_key());
                works.is_some_and(|file| shared.is_some_and(|row| row.raw == file))
            };
            if is_shared && self.change_model_of(desk, table, Step::Add) {
                return;
            }
        }
        self.put_model_back(table);
    }

    /// Nobody works by what Airflow has, as where a late write brought back a version that lost: somebody puts theirs there.
    fn put_model_back(&mut self, table: Table) {
        for desk in 0..self.desks.len() {
            let works = self.model_of(desk, CTL, table).map(|(file, _)| file);
            let views = self.desks[desk].views(VARIABLES);
            let view = views.into_iter().find(|view| view.key == table.model_key());
            if let (Some(file), Some(view)) = (works, view) {
                let change = Change {
                    from: view.fields.get("value").cloned(),
                    to: Some(Value::String(file)),
                };
                let fields = super::people::Changes::from([("value".to_owned(), change)]);
                return self.enter_about_model(desk, &view, EntryKind::Edit, Some((fields, false)));
            }
        }
    }

    fn decide_model(&mut self, desk: DeskId, view: &RecordView, looks: u64) {
        let Some(conflict) = view.conflict.clone() else {
            return;
        };
        let is_mine = self.world.lock().dice.chance(50) && looks <= PATIENCE;
        let decision = if is_mine {
            Decision::Mine
        } else {
            Decision::Airflow
        };
        let (fields, deleted) = decided(&conflict, &seen_row(view), decision, &|field| field.mine.clone());
        self.world.lock().counters.other("model.conflict");
        self.enter_about_model(desk, view, EntryKind::Resolve, Some((fields, deleted)));
    }

    fn enter_about_model(
        &mut self,
        desk: DeskId,
        view: &RecordView,
        kind: EntryKind,
        decision: Option<(super::people::Changes, bool)>,
    ) {
        let (id, now) = (self.new_id(), self.wall());
        let (fields, deleted) = decision.unwrap_or_default();
        let work = Work {
            collection: VARIABLES.into(),
            key: view.key.clone(),
            fields,
            deleted,
            ..Work::new(id, kind)
        };
        let Some(app) = &self.desks[desk].app else { return };
        let entered = locked(&app.mirror).write(|ledger| ledger.enter(CTL, work, now));
        let told = entered.map_or_else(|error| error.to_string(), |_| "done".into());
        self.world
            .lock()
            .say(format_args!("desk {desk}: {kind:?} of {}: {told}", view.key));
        self.wake(desk);
    }

    /// Every piece of work came to an end that is told.
    fn check_nothing_lost(&self) {
        for desk in 0..self.desks.len() {
            let contents = Contents::of_image(&self.desks[desk].disk.after_kill());
            self.check_imports(desk, &contents);
        }
        let mut found = Vec::new();
        let world = &mut *self.world.lock();
        for op in &world.ops {
            // Of a text that stands in several places nobody can tell whose work it is.
            let is_own = |text: &str| !tokens_in(text).is_empty() && !world.copied.contains(text);
            for (ident, text) in op.open().filter(|(_, text)| is_own(text)) {
                let is_dropped = world.was_dropped(op, ident);
                if is_dropped && self.history_has(op.desk, &op.rec, text) {
                    continue;
                }
                let is_of_a_change =
                    is_dropped || world.schemes.get(&op.scheme) != world.shared(op.rec.table);
                let invariant = match is_of_a_change {
                    true => Invariant::ModelNeverLoses,
                    false => Invariant::NoLostEdit,
                };
                let what = format!("desk {}: {text} typed into {} never arrived", op.desk, op.rec);
                found.push((invariant, what));
            }
        }
        for (invariant, what) in found {
            world.violate(invariant, what);
        }
    }

    fn history_has(&self, desk: DeskId, rec: &Rec, text: &str) -> bool {
        let items = self.desks[desk].read(|ledger| ledger.history(rec.table.name(), &rec.key, 1000));
        let mut fields = items.into_iter().flatten().filter_map(|item| item.fields);
        fields.any(|fields| {
            fields
                .values()
                .any(|value| same(text, &super::scheme::text_of(value)))
        })
    }
}

/// How a record is shown otherwise than Airflow has it.
fn differs(
    scheme: &Scheme,
    rec: &Rec,
    view: Option<&RecordView>,
    there: Option<&Texts>,
) -> Option<(Invariant, String)> {
    let shown = view.map(|view| scheme.shown(&view.fields));
    let (Some(shown), Some(there)) = (&shown, there) else {
        let differ = shown.is_some() != there.is_some();
        let what = format!("{rec} is there on one side only: shown {shown:?}, in Airflow {there:?}");
        return differ.then_some((Invariant::Convergence, what));
    };
    let is_same = shown.len() == there.len()
        && shown
            .iter()
            .all(|(ident, text)| there.get(ident).is_some_and(|other| same(text, other)));
    let what = format!("{rec} is shown as {shown:?}, and Airflow has {there:?}");
    (!is_same).then_some((Invariant::ModelNeverLoses, what))
}
