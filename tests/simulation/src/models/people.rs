//! Analysts at work on typed records, in the window and at a terminal, and others who write into Airflow.

use super::history::History;
use super::scheme::{FIRST, Ident, KEY, Rec, Scheme, Spec, Table, Texts};
use super::world::Op;
use crate::locked::locked;
use crate::people::CTL;
use crate::truth::{DeskId, OpKind};
use crate::window::store::{CLIENT, Draft};
use crate::window::view::{Seen, seen_row};
use leeward_model::{Change, Conflict, ConflictField, EntryKind, Fields, Value};
use leeward_store::Work;
use std::collections::BTreeMap;
use ulid::Ulid;

/// The changes of a piece of work.
pub(crate) type Changes = BTreeMap<String, Change>;

/// How a conflict is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The analyst's side.
    Mine,
    /// The other side.
    Airflow,
    /// Something third.
    Edited,
}

/// Work that is about to be kept.
pub(super) struct Doing {
    pub(super) client: &'static str,
    pub(super) kind: OpKind,
    pub(super) rec: Rec,
    pub(super) fields: Changes,
    pub(super) mine: Option<Fields>,
    pub(super) deleted: bool,
    /// By which data model.
    pub(super) scheme: String,
}

impl History {
    /// What a client shows of a record of a collection.
    pub(super) fn shown(&self, desk: DeskId, client: &str, collection: &str, key: &str) -> Option<Seen> {
        let desk = &self.desks[desk];
        if client == CLIENT {
            return locked(&desk.window).seen_at(&(collection.to_owned(), key.to_owned()));
        }
        let record = desk.read(|ledger| ledger.record(collection, key)).flatten()?;
        record.is_visible().then(|| seen_row(&record.view()))
    }

    /// The data model that a client works by; none where the collection stands still.
    pub(super) fn model_of(&self, desk: DeskId, client: &str, table: Table) -> Option<(String, Scheme)> {
        let stored = self.desks[desk].read(|ledger| ledger.typed_collection(table.name()));
        let stored = stored.flatten().filter(|stored| stored.trouble.is_none())?;
        let file = match client {
            CLIENT => self.world.lock().sides[desk].window_models.get(&table).cloned()?,
            _ => stored.file,
        };
        let scheme = self.world.lock().schemes.get(&file).cloned()?;
        Some((file, scheme))
    }

    pub(super) fn any_rec(&self) -> Rec {
        let all: Vec<Rec> = Rec::all().collect();
        let world = &mut *self.world.lock();
        all[world.dice.index(all.len())].clone()
    }

    /// A new text for a field: one that may break a rule with others, or that of the field itself.
    pub(super) fn text_for(&self, desk: DeskId, table: Table, spec: &Spec) -> String {
        let others = (spec.ident == FIRST && table == Table::Currencies).then(|| self.first_texts(desk));
        let world = &mut *self.world.lock();
        let token = world.new_token();
        if let Some(shared) = others.filter(|_| world.dice.chance(30))
            && let Some(text) = world.dice.pick(&shared)
        {
            world.copied.insert(text.clone());
            return text.clone();
        }
        if spec.ident == FIRST && table == Table::Rates && !world.dice.chance(12) {
            let keys = Table::Currencies.keys();
            return keys[world.dice.index(keys.len())].to_owned();
        }
        let fits = !world.dice.chance(7);
        spec.typed(&mut world.dice, token, fits)
    }

    /// The currencies' names, as this desktop shows them.
    fn first_texts(&self, desk: DeskId) -> Vec<String> {
        let table = Table::Currencies;
        let Some((_, scheme)) = self.model_of(desk, CTL, table) else {
            return Vec::new();
        };
        let keys = table.keys().iter();
        let shown = keys.filter_map(|key| self.shown(desk, CTL, table.name(), key));
        shown
            .filter_map(|seen| scheme.shown(&seen.fields).remove(&FIRST))
            .collect()
    }

