//! What can go wrong between a desktop and Airflow, and when: some of it is in the air all the time, some comes in
//! spells, and some is armed for the next request.

use crate::collections::{Id, Kind};
use crate::dice::Dice;
use crate::executor::Micros;
use crate::request::Asked;
use std::collections::VecDeque;

/// A fault, as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing listens: certainly not sent.
    Refused,
    /// The request is lost on its way, and nobody can know.
    RequestLost,
    /// The request takes effect, the answer is lost.
    AnswerLost,
    /// The connection is cut in the middle of the answer, which arrives as a torn text.
    CutMidBody,
    /// The connection is reset before the request is read.
    Reset,
    /// The request takes effect later, after its sender gave up.
    Late,
    /// The request takes effect twice.
    Duplicate,
    /// The token has expired.
    TokenExpired,
    /// 403: no right to this.
    Forbidden,
    /// A proxy's own 404, as a page.
    ProxyNotFound,
    /// Somebody made the same thing a moment ago: 409.
    AlreadyThere,
    /// 422: refused, with the input echoed.
    Unprocessable,
    /// 429 of a gateway.
    TooMany,
    /// 500 before anything was done.
    Trouble,
    /// 500 although it was done.
    TroubleAfter,
    /// A sign-in page with status 200.
    LoginPage,
    /// The answer comes slowly.
    SlowBody,
    /// A listing shifts between two pages.
    OffsetShift,
    /// The server restarts: refused for a while, and all tokens are void.
    Restart,
    /// The server's own SQLite is wedged: 500 for a while.
    Wedge,
    /// The event log cannot be read.
    LogForbidden,
    /// One record that the server always fails on.
    Poison,
    /// One record that can be read, and on each write of which the server fails.
    Jinx,
    /// What was written reads as before, for a while.
    StaleRead,
    /// One Variable that cannot be decrypted: no page of the listing with it can be read.
    Undecryptable,
    /// Others write without a pause: no listing holds still.
    Restless,
    /// Small pages, whatever is asked for.
    CappedPages,
    /// The event row is there before the write.
    EventBeforeWrite,
    /// A task's write leaves no event row.
    TaskWrite,
    /// The desktop's clock jumps.
    ClockJump,
    /// The mirror's disk is full for a while.
    DiskFull,
    /// kill -9.
    Killed,
    /// A power cut: what was not synced is gone.
    PowerCut,
    /// The window is loaded anew.
    Reload,
    /// The mirror is gone.
    MirrorLost,
    /// The mirror is an older copy.
    MirrorRestored,
    /// IndexedDB is gone.
    WindowLost,
    /// IndexedDB is an older copy.
    WindowRestored,
    /// A run is cleaned up in Airflow.
    RunCleaned,
    /// A DAG is deleted.
    DagDeleted,
    /// A process of Airflow's meets a secret, and masks it from then on.
    SecretMet,
    /// Another process of Airflow's answers, which has met other secrets.
    AnotherProcess,
    /// Everything in a collection is deleted at once.
    Vanished,
    /// 403 to everything about one collection.
    CollectionForbidden,
    /// 500 to everything about one collection.
    CollectionFails,
    /// The listing of one collection cannot be read.
    ListingFails,
}

impl Fault {
    /// Every fault.
    pub const ALL: &'static [Self] = &[
        Self::Refused,
        Self::RequestLost,
        Self::AnswerLost,
        Self::CutMidBody,
        Self::Reset,
        Self::Late,
        Self::Duplicate,
        Self::TokenExpired,
        Self::Forbidden,
        Self::ProxyNotFound,
        Self::AlreadyThere,
        Self::Unprocessable,
        Self::TooMany,
        Self::Trouble,
        Self::TroubleAfter,
        Self::LoginPage,
        Self::SlowBody,
        Self::OffsetShift,
        Self::Restart,
        Self::Wedge,
        Self::LogForbidden,
        Self::Poison,
        Self::Jinx,
        Self::StaleRead,
        Self::Undecryptable,
        Self::Restless,
        Self::CappedPages,
        Self::EventBeforeWrite,
        Self::TaskWrite,
        Self::ClockJump,
        Self::DiskFull,
        Self::Killed,
        Self::PowerCut,
        Self::Reload,
        Self::MirrorLost,
        Self::MirrorRestored,
        Self::WindowLost,
        Self::WindowRestored,
        Self::RunCleaned,
        Self::DagDeleted,
        Self::SecretMet,
        Self::AnotherProcess,
        Self::Vanished,
        Self::CollectionForbidden,
        Self::CollectionFails,
        Self::ListingFails,
    ];

    /// Those that strike a single request.
    pub const OF_A_REQUEST: &'static [Self] = &[
        Self::Refused,
        Self::RequestLost,
        Self::AnswerLost,
        Self::AnswerLost,
        Self::CutMidBody,
        Self::Reset,
        Self::Late,
        Self::Late,
        Self::Duplicate,
        Self::TokenExpired,
        Self::Forbidden,
        Self::ProxyNotFound,
        Self::AlreadyThere,
        Self::Unprocessable,
        Self::TooMany,
        Self::Trouble,
        Self::TroubleAfter,
        Self::LoginPage,
        Self::SlowBody,
        Self::OffsetShift,
        Self::StaleRead,
        Self::StaleRead,
    ];

    /// Whether it can only strike a write.
    #[must_use]
    pub fn is_of_a_write(self) -> bool {
        matches!(
            self,
            Self::Late
                | Self::Duplicate
                | Self::AlreadyThere
                | Self::Unprocessable
                | Self::TroubleAfter
                | Self::StaleRead
        )
    }
}

