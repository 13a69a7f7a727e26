//! What really happened: the store, all that it ever did, what each desktop was told, what was typed and what became of it.

use super::tables::{COLLECTIONS, Rec, fields_of, model_of, texts};
use crate::counters::Counters;
use crate::dice::Dice;
use crate::executor::{Clock, Micros};
use crate::fake_airflow::FakeAirflow;
use crate::fake_airflow::companion::{Companion, Entry};
use crate::faults::Fault;
use crate::invariant::Invariant;
use crate::smaller::Late;
use crate::time::wall;
use crate::tokens::{FIRST, Token};
use crate::trace::Trace;
use crate::truth::{DeskId, OpKind, Violation};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ulid::Ulid;

/// Texts by field.
pub type Texts = BTreeMap<&'static str, String>;

/// A batch as it was first sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// By whom.
    pub desk: DeskId,
    /// Without the number of the attempt.
    pub conf: Value,
    /// What that desktop had been told of the batch's records by then.
    pub known: BTreeSet<(Rec, &'static str, String)>,
}

/// A desktop, as seen from outside.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// What it was told: record, field, text.
    pub known: BTreeSet<(Rec, &'static str, String)>,
    /// Of which versions it was told, each with the whole record: store, record, version.
    pub versions: BTreeSet<(String, Rec, u64)>,
    /// The pieces of what is published that it was given: run and name without the piece's number.
    pub pieces: BTreeMap<(String, String), BTreeMap<usize, String>>,
    /// How often its mirror was lost, or another one put in its place.
    pub mirror_losses: usize,
    /// It reaches nobody until then.
    pub offline_until: Micros,
}

/// One piece of an analyst's work on a record.
#[derive(Debug, Clone)]
pub struct Op {
    /// Where.
    pub desk: DeskId,
    /// By which client.
    pub client: &'static str,
    /// On what.
    pub rec: Rec,
    /// What it is.
    pub kind: OpKind,
    /// The fields that it is about.
    pub about: BTreeSet<&'static str>,
    /// Everything that it puts there.
    pub typed: Texts,
    /// The part of it that must come to an end: what the store had already is none.
    pub texts: Texts,
    /// Whether it must end with the record gone: not where only work of one's own was deleted, or what was gone already.
    pub deletes: bool,
    /// The entry of its log.
    pub entry: Ulid,
    /// When the mirror had it, as far as is known.
    pub mirrored: Option<Micros>,
    /// Fields whose text was in the store since; "" where the record was gone since.
    pub arrived: BTreeSet<&'static str>,
    /// Fields that came to another end that was told: typed over, taken back, decided otherwise; "" for a delete.
    pub settled: BTreeSet<&'static str>,
    /// The process died before it could say that it was kept.
    pub unsure: bool,
}

impl Op {
    /// What it waits for: its fields, or "" for a delete.
    pub fn aims(&self) -> impl Iterator<Item = &'static str> {
        self.texts.keys().copied().chain(self.deletes.then_some(""))
    }

    /// What of it has come to no end yet.
    pub fn open(&self) -> impl Iterator<Item = &'static str> {
        self.aims()
            .filter(|aim| !self.arrived.contains(aim) && !self.settled.contains(aim))
    }
}

/// What is in the air.
#[derive(Debug, Default)]
pub struct Weather {
    /// Of a thousand requests, so many are struck.
    pub permille: u64,
    /// Strike at the next requests that they can strike.
    pub armed: VecDeque<Fault>,
    /// Airflow answers nothing until then.
    pub down_until: Micros,
    /// The scheduler is dead until then.
    pub dead_until: Micros,
    /// No more faults.
    pub calm: bool,
}

