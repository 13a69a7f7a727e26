//! What was backed up is there again on another computer, as it was; and a file that is not whole brings back nothing.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use jiff::Timestamp;
use leeward_backup::{restore, write, write_file};
use leeward_model::{Change, EntryKind, ProblemCode, VARIABLES, Value};
use leeward_profile::{DataDir, Environment, Environments};
use leeward_store::{Fresh, Mirror, StoreError, Work};
use std::fs;
use std::io::{Cursor, Read, Write};
use tempfile::TempDir;
use ulid::Ulid;
use zip::write::SimpleFileOptions;

/// A Leeward in a folder of its own.
struct Home {
    _folder: TempDir,
    dir: DataDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        Self { _folder: folder, dir }
    }

    fn with(names: &[&str]) -> Self {
        let home = Self::new();
        for name in names {
            let new = Environment::new(name, "http://127.0.0.1:8080", Some("ann"), "#2f6f8f");
            Environments::load(&home.dir).unwrap().add(new).unwrap();
        }
        home
    }

    fn mirror(&self, name: &str) -> Mirror {
        let fresh = Fresh {
            store_id: Ulid::from(7_u128),
            secret_key: [7; 32],
        };
        Mirror::open(&self.dir.mirror_file(name), &fresh).unwrap()
    }

    fn list(&self) -> Vec<Environment> {
        Environments::load(&self.dir).unwrap().list().to_vec()
    }

    fn backup(&self) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        write(&self.dir, &mut file, Timestamp::UNIX_EPOCH).unwrap();
        file.into_inner()
    }

    /// All files, but those of logs and locks.
    fn files(&self) -> Vec<String> {
        let names = |folder| {
            let files = fs::read_dir(folder).unwrap();
            files.map(|file| file.unwrap().file_name().into_string().unwrap())
        };
        let own = names(self.dir.path().to_owned()).filter(|name| name != "logs" && name != "locks");
        own.chain(names(self.dir.path().join("mirrors"))).collect()
    }
}

fn edit(mirror: &mut Mirror, key: &str, text: &str) {
    let change = Change {
        from: None,
        to: Some(Value::String(text.into())),
    };
    let work = Work {
        collection: VARIABLES.into(),
        key: key.into(),
        fields: [("value".to_owned(), change)].into(),
        ..Work::new(Ulid::new(), EntryKind::Edit)
    };
    mirror
        .write(|ledger| ledger.enter("leewardctl", work, Timestamp::UNIX_EPOCH))
        .unwrap();
}

fn value(mirror: &mut Mirror, key: &str) -> Option<Value> {
    let record = mirror.read(|ledger| ledger.record(VARIABLES, key)).unwrap()?;
    record.local("value").cloned()
}

/// Restored from these bytes in a new home: the code of the refusal, after which nothing is there.
fn refused(bytes: &[u8]) -> Option<ProblemCode> {
    let home = Home::new();
    let before = home.files();
    let problem = restore(&home.dir, Cursor::new(bytes)).err()?;
    assert_eq!(home.files(), before, "{problem:?}");
    assert!(problem.meaning.contains("Nothing was restored"), "{problem:?}");
    Some(problem.code)
}

#[test]
fn all_is_there_again_on_another_computer() {
    let home = Home::with(&["prod", "test", "new"]);
    let mut prod = home.mirror("prod");
    edit(&mut prod, "rate", "1.5");
    edit(&mut home.mirror("test"), "rate", "2.5");
    // The mirror stays open: its last commits are in its log alone.
    let bytes = home.backup();
    edit(&mut prod, "rate", "later");

    let other = Home::new();
    let names = restore(&other.dir, Cursor::new(&bytes)).unwrap();
    assert_eq!(names, ["prod", "test", "new"]);
    assert_eq!(other.list(), home.list());
    assert_eq!(value(&mut other.mirror("prod"), "rate"), Some("1.5".into()));
    assert_eq!(value(&mut other.mirror("test"), "rate"), Some("2.5".into()));
    assert!(!other.dir.mirror_file("new").exists());
    let history = |mirror: &mut Mirror| {
        mirror
            .read(|ledger| ledger.history(VARIABLES, "rate", 10))
            .unwrap()
    };
    assert_eq!(
        history(&mut other.mirror("test")),
        history(&mut home.mirror("test"))
    );
    assert_eq!(
        other.files().iter().filter(|name| name.contains("tmp")).count(),
        0
    );
    // Work goes on in it.
    edit(&mut other.mirror("prod"), "rate", "3.5");
    assert_eq!(value(&mut other.mirror("prod"), "rate"), Some("3.5".into()));
}

#[test]
fn an_environment_that_is_there_is_not_replaced() {
    let home = Home::with(&["prod", "test"]);
    edit(&mut home.mirror("prod"), "rate", "1.5");
    let bytes = home.backup();
    let other = Home::with(&["test"]);
    edit(&mut other.mirror("test"), "rate", "own");
    let (list, files) = (other.list(), other.files());
    let problem = restore(&other.dir, Cursor::new(&bytes)).unwrap_err();
    assert_eq!(problem.code, ProblemCode::BadInput);
    assert!(problem.what.contains("test"), "{problem:?}");
    assert!(problem.next.contains("Remove that environment"), "{problem:?}");
    assert_eq!((other.list(), other.files()), (list, files));
    assert_eq!(value(&mut other.mirror("test"), "rate"), Some("own".into()));
}

