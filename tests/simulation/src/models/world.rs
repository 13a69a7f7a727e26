//! What really happened: what Airflow has, what each desktop was served, what was typed and what became of it, and which
//! data models there ever were.

use super::scheme::{Ident, Rec, Scheme, Table, Texts, members, same, text_of};
use crate::counters::Counters;
use crate::dice::Dice;
use crate::executor::{Clock, Micros};
use crate::fake_airflow::{FakeAirflow, Row};
use crate::faults::Fault;
use crate::invariant::Invariant;
use crate::smaller::Late;
use crate::time::wall;
use crate::tokens::{FIRST as FIRST_TOKEN, Token};
use crate::trace::Trace;
use crate::truth::{DeskId, OpKind, Violation};
use leeward_schema::DataModel;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ulid::Ulid;

/// A record as it was served; none where it was told that there is none.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Its members.
    pub members: Option<Map<String, Value>>,
    /// When it was delivered.
    pub at: Micros,
}

/// A listing while it is read.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Its filter.
    pub filter: String,
    /// Its rows so far.
    pub rows: BTreeMap<Rec, Map<String, Value>>,
    /// How many rows were delivered.
    pub count: usize,
}

/// A desktop, as seen from outside.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// The last reading of each record.
    pub readings: BTreeMap<Rec, Reading>,
    /// Records that it had and that the last listing was without: only a look at the record itself tells whether they are gone.
    pub missing: BTreeSet<Rec>,
    /// Its disk is full: what it is told now may not come into its mirror.
    pub is_full: bool,
    /// Records that it was last told of while its disk was full.
    pub unwritten: BTreeSet<Rec>,
    /// Collections that were once read to their end.
    pub whole: BTreeSet<Table>,
    /// The listing under way.
    pub listing: Listing,
    /// When records were last asked for and told: what it writes follows from what it knew then.
    pub told_at: Micros,
    /// The data models that it works by, as their files.
    pub in_force: BTreeMap<Table, String>,
    /// The data models that its window works by: those of its last whole round.
    pub window_models: BTreeMap<Table, String>,
    /// All data models that it ever worked by, one after the other.
    pub worked_by: BTreeMap<Table, Vec<String>>,
    /// Collections that stand still since much of them vanished: a listing without a record does not tell that it is gone.
    pub stopped: BTreeSet<Table>,
    /// It reaches nobody until then.
    pub offline_until: Micros,
}

impl Side {
    /// These stand still: what was read of them tells nothing, not even once they go on, until they are read again.
    pub fn stop(&mut self, stopped: BTreeSet<Table>) {
        self.whole.retain(|table| !stopped.contains(table));
        self.stopped = stopped;
    }

    /// The record was looked at by itself.
    pub fn looked_at(&mut self, rec: Rec, reading: Reading) {
        self.missing.remove(&rec);
        self.told(rec, reading);
    }

    /// A listing was with the record, or without it.
    pub fn listed(&mut self, rec: Rec, reading: Reading) {
        let had = self.readings.get(&rec).is_some_and(|had| had.members.is_some());
        match reading.members {
            Some(_) => drop(self.missing.remove(&rec)),
            None if had => drop(self.missing.insert(rec.clone())),
            None => {}
        }
        self.told(rec, reading);
    }

    fn told(&mut self, rec: Rec, reading: Reading) {
        self.told_at = reading.at;
        match self.is_full {
            true => drop(self.unwritten.insert(rec.clone())),
            false => drop(self.unwritten.remove(&rec)),
        }
        self.readings.insert(rec, reading);
    }
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
    /// What it puts there.
    pub texts: Texts,
    /// The entry of its log.
    pub entry: Ulid,
    /// When the mirror had it, as far as is known.
    pub mirrored: Option<Micros>,
    /// By which data model it was made.
    pub scheme: String,
    /// Fields whose text was in Airflow since, and when first.
    pub arrived: BTreeMap<Ident, Micros>,
    /// Fields that came to another end that was told: typed over, taken back, decided otherwise.
    pub settled: BTreeSet<Ident>,
    /// The process died before it could say that it was kept.
    pub unsure: bool,
}

impl Op {
    /// What of it has come to no end yet.
    pub fn open(&self) -> impl Iterator<Item = (Ident, &String)> {
        let is_open = |ident: &Ident| !self.arrived.contains_key(ident) && !self.settled.contains(ident);
        self.texts
            .iter()
            .filter(move |(ident, _)| is_open(ident))
            .map(|(ident, text)| (*ident, text))
    }
}

