//! Files that are written for the analyst. The window never names a place: they go where a browser puts what is fetched.

use leeward_model::{Problem, ProblemCode};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Manager};

/// Names that are tried before one gives up.
const TRIES_MAX: u32 = 1000;

/// The folder for files that are fetched; the home folder where the desktop names none.
pub(crate) fn folder(app: &AppHandle) -> Result<PathBuf, Problem> {
    let paths = app.path();
    let folder = paths.download_dir().or_else(|_| paths.home_dir());
    folder.map_err(|error| not_written(&error.to_string()))
}

/// A collection's name as that of a file: names of typed collections are identifiers.
pub(crate) fn stem(collection: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let plain = collection
        .chars()
        .map(|letter| if is_plain(letter) { letter } else { '_' });
    plain.collect()
}

/// Writes a file under that name, or `name (2)` where there is one, and says under which. Nothing is ever replaced.
pub(crate) fn save(folder: &Path, stem: &str, ending: &str, bytes: &[u8]) -> Result<String, Problem> {
    let written = fs::create_dir_all(folder).and_then(|()| put(folder, stem, ending, bytes));
    written.map_err(|error| not_written(&error.to_string()))
}

/// A name that is free in the folder, which is made where it is missing: `stem.ending`, or `stem (2).ending`.
pub(crate) fn free_name(folder: &Path, stem: &str, ending: &str) -> Result<String, Problem> {
    fs::create_dir_all(folder).map_err(|error| not_written(&error.to_string()))?;
    names(stem, ending)
        .find(|name| !folder.join(name).exists())
        .ok_or_else(|| not_written(&io::Error::from(io::ErrorKind::AlreadyExists).to_string()))
}

fn names(stem: &str, ending: &str) -> impl Iterator<Item = String> {
    (1..TRIES_MAX).map(move |number| match number {
        1 => format!("{stem}.{ending}"),
        number => format!("{stem} ({number}).{ending}"),
    })
}

fn put(folder: &Path, stem: &str, ending: &str, bytes: &[u8]) -> io::Result<String> {
    for name in names(stem, ending) {
        let path = folder.join(&name);
        let mut file = match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        let done = file.write_all(bytes).and_then(|()| file.sync_all());
        if done.is_err() {
            let _ = fs::remove_file(&path);
        }
        return done.map(|()| name);
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn not_written(error: &str) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        what: format!("The file cannot be written: {error}."),
        meaning: "Nothing was changed.".into(),
        next: "Make room on the disk, or look at the folder for downloads.".into(),
        retry: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("made");
        let save = |bytes: &[u8]| save(&place, "rates", "csv", bytes).unwrap();
        assert_eq!(save(b"1"), "rates.csv");
        assert_eq!(save(b"2"), "rates (2).csv");
        assert_eq!(fs::read(place.join("rates.csv")).unwrap(), b"1");
        assert_eq!(free_name(&place, "rates", "csv").unwrap(), "rates (3).csv");
        let file = place.join("rates.csv");
        assert!(
            super::save(&file, "x", "csv", b"").is_err(),
            "a file is no folder"
        );
    }
}
