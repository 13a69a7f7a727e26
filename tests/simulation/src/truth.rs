//! What really happened: the fake's own journal of every write with its author, what each desktop has read, and what
//! each analyst was shown and did. The checkers judge by this, never by what the tested system says of itself.

use crate::collections::{FIELDS_MAX, Id, Kind, Texts, tokens_of};
use crate::counters::Counters;
use crate::dice::Dice;
use crate::executor::{Clock, Micros};
use crate::fake_airflow::FakeAirflow;
use crate::faults::{Fault, Weather};
use crate::invariant::Invariant;
use crate::tokens::{FIRST, Token};
use crate::trace::Trace;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ulid::Ulid;

/// A desktop's number.
pub type DeskId = usize;

/// An invariant that did not hold.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub at: Micros,
    /// How it showed.
    pub what: String,
}

/// When something last changed in Airflow, and the how-many-th change that was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version {
    /// Counts changes.
    pub number: u64,
    /// The time of the last one.
    pub at: Micros,
}

/// A record's versions: of its being there, and of its fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct Versions {
    /// Whether it is there.
    pub presence: Version,
    /// In the order of its collection's fields.
    pub fields: [Version; FIELDS_MAX],
    /// When it was last not there.
    pub absent_at: Option<Micros>,
}

/// What a desktop's write ran over unread, within the declared window.
#[derive(Debug, Clone)]
pub struct RunOver {
    /// Whose write.
    pub desk: DeskId,
    /// When.
    pub at: Micros,
    /// What was there before it.
    pub text: Option<String>,
}

/// What a desktop is shown of a record in place of what there is.
#[derive(Debug, Clone)]
pub struct Stale {
    pub(crate) desk: DeskId,
    pub(crate) id: Id,
    pub(crate) row: Option<Texts>,
    pub(crate) versions: Option<Versions>,
    pub(crate) until: Micros,
}

/// Somebody else's write that was announced in the event log and is not done yet.
#[derive(Debug, Clone)]
pub struct Announced {
    /// When it is done.
    pub at: u64,
    /// On what.
    pub id: Id,
    /// The new row; `None` for a delete.
    pub row: Option<Texts>,
}

/// What a desktop read of a record.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What there was.
    pub versions: Versions,
    /// Whether it was there.
    pub present: bool,
    /// When the server read it.
    pub at: Micros,
    /// The desktop's how-many-th request that was.
    pub request: u64,
    /// The texts as they were served.
    pub texts: Texts,
}

/// A time, and what this desktop's clock made of it.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When it was.
    pub at: Micros,
    /// How far the clock was off, in milliseconds.
    pub clock_off_ms: i64,
}

/// What a desktop has read, in all its lives.
#[derive(Debug, Default)]
pub struct Side {
    /// The last reading of each record.
    pub readings: BTreeMap<Id, Reading>,
    /// Every text that was served, by record and field.
    pub served: BTreeSet<(Id, usize, Option<String>)>,
    /// Tokens that were read, by record, and when first.
    pub read_tokens: BTreeMap<Id, BTreeMap<Token, Micros>>,
    /// When a record's absence was last read.
    pub absence_read: BTreeMap<Id, Micros>,
    /// When a record was last read as there.
    pub presence_read: BTreeMap<Id, Micros>,
    /// When a delete of this desktop's last took effect on a record.
    pub own_delete: BTreeMap<Id, Micros>,
    /// Requests sent.
    pub requests: u64,
    /// How often its mirror was lost, or became an older copy: what is read after that is new to it.
    pub mirror_losses: u64,
    /// When a complete listing of each collection was last begun and brought to its end.
    pub complete_scan: BTreeMap<Kind, Moment>,
    /// How far its clock is off, in milliseconds.
    pub clock_off_ms: i64,
    /// Whether the server has answered since the application was opened: it knows the server's clock then.
    pub heard: bool,
    /// Complete listings.
    pub scans: u64,
    /// The listings under way: when each began, and how far it came.
    pub scan: BTreeMap<Kind, (Micros, usize)>,
}

impl Side {
    /// A time by this desktop's clock as it is now.
    pub fn moment(&self, at: Micros) -> Moment {
        Moment {
            at,
            clock_off_ms: self.clock_off_ms,
        }
    }

