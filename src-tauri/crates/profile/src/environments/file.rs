//! The file that lists the environments, and the mirrors' files that belong to them.

use super::Environment;
use crate::problem::file_trouble;
use crate::{DataDir, atomic};
use leeward_model::Problem;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};
use ulid::Ulid;

/// The file's form.
#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    environments: Vec<Environment>,
}

/// Reads the list. Environments of a file from before they had identities get one, for good: two processes that do so at
/// once find the same.
pub(super) fn read(data_dir: &DataDir) -> Result<Vec<Environment>, Problem> {
    let list = read_as_it_is(data_dir)?;
    if list.iter().all(Environment::has_identity) {
        return Ok(list);
    }
    exclusively(data_dir, || {
        let list = read_identified(data_dir)?;
        write(data_dir, &list)?;
        Ok(list)
    })
}

/// Reads the list, changes it and writes it back; no other process comes between.
pub(super) fn change<T>(
    data_dir: &DataDir,
    change: impl FnOnce(&mut Vec<Environment>) -> Result<T, Problem>,
) -> Result<(Vec<Environment>, T), Problem> {
    exclusively(data_dir, || {
        let mut list = read_identified(data_dir)?;
        let result = change(&mut list)?;
        write(data_dir, &list)?;
        Ok((list, result))
    })
}

fn exclusively<T>(data_dir: &DataDir, work: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let lock = data_dir.change_lock("environments");
    atomic::exclusively(&lock, work).map_err(|e| file_trouble("lock", &lock, &e))?
}

fn read_identified(data_dir: &DataDir) -> Result<Vec<Environment>, Problem> {
    let mut list = read_as_it_is(data_dir)?;
    for environment in list.iter_mut().filter(|one| !one.has_identity()) {
        environment.id = Ulid::new();
        environment.is_from_before = true;
    }
    Ok(list)
}

fn read_as_it_is(data_dir: &DataDir) -> Result<Vec<Environment>, Problem> {
    let path = data_dir.environments_file();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(file_trouble("read", &path, &e)),
    };
    let file: File =
        serde_json::from_slice(&text).map_err(|e| file_trouble("understand", &path, &io::Error::other(e)))?;
    Ok(file.environments)
}

fn write(data_dir: &DataDir, list: &[Environment]) -> Result<(), Problem> {
    let path = data_dir.environments_file();
    let file = File {
        environments: list.to_vec(),
    };
    let written = serde_json::to_vec_pretty(&file)
        .map_err(io::Error::other)
        .and_then(|text| atomic::write(&path, &text));
    written.map_err(|e| file_trouble("write", &path, &e))
}

/// What may be beside a mirror and belongs to it, and the mirror itself, last: SQLite's two files hold commits of it, the other
/// is what it was before an upgrade.
const PARTS: [&str; 4] = ["-wal", "-shm", ".before-upgrade", ""];

pub(super) fn remove_mirror(data_dir: &DataDir, name: &str) -> Result<(), Problem> {
    let mirror = data_dir.mirror_file(name);
    for suffix in PARTS {
        let path = beside(&mirror, suffix);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(file_trouble("remove", &path, &e));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Moves a mirror out of the way that an earlier environment of that name left behind (its removal was cut short, or the
/// list was lost), and says where it is now: there may be work in it. The database last, or its companions would be taken
/// for those of the next one.
pub(super) fn set_mirror_aside(data_dir: &DataDir, name: &str) -> Result<Option<PathBuf>, Problem> {
    let mirror = data_dir.mirror_file(name);
    let move_away = || -> io::Result<Option<PathBuf>> {
        if !mirror.try_exists()? {
            return Ok(None);
        }
        let aside = free_name(&mirror)?;
        for suffix in PARTS {
            match fs::rename(beside(&mirror, suffix), beside(&aside, suffix)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        Ok(Some(aside))
    };
    move_away().map_err(|e| file_trouble("move away", &mirror, &e))
}

/// Moves a file of the same disk to where the environment's mirror is; nothing is there.
pub(super) fn put_mirror(data_dir: &DataDir, name: &str, from: &Path) -> Result<(), Problem> {
    let mirror = data_dir.mirror_file(name);
    fs::rename(from, &mirror).map_err(|e| file_trouble("write", &mirror, &e))
}

/// No environment's mirror is named like this: theirs end in `.sqlite`.
fn free_name(mirror: &Path) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    loop {
        let aside = beside(mirror, &format!(".old-{number}"));
        if !aside.try_exists()? {
            return Ok(aside);
        }
        number += 1;
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
