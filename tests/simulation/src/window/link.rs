//! The link with the mirror (`link.ts`, `handshake.ts`, `push.ts`, `pull.ts`, `rebuild.ts`): handshake, then push and
//! pull, one round at a time, with growing pauses while something fails. It can be cut at every await.

use super::store::{CLIENT, CannotAgree, Session, WindowStore};
use crate::bugs::Bug;
use crate::executor::Clock;
use leeward_model::{Entry, Handshake, HandshakeAnswer, PullAnswer, PushAnswer, Rebuild, Resume};
use leeward_store::StoreError;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use ulid::Ulid;

/// Entries in one push. `PUSH_LIMIT` is 500; fewer, so that batches have seams here too.
const PUSH_LIMIT: usize = 4;
/// Feed items in one pull; see there.
const PULL_LIMIT: u32 = 7;
/// Rows in one part of a rebuild; see there.
const REBUILD_LIMIT: usize = 5;
const ATTEMPTS: usize = 3;
const AGREEMENTS: usize = 3;
const FIRST_PAUSE_MS: u64 = 250;
const LONGEST_PAUSE_MS: u64 = 30_000;

/// The Tauri commands, which are the only door to the mirror.
pub trait Commands {
    /// `mirror_handshake`.
    ///
    /// # Errors
    /// The mirror's.
    fn handshake(&self, hello: &Handshake) -> Result<HandshakeAnswer, StoreError>;
    /// `mirror_push`.
    ///
    /// # Errors
    /// The mirror's.
    fn push(&self, epoch: u64, from: u64, entries: &[Entry]) -> Result<PushAnswer, StoreError>;
    /// `mirror_pull`.
    ///
    /// # Errors
    /// The mirror's.
    fn pull(&self, client: &str, cursor: u64, limit: u32) -> Result<PullAnswer, StoreError>;
    /// `mirror_rebuild`.
    ///
    /// # Errors
    /// The mirror's.
    fn rebuild(&self, part: &Rebuild) -> Result<PushAnswer, StoreError>;
    /// By this computer's clock.
    fn now(&self) -> jiff::Timestamp;
    /// A number from 0 to 999.
    fn random(&self) -> u64;
    /// A whole round went through.
    fn round_done(&self);
}

/// What the link needs.
pub struct Link<C> {
    /// IndexedDB.
    pub store: Arc<Mutex<WindowStore>>,
    /// The mirror.
    pub commands: C,
    /// Rung when something was kept or the feed moved.
    pub wake: Arc<Notify>,
    /// Virtual time.
    pub clock: Clock,
    /// A bug that was put in on purpose.
    pub bug: Option<Bug>,
}

enum Trouble {
    HandshakeNeeded,
    Store,
}

impl From<CannotAgree> for Trouble {
    fn from(_: CannotAgree) -> Self {
        Self::HandshakeNeeded
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::UnknownEpoch | StoreError::Gap { .. } | StoreError::Fork { .. } => {
                Self::HandshakeNeeded
            }
            _ => Self::Store,
        }
    }
}

/// Keeps the window and the mirror together, for ever.
pub async fn link<C: Commands>(link: Link<C>) {
    let mut session = None;
    let mut failures: u32 = 0;
    link.load().await;
    loop {
        match link.round(&mut session).await {
            Ok(()) => {
                failures = 0;
                link.commands.round_done();
                link.wake.notified().await;
            }
            Err(()) => {
                failures += 1;
                link.pause(failures).await;
            }
        }
    }
}

impl<C: Commands> Link<C> {
    fn store(&self) -> MutexGuard<'_, WindowStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page takes its time until its scripts run: mostly a second or two, now and then ten.
    async fn load(&self) {
        let ms = self.commands.random() * self.commands.random() / 100;
        self.clock.sleep(Duration::from_millis(ms)).await;
    }

    /// A command or a transaction takes a moment, in which everything else goes on.
    async fn moment(&self) {
        let micros = 200 + self.commands.random() * 10;
        self.clock.sleep(Duration::from_micros(micros)).await;
    }

