//! The mirror of an earlier release is kept beside the upgraded one, for whoever goes back.

use crate::support::fresh;
use leeward_store::{Mirror, StoreError};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// `tests/engine/upgraded/README.md` says how it was made.
const OLD: &[u8] = include_bytes!("../../../../../tests/engine/upgraded/mirror-0.1.0.sqlite");

/// The folder, the mirror and what it was before.
fn upgraded() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mirror = folder.path().join("prod.sqlite");
    fs::write(&mirror, OLD).unwrap();
    drop(Mirror::open(&mirror, &fresh(1)).unwrap());
    let kept = folder.path().join("prod.sqlite.before-upgrade");
    (folder, mirror, kept)
}

/// The schema of a file, and how many rows its log has.
fn told(file: &Path) -> (i64, i64) {
    let file = Connection::open(file).unwrap();
    let schema = file.pragma_query_value(None, "user_version", |row| row.get(0));
    let entries = file.query_row("SELECT COUNT(*) FROM log", [], |row| row.get(0));
    (schema.unwrap(), entries.unwrap())
}

#[test]
fn it_is_kept_as_it_was() {
    let (folder, mirror, kept) = upgraded();
    let old = folder.path().join("old.sqlite");
    fs::write(&old, OLD).unwrap();
    assert_eq!(told(&kept), told(&old));
    assert_ne!(told(&mirror).0, told(&old).0);
    fs::remove_file(&old).unwrap();
    let before = fs::read(&kept).unwrap();
    drop(Mirror::open(&mirror, &fresh(1)).unwrap());
    assert_eq!(fs::read(&kept).unwrap(), before, "only an upgrade writes it");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// What another process has upgraded meanwhile takes the place of nothing.
#[test]
fn many_can_upgrade_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = folder.path().join("prod.sqlite");
    fs::write(&mirror, OLD).unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let mirror = &mirror;
            scope.spawn(move || drop(Mirror::open(mirror, &fresh(number)).unwrap()));
        }
    });
    let kept = folder.path().join("prod.sqlite.before-upgrade");
    assert!(told(&kept).0 < told(&mirror).0);
}

#[test]
fn a_mirror_of_a_later_release_is_left_alone() {
    let (_folder, mirror, kept) = upgraded();
    fs::remove_file(&kept).unwrap();
    let later = Connection::open(&mirror).unwrap();
    later.pragma_update(None, "user_version", 1_000).unwrap();
    drop(later);
    let before = fs::read(&mirror).unwrap();
    let opened = Mirror::open(&mirror, &fresh(1));
    assert!(matches!(opened, Err(StoreError::Newer { found: 1_000, .. })));
    assert_eq!(fs::read(&mirror).unwrap(), before);
    assert!(!kept.exists());
}