#[test]
fn a_file_that_was_cut_or_changed_brings_back_nothing() {
    let home = Home::with(&["prod"]);
    edit(&mut home.mirror("prod"), "rate", "1.5");
    let bytes = home.backup();
    for length in [0, 1, 100, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(refused(&bytes[..length]), Some(ProblemCode::BadInput), "{length}");
    }
    // Of what is compressed, and of the lists: a byte in many places.
    let mut noticed = 0;
    for place in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut changed = bytes.clone();
        changed[place] ^= 0x20;
        let other = Home::new();
        match restore(&other.dir, Cursor::new(&changed)) {
            Ok(_) => assert_eq!(value(&mut other.mirror("prod"), "rate"), Some("1.5".into())),
            Err(_) => noticed += 1,
        }
    }
    assert!(noticed > 80, "{noticed} of 97");
    assert_eq!(
        refused(b"rate,1.5\n"),
        Some(ProblemCode::BadInput),
        "another file"
    );
}

/// The same archive with other parts, in which every hash is right.
fn rewritten(bytes: &[u8], mut part: impl FnMut(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let (name, mut content) = (file.name().unwrap().into_owned(), Vec::new());
        file.read_to_end(&mut content).unwrap();
        if name == "backup.json" {
            let mut manifest: Value = serde_json::from_slice(&content).unwrap();
            manifest["parts"] = Value::Array(parts.clone());
            content = serde_json::to_vec(&manifest).unwrap();
        }
        let content = part(&name, content);
        let (size, hash) = (content.len(), blake3::hash(&content).to_hex().to_string());
        parts.push(serde_json::json!({"name": name, "bytes": size, "blake3": hash}));
        out.start_file(name, SimpleFileOptions::default()).unwrap();
        out.write_all(&content).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn what_is_no_mirror_or_of_a_newer_leeward_is_refused() {
    let home = Home::with(&["prod"]);
    edit(&mut home.mirror("prod"), "rate", "1.5");
    let bytes = home.backup();
    assert_eq!(refused(&rewritten(&bytes, |_, content| content)), None);
    let no_mirror = rewritten(&bytes, |name, content| match name.starts_with("mirrors/") {
        true => b"SQLite format 3".to_vec(),
        false => content,
    });
    assert_eq!(refused(&no_mirror), Some(ProblemCode::BadInput));
    // `user_version` is at byte 60 of SQLite's header.
    let newer = rewritten(&bytes, |name, mut content| {
        if name.starts_with("mirrors/") {
            content[60..64].copy_from_slice(&9999_u32.to_be_bytes());
        }
        content
    });
    assert_eq!(refused(&newer), Some(ProblemCode::BadInput));
    let elsewhere = rewritten(&bytes, |name, content| match name {
        "environments.json" => String::from_utf8(content)
            .unwrap()
            .replace("\"prod\"", "\"../prod\"")
            .into_bytes(),
        _ => content,
    });
    assert_eq!(
        refused(&elsewhere),
        Some(ProblemCode::BadInput),
        "a name with a path"
    );
    let newer = rewritten(&bytes, |name, content| match name {
        "backup.json" => String::from_utf8(content)
            .unwrap()
            .replace("\"leeward_backup\":1", "\"leeward_backup\":2")
            .into_bytes(),
        _ => content,
    });
    assert_eq!(
        refused(&newer),
        Some(ProblemCode::BadInput),
        "a form that is not known"
    );
}

#[test]
fn nothing_is_no_backup() {
    let home = Home::new();
    let problem = write(&home.dir, Cursor::new(Vec::new()), Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(problem.code, ProblemCode::NotFound);
}

#[test]
fn a_damaged_mirror_is_not_backed_up_as_if_it_were_whole() {
    let home = Home::with(&["prod"]);
    fs::write(
        home.dir.mirror_file("prod"),
        b"no database at all, and long enough",
    )
    .unwrap();
    let problem = write(&home.dir, Cursor::new(Vec::new()), Timestamp::UNIX_EPOCH).unwrap_err();
    let expected = leeward_model::Problem::from(StoreError::Corrupt(String::new()));
    assert_eq!(problem.code, expected.code);
}

#[test]
fn a_file_is_written_whole_for_its_owner_and_takes_nobodys_place() {
    let home = Home::with(&["prod"]);
    home.mirror("prod");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.zip");
    let names = write_file(&home.dir, &file, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(names, ["prod"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let other = Home::new();
    let read = fs::File::open(&file).unwrap();
    assert_eq!(restore(&other.dir, read).unwrap(), ["prod"]);
    fs::write(&file, b"mine").unwrap();
    let problem = write_file(&home.dir, &file, Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(problem.code, ProblemCode::BadInput);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_backup_that_fails_leaves_no_file() {
    let home = Home::with(&["prod"]);
    fs::write(home.dir.mirror_file("prod"), b"no database at all").unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_file(
        &home.dir,
        &folder.path().join("backup.zip"),
        Timestamp::UNIX_EPOCH,
    )
    .unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