/// An import that was kept, or not.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where.
    pub desk: DeskId,
    /// By which client.
    pub client: &'static str,
    /// The entries that it is, in the order of the file.
    pub entries: Vec<Ulid>,
    /// What the person was told: kept, not kept, or nothing, since the process died.
    pub told: Option<bool>,
}

/// What is in the air.
#[derive(Debug, Default)]
pub struct Weather {
    /// Of a thousand requests, so many are struck.
    pub permille: u64,
    /// Strike at the next requests that they can strike.
    pub armed: VecDeque<Fault>,
    /// No more faults.
    pub calm: bool,
}

/// The world.
pub struct World {
    /// Airflow.
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
    /// Writes that take effect later.
    pub late: Vec<Late>,
    /// The desktops.
    pub sides: Vec<Side>,
    /// Every piece of work.
    pub ops: Vec<Op>,
    /// Every import.
    pub imports: Vec<Import>,
    /// Texts that were typed although they stood somewhere else already.
    pub copied: BTreeSet<String>,
    /// Every data model that anybody ever made, by its file.
    pub schemes: BTreeMap<String, Scheme>,
    /// Requests to write that reached Airflow.
    pub writes: u64,
    tokens: Token,
    idents: Ident,
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
            imports: Vec::new(),
            copied: BTreeSet::new(),
            schemes: BTreeMap::new(),
            writes: 0,
            tokens: FIRST_TOKEN,
            idents: 10,
        };
        world.found_there();
        world
    }

    /// Both collections are there, with a few records.
    fn found_there(&mut self) {
        for table in Table::ALL {
            let scheme = Scheme::first(table);
            let file = self.know(scheme.clone());
            self.put(&table.model_key(), Some(file));
            for key in table.keys() {
                if self.dice.chance(70) {
                    let row = self.any_row(&scheme, key);
                    self.put(&table.rec(key).address(), Some(Value::Object(row).to_string()));
                }
            }
        }
    }

    /// A whole record of that key.
    pub fn any_row(&mut self, scheme: &Scheme, key: &str) -> Map<String, Value> {
        let mut row = Map::new();
        for spec in &scheme.fields {
            let token = self.new_token();
            let text = match spec.ident {
                super::scheme::KEY => key.to_owned(),
                super::scheme::FIRST if scheme.table == Table::Rates => {
                    let keys = Table::Currencies.keys();
                    keys[self.dice.index(keys.len())].to_owned()
                }
                _ => spec.typed(&mut self.dice, token, true),
            };
            row.insert(spec.name.clone(), spec.json(&text));
        }
        row
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

    /// A fault struck.
    pub fn strike(&mut self, fault: Fault) {
        self.counters.fault(fault);
    }

    /// A number that no value holds yet.
    pub fn new_token(&mut self) -> Token {
        self.tokens += 1;
        self.tokens
    }

    /// A field that no model has yet.
    pub fn new_ident(&mut self) -> Ident {
        self.idents += 1;
        self.idents
    }

    /// Takes down a data model; its file in the one form that there is.
    pub fn know(&mut self, scheme: Scheme) -> String {
        let file = scheme.file();
        let file = DataModel::read(&file).map_or(file, |model| model.write());
        self.schemes.insert(file.clone(), scheme);
        file
    }

    /// The data model that a desktop works by.
    #[must_use]
    pub fn in_force(&self, desk: DeskId, table: Table) -> Option<&Scheme> {
        self.schemes.get(self.sides[desk].in_force.get(&table)?)
    }

    /// A desktop works by this data model now.
    pub fn works_by(&mut self, desk: DeskId, table: Table, file: String) {
        let side = &mut self.sides[desk];
        let all = side.worked_by.entry(table).or_default();
        if all.last() != Some(&file) {
            all.push(file.clone());
        }
        side.in_force.insert(table, file);
    }

    /// Whether the field was dropped, on the desktop where it was worked on, by a version that was followed afterwards.
    #[must_use]
    pub fn was_dropped(&self, op: &Op, ident: Ident) -> bool {
        let all = self.sides[op.desk].worked_by.get(&op.rec.table);
        let since = all.into_iter().flatten().skip_while(|file| **file != op.scheme);
        let schemes = since.filter_map(|file| self.schemes.get(file));
        let shared = self.shared(op.rec.table);
        schemes.chain(shared).any(|scheme| scheme.field(ident).is_none())
    }

    /// The data model that Airflow has.
    #[must_use]
    pub fn shared(&self, table: Table) -> Option<&Scheme> {
        self.schemes
            .get(&self.airflow.variables.get(&table.model_key())?.raw)
    }

    /// What Airflow has of a record.
    #[must_use]
    pub fn there(&self, rec: &Rec) -> Option<Map<String, Value>> {
        members(&self.airflow.variables.get(&rec.address())?.raw)
    }

    /// Every record that Airflow has.
    #[must_use]
    pub fn rows(&self) -> BTreeMap<Rec, String> {
        let rows = self.airflow.variables.iter();
        rows.filter_map(|(key, row)| Some((Rec::of_variable(key)?, row.raw.clone())))
            .collect()
    }

    fn put(&mut self, key: &str, raw: Option<String>) {
        match raw {
            None => drop(self.airflow.variables.remove(key)),
            Some(raw) => {
                let row = Row {
                    raw,
                    description: None,
                };
                self.airflow.variables.insert(key.to_owned(), row);
            }
        }
    }

    /// Somebody else writes a record, or deletes it.
    pub fn other_writes(&mut self, rec: &Rec, row: Option<&Map<String, Value>>) {
        self.set_clock();
        let event = if row.is_some() {
            "patch_variable"
        } else {
            "delete_variable"
        };
        self.airflow.note_event(event, "ui", &rec.address());
        let before = self.rows();
        self.put(
            &rec.address(),
            row.map(|row| Value::Object(row.clone()).to_string()),
        );
        self.journal(&before, "somebody");
    }

    /// The server's clock goes with the world's.
    pub fn set_clock(&mut self) {
        let now = wall(self.now(), 0);
        self.airflow.set_clock(now);
    }

    /// Takes down what a write changed.
    pub fn journal(&mut self, before: &BTreeMap<Rec, String>, who: &str) {
        let after = self.rows();
        let recs: BTreeSet<Rec> = before.keys().chain(after.keys()).cloned().collect();
        for rec in recs.into_iter().filter(|rec| before.get(rec) != after.get(rec)) {
            let shown = |rows: &BTreeMap<Rec, String>| rows.get(&rec).cloned().unwrap_or("nothing".into());
            let (old, new) = (shown(before), shown(&after));
            self.say(format_args!("Airflow: {who} writes {rec}: {old} -> {new}"));
            self.note_arrivals(&rec);
        }
    }

    /// Work whose text is in Airflow has arrived.
    pub fn note_arrivals(&mut self, rec: &Rec) {
        let Some(row) = self.there(rec) else { return };
        let now = self.now();
        let texts: Vec<(String, String)> = row
            .iter()
            .map(|(name, value)| (name.clone(), text_of(value)))
            .collect();
        let schemes: Vec<&Scheme> = self
            .schemes
            .values()
            .filter(|scheme| scheme.table == rec.table)
            .collect();
        let is_of =
            |name: &str, ident: Ident| schemes.iter().any(|scheme| scheme.ident_of(name) == Some(ident));
        let images = |ident: Ident, text: &str| -> Vec<String> {
            let maps = schemes.iter().filter_map(|scheme| scheme.field(ident));
            let mut all = vec![text.to_owned()];
            for (from, to) in maps.flat_map(|spec| &spec.map) {
                if all.contains(from) {
                    all.push(to.clone());
                }
            }
            all
        };
        let mut found = Vec::new();
        for (number, op) in self.ops.iter().enumerate().filter(|(_, op)| op.rec == *rec) {
            for (ident, text) in op.open() {
                let all = images(ident, text);
                let is_it = |(name, value): &(String, String)| {
                    is_of(name, ident) && all.iter().any(|text| same(text, value))
                };
                if texts.iter().any(is_it) {
                    found.push((number, ident));
                }
            }
        }
        for (number, ident) in found {
            self.ops[number].arrived.insert(ident, now);
        }
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
    }

    /// When something takes effect by itself.
    #[must_use]
    pub fn next_effect(&self) -> Option<Micros> {
        self.late.iter().map(|late| late.at).min()
    }
}