    /// Edits a field, or creates the record.
    pub(super) fn edit(&mut self, desk: DeskId, client: &'static str) {
        let rec = self.any_rec();
        self.edit_of(desk, client, &rec, None);
    }

    /// Edits a field of a record, any or that one.
    pub(super) fn edit_of(
        &mut self,
        desk: DeskId,
        client: &'static str,
        rec: &Rec,
        only: Option<(Ident, String)>,
    ) {
        let Some((file, scheme)) = self.model_of(desk, client, rec.table) else {
            return;
        };
        let seen = self.shown(desk, client, rec.table.name(), &rec.key);
        if seen.as_ref().is_some_and(|seen| seen.deleted) {
            return;
        }
        let mut texts = Texts::new();
        match (&seen, only) {
            (_, Some((ident, text))) => drop(texts.insert(ident, text)),
            (None, None) => texts = self.new_texts(desk, &scheme),
            (Some(_), None) => {
                let idents: Vec<Ident> = scheme.fields[1..].iter().map(|spec| spec.ident).collect();
                let ident = self.world.lock().dice.pick(&idents).copied();
                if let Some(spec) = ident.and_then(|ident| scheme.field(ident)) {
                    texts.insert(spec.ident, self.text_for(desk, rec.table, spec));
                }
            }
        }
        if client == CTL && !self.door_takes(&scheme, &texts) {
            return;
        }
        if seen.is_none() {
            texts.insert(KEY, rec.key.clone());
        }
        let fields = changes(&scheme, &texts, seen.as_ref());
        if fields.values().all(|change| change.from == change.to) {
            return;
        }
        self.keep(
            desk,
            &Doing {
                client,
                kind: OpKind::Edit,
                rec: rec.clone(),
                fields,
                mine: None,
                deleted: false,
                scheme: file,
            },
        );
    }

    /// At a terminal what breaks the rule of a field is refused before it is work.
    fn door_takes(&self, scheme: &Scheme, texts: &Texts) -> bool {
        let fits = |(ident, text): (&Ident, &String)| scheme.field(*ident).is_none_or(|spec| spec.fits(text));
        let takes = texts.iter().all(fits);
        if !takes {
            self.world.lock().counters.other("refused.edit");
        }
        takes
    }

    /// What a new record is given.
    fn new_texts(&self, desk: DeskId, scheme: &Scheme) -> Texts {
        let mut texts = Texts::new();
        for spec in &scheme.fields[1..] {
            let given = spec.required || spec.ident == FIRST || self.world.lock().dice.chance(40);
            if given {
                texts.insert(spec.ident, self.text_for(desk, scheme.table, spec));
            }
        }
        texts
    }

    /// Deletes a record that is shown.
    pub(super) fn delete(&mut self, desk: DeskId, client: &'static str) {
        let rec = self.any_rec();
        let seen = self.shown(desk, client, rec.table.name(), &rec.key);
        let Some(seen) = seen.filter(|seen| !seen.deleted) else {
            return;
        };
        let Some((scheme, _)) = self.model_of(desk, client, rec.table) else {
            return;
        };
        let from = |(name, value): (String, Value)| {
            let change = Change {
                from: Some(value),
                to: None,
            };
            (name, change)
        };
        self.keep(
            desk,
            &Doing {
                client,
                kind: OpKind::Delete,
                rec,
                fields: seen.fields.into_iter().map(from).collect(),
                mine: None,
                deleted: false,
                scheme,
            },
        );
    }

    /// Takes the work on a record back.
    pub(super) fn take_back(&mut self, desk: DeskId, client: &'static str) {
        let rec = self.any_rec();
        self.take_back_of(desk, client, &rec);
    }

