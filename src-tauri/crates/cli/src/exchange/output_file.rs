//! Files that are made as a whole: one that was there stays until the new one is complete.

use crate::file::is_stdin;
use crate::problem::usage;
use leeward_model::{Problem, ProblemCode};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes the file, or standard output.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let written = if is_stdin(path) {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    } else {
        replace(path, bytes)
    };
    match written {
        // A reader that went away has all that it wanted.
        Err(error) if is_stdin(path) && error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| not_written(path, &error)),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = name.to_owned();
    beside.push(".part");
    let beside = path.with_file_name(beside);
    let written = (|| {
        let mut file = BufWriter::new(File::create(&beside)?);
        file.write_all(bytes)?;
        file.into_inner()?.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn not_written(path: &Path, error: &io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        ..usage(
            format!("The file cannot be written ({}): {error}.", path.display()),
            "Name another file, or make room on the disk.",
        )
    }
}
