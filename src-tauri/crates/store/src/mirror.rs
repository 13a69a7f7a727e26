//! A connection to the mirror: opening, pragmas, and the only two ways in.

use crate::StoreError;
use crate::copy::{self, BUSY_TIMEOUT};
use crate::frozen::Frozen;
use crate::ledger::Ledger;
use crate::schema::{self, Fresh};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::Path;

/// Tries to switch a new file to WAL: two processes that do so at once get "locked" without SQLite waiting.
const WAL_TRIES: u32 = 50;

/// One connection to the ledger. Several may be open on one file, in several processes.
#[derive(Debug)]
pub struct Mirror {
    connection: Connection,
    /// The file as it was when it was opened without SQLite's locks.
    frozen: Option<Frozen>,
}

impl Mirror {
    /// Opens the mirror, makes it when there is none, and brings its schema up to date; before that it is copied beside itself.
    ///
    /// # Errors
    /// When the file cannot be read or written, is damaged, or was written by a newer Leeward.
    pub fn open(path: &Path, fresh: &Fresh) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        copy::keep_before_upgrade(path, &connection)?;
        Self::start(connection, fresh)
    }

    /// Opens a mirror of which nothing can be written, on a full or read-only disk: only [`Mirror::read`] works on it.
    ///
    /// # Errors
    /// When there is none, or it cannot be read, or its schema is not this program's.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let (connection, frozen) = Frozen::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        schema::check(&connection)?;
        Ok(Self { connection, frozen })
    }

    /// A mirror that lives as long as the process, for tests and simulations.
    ///
    /// # Errors
    /// When SQLite cannot be set up.
    pub fn open_in_memory(fresh: &Fresh) -> Result<Self, StoreError> {
        Self::start(Connection::open_in_memory()?, fresh)
    }

    fn start(mut connection: Connection, fresh: &Fresh) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(128);
        // Else SQLite, once it has prepared a statement anew, does so again for every value that is bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        use_wal(&connection)?;
        // An edit that was acknowledged must survive a power cut: sync at every commit.
        connection.pragma_update(None, "synchronous", "FULL")?;
        schema::migrate(&mut connection, fresh)?;
        Ok(Self {
            connection,
            frozen: None,
        })
    }

    /// Changes when *another* connection has committed (`PRAGMA data_version`); cheap enough to ask once a second.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        let mut select = self.connection.prepare_cached("PRAGMA data_version")?;
        Ok(select.query_row([], |row| row.get(0))?)
    }

    /// Runs `f` on one consistent state.
    ///
    /// # Errors
    /// Those of `f` and of SQLite.
    pub fn read<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begun = Begun::begin(&self.connection, "BEGIN DEFERRED")?;
        let read = f(&Ledger::on(begun.connection));
        match &self.frozen {
            Some(frozen) if !frozen.is_as_it_was() => Err(StoreError::Busy.into()),
            _ => read,
        }
    }

    /// Runs `f` alone in the file: committed when it returns `Ok`, undone when it returns `Err`.
    ///
    /// # Errors
    /// Those of `f` and of SQLite.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begun = Begun::begin(&self.connection, "BEGIN IMMEDIATE")?;
        let ledger = Ledger::on(begun.connection);
        let result = f(&ledger)?;
        ledger.write_counters()?;
        begun.commit()?;
        Ok(result)
    }
}

/// A transaction that is undone when it goes out of sight. As rusqlite's own, with prepared statements: the schedule
/// looks into the mirror every second.
struct Begun<'c> {
    connection: &'c Connection,
}

impl<'c> Begun<'c> {
    fn begin(connection: &'c Connection, how: &str) -> Result<Self, StoreError> {
        connection.prepare_cached(how)?.execute([])?;
        Ok(Self { connection })
    }

    fn commit(self) -> Result<(), StoreError> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        // After a commit there is nothing to undo.
        if self.connection.is_autocommit() {
            return;
        }
        let undone = self
            .connection
            .prepare_cached("ROLLBACK")
            .and_then(|mut rollback| rollback.execute([]));
        if let Err(error) = undone {
            tracing::warn!(%error, "a transaction could not be undone");
        }
    }
}

fn use_wal(connection: &Connection) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let asked =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match asked.map_err(StoreError::from) {
            Err(StoreError::Busy) if tries < WAL_TRIES => tries += 1,
            asked => return asked.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[test]
    fn pragmas_are_really_on() {
        let dir = tempfile::tempdir().unwrap();
        let fresh = Fresh {
            store_id: Ulid::from(1u128),
            secret_key: [1; 32],
        };
        let mirror = Mirror::open(&dir.path().join("mirror.db"), &fresh).unwrap();
        let number = |name: &str| -> i64 {
            mirror
                .connection
                .pragma_query_value(None, name, |row| row.get(0))
                .unwrap()
        };
        assert_eq!(number("foreign_keys"), 1);
        assert_eq!(number("synchronous"), 2, "FULL");
        assert_eq!(number("busy_timeout"), 10_000);
        let mode: String = mirror
            .connection
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
    }
}
