//! Judged all along: what desktops show of their work. And at the end, when the faults have stopped and the people have
//! decided what was theirs to decide: everything has arrived, and all show what the store has.

use super::history::{History, SECOND};
use super::tables::{Rec, fields_of};
use crate::invariant::Invariant;
use crate::locked::locked;
use crate::people::CTL;
use crate::truth::DeskId;
use crate::window::store::CLIENT;
use leeward_model::{Fields, RecordState};

/// The people look so often, and so many times at the most.
const LOOK_US: u64 = 20 * SECOND;
const LOOKS_MAX: u64 = 120;
/// After so many looks a conflict is settled as Airflow's.
const PATIENCE: u64 = 12;

impl History {
    /// What each desktop shows of its work is true.
    pub(super) fn judge_desks(&mut self) {
        for desk in 0..self.desks.len() {
            if !self.desks[desk].is_open() {
                continue;
            }
            let recs = self.world.lock().recs();
            for rec in recs {
                let record = self.desks[desk].read(|ledger| ledger.record(rec.collection, rec.key));
                // A mirror that cannot be read tells nothing.
                let Some(record) = record else { continue };
                let view = record.filter(leeward_store::StoredRecord::is_visible);
                let state = view
                    .map(|record| record.view())
                    .map(|view| (view.state, view.note));
                self.world.lock().judge_state(desk, rec, state.as_ref());
            }
        }
    }

    /// The faults stop: everything arrives, and all agree.
    pub(super) fn finish(&mut self) {
        self.calm();
        for looks in 0..LOOKS_MAX {
            self.run_for(LOOK_US);
            self.judge_desks();
            if self.failed() {
                return;
            }
            let Some((invariant, what)) = self.unfinished() else {
                return self.check_nothing_lost();
            };
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
            if let Some((invariant, what)) = self.differs(desk).or_else(|| self.waits(desk)) {
                return Some((invariant, format!("desk {desk}: {what}")));
            }
        }
        None
    }

    fn waits(&self, desk: DeskId) -> Option<(Invariant, String)> {
        let late = |what: String| Some((Invariant::Liveness, what));
        let views = self.desks[desk].read(|ledger| Ok((ledger.collection_views()?, ledger.has_batches()?)));
        let Some((views, has_batches)) = views else {
            return late("the mirror cannot be read".into());
        };
        if let Some(trouble) = views.into_iter().find_map(|view| view.trouble) {
            return late(format!("it stands still: {trouble}"));
        }
        if has_batches {
            return late("a batch is on its way".into());
        }
        let recs = self.world.lock().recs();
        for rec in recs {
            let views = self.desks[desk].views(rec.collection);
            let view = views.into_iter().find(|view| view.key == rec.key);
            if let Some(view) = view.filter(|view| view.state != RecordState::Clean) {
                return late(format!("{rec} is {:?} ({:?})", view.state, view.note));
            }
        }
        let window = locked(&self.desks[desk].window);
        let unsent = window.log.values().next()?;
        late(format!(
            "the window's log still has {:?} of {}",
            unsent.kind, unsent.key
        ))
    }

    /// Where window, mirror and store differ.
    fn differs(&self, desk: DeskId) -> Option<(Invariant, String)> {
        let world = self.world.lock();
        for rec in world.recs() {
            let views = self.desks[desk].views(rec.collection);
            let view = views.iter().find(|view| view.key == rec.key);
            if view.is_some_and(|view| view.state != RecordState::Clean) {
                continue;
            }
            let (shown, there) = (
                told(rec, view.map(|view| &view.fields)),
                told(rec, world.row(rec).as_ref()),
            );
            if shown != there {
                let what = format!("{rec} is shown as {shown:?}, and the store has {there:?}");
                return Some((Invariant::StoreShown, what));
            }
            let window = locked(&self.desks[desk].window);
            let seen = window.seen_at(&(rec.collection.to_owned(), rec.key.to_owned()));
            if seen.map(|seen| seen.fields) != view.map(|view| view.fields.clone()) {
                let what = format!("the window shows {rec} otherwise than the mirror");
                return Some((Invariant::StoreShown, what));
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
        let recs = self.world.lock().recs();
        for rec in recs {
            let views = self.desks[desk].views(rec.collection);
            let Some(view) = views.into_iter().find(|view| view.key == rec.key) else {
                continue;
            };
            let client = match self.world.lock().dice.chance(50) {
                true => CTL,
                false => CLIENT,
            };
            match view.state {
                RecordState::Conflict => self.resolve_of(desk, client, rec, looks > PATIENCE),
                RecordState::Rejected => self.take_back_of(desk, client, rec),
                _ => {}
            }
        }
        if looks % 4 == 3 {
            self.sync_now(desk);
        }
    }

    /// Every piece of work came to an end that is told.
    fn check_nothing_lost(&self) {
        let world = &mut *self.world.lock();
        let lost = world.ops.iter().find_map(|op| {
            let aim = op.open().next()?;
            let text = op.texts.get(aim).cloned().unwrap_or("a delete".into());
            Some(format!("desk {}: {text} of {} never arrived", op.desk, op.rec))
        });
        if let Some(what) = lost {
            world.violate(Invariant::NoLostEdit, what);
        }
    }
}

/// The fields that people write, as they are told in a line.
fn told(rec: Rec, fields: Option<&Fields>) -> Option<Vec<(&'static str, String)>> {
    let fields = fields?;
    let text = |name: &&'static str| Some((*name, fields.get(*name)?.as_str()?.to_owned()));
    Some(fields_of(rec.collection).iter().filter_map(text).collect())
}
