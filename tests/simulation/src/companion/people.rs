//! Analysts at work, in the window and at a terminal, and others who write by SQL.

use super::history::History;
use super::tables::{Rec, fields_of};
use super::world::{Op, Texts};
use crate::locked::locked;
use crate::models::people::{Changes, Decision, decided, kind_of};
use crate::people::CTL;
use crate::truth::{DeskId, OpKind};
use crate::window::store::{CLIENT, Draft};
use crate::window::view::{Seen, seen_row};
use leeward_model::{Change, ConflictField, Fields, RecordState, Remote, Value};
use leeward_store::Work;
use ulid::Ulid;

/// Work that is about to be kept.
struct Doing {
    client: &'static str,
    kind: OpKind,
    rec: Rec,
    fields: Changes,
    mine: Option<Fields>,
    deleted: bool,
    /// Texts that the store is known to have, or had: that they are put there again is no work that could be lost.
    is_undo: bool,
    /// Whether what is deleted was there.
    deletes: bool,
}

impl History {
    /// What a client shows of a record.
    fn shown(&self, desk: DeskId, client: &str, rec: Rec) -> Option<Seen> {
        let desk = &self.desks[desk];
        if client == CLIENT {
            return locked(&desk.window).seen_at(&(rec.collection.to_owned(), rec.key.to_owned()));
        }
        let record = desk
            .read(|ledger| ledger.record(rec.collection, rec.key))
            .flatten()?;
        record.is_visible().then(|| seen_row(&record.view()))
    }

    fn any_rec(&self, desk: DeskId) -> Option<Rec> {
        let known = self.desks[desk].read(|ledger| ledger.typed_collections());
        let known = known.unwrap_or_default();
        let world = &mut *self.world.lock();
        let recs: Vec<Rec> = world
            .recs()
            .into_iter()
            .filter(|rec| known.iter().any(|one| one.model.name == rec.collection))
            .collect();
        world.dice.pick(&recs).copied()
    }

    /// Edits a record, or creates it.
    pub(super) fn edit(&mut self, desk: DeskId, client: &'static str) {
        let Some(rec) = self.any_rec(desk) else { return };
        let seen = self.shown(desk, client, rec);
        if seen.as_ref().is_some_and(|seen| seen.deleted) {
            return;
        }
        let mut fields = Changes::new();
        {
            let dice = &mut self.world.lock().dice;
            let all = fields_of(rec.collection);
            let chosen = all[dice.index(all.len())];
            for name in all {
                let is_chosen = *name == chosen || dice.chance(if seen.is_none() { 60 } else { 15 });
                if is_chosen {
                    fields.insert((*name).to_owned(), Change { from: None, to: None });
                }
            }
        }
        for (name, change) in &mut fields {
            let world = &mut *self.world.lock();
            change.from = seen.as_ref().and_then(|seen| seen.fields.get(name).cloned());
            let is_emptied = change.from.is_some() && world.dice.chance(6);
            let text = format!("desk{desk} {}", world.new_token());
            change.to = (!is_emptied).then(|| text.into());
        }
        if seen.is_none() {
            let own = rec.own().into_iter();
            fields.extend(own.map(|(name, value)| {
                (
                    name.to_owned(),
                    Change {
                        from: None,
                        to: Some(value),
                    },
                )
            }));
        }
        self.keep(desk, &doing(client, OpKind::Edit, rec, fields));
    }

    /// Puts a field back to what it was in the history.
    pub(super) fn undo(&mut self, desk: DeskId, client: &'static str) {
        let Some(rec) = self.any_rec(desk) else { return };
        let Some(seen) = self.shown(desk, client, rec).filter(|seen| !seen.deleted) else {
            return;
        };
        let all = fields_of(rec.collection);
        let name = all[self.world.lock().dice.index(all.len())];
        let earlier = self.desks[desk].read(|ledger| ledger.history(rec.collection, rec.key, 20));
        let earlier: Vec<Value> = earlier
            .into_iter()
            .flatten()
            .filter_map(|item| item.fields?.get(name).cloned())
            .filter(Value::is_string)
            .collect();
        let Some(text) = self.world.lock().dice.pick(&earlier).cloned() else {
            return;
        };
        let change = Change {
            from: seen.fields.get(name).cloned(),
            to: Some(text),
        };
        if change.from != change.to {
            self.world.lock().counters.other("work.undo");
            let fields = Changes::from([(name.to_owned(), change)]);
            let undo = Doing {
                is_undo: true,
                ..doing(client, OpKind::Edit, rec, fields)
            };
            self.keep(desk, &undo);
        }
    }