    pub(super) fn take_back_of(&mut self, desk: DeskId, client: &'static str, rec: &Rec) {
        let Some(seen) = self.shown(desk, client, rec.table.name(), &rec.key) else {
            return;
        };
        let is_new = seen.state == leeward_model::RecordState::Clean;
        let Some((scheme, _)) = self.model_of(desk, client, rec.table).filter(|_| !is_new) else {
            return;
        };
        let clashes = seen.conflict.iter().flat_map(|clash| &clash.fields);
        let clash = |field: &ConflictField| {
            let change = Change {
                from: Some(field.airflow.clone()?),
                to: None,
            };
            Some((field.name.clone(), change))
        };
        let fields: Changes = clashes.filter(|_| client == CLIENT).filter_map(clash).collect();
        self.keep(
            desk,
            &Doing {
                client,
                kind: OpKind::TakeBack,
                rec: rec.clone(),
                fields,
                mine: (client == CLIENT).then(|| seen.fields.clone()),
                deleted: client == CLIENT && seen.deleted,
                scheme,
            },
        );
    }

    /// Settles a conflict.
    pub(super) fn resolve(&mut self, desk: DeskId, client: &'static str) {
        let in_conflict = |rec: &Rec| {
            let seen = self.shown(desk, client, rec.table.name(), &rec.key);
            seen.is_some_and(|seen| seen.conflict.is_some())
        };
        let recs: Vec<Rec> = Rec::all().filter(in_conflict).collect();
        let (rec, decision) = {
            let world = &mut *self.world.lock();
            let decision = match world.dice.below(3) {
                0 => Decision::Mine,
                1 => Decision::Airflow,
                _ => Decision::Edited,
            };
            (world.dice.pick(&recs).cloned(), decision)
        };
        if let Some(rec) = rec {
            self.resolve_of(desk, client, &rec, decision);
        }
    }

    pub(super) fn resolve_of(&mut self, desk: DeskId, client: &'static str, rec: &Rec, decision: Decision) {
        let Some(seen) = self.shown(desk, client, rec.table.name(), &rec.key) else {
            return;
        };
        let (Some(conflict), Some((file, scheme))) =
            (seen.conflict.clone(), self.model_of(desk, client, rec.table))
        else {
            return;
        };
        let third = |field: &ConflictField| {
            let spec = scheme.fields.iter().find(|spec| spec.name == field.name);
            let text = spec
                .filter(|spec| spec.ident != KEY)
                .map(|spec| self.text_for(desk, rec.table, spec));
            // The key is no work: who keeps a record keeps it as it is called.
            text.map(Value::String)
                .or(field.mine.clone())
                .or(field.airflow.clone())
        };
        let (fields, deleted) = decided(&conflict, &seen, decision, &third);
        let mine = |field: &ConflictField| Some((field.name.clone(), field.mine.clone()?));
        let mine = conflict.fields.iter().filter_map(mine).collect();
        self.world
            .lock()
            .counters
            .other(&format!("resolve.{decision:?}").to_lowercase());
        self.keep(
            desk,
            &Doing {
                client,
                kind: OpKind::Resolve(deleted),
                rec: rec.clone(),
                fields,
                mine: Some(mine),
                deleted,
                scheme: file,
            },
        );
    }

    pub(super) fn new_id(&self) -> Ulid {
        let world = &mut *self.world.lock();
        let ms = u64::try_from(crate::time::wall(world.now(), 0).as_millisecond()).unwrap_or_default();
        Ulid::from_parts(
            ms,
            (u128::from(world.dice.bits()) << 64) | u128::from(world.dice.bits()),
        )
    }

    /// Keeps work in the window's store, or enters it at a terminal.
    pub(super) fn keep(&mut self, desk: DeskId, doing: &Doing) {
        let entry = self.new_id();
        if doing.client == CLIENT {
            self.keep_in_window(desk, doing, entry);
            self.note(desk, doing, entry, false, false);
            return self.wake(desk);
        }
        let work = work_of(doing, entry);
        let now = self.wall();
        let Some(app) = &self.desks[desk].app else { return };
        let entered = locked(&app.mirror).write(|ledger| ledger.enter(CTL, work, now));
        if let Err(error) = &entered {
            self.world
                .lock()
                .say(format_args!("desk {desk} {CTL}: not entered: {error}"));
        }
        self.entered(desk, doing, entry, entered.is_ok());
    }

