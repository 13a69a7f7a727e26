//! A mirror as a file of its own, for a backup, and whether such a file can be used.

use crate::StoreError;
use crate::schema;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use std::{fs, process};

/// How long to wait for another process's commit.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Ends the name of the mirror as it was before the last upgrade of its schema. `leeward-profile` removes it with the mirror.
const BEFORE_UPGRADE: &str = ".before-upgrade";

/// Copies the mirror as it is at one moment, commits that still wait in its log included; others may go on writing it.
///
/// # Errors
/// `Corrupt` when it is damaged; those of SQLite.
pub fn copy_mirror(from: &Path, to: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    source.busy_timeout(BUSY_TIMEOUT)?;
    let mut copy = Connection::open(to)?;
    let backup = Backup::new(&source, &mut copy)?;
    // All of it in one step, under one reading.
    if backup.step(-1)? != StepResult::Done {
        return Err(StoreError::Busy);
    }
    drop(backup);
    // One file, with no log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    check(&copy)
}

/// Keeps the mirror beside itself as it is, where its schema is about to be upgraded: the release before can still read that.
/// Another process may upgrade it meanwhile; what is kept is of the old schema, or is what that process kept.
pub(crate) fn keep_before_upgrade(mirror: &Path, connection: &Connection) -> Result<(), StoreError> {
    let Some(found) = schema::older(connection)? else {
        return Ok(());
    };
    static COPIES: AtomicU64 = AtomicU64::new(0);
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    let part = beside(mirror, &format!("{BEFORE_UPGRADE}-{}-{number}", process::id()));
    let copied = copy_mirror(mirror, &part).and_then(|()| {
        let is_old = schema::older(&Connection::open(&part)?)? == Some(found);
        if is_old {
            fs::rename(&part, beside(mirror, BEFORE_UPGRADE))
                .map_err(|_| StoreError::Unwritable("no copy of it can be kept before its upgrade"))?;
        }
        Ok(())
    });
    // Gone where it was kept.
    let _ = fs::remove_file(&part);
    copied
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
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
