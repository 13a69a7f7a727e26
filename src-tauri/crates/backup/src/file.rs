//! A backup as a file of its own, which is there whole or not at all.

use crate::write::write;
use jiff::Timestamp;
use leeward_model::{Problem, ProblemCode};
use leeward_profile::DataDir;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Writes a backup to a file that is not there yet, readable by its owner alone; returns the environments' names. Nothing is
/// left behind where it fails.
///
/// # Errors
/// `BadInput` when the file is there already; `Storage`; those of [`write`].
pub fn write_file(data_dir: &DataDir, file: &Path, now: Timestamp) -> Result<Vec<String>, Problem> {
    // Before anything is written, so that it would not be for nothing.
    if file.exists() {
        return Err(there_already(file));
    }
    let unfinished = beside(file);
    let written = write_by_way_of(&unfinished, data_dir, file, now);
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write_by_way_of(
    unfinished: &Path,
    data_dir: &DataDir,
    file: &Path,
    now: Timestamp,
) -> Result<Vec<String>, Problem> {
    let trouble = |error: io::Error| not_written(file, &error);
    let mut out = create(unfinished).map_err(trouble)?;
    let environments = write(data_dir, &mut out, now)?;
    out.sync_all().map_err(trouble)?;
    // It takes nobody's place: one that came meanwhile stays.
    fs::hard_link(unfinished, file)
        .and_then(|()| fs::remove_file(unfinished))
        .map_err(trouble)?;
    Ok(environments)
}

/// Readable by its owner alone, as the mirrors are.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).read(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    name.into()
}

fn there_already(file: &Path) -> Problem {
    Problem {
        code: ProblemCode::BadInput,
        what: format!("{} is there already. No backup was written.", file.display()),
        meaning: "Nothing was changed.".into(),
        next: "Name another file.".into(),
        retry: false,
    }
}

fn not_written(file: &Path, error: &io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        what: format!("The backup cannot be written to {}: {error}.", file.display()),
        meaning: "Nothing was changed.".into(),
        next: "Make room on the disk, or write it to another place.".into(),
        retry: false,
    }
}