    pub(super) fn keep_in_window(&self, desk: DeskId, doing: &Doing, entry: Ulid) {
        let draft = Draft {
            id: entry,
            kind: kind_of(doing.kind),
            subject: (doing.rec.table.name().into(), doing.rec.key.clone()),
            fields: doing.fields.clone(),
            mine: doing.mine.clone(),
            deleted: doing.deleted,
            action: None,
            at: self.wall(),
        };
        locked(&self.desks[desk].window).keep(draft);
    }

    /// One transaction of the mirror has returned; where the process is dead, nobody was told so.
    pub(super) fn entered(&mut self, desk: DeskId, doing: &Doing, entry: Ulid, is_kept: bool) {
        if !self.desks[desk].is_open() {
            self.note(desk, doing, entry, false, true);
        } else if is_kept {
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

    /// Takes down for the checkers what was done.
    pub(super) fn note(&self, desk: DeskId, doing: &Doing, entry: Ulid, mirrored: bool, unsure: bool) {
        let world = &mut *self.world.lock();
        let at = world.now();
        let scheme = world.schemes.get(&doing.scheme).cloned();
        let is_agreed =
            |change: &Change| matches!(doing.kind, OpKind::Resolve(_)) && change.from == change.to;
        let given = |(name, change): (&String, &Change)| {
            // Who decides for what Airflow has adds nothing to it; that may change again, unseen.
            let ident = scheme.as_ref().filter(|_| !is_agreed(change))?.ident_of(name)?;
            let text = super::scheme::text_of(change.to.as_ref()?);
            (ident != KEY).then_some((ident, text))
        };
        let texts: Texts = doing.fields.iter().filter_map(given).collect();
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
            rec: doing.rec.clone(),
            kind: doing.kind,
            texts,
            entry,
            mirrored: mirrored.then_some(at),
            scheme: doing.scheme.clone(),
            arrived: BTreeMap::new(),
            settled: Default::default(),
            unsure,
        };
        if !unsure {
            world.settle_earlier(&op);
        }
        world.ops.push(op);
        world.note_arrivals(&doing.rec);
    }

    /// Somebody else writes a record, by the data model that Airflow has or an earlier one, or deletes it.
    pub(super) fn somebody_writes(&mut self) {
        let rec = self.any_rec();
        let world = &mut *self.world.lock();
        let Some(shared) = world.shared(rec.table).cloned() else {
            return;
        };
        let is_earlier = |scheme: &&Scheme| scheme.table == rec.table && scheme.version < shared.version;
        let earlier: Vec<Scheme> = world.schemes.values().filter(is_earlier).cloned().collect();
        let scheme = match world.dice.pick(&earlier) {
            Some(earlier) if world.dice.clone().chance(20) => earlier.clone(),
            _ => shared,
        };
        let there = world.there(&rec);
        let Some(mut row) = there else {
            let row = world.any_row(&scheme, &rec.key);
            return world.other_writes(&rec, Some(&row));
        };
        if world.dice.chance(12) {
            return world.other_writes(&rec, None);
        }
        let token = world.new_token();
        if world.dice.chance(35) {
            let name = format!("x_{}", world.dice.below(3));
            row.insert(name, format!("u{token}").into());
        } else {
            let spec = scheme.fields[1 + world.dice.index(scheme.fields.len() - 1)].clone();
            let text = match (spec.ident, rec.table) {
                (FIRST, Table::Rates) => {
                    let keys = Table::Currencies.keys();
                    keys[world.dice.index(keys.len())].to_owned()
                }
                (FIRST, Table::Currencies) if world.dice.chance(30) => {
                    let other = Table::Currencies.keys()[world.dice.index(3)];
                    let other = world.there(&Table::Currencies.rec(other));
                    let text = other.map(|row| scheme.read(&Value::Object(row)));
                    text.and_then(|mut texts| texts.remove(&FIRST))
                        .unwrap_or_default()
                }
                _ => {
                    let fits = !world.dice.chance(10);
                    spec.typed(&mut world.dice, token, fits)
                }
            };
            row.insert(spec.name.clone(), spec.json(&text));
        }
        world.other_writes(&rec, Some(&row));
    }
}

impl super::world::World {
    /// What this desktop had typed there before has an end that its analyst knows.
    pub(super) fn settle_earlier(&mut self, op: &Op) {
        for earlier in &mut self.ops {
            if earlier.desk != op.desk || earlier.rec != op.rec || earlier.entry == op.entry {
                continue;
            }
            let idents: Vec<Ident> = match op.kind {
                OpKind::Edit => op.texts.keys().copied().collect(),
                _ => earlier.texts.keys().copied().collect(),
            };
            earlier.settled.extend(idents);
        }
    }
}

/// What is typed, over what is shown.
pub(super) fn changes(scheme: &Scheme, texts: &Texts, seen: Option<&Seen>) -> Changes {
    let change = |(ident, text): (&Ident, &String)| {
        let name = &scheme.field(*ident)?.name;
        let change = Change {
            from: seen.and_then(|seen| seen.fields.get(name).cloned()),
            to: Some(text.as_str().into()),
        };
        Some((name.clone(), change))
    };
    texts.iter().filter_map(change).collect()
}

/// What a decision writes, and whether that is a delete.
pub(crate) fn decided(
    conflict: &Conflict,
    seen: &Seen,
    decision: Decision,
    third: &dyn Fn(&ConflictField) -> Option<Value>,
) -> (Changes, bool) {
    let by_field = |to: &dyn Fn(&ConflictField) -> Option<Value>| -> Changes {
        let change = |field: &ConflictField| {
            let change = Change {
                from: field.airflow.clone(),
                to: to(field),
            };
            (field.name.clone(), change)
        };
        conflict.fields.iter().map(change).collect()
    };
    let whole = |mut changes: Changes| {
        if conflict.airflow_deleted {
            for (name, to) in &seen.fields {
                let change = Change {
                    from: None,
                    to: Some(to.clone()),
                };
                changes.entry(name.clone()).or_insert(change);
            }
        }
        changes
    };
    match decision {
        Decision::Mine if conflict.mine_deleted => (by_field(&|_| None), true),
        Decision::Airflow if conflict.airflow_deleted => (by_field(&|_| None), true),
        Decision::Airflow => (by_field(&|field| field.airflow.clone()), false),
        Decision::Mine => (whole(by_field(&|field| field.mine.clone())), false),
        Decision::Edited => (whole(by_field(third)), false),
    }
}

pub(super) fn work_of(doing: &Doing, entry: Ulid) -> Work {
    Work {
        collection: doing.rec.table.name().into(),
        key: doing.rec.key.clone(),
        fields: doing.fields.clone(),
        mine: doing.mine.clone(),
        deleted: doing.deleted,
        ..Work::new(entry, kind_of(doing.kind))
    }
}

pub(crate) fn kind_of(kind: OpKind) -> EntryKind {
    match kind {
        OpKind::Edit => EntryKind::Edit,
        OpKind::Delete => EntryKind::Delete,
        OpKind::TakeBack => EntryKind::TakeBack,
        OpKind::Resolve(_) => EntryKind::Resolve,
    }
}

fn told((name, change): (&String, &Change)) -> String {
    let text = |slot: &Option<Value>| slot.as_ref().map_or("-".into(), Value::to_string);
    format!("{name}: {} -> {}", text(&change.from), text(&change.to))
}
