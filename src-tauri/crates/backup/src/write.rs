//! A backup is written.

use crate::manifest::{ENVIRONMENTS, FORM, MANIFEST, Manifest, Part, mirror_of};
use crate::problem::file_trouble;
use crate::staging::Staging;
use jiff::Timestamp;
use leeward_model::{Problem, ProblemCode};
use leeward_profile::{DataDir, Environment, Environments};
use leeward_store::copy_mirror;
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const BUFFER: usize = 64 * 1024;

/// Writes a backup of all environments: each mirror as it is at one moment, while others go on working with it. Returns the
/// environments' names.
///
/// # Errors
/// `NotFound` when there is no environment; `Storage`; those of the mirrors.
pub fn write(data_dir: &DataDir, out: impl Write + Seek, now: Timestamp) -> Result<Vec<String>, Problem> {
    let environments = Environments::load(data_dir)?.list().to_vec();
    if environments.is_empty() {
        return Err(nothing_there());
    }
    let staging = Staging::make(data_dir)?;
    let mut archive = Archive::new(out, now);
    archive.add_environments(&environments)?;
    for environment in &environments {
        let mirror = data_dir.mirror_file(&environment.name);
        // One that was added and never synchronised has none.
        if mirror.exists() {
            let copy = staging.file("mirror.sqlite");
            copy_mirror(&mirror, &copy)?;
            let file = File::open(&copy).map_err(|error| not_written(&error))?;
            archive.add(&mirror_of(&environment.name), file)?;
            std::fs::remove_file(&copy).map_err(|error| not_written(&error))?;
        }
    }
    archive.finish()?;
    Ok(environments.into_iter().map(|one| one.name).collect())
}

struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    manifest: Manifest,
}

impl<W: Write + Seek> Archive<W> {
    fn new(out: W, now: Timestamp) -> Self {
        Self {
            zip: ZipWriter::new(out),
            manifest: Manifest {
                leeward_backup: FORM,
                made_at: now,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                parts: Vec::new(),
            },
        }
    }

    fn add_environments(&mut self, environments: &[Environment]) -> Result<(), Problem> {
        let text = serde_json::to_vec_pretty(&json!({ "environments": environments }));
        let text = text.map_err(|error| not_written(&io::Error::other(error)))?;
        self.add(ENVIRONMENTS, text.as_slice())
    }

    fn add(&mut self, name: &str, content: impl Read) -> Result<(), Problem> {
        let part = self.put(name, content).map_err(|error| not_written(&error))?;
        self.manifest.parts.push(part);
        Ok(())
    }

    fn put(&mut self, name: &str, mut content: impl Read) -> io::Result<Part> {
        self.zip.start_file(name, options())?;
        let (mut hash, mut bytes) = (blake3::Hasher::new(), 0);
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = content.read(&mut buffer)?;
            let some = buffer.get(..read).unwrap_or_default();
            if some.is_empty() {
                break;
            }
            hash.update(some);
            bytes += u64::try_from(read).unwrap_or(u64::MAX);
            self.zip.write_all(some)?;
        }
        Ok(Part {
            name: name.to_owned(),
            bytes,
            blake3: hash.finalize().to_hex().to_string(),
        })
    }

    /// The list of parts comes last: a file that was cut off has none.
    fn finish(mut self) -> Result<(), Problem> {
        let put = || -> io::Result<()> {
            let text = serde_json::to_vec_pretty(&self.manifest)?;
            self.zip.start_file(MANIFEST, options())?;
            self.zip.write_all(&text)?;
            self.zip.finish()?.flush()
        };
        put().map_err(|error| not_written(&error))
    }
}

/// A mirror may have more than four gigabytes.
fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().large_file(true)
}

fn not_written(error: &io::Error) -> Problem {
    file_trouble("write the backup", error)
}

fn nothing_there() -> Problem {
    Problem {
        code: ProblemCode::NotFound,
        what: "There is nothing to back up: no environment is configured here.".into(),
        meaning: "No backup was written.".into(),
        next: "Connect to an Airflow first, or use the data folder that has your environments.".into(),
        retry: false,
    }
}
