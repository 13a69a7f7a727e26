//! Backups: written among the downloads, and brought back from a file that the window hands over in parts.

use crate::downloads;
use crate::problems::bad_input;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use leeward_model::{Problem, ProblemCode, SavedBackup};
use leeward_profile::DataDir;
use std::fs::File;
use std::io::{self, BufReader, Seek, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Backups {
    /// One is written or brought back at a time: both keep files of the same name beside the mirrors.
    work: Mutex<()>,
    /// The file that arrives, by the id that the window was given. It has no name on the disk, so that none of it stays.
    arriving: Mutex<Option<(String, File)>>,
}

impl Backups {
    /// Writes a backup of all environments to that folder.
    ///
    /// # Errors
    /// Those of [`leeward_backup::write_file`].
    pub(crate) fn save(&self, data: &DataDir, folder: &Path, now: Timestamp) -> Result<SavedBackup, Problem> {
        let _alone = locked(&self.work);
        let day = now.to_zoned(TimeZone::system()).date();
        let name = downloads::free_name(folder, &format!("Leeward backup {day}"), "zip")?;
        let environments = leeward_backup::write_file(data, &folder.join(&name), now)?;
        Ok(SavedBackup {
            name,
            folder: folder.display().to_string(),
            environments,
        })
    }

    /// Begins to take a file over. Another that arrived is let go.
    ///
    /// # Errors
    /// `Storage` when no file can be made.
    pub(crate) fn begin(&self, data: &DataDir, id: String) -> Result<(), Problem> {
        let file = tempfile::tempfile_in(data.path()).map_err(|error| not_taken(&error))?;
        *locked(&self.arriving) = Some((id, file));
        Ok(())
    }

    /// The next part of it.
    ///
    /// # Errors
    /// `BadInput` when another file was begun since; `Storage`.
    pub(crate) fn add(&self, id: &str, part: &[u8]) -> Result<(), Problem> {
        let mut arriving = locked(&self.arriving);
        let (_, file) = arriving
            .as_mut()
            .filter(|(known, _)| known == id)
            .ok_or_else(ended)?;
        file.write_all(part).map_err(|error| not_taken(&error))
    }

    /// Brings back what the file has, now that it is here whole; returns the environments' names.
    ///
    /// # Errors
    /// `BadInput` when another file was begun since; those of [`leeward_backup::restore`].
    pub(crate) fn restore(&self, data: &DataDir, id: &str) -> Result<Vec<String>, Problem> {
        let mut file = self.take(id).ok_or_else(ended)?;
        file.rewind().map_err(|error| not_taken(&error))?;
        let _alone = locked(&self.work);
        leeward_backup::restore(data, BufReader::new(file))
    }

    fn take(&self, id: &str) -> Option<File> {
        let taken = locked(&self.arriving).take_if(|(known, _)| known == id);
        taken.map(|(_, file)| file)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ended() -> Problem {
    bad_input("This restore was ended.".to_owned(), "Choose the file again.")
}

fn not_taken(error: &io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        what: format!("The backup could not be taken over: {error}."),
        meaning: "Nothing was restored, and nothing was changed.".into(),
        next: "Make room on the disk for a copy of the file, and choose it again.".into(),
        retry: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_profile::{Environment, Environments};
    use std::fs;

    fn home(folder: &Path) -> DataDir {
        DataDir::resolve(Some(folder)).unwrap()
    }

    #[test]
    fn what_was_saved_is_brought_back_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let first = home(&folder.path().join("first"));
        let new = Environment::new("prod", "http://127.0.0.1:9", Some("ann"), "#2f6f8f");
        Environments::load(&first).unwrap().add(new).unwrap();
        let backups = Backups::default();
        let downloads = folder.path().join("downloads");
        let now: Timestamp = "2026-02-03T12:00:00Z".parse().unwrap();
        let saved = backups.save(&first, &downloads, now).unwrap();
        assert!(saved.name.starts_with("Leeward backup 2026-02-0"), "{saved:?}");
        assert_eq!(saved.environments, ["prod"]);
        let again = backups.save(&first, &downloads, now).unwrap();
        assert!(again.name.ends_with(" (2).zip"), "{again:?}");

        let bytes = fs::read(downloads.join(&saved.name)).unwrap();
        let second = home(&folder.path().join("second"));
        backups.begin(&second, "old".into()).unwrap();
        backups.begin(&second, "new".into()).unwrap();
        assert!(backups.add("old", &bytes).is_err(), "it was let go");
        for part in bytes.chunks(100) {
            backups.add("new", part).unwrap();
        }
        assert!(backups.restore(&second, "old").is_err());
        assert_eq!(backups.restore(&second, "new").unwrap(), ["prod"]);
        assert!(backups.restore(&second, "new").is_err(), "it is taken");
        let list = |data: &DataDir| Environments::load(data).unwrap().list().to_vec();
        assert_eq!(list(&second), list(&first));
        let left: Vec<_> = fs::read_dir(second.path())
            .unwrap()
            .map(|file| file.unwrap().file_name())
            .collect();
        assert_eq!(
            left.iter()
                .filter(|name| name.to_string_lossy().contains("tmp"))
                .count(),
            0,
            "{left:?}"
        );
    }

    #[test]
    fn half_a_file_brings_back_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let data = home(folder.path());
        let backups = Backups::default();
        backups.begin(&data, "id".into()).unwrap();
        backups.add("id", b"PK half").unwrap();
        let problem = backups.restore(&data, "id").unwrap_err();
        assert_eq!(problem.code, ProblemCode::BadInput);
        assert!(Environments::load(&data).unwrap().list().is_empty());
    }
}