/// The world.
pub struct World {
    /// Airflow, and the store behind it.
    pub airflow: FakeAirflow,
    /// Chance.
    pub dice: Dice,
    /// Time.
    pub clock: Clock,
    /// What happened.
    pub trace: Trace,
    /// How often.
    pub counters: Counters,
    /// What must not have happened.
    pub violations: Vec<Violation>,
    /// What is in the air.
    pub weather: Weather,
    /// Requests that take effect later.
    pub late: Vec<Late>,
    /// The desktops.
    pub sides: Vec<Side>,
    /// Every piece of work.
    pub ops: Vec<Op>,
    /// Every batch, as it was first sent.
    pub sent: BTreeMap<String, Sent>,
    /// Changes that took effect: store and change.
    pub done: BTreeSet<(String, String)>,
    /// Texts that desktops put there: store, record, field, text, desktop.
    pub puts: BTreeMap<(String, Rec, &'static str, String, DeskId), usize>,
    /// A copy of the database.
    pub backup: Option<Companion>,
    /// When the scheduler looks next.
    pub scheduler_at: Micros,
    /// How many entries of each log were judged.
    pub judged: BTreeMap<&'static str, usize>,
    /// The version of each collection's data model.
    pub models: BTreeMap<&'static str, u32>,
    stores: u64,
    tokens: Token,
}

/// The world, shared by everything that lives in it.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<World>>);

impl Shared {
    /// Shares a world.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// A world with desktops that have read nothing.
    #[must_use]
    pub fn new(mut dice: Dice, clock: Clock, desks: usize) -> Self {
        let weather = Weather {
            permille: dice.below(30),
            ..Weather::default()
        };
        let mut world = Self {
            airflow: FakeAirflow::new(wall(0, 0)),
            dice,
            clock,
            trace: Trace::default(),
            counters: Counters::default(),
            violations: Vec::new(),
            weather,
            late: Vec::new(),
            sides: vec![Side::default(); desks],
            ops: Vec::new(),
            sent: BTreeMap::new(),
            done: BTreeSet::new(),
            puts: BTreeMap::new(),
            backup: None,
            scheduler_at: 0,
            judged: BTreeMap::new(),
            models: BTreeMap::new(),
            stores: 1,
            tokens: FIRST,
        };
        world.found_there();
        world
    }

    /// Both collections are there, with a few records, and were published once.
    fn found_there(&mut self) {
        let count = if self.dice.chance(70) { 2 } else { 1 };
        for collection in COLLECTIONS.into_iter().take(count) {
            self.offer(collection, 1);
        }
        for rec in self.recs() {
            if self.dice.chance(70) {
                self.write_by_sql(rec);
            }
        }
        self.airflow.publish();
    }

    /// The file of a collection's data model is of this version from now on.
    fn offer(&mut self, collection: &'static str, version: u32) {
        self.models.insert(collection, version);
        if let Err(why) = self.airflow.offer(&model_of(collection, version)) {
            self.violate(Invariant::Replay, format!("{collection} is no collection: {why}"));
        }
    }

    /// A collection gets its next data model.
    pub fn next_model(&mut self) {
        let all: Vec<_> = self.models.clone().into_iter().collect();
        let Some((collection, version)) = self.dice.pick(&all).copied() else {
            return;
        };
        self.counters.other("model.next");
        self.say(format_args!("{collection} gets the data model {}", version + 1));
        self.offer(collection, version + 1);
    }

    /// The records of the collections that there are.
    #[must_use]
    pub fn recs(&self) -> Vec<Rec> {
        let kept = &self.airflow.companion.collections;
        Rec::all()
            .filter(|rec| kept.contains_key(rec.collection))
            .collect()
    }

    /// Somebody writes a record by SQL: all of it where it is not there, or some of its fields.
    pub fn write_by_sql(&mut self, rec: Rec) {
        let mut row = match self.row(rec) {
            Some(fields) => json!(fields),
            None => Value::Object(
                rec.own()
                    .into_iter()
                    .map(|(name, value)| (name.into(), value))
                    .collect(),
            ),
        };
        let is_new = self.row(rec).is_none();
        for name in fields_of(rec.collection) {
            if is_new || self.dice.chance(45) {
                row[*name] = format!("sql {}", self.new_token()).into();
            }
        }
        self.airflow.companion.write(rec.collection, rec.key, Some(row));
    }

    /// What the store has of a record.
    #[must_use]
    pub fn row(&self, rec: Rec) -> Option<leeward_model::Fields> {
        let kept = self.airflow.companion.collections.get(rec.collection)?;
        kept.rows.get(rec.key).map(|(_, fields)| fields.clone())
    }

