//! A mirror's file on a disk that takes nothing. SQLite reads a file in WAL mode with the help of two others, which it
//! makes when they are missing; where it cannot, the file is read as one that nobody changes.

use crate::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What shows whether somebody changed the file after all: it is read without locks.
#[derive(Debug)]
pub(crate) struct Frozen {
    path: PathBuf,
    mark: Option<(u64, SystemTime)>,
}

impl Frozen {
    /// Opens the file for reading. Where commits still wait in its log, SQLite must find its other files there.
    pub(crate) fn open(path: &Path) -> Result<(Connection, Option<Self>), StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if holds_commits(&log_of(path)) {
            return Ok((Connection::open_with_flags(path, flags)?, None));
        }
        let frozen = Self {
            path: path.to_owned(),
            mark: mark_of(path),
        };
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        Ok((Connection::open_with_flags(uri(path), flags)?, Some(frozen)))
    }

    /// Whether what was read is one consistent state.
    pub(crate) fn is_as_it_was(&self) -> bool {
        mark_of(&self.path) == self.mark && !holds_commits(&log_of(&self.path))
    }
}

fn mark_of(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn holds_commits(log: &Path) -> bool {
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// SQLite's own form of a path (<https://sqlite.org/uri.html>): all but the plainest bytes are encoded.
fn uri(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri.push_str("?immutable=1");
    uri
}

#[cfg(test)]
mod tests {
    use crate::{Fresh, Mirror, StoreError, StoredRecord};
    use leeward_model::{BaseField, Content};
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;
    use ulid::Ulid;

    fn filled(path: &Path) -> Mirror {
        let fresh = Fresh {
            store_id: Ulid::from(1u128),
            secret_key: [1; 32],
        };
        let mut mirror = Mirror::open(path, &fresh).unwrap();
        mirror
            .write(|ledger| {
                let mut record = StoredRecord::new("variables", "k");
                let value = BaseField::seen(Content::Value("1".into()));
                record.base = Some(BTreeMap::from([("value".into(), value)]));
                ledger.save(&record, jiff::Timestamp::UNIX_EPOCH)
            })
            .unwrap();
        mirror
    }

    fn keys(mirror: &mut Mirror) -> Result<Vec<String>, StoreError> {
        let records = mirror.read(|ledger| ledger.records("variables"))?;
        Ok(records.into_iter().map(|record| record.key).collect())
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn it_is_read_and_nothing_is_made_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b%?#é.sqlite");
        drop(filled(&path));
        assert_eq!(files(folder.path()), 1);
        let mut frozen = Mirror::open_to_read(&path).unwrap();
        assert_eq!(keys(&mut frozen).unwrap(), ["k"]);
        assert_eq!(files(folder.path()), 1);
        let written = frozen.write(|ledger| ledger.set_meta("x", &1));
        assert!(matches!(written, Err(StoreError::Unwritable(_))), "{written:?}");
    }

    #[test]
    fn commits_that_wait_in_the_log_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.sqlite");
        let _open = filled(&path);
        assert_eq!(keys(&mut Mirror::open_to_read(&path).unwrap()).unwrap(), ["k"]);
    }

    #[test]
    fn a_change_meanwhile_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.sqlite");
        drop(filled(&path));
        let mut frozen = Mirror::open_to_read(&path).unwrap();
        let mut other = filled(&path);
        other.write(|ledger| ledger.set_meta("x", &1)).unwrap();
        assert!(matches!(keys(&mut frozen), Err(StoreError::Busy)));
    }

    #[test]
    fn what_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Mirror::open_to_read(&folder.path().join("m.sqlite")).is_err());
        assert_eq!(files(folder.path()), 0);
    }
}
