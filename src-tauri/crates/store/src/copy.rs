//! A mirror as a file of its own, for a backup, and whether such a file can be used.

use crate::StoreError;
use crate::schema;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Copies the mirror as it is at one moment, commits that still wait in its log included; others may go on writing it.
///
/// # Errors
/// `Corrupt` when it is damaged; those of SQLite.
pub fn copy_mirror(from: &Path, to: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    let mut copy = Connection::open(to)?;
    let backup = Backup::new(&source, &mut copy)?;
    // All of it in one step, under one reading.
    backup.step(-1)?;
    drop(backup);
    // One file, with no log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    check(&copy)
}

/// Whether the file is a mirror that this program can open, and is whole.
///
/// # Errors
/// `Newer` when a newer Leeward wrote it; `Corrupt` when it is damaged, or none; those of SQLite.
pub fn check_mirror(path: &Path) -> Result<(), StoreError> {
    check(&Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    )?)
}

fn check(connection: &Connection) -> Result<(), StoreError> {
    schema::check_known(connection)?;
    let told: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    match told.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Corrupt(told)),
    }
}