    async fn pause(&self, failures: u32) {
        let limit = LONGEST_PAUSE_MS.min(FIRST_PAUSE_MS << failures.min(12));
        let pause = Duration::from_millis(limit * self.commands.random() / 1000);
        tokio::select! { biased; () = self.clock.sleep(pause) => {}, () = self.wake.notified() => {} }
    }

    async fn round(&self, session: &mut Option<Session>) -> Result<(), ()> {
        for _ in 0..AGREEMENTS {
            match self.attempt(session).await {
                Ok(()) => return Ok(()),
                Err(trouble) => {
                    *session = None;
                    if matches!(trouble, Trouble::Store) {
                        return Err(());
                    }
                }
            }
        }
        Err(())
    }

    async fn attempt(&self, session: &mut Option<Session>) -> Result<(), Trouble> {
        if session.is_none() {
            *session = Some(self.agree().await?);
        }
        let Some(session) = session.as_mut() else {
            return Err(Trouble::HandshakeNeeded);
        };
        loop {
            self.push_all(session).await?;
            if !self.pull_page(*session).await? {
                return Ok(());
            }
        }
    }

    async fn agree(&self) -> Result<Session, Trouble> {
        for _ in 0..ATTEMPTS {
            let hello = self.store().first_word();
            self.moment().await;
            let answer = self.commands.handshake(&hello)?;
            self.moment().await;
            let session = Session {
                store_id: answer.store_id,
                epoch: answer.epoch,
                acked: answer.acked_seq,
            };
            match answer.verdict {
                Resume::Resume => {
                    self.store().resume(session);
                    return Ok(session);
                }
                Resume::Rehydrate => {
                    let known: BTreeSet<Ulid> = answer.known.iter().copied().collect();
                    self.store().rehydrate(session, &known, self.bug);
                    return Ok(session);
                }
                Resume::Rebuild => self.rebuild(&answer).await?,
            }
        }
        Err(Trouble::HandshakeNeeded)
    }

    async fn rebuild(&self, answer: &HandshakeAnswer) -> Result<(), Trouble> {
        let mut last = None;
        loop {
            let rows = self.store().rows_after(last.as_ref(), REBUILD_LIMIT);
            self.moment().await;
            let end = rows.last().map(|(subject, _)| subject.clone());
            let is_full = rows.len() == REBUILD_LIMIT;
            let records = rows.into_iter().map(|(_, row)| row).collect();
            if end.is_none() || !is_full {
                let part = self.store().last_part(answer.epoch, records);
                self.commands.rebuild(&part)?;
                break;
            }
            let part = Rebuild {
                client: CLIENT.into(),
                epoch: answer.epoch,
                records,
                actions: Vec::new(),
                entries: Vec::new(),
                last: false,
            };
            self.commands.rebuild(&part)?;
            self.moment().await;
            last = end;
        }
        self.moment().await;
        self.store().rebuilt(answer.store_id, answer.epoch);
        self.moment().await;
        Ok(())
    }

    async fn push_all(&self, session: &mut Session) -> Result<(), Trouble> {
        loop {
            let entries = self.store().entries_after(session.acked, PUSH_LIMIT);
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
                return Ok(());
            };
            if first.seq != session.acked + 1 {
                return Err(Trouble::HandshakeNeeded);
            }
            self.moment().await;
            let answer = self.commands.push(session.epoch, first.seq, &entries)?;
            self.moment().await;
            if answer.acked_seq < last.seq {
                return Err(Trouble::HandshakeNeeded);
            }
            session.acked = answer.acked_seq;
        }
    }

    async fn pull_page(&self, session: Session) -> Result<bool, Trouble> {
        let cursor = self.store().place.cursor;
        let at = self.commands.now();
        self.moment().await;
        let answer = self.commands.pull(CLIENT, cursor, PULL_LIMIT)?;
        self.moment().await;
        let more = answer.more;
        self.store().take_over(session, (cursor, at), answer, self.bug)?;
        Ok(more)
    }
}
