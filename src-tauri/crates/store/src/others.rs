//! What other clients than the one that speaks entered straight into the mirror, and what of it that client knows.

use crate::columns::{counter, parse, signed, time, ulid};
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{Entered, Entry};
use rusqlite::Row;
use ulid::Ulid;

/// So many of a client's newest entries are told with a pull.
const TOLD: u64 = 100;

/// An entry as the log has it; what it said is forgotten when it is old.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) client: String,
    epoch: u64,
    seq: u64,
    id: Ulid,
    at: Timestamp,
    pub(crate) entry: Option<Entry>,
}

/// What a client knows of the others' entries: what it was told of, and until when it pulled.
#[derive(Debug)]
pub(crate) struct KnownOfOthers {
    pub(crate) told: Option<Vec<Entered>>,
    pub(crate) until: Option<Timestamp>,
}

impl KnownOfOthers {
    /// The entries of this copy of the mirror that the client does not know.
    pub(crate) fn unknown(&self, logged: Vec<Logged>) -> Vec<Logged> {
        let goes_on: Vec<&Entered> = self
            .told
            .iter()
            .flatten()
            .filter(|told| logged.iter().any(|entry| is_in(told, entry)))
            .collect();
        let is_known: Vec<bool> = logged.iter().map(|entry| self.knows(entry, &goes_on)).collect();
        let both = logged.into_iter().zip(is_known);
        both.filter(|(_, is_known)| !is_known)
            .map(|(entry, _)| entry)
            .collect()
    }

    /// `goes_on`: told ones, of which this copy has some: it has the same ones before them, too.
    fn knows(&self, entry: &Logged, goes_on: &[&Entered]) -> bool {
        let by_time = || self.until.is_none_or(|until| entry.at <= until);
        let Some(all) = &self.told else {
            return by_time();
        };
        // When the client pulled, there was none of that client's yet.
        let Some(told) = all.iter().find(|told| told.client == entry.client) else {
            return false;
        };
        if told.epoch != entry.epoch {
            return by_time();
        }
        match told.id_at(entry.seq) {
            Some(id) => id == entry.id,
            None if entry.seq > told.last_seq => false,
            None => goes_on.contains(&told) || by_time(),
        }
    }
}

fn is_in(told: &Entered, entry: &Logged) -> bool {
    told.client == entry.client && told.epoch == entry.epoch && told.id_at(entry.seq) == Some(entry.id)
}

impl Ledger<'_> {
    /// What the log holds of all clients but this one, each one's in order.
    pub(crate) fn logged_by_others(&self, client: &str) -> Result<Vec<Logged>, StoreError> {
        let sql = "SELECT client, epoch, seq, id, at, body FROM log WHERE client <> ?1 \
                   ORDER BY client, epoch, seq";
        let mut select = self.tx.prepare(sql)?;
        let mut rows = select.query([client])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(logged(row)?);
        }
        Ok(all)
    }

    /// The newest entries of each client but this one.
    pub(crate) fn entered_by_others(&self, client: &str) -> Result<Vec<Entered>, StoreError> {
        let sql = "SELECT client, epoch, acked FROM clients WHERE client <> ?1 AND acked > 0 ORDER BY client";
        let mut select = self.tx.prepare_cached(sql)?;
        let others = select.query_map([client], |row| {
            Ok(Entered {
                client: row.get(0)?,
                epoch: counter(row.get(1)?),
                last_seq: counter(row.get(2)?),
                ids: Vec::new(),
            })
        })?;
        others.map(|other| self.with_ids(other?)).collect()
    }

    fn with_ids(&self, entered: Entered) -> Result<Entered, StoreError> {
        let sql = "SELECT id FROM log WHERE client = ?1 AND epoch = ?2 AND seq > ?3 ORDER BY seq";
        let mut select = self.tx.prepare_cached(sql)?;
        let first = signed(entered.last_seq.saturating_sub(TOLD));
        let of = (&entered.client, signed(entered.epoch), first);
        let ids: Vec<String> = select
            .query_map(of, |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let ids = ids.iter().map(|id| ulid(id)).collect::<Result<_, _>>()?;
        Ok(Entered { ids, ..entered })
    }
}

fn logged(row: &Row<'_>) -> Result<Logged, StoreError> {
    let (id, at, body): (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let entry = (!body.is_empty()).then(|| parse(&body, "log")).transpose()?;
    Ok(Logged {
        client: row.get(0)?,
        epoch: counter(row.get(1)?),
        seq: counter(row.get(2)?),
        id: ulid(&id)?,
        at: time(&at)?,
        entry,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn logged(epoch: u64, seq: u64, id: u128, second: i64) -> Logged {
        Logged {
            client: "ctl".into(),
            epoch,
            seq,
            id: Ulid::from(id),
            at: at(second),
            entry: None,
        }
    }

    /// The numbers of those entries that a client does not know which pulled at second 20, and was told that.
    fn unknown(told: Vec<Entered>, logged: Vec<Logged>) -> Vec<u64> {
        let known = KnownOfOthers {
            told: Some(told),
            until: Some(at(20)),
        };
        known.unknown(logged).iter().map(|entry| entry.seq).collect()
    }

    /// The entries 3 and 4.
    fn told() -> Vec<Entered> {
        vec![Entered {
            client: "ctl".into(),
            epoch: 1,
            last_seq: 4,
            ids: vec![Ulid::from(3), Ulid::from(4)],
        }]
    }

    #[test]
    fn what_follows_the_last_that_was_told_is_new_whatever_its_time() {
        assert_eq!(
            unknown(told(), vec![logged(1, 4, 4, 10), logged(1, 5, 5, 10)]),
            [5]
        );
    }

    #[test]
    fn what_comes_before_them_is_known_where_this_copy_has_one_of_them() {
        let before = || logged(1, 2, 2, 30);
        assert!(unknown(told(), vec![before(), logged(1, 3, 3, 30)]).is_empty());
        assert_eq!(unknown(told(), vec![before()]), [2], "else its time decides");
    }

    #[test]
    fn another_epoch_is_judged_by_time() {
        assert_eq!(
            unknown(told(), vec![logged(2, 1, 9, 10), logged(2, 2, 8, 30)]),
            [2]
        );
    }

    #[test]
    fn all_of_a_client_that_had_none_then_are_new() {
        assert_eq!(unknown(Vec::new(), vec![logged(1, 1, 1, 10)]), [1]);
    }
}