    /// Deletes a record that is shown.
    pub(super) fn delete(&mut self, desk: DeskId, client: &'static str) {
        let Some(rec) = self.any_rec(desk) else { return };
        let Some(seen) = self.shown(desk, client, rec).filter(|seen| !seen.deleted) else {
            return;
        };
        let from = |(name, value): (String, Value)| {
            let change = Change {
                from: Some(value),
                to: None,
            };
            (name, change)
        };
        let fields = seen.fields.into_iter().map(from).collect();
        let record = self.desks[desk]
            .read(|ledger| ledger.record(rec.collection, rec.key))
            .flatten();
        let deleted = Doing {
            deletes: record.is_some_and(|record| matches!(record.remote, Remote::Present(_))),
            ..doing(client, OpKind::Delete, rec, fields)
        };
        self.keep(desk, &deleted);
    }

    /// Takes the work on any record back.
    pub(super) fn take_back(&mut self, desk: DeskId, client: &'static str) {
        if let Some(rec) = self.any_rec(desk) {
            self.take_back_of(desk, client, rec);
        }
    }

    pub(super) fn take_back_of(&mut self, desk: DeskId, client: &'static str, rec: Rec) {
        let Some(seen) = self.shown(desk, client, rec) else {
            return;
        };
        if seen.state == RecordState::Clean {
            return;
        }
        let clashes = seen.conflict.iter().flat_map(|clash| &clash.fields);
        let clash = |field: &ConflictField| {
            let change = Change {
                from: Some(field.airflow.clone()?),
                to: None,
            };
            Some((field.name.clone(), change))
        };
        let is_window = client == CLIENT;
        let fields = clashes.filter(|_| is_window).filter_map(clash).collect();
        let taken_back = Doing {
            mine: is_window.then(|| seen.fields.clone()),
            deleted: is_window && seen.deleted,
            ..doing(client, OpKind::TakeBack, rec, fields)
        };
        self.world.lock().counters.other("work.taken_back");
        self.keep(desk, &taken_back);
    }

    /// Settles any conflict.
    pub(super) fn resolve(&mut self, desk: DeskId, client: &'static str) {
        let recs = self.world.lock().recs();
        let in_conflict: Vec<Rec> = recs
            .into_iter()
            .filter(|rec| {
                self.shown(desk, client, *rec)
                    .is_some_and(|seen| seen.conflict.is_some())
            })
            .collect();
        let rec = self.world.lock().dice.pick(&in_conflict).copied();
        if let Some(rec) = rec {
            self.resolve_of(desk, client, rec, false);
        }
    }

    pub(super) fn resolve_of(&mut self, desk: DeskId, client: &'static str, rec: Rec, is_late: bool) {
        let Some(seen) = self.shown(desk, client, rec) else {
            return;
        };
        let Some(conflict) = seen.conflict.clone() else {
            return;
        };
        let decision = match self.world.lock().dice.below(3) {
            _ if is_late => Decision::Airflow,
            0 => Decision::Mine,
            1 => Decision::Airflow,
            _ => Decision::Edited,
        };
        let third = |field: &ConflictField| {
            if !fields_of(rec.collection).contains(&field.name.as_str()) {
                return field.mine.clone().or(field.airflow.clone());
            }
            let token = self.world.lock().new_token();
            Some(Value::String(format!("desk{desk} {token}")))
        };
        let (fields, deleted) = decided(&conflict, &seen, decision, &third);
        let mine = |field: &ConflictField| Some((field.name.clone(), field.mine.clone()?));
        let resolved = Doing {
            mine: Some(conflict.fields.iter().filter_map(mine).collect()),
            deleted,
            deletes: deleted && !conflict.airflow_deleted,
            ..doing(client, OpKind::Resolve(deleted), rec, fields)
        };
        self.world
            .lock()
            .counters
            .other(&format!("resolve.{decision:?}").to_lowercase());
        self.keep(desk, &resolved);
    }

