//! A backup is checked, and brought back.

use crate::manifest::{ENVIRONMENTS, FORM, MANIFEST, Manifest, Part, mirror_of};
use crate::problem::{NOTHING_RESTORED, file_trouble, unusable};
use crate::staging::Staging;
use leeward_model::Problem;
use leeward_profile::{DataDir, Environment, Environments};
use leeward_store::{StoreError, check_mirror};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// The lists are small: a text of this length is none.
const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;
const BUFFER: usize = 64 * 1024;

#[derive(Deserialize)]
struct List {
    environments: Vec<Environment>,
}

/// Brings back all environments of a backup, with their identities, mirrors and settings; returns their names. Their secrets
/// are to be given anew. Everything is checked before anything is changed.
///
/// # Errors
/// `BadInput` for a file that is no backup, is damaged or of a newer Leeward, and where an environment of one of those
/// names is there already; `Storage`.
pub fn restore(data_dir: &DataDir, file: impl Read + Seek) -> Result<Vec<String>, Problem> {
    let archive = ZipArchive::new(file).map_err(|_| unusable("it is no backup of Leeward"))?;
    let mut backup = Backup::open(archive)?;
    let list = backup.environments()?;
    let mut known = Environments::load(data_dir)?;
    known.check_all_new(&list).map_err(not_beside)?;
    let staging = Staging::make(data_dir)?;
    let mut all = Vec::new();
    for environment in list {
        let mirror = backup.mirror(&environment, &staging, all.len())?;
        all.push((environment, mirror));
    }
    let names = all.iter().map(|(one, _)| one.name.clone()).collect();
    known.bring_back(&all).map_err(nothing_restored)?;
    Ok(names)
}

/// What is in the backup cannot be beside what is here.
fn not_beside(problem: Problem) -> Problem {
    Problem {
        next: "Remove that environment first, or restore into another data folder.".into(),
        ..nothing_restored(problem)
    }
}

fn nothing_restored(problem: Problem) -> Problem {
    Problem {
        meaning: NOTHING_RESTORED.into(),
        ..problem
    }
}

struct Backup<R: Read + Seek> {
    archive: ZipArchive<R>,
    parts: Vec<Part>,
}

impl<R: Read + Seek> Backup<R> {
    fn open(mut archive: ZipArchive<R>) -> Result<Self, Problem> {
        let text = text_of(&mut archive, MANIFEST, LIST_BYTES_MAX)?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| damaged(MANIFEST))?;
        if manifest.leeward_backup > FORM {
            return Err(unusable(format_args!(
                "it is of Leeward {}, which is newer than this one",
                manifest.version
            )));
        }
        Ok(Self {
            archive,
            parts: manifest.parts,
        })
    }

    fn environments(&mut self) -> Result<Vec<Environment>, Problem> {
        let part = self.part(ENVIRONMENTS).ok_or_else(|| damaged(ENVIRONMENTS))?;
        let (bytes, hash) = (part.bytes.min(LIST_BYTES_MAX), part.blake3.clone());
        let text = text_of(&mut self.archive, ENVIRONMENTS, bytes)?;
        if blake3::hash(&text).to_hex().as_str() != hash {
            return Err(damaged(ENVIRONMENTS));
        }
        let list: List = serde_json::from_slice(&text).map_err(|_| damaged(ENVIRONMENTS))?;
        Ok(list.environments)
    }

    /// The environment's mirror, unpacked and checked; none where it had none.
    fn mirror(
        &mut self,
        environment: &Environment,
        staging: &Staging,
        number: usize,
    ) -> Result<Option<PathBuf>, Problem> {
        let name = mirror_of(&environment.name);
        let Some(part) = self.part(&name) else {
            return Ok(None);
        };
        let (bytes, hash) = (part.bytes, part.blake3.clone());
        let path = staging.file(&format!("{number}.sqlite"));
        let content = self.archive.by_name(&name).map_err(|_| damaged(&name))?;
        let unpacked = unpack(content.take(bytes.saturating_add(1)), &path, &name)?;
        if unpacked != (bytes, hash) {
            return Err(damaged(&name));
        }
        match check_mirror(&path) {
            Ok(()) => Ok(Some(path)),
            Err(StoreError::Newer { .. }) => Err(unusable("it is of a newer Leeward than this one")),
            Err(_) => Err(damaged(&name)),
        }
    }

    fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }
}

fn text_of<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str, most: u64) -> Result<Vec<u8>, Problem> {
    let content = archive.by_name(name).map_err(|_| damaged(name))?;
    let mut text = Vec::new();
    let read = content.take(most).read_to_end(&mut text);
    read.map_err(|_| damaged(name))?;
    Ok(text)
}

/// How many bytes there were, and their hash.
fn unpack(mut content: impl Read, path: &Path, name: &str) -> Result<(u64, String), Problem> {
    let not_written = |error: io::Error| file_trouble("unpack the backup", &error);
    let mut file = File::create_new(path).map_err(not_written)?;
    let (mut hash, mut bytes) = (blake3::Hasher::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = content.read(&mut buffer).map_err(|_| damaged(name))?;
        let some = buffer.get(..read).unwrap_or_default();
        if some.is_empty() {
            break;
        }
        hash.update(some);
        bytes += u64::try_from(read).unwrap_or(u64::MAX);
        file.write_all(some).map_err(not_written)?;
    }
    file.sync_all().map_err(not_written)?;
    Ok((bytes, hash.finalize().to_hex().to_string()))
}

fn damaged(part: &str) -> Problem {
    unusable(format_args!("its part {part} is missing or damaged"))
}