/// What one collection is in, and no other, until the last of it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// The collection.
    pub kind: Kind,
    /// [`Fault::Vanished`], [`Fault::CollectionForbidden`], [`Fault::CollectionFails`] or [`Fault::ListingFails`].
    pub fault: Fault,
}

impl Trouble {
    /// Of these one is drawn.
    pub const FAULTS: [Fault; 4] = [
        Fault::Vanished,
        Fault::CollectionForbidden,
        Fault::CollectionFails,
        Fault::ListingFails,
    ];

    /// What strikes this request.
    fn strikes(self, asked: &Asked) -> Option<Fault> {
        let is_struck = match self.fault {
            Fault::ListingFails => asked.listed() == Some(self.kind),
            Fault::CollectionForbidden | Fault::CollectionFails => asked.touches(self.kind),
            _ => false,
        };
        is_struck.then_some(self.fault)
    }
}

/// What is in the air.
#[derive(Debug, Default)]
pub struct Weather {
    /// Of a thousand requests, so many are struck.
    pub permille: u64,
    /// Those that can strike in this history.
    pub kinds: Vec<Fault>,
    /// Strikes at the next request that it can strike.
    pub armed: VecDeque<Fault>,
    /// Nothing listens until then.
    pub refused_until: Micros,
    /// 500 until then.
    pub wedged_until: Micros,
    /// A Variable cannot be decrypted until then.
    pub undecryptable_until: Micros,
    /// No listing holds still until then.
    pub restless_until: Micros,
    /// The event log cannot be read.
    pub log_forbidden: bool,
    /// The record on each write of which the server fails.
    pub jinx: Option<Id>,
    /// The record that the server always fails on.
    pub poison: Option<Id>,
    /// What one collection alone is in.
    pub trouble: Option<Trouble>,
    /// No more faults.
    pub calm: bool,
}

impl Weather {
    /// The weather of a seed.
    #[must_use]
    pub fn of(dice: &mut Dice) -> Self {
        let kinds = (0..dice.within(2, 8)).filter_map(|_| dice.pick(Fault::OF_A_REQUEST).copied());
        let kinds = kinds.collect();
        Self {
            permille: dice.below(40),
            kinds,
            log_forbidden: dice.chance(12),
            ..Self::default()
        }
    }

    /// Whether it writes the record on each write of which the server fails.
    #[must_use]
    pub fn is_jinxed(&self, asked: &Asked) -> bool {
        let jinx = self.jinx.as_ref().filter(|_| asked.writes_records());
        jinx.is_some_and(|jinx| asked.is_about(jinx))
    }

    /// What strikes a request because of the collection that it is about.
    #[must_use]
    pub fn trouble_of(&self, asked: &Asked) -> Option<Fault> {
        self.trouble.and_then(|trouble| trouble.strikes(asked))
    }

    /// What strikes a request, if anything does.
    pub fn strike(&mut self, dice: &mut Dice, is_write: bool, is_listing: bool) -> Option<Fault> {
        if self.calm {
            return None;
        }
        let fits = |fault: &Fault| {
            (is_write || !fault.is_of_a_write()) && (is_listing || *fault != Fault::OffsetShift)
        };
        if let Some(place) = self.armed.iter().position(fits) {
            return self.armed.remove(place);
        }
        if !dice.permille(self.permille) {
            return None;
        }
        dice.pick(&self.kinds).copied().filter(fits)
    }
}