    /// How long ago that was, as this desktop can know: by the server's clock, or by its own until the server answers.
    /// A time in its own future tells it that the clock was set back.
    pub fn age(&self, moment: Moment, now: Micros) -> Micros {
        let age = now.saturating_sub(moment.at);
        let went_forth = (self.clock_off_ms - moment.clock_off_ms) * 1000;
        let by_its_clock = age.checked_add_signed(went_forth);
        by_its_clock.filter(|_| !self.heard).unwrap_or(age)
    }
}

/// What a desktop knew when it sent a write.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who.
    pub desk: DeskId,
    /// When it was sent.
    pub sent_at: Micros,
    /// Its how-many-th request.
    pub request: u64,
    /// Its readings then.
    pub readings: BTreeMap<Id, Reading>,
}

/// Who writes.
#[derive(Debug, Clone)]
pub enum Author {
    /// A desktop's engine.
    Desk(Claim),
    /// Somebody else.
    Other(&'static str),
}

/// What the analyst did to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpKind {
    /// Edited or created.
    Edit,
    /// Deleted.
    Delete,
    /// Took all pending work back.
    TakeBack,
    /// Settled a conflict; whether by a delete.
    Resolve(bool),
}

/// One piece of an analyst's work on a record.
#[derive(Debug, Clone)]
pub struct Op {
    /// Where.
    pub desk: DeskId,
    /// By which client.
    pub client: &'static str,
    /// On what.
    pub id: Id,
    /// What it is.
    pub kind: OpKind,
    /// When it was kept.
    pub at: Micros,
    /// The entry.
    pub entry: Ulid,
    /// What it put there.
    pub tokens: BTreeSet<Token>,
    /// Those of them by which it is known: what was not there already when it was done.
    pub own: BTreeSet<Token>,
    /// What the analyst was shown when they did it.
    pub saw: BTreeSet<Token>,
    /// By what the desktop had read last, nothing was there then.
    pub over_nothing: bool,
    /// The analyst was shown that Airflow had deleted it, and agreed: nothing was to be done there.
    pub agreed_gone: bool,
    /// The desktop had never read it from Airflow then: it knew only what was made here.
    pub unread: bool,
    /// Since when the mirror has it, as far as is known.
    pub mirrored: Option<Micros>,
    /// When a mirror first had it, be that lost since.
    pub first_mirrored: Option<Micros>,
    /// Gone with the only store that held it.
    pub lost: bool,
    /// Since when: a write of it may be under way all the same.
    pub lost_at: Option<Micros>,
    /// The process died before it could say that it was kept.
    pub unsure: bool,
    /// What it came to is in the window's rows.
    pub told: bool,
}

/// A value's story.
#[derive(Debug, Clone, Default)]
pub struct Story {
    /// Where it was typed; `None` for other writers.
    pub op: Option<usize>,
    /// What was seen when it was typed, and what was seen when that was typed, and so on.
    pub seen: BTreeSet<Token>,
    /// Work that took its place, knowingly.
    pub superseded: Vec<usize>,
    /// When it was first in Airflow.
    pub arrived: Option<Micros>,
    /// It was lost with the only store that held it.
    pub lost: bool,
    /// It was typed as the new value of a secret.
    pub secret: bool,
}

/// A queued run.
#[derive(Debug, Clone)]
pub struct Queued {
    /// Where.
    pub desk: DeskId,
    /// The entry.
    pub entry: Ulid,
    /// Of which DAG.
    pub dag_id: String,
    /// In its conf.
    pub token: Token,
    /// The run's id in Airflow.
    pub run_id: String,
    /// Whether it waits for the edits before it.
    pub after_edits: bool,
    /// The work before it, of that desktop.
    pub before: Vec<usize>,
    /// Released by hand.
    pub released: bool,
    /// Take-back asked for.
    pub taken_back: bool,
    /// Both stores that knew what became of it were lost, or are older copies.
    pub forgotten: bool,
    /// How often it was started.
    pub started: u32,
    /// When it was queued.
    pub at: Micros,
    /// Gone with the only store that held it.
    pub lost: bool,
}

