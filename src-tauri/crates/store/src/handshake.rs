//! The handshake: whether the client's log and rows and the mirror continue each other.

use crate::columns::{plausible, signed};
use crate::log::{ClientLog, Place};
use crate::{Ledger, StoreError, records};
use leeward_model::{Handshake, HandshakeAnswer, Resume};
use ulid::Ulid;

impl Ledger<'_> {
    /// Compares notes with the client and says what it must do. Meant for [`crate::Mirror::write`]: any verdict but
    /// `Resume` starts a new epoch.
    ///
    /// # Errors
    /// `OtherEnvironment` when the client holds another environment's work, of which nothing is taken or given;
    /// `BadInput` when a number is beyond counting; those of SQLite.
    pub fn handshake(&self, hello: &Handshake) -> Result<HandshakeAnswer, StoreError> {
        let seqs = hello.tail.iter().map(|entry| entry.seq);
        plausible(seqs.chain([hello.epoch, hello.last_seq, hello.cursor, hello.digest.rows]))?;
        let environment = self.environment()?;
        if hello.environment.is_some() && environment.is_some() && hello.environment != environment {
            return Err(StoreError::OtherEnvironment);
        }
        let known = self.known(hello)?;
        let (log, verdict) = match self.verdict(hello)? {
            Resume::Resume => (self.client_log(&hello.client)?.unwrap_or(NO_LOG), Resume::Resume),
            Resume::Rehydrate => (self.start_over(hello)?, Resume::Rehydrate),
            Resume::Rebuild => (self.start_rebuild(hello)?, Resume::Rebuild),
        };
        Ok(HandshakeAnswer {
            environment,
            store_id: self.store_id()?,
            epoch: log.epoch,
            acked_seq: log.acked,
            verdict,
            known,
        })
    }

    fn verdict(&self, hello: &Handshake) -> Result<Resume, StoreError> {
        let Some(store_id) = hello.store_id else {
            return Ok(Resume::Rehydrate);
        };
        let log = self.client_log(&hello.client)?;
        if log.is_some_and(|log| log.rebuilding) {
            return Ok(Resume::Rebuild);
        }
        if store_id != self.store_id()? {
            // Some of the client's work may stand in its rows alone, so they are asked for even where this mirror has
            // records already: they are merged. Once is enough.
            return Ok(if self.has_all_of(hello)? {
                Resume::Rehydrate
            } else {
                Resume::Rebuild
            });
        }
        if hello.cursor > self.last_feed()? {
            // The mirror was restored from an older copy: the client knows more.
            return Ok(Resume::Rebuild);
        }
        let continues = match log.filter(|log| log.epoch == hello.epoch) {
            Some(log) => self.continues(hello, log)?,
            None => false,
        };
        Ok(if continues {
            Resume::Resume
        } else {
            Resume::Rehydrate
        })
    }

    /// Whether the client's log and rows go on from where the mirror stands.
    fn continues(&self, hello: &Handshake, log: ClientLog) -> Result<bool, StoreError> {
        Ok(hello.last_seq >= log.acked
            && covers(hello, log.acked)
            && self.tail_agrees(hello, log)?
            && hello.digest.rows >= self.shown_up_to(hello.cursor)?)
    }

    fn tail_agrees(&self, hello: &Handshake, log: ClientLog) -> Result<bool, StoreError> {
        for entry in hello.tail.iter().filter(|entry| entry.seq <= log.acked) {
            let place = Place {
                client: &hello.client,
                epoch: log.epoch,
                seq: entry.seq,
            };
            if !self.agrees(place, entry.id)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn start_over(&self, hello: &Handshake) -> Result<ClientLog, StoreError> {
        self.forget_rebuild(&hello.client)?;
        self.new_epoch(&hello.client, hello.epoch)
    }

    /// From here until the last part has come, the client can only rebuild. Feed positions go on above its cursor.
    fn start_rebuild(&self, hello: &Handshake) -> Result<ClientLog, StoreError> {
        self.forget_rebuild(&hello.client)?;
        self.raise_feed(hello.cursor)?;
        self.begin_rebuild(hello)?;
        self.demand_full_scan()?;
        let log = self.new_epoch(&hello.client, hello.epoch)?;
        let log = ClientLog {
            rebuilding: true,
            rebuild_seq: hello.last_seq,
            ..log
        };
        self.put_client(&hello.client, log)?;
        Ok(log)
    }

    fn known(&self, hello: &Handshake) -> Result<Vec<Ulid>, StoreError> {
        let mut known = Vec::new();
        for entry in &hello.tail {
            if self.knows(entry.id)? {
                known.push(entry.id);
            }
        }
        Ok(known)
    }

    /// Records that a client with this cursor must hold.
    fn shown_up_to(&self, cursor: u64) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT COUNT(*) FROM records r JOIN feed f ON f.collection = r.collection AND f.key = r.key \
             WHERE f.id <= ?1 AND (r.base IS NOT NULL OR {})",
            records::HAS_WORK
        );
        let count: i64 = self
            .tx
            .prepare_cached(&sql)?
            .query_row([signed(cursor)], |row| row.get(0))?;
        Ok(crate::columns::counter(count))
    }
}

const NO_LOG: ClientLog = ClientLog {
    epoch: 0,
    acked: 0,
    rebuilding: false,
    rebuild_seq: 0,
};

/// Whether the client still has every entry that the mirror lacks.
fn covers(hello: &Handshake, acked: u64) -> bool {
    let held: std::collections::BTreeSet<u64> = hello.tail.iter().map(|entry| entry.seq).collect();
    (acked + 1..=hello.last_seq).all(|seq| held.contains(&seq))
}
