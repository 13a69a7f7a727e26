//! Files that are made as a whole: one that was there stays until the new one is complete.

use crate::file::is_stdin;
use crate::problem::usage;
use leeward_model::{Problem, ProblemCode};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Names that are tried before one gives up.
const TRIES_MAX: u32 = 1000;

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
    let (file, beside) = create_beside(path)?;
    let written = (|| {
        let mut file = BufWriter::new(file);
        file.write_all(bytes)?;
        file.into_inner()?.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A new file beside the one that it is to replace, such as `rates.csv.part`, and its path. A file that has such a name
/// already is somebody's own, and stays.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    for number in 1..TRIES_MAX {
        let mut beside = name.to_owned();
        beside.push(match number {
            1 => ".part".to_owned(),
            number => format!(".part{number}"),
        });
        let beside = path.with_file_name(beside);
        match File::create_new(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return file.map(|file| (file, beside)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_the_name_of_an_unfinished_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (path, own) = (
            folder.path().join("rates.csv"),
            folder.path().join("rates.csv.part"),
        );
        fs::write(&path, "old").unwrap();
        fs::write(&own, "somebody's own").unwrap();
        put(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read(&own).unwrap(), b"somebody's own");
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            2,
            "nothing is left over"
        );
    }
}