    /// The log of a collection.
    #[must_use]
    pub fn log(&self, collection: &str) -> &[Entry] {
        let kept = self.airflow.companion.collections.get(collection);
        kept.map_or(&[], |kept| &kept.log)
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// Takes down what happened.
    pub fn say(&mut self, what: std::fmt::Arguments<'_>) {
        let now = self.now();
        self.trace.say(now, what);
    }

    /// An invariant did not hold.
    pub fn violate(&mut self, invariant: Invariant, what: String) {
        let at = self.now();
        self.trace
            .say(at, format_args!("VIOLATION {}: {what}", invariant.name()));
        self.violations.push(Violation { invariant, at, what });
    }

    /// A number that no value holds yet.
    pub fn new_token(&mut self) -> Token {
        self.tokens += 1;
        self.tokens
    }

    /// The server's clock goes with the world's.
    pub fn set_clock(&mut self) {
        let now = wall(self.now(), 0);
        self.airflow.set_clock(now);
    }

    /// The database is copied.
    pub fn back_up(&mut self) {
        self.say(format_args!("the database is copied"));
        self.backup = Some(self.airflow.companion.clone());
    }

    /// The copy takes the database's place: what came after it is lost, and was not lost by a desktop.
    pub fn restore(&mut self) {
        let Some(backup) = self.backup.clone() else { return };
        self.stores += 1;
        let companion = &mut self.airflow.companion;
        let flags = (companion.refuses.clone(), companion.leaves_out_rows);
        companion.restore(&backup);
        companion.store_id = format!("store-{}", self.stores);
        (companion.refuses, companion.leaves_out_rows) = flags;
        // The files beside the DAGs are no part of the database.
        for (collection, version) in self.models.clone() {
            self.offer(collection, version);
        }
        for collection in COLLECTIONS {
            let length = self.log(collection).len();
            self.judged.insert(collection, length);
        }
        self.counters.other("fault.restored");
        let (id, sequence) = (&self.airflow.companion.store_id, self.airflow.companion.sequence);
        let what = format!("the database is put back to {sequence}, and is {id}");
        self.say(format_args!("{what}"));
        self.note_what_is_there();
    }

    /// The mirror has these entries.
    pub fn mirrored(&mut self, desk: DeskId, entries: &BTreeSet<Ulid>) {
        let now = self.now();
        for op in &mut self.ops {
            if op.desk == desk && entries.contains(&op.entry) {
                op.mirrored.get_or_insert(now);
            }
        }
    }

    /// Work whose text is in the store has arrived, and so has a delete where there is no record.
    pub fn note_what_is_there(&mut self) {
        for rec in self.recs() {
            let row = self.row(rec);
            self.note_arrivals(rec, row.as_ref());
        }
    }

    /// The same of one record.
    pub fn note_arrivals(&mut self, rec: Rec, row: Option<&leeward_model::Fields>) {
        for op in self.ops.iter_mut().filter(|op| op.rec == rec) {
            let Some(fields) = row else {
                op.arrived.insert("");
                continue;
            };
            let there: Vec<_> = texts(fields)
                .filter(|(name, text)| op.texts.get(name).is_some_and(|typed| typed == text))
                .map(|(name, _)| name)
                .collect();
            op.arrived.extend(there);
        }
    }

    /// What this desktop had typed there before has an end that its analyst knows.
    pub fn settle_earlier(&mut self, op: &Op) {
        for earlier in &mut self.ops {
            if earlier.desk != op.desk || earlier.rec != op.rec || earlier.entry == op.entry {
                continue;
            }
            let aims: Vec<_> = match op.kind {
                OpKind::Edit => op.about.iter().copied().collect(),
                _ => earlier.aims().collect(),
            };
            earlier.settled.extend(aims);
        }
    }

    /// What takes effect now.
    pub fn catch_up(&mut self) {
        let now = self.now();
        while let Some(place) = self.late.iter().position(|late| late.at <= now) {
            let late = self.late.remove(place);
            self.say(format_args!(
                "Airflow: a late write of desk {} arrives",
                late.desk
            ));
            let _nobody = self.arrive(&late.request, late.desk);
        }
        if self.scheduler_at <= now {
            self.schedule();
        }
    }

    /// When something takes effect by itself.
    #[must_use]
    pub fn next_effect(&self) -> Micros {
        let late = self.late.iter().map(|late| late.at).min();
        late.map_or(self.scheduler_at, |late| late.min(self.scheduler_at))
    }
}