/// How a window's link with its mirror stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkStand {
    /// A whole round went through since the last handshake that was more than a greeting.
    pub settled: bool,
    /// What the mirror had before this, the window has: when the last pull of the last whole round was answered.
    pub told_until: Micros,
    /// When a pull was last answered.
    pub pulled_at: Micros,
}

/// A write that takes effect later.
#[derive(Debug)]
pub struct LateWrite {
    /// When.
    pub at: Micros,
    /// The request.
    pub request: http::Request<bytes::Bytes>,
    /// Its sender's claim.
    pub claim: Claim,
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
    pub late: Vec<LateWrite>,
    /// What desktops are shown of the past.
    pub stale: Vec<Stale>,
    /// Writes of others that the event log tells of already.
    pub announced: Vec<Announced>,
    /// How often each record changed.
    pub changes_of: BTreeMap<Id, u64>,
    /// Every record that ever was.
    pub versions: BTreeMap<Id, Versions>,
    /// What was last run over unread, by record and field.
    pub run_over: BTreeMap<(Id, usize), RunOver>,
    /// Every desktop's readings.
    pub sides: Vec<Side>,
    /// How the windows' links stand.
    pub links: Vec<LinkStand>,
    /// Every token that a record ever had.
    pub key_tokens: BTreeMap<Id, BTreeSet<Token>>,
    /// Every value's story.
    pub stories: BTreeMap<Token, Story>,
    /// Every piece of work.
    pub ops: Vec<Op>,
    /// Every queued run.
    pub queued: Vec<Queued>,
    /// Faults that struck.
    pub struck: u64,
    /// Requests to write that reached Airflow.
    pub writes: u64,
    changes: u64,
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
    pub fn new(airflow: FakeAirflow, mut dice: Dice, clock: Clock, desks: usize) -> Self {
        let weather = Weather::of(&mut dice);
        Self {
            airflow,
            dice,
            clock,
            trace: Trace::default(),
            counters: Counters::default(),
            violations: Vec::new(),
            weather,
            late: Vec::new(),
            stale: Vec::new(),
            announced: Vec::new(),
            changes_of: BTreeMap::new(),
            versions: BTreeMap::new(),
            run_over: BTreeMap::new(),
            sides: (0..desks).map(|_| Side::default()).collect(),
            links: vec![LinkStand::default(); desks],
            key_tokens: BTreeMap::new(),
            stories: BTreeMap::new(),
            ops: Vec::new(),
            queued: Vec::new(),
            struck: 0,
            writes: 0,
            changes: 0,
        }
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
        self.struck += 1;
        self.counters.fault(fault);
    }

    /// A number that no value holds yet.
    pub fn new_token(&mut self, story: Story) -> Token {
        let token = self.stories.last_key_value().map_or(FIRST, |(last, _)| last + 1);
        self.stories.insert(token, story);
        token
    }

    /// Tokens and everything that was seen when they were typed.
    #[must_use]
    pub fn closure(&self, tokens: &BTreeSet<Token>) -> BTreeSet<Token> {
        let mut all = tokens.clone();
        for token in tokens {
            if let Some(story) = self.stories.get(token) {
                all.extend(&story.seen);
            }
        }
        all
    }

    /// Takes down what a write changed.
    pub fn note_change(&mut self, id: &Id, before: Option<&Texts>, after: Option<&Texts>) {
        let now = self.now();
        self.changes += 1;
        *self.changes_of.entry(id.clone()).or_default() += 1;
        let version = Version {
            number: self.changes,
            at: now,
        };
        let versions = self.versions.entry(id.clone()).or_default();
        match (before, after) {
            (Some(old), Some(new)) => {
                for (field, known) in versions.fields.iter_mut().enumerate() {
                    if old[field] != new[field] {
                        *known = version;
                    }
                }
            }
            _ => {
                versions.presence = version;
                versions.fields = [version; FIELDS_MAX];
                versions.absent_at = Some(now);
            }
        }
        for token in tokens_of(after) {
            self.key_tokens.entry(id.clone()).or_default().insert(token);
            if let Some(story) = self.stories.get_mut(&token) {
                story.arrived.get_or_insert(now);
            }
        }
    }
}