    /// Keeps work in the window's store, or enters it at a terminal.
    fn keep(&mut self, desk: DeskId, doing: &Doing) {
        let now = self.wall();
        let entry = {
            let dice = &mut self.world.lock().dice;
            let random = (u128::from(dice.bits()) << 64) | u128::from(dice.bits());
            Ulid::from_parts(u64::try_from(now.as_millisecond()).unwrap_or_default(), random)
        };
        if doing.client == CLIENT {
            let draft = Draft {
                id: entry,
                kind: kind_of(doing.kind),
                subject: (doing.rec.collection.into(), doing.rec.key.into()),
                fields: doing.fields.clone(),
                mine: doing.mine.clone(),
                deleted: doing.deleted,
                action: None,
                at: now,
            };
            locked(&self.desks[desk].window).keep(draft);
            self.note(desk, doing, entry, false, false);
            return self.wake(desk);
        }
        let work = Work {
            collection: doing.rec.collection.into(),
            key: doing.rec.key.into(),
            fields: doing.fields.clone(),
            mine: doing.mine.clone(),
            deleted: doing.deleted,
            ..Work::new(entry, kind_of(doing.kind))
        };
        let Some(app) = &self.desks[desk].app else { return };
        let entered = locked(&app.mirror).write(|ledger| ledger.enter(CTL, work, now));
        if let Err(error) = &entered {
            self.world
                .lock()
                .say(format_args!("desk {desk} {CTL}: not entered: {error}"));
        }
        // Where the process is dead, nobody was told whether it was kept.
        if !self.desks[desk].is_open() {
            self.note(desk, doing, entry, false, true);
        } else if entered.is_ok() {
            self.note(desk, doing, entry, true, false);
            self.wake(desk);
        }
    }

    pub(super) fn wake(&self, desk: DeskId) {
        if let Some(app) = &self.desks[desk].app {
            app.wake.notify_one();
            app.driver.edited();
        }
    }

    /// Takes down for the judges what was done.
    fn note(&self, desk: DeskId, doing: &Doing, entry: Ulid, mirrored: bool, unsure: bool) {
        let world = &mut *self.world.lock();
        let at = world.now();
        let all = fields_of(doing.rec.collection).iter().copied();
        let about = all.filter(|name| doing.fields.contains_key(*name)).collect();
        let typed =
            |name: &&'static str| Some((*name, doing.fields.get(*name)?.to.as_ref()?.as_str()?.to_owned()));
        let typed: Texts = fields_of(doing.rec.collection).iter().filter_map(typed).collect();
        let is_agreed = |name: &str| {
            let change = doing.fields.get(name);
            matches!(doing.kind, OpKind::Resolve(_)) && change.is_some_and(|change| change.from == change.to)
        };
        let mut texts = typed.clone();
        texts.retain(|name, _| !doing.is_undo && !is_agreed(name));
        let told: Vec<String> = doing.fields.iter().map(told).collect();
        world.say(format_args!(
            "desk {desk} {}: {:?} {} {}",
            doing.client,
            doing.kind,
            doing.rec,
            told.join(", ")
        ));
        world.counters.other("operations");
        let op = Op {
            desk,
            client: doing.client,
            rec: doing.rec,
            kind: doing.kind,
            deletes: doing.deletes,
            about,
            typed,
            texts,
            entry,
            mirrored: mirrored.then_some(at),
            arrived: Default::default(),
            settled: Default::default(),
            unsure,
        };
        if !unsure {
            world.settle_earlier(&op);
        }
        world.ops.push(op);
        let row = world.row(doing.rec);
        world.note_arrivals(doing.rec, row.as_ref());
    }

    /// Somebody writes by SQL.
    pub(super) fn somebody_writes(&mut self) {
        let world = &mut *self.world.lock();
        let recs = world.recs();
        let Some(rec) = world.dice.pick(&recs).copied() else {
            return;
        };
        if world.row(rec).is_some() && world.dice.chance(20) {
            world.airflow.companion.write(rec.collection, rec.key, None);
        } else {
            world.write_by_sql(rec);
        }
        world.judge_log();
    }

    /// From now on the database refuses changes of a record, for a rule that only it knows; or takes them all again.
    pub(super) fn refuse_a_record(&mut self) {
        let world = &mut *self.world.lock();
        let recs = world.recs();
        let refuses = world.airflow.companion.refuses.clone();
        let rec = world.dice.pick(&recs).copied().filter(|_| refuses.is_empty());
        let now = rec.map(|rec| (rec.key.to_owned(), "breaks a rule of the database".to_owned()));
        world.airflow.companion.refuses = now.into_iter().collect();
        let told = rec.map_or("no record".to_owned(), |rec| rec.to_string());
        world.say(format_args!("the database refuses changes of {told}"));
    }
}

fn doing(client: &'static str, kind: OpKind, rec: Rec, fields: Changes) -> Doing {
    Doing {
        client,
        kind,
        rec,
        fields,
        mine: None,
        deleted: false,
        is_undo: false,
        deletes: false,
    }
}

fn told((name, change): (&String, &Change)) -> String {
    let text = |slot: &Option<Value>| slot.as_ref().map_or("-".into(), Value::to_string);
    format!("{name}: {} -> {}", text(&change.from), text(&change.to))
}
