//! What the mirror of an earlier release is kept as goes with its environment: the crate that keeps it and the one that removes
//! it mean the same file.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fs;

use leeward_profile::{DataDir, Environment, Environments};
use leeward_store::{Fresh, Mirror};
use ulid::Ulid;

/// `tests/engine/upgraded/README.md` says how it was made.
const OLD: &[u8] = include_bytes!("../../../../tests/engine/upgraded/mirror-0.1.0.sqlite");

#[test]
fn it_goes_with_its_environment() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::resolve(Some(folder.path())).unwrap();
    let new = Environment::new("prod", "http://127.0.0.1:8080", Some("ann"), "#2f6f8f");
    Environments::load(&dir).unwrap().add(new).unwrap();
    fs::write(dir.mirror_file("prod"), OLD).unwrap();
    let fresh = Fresh {
        store_id: Ulid::from(7_u128),
        secret_key: [7; 32],
    };
    drop(Mirror::open(&dir.mirror_file("prod"), &fresh).unwrap());
    let mirrors = dir.path().join("mirrors");
    assert_eq!(fs::read_dir(&mirrors).unwrap().count(), 2);
    Environments::load(&dir).unwrap().remove("prod").unwrap();
    assert_eq!(fs::read_dir(&mirrors).unwrap().count(), 0);
}
