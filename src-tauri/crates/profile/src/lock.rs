//! One process syncs an environment at a time.

use crate::DataDir;
use crate::problem::file_trouble;
use leeward_model::Problem;
use std::fs::{File, OpenOptions, TryLockError};

/// The right to sync an environment. Given back when dropped, and by the system when the process ends in any way.
#[derive(Debug)]
pub struct SyncLock(File);

impl SyncLock {
    /// Takes the lock; `None` when another holder has it, in this process or another.
    ///
    /// # Errors
    /// `Storage` when the lock file cannot be used.
    pub fn try_acquire(data_dir: &DataDir, environment: &str) -> Result<Option<Self>, Problem> {
        let path = data_dir.lock_file(environment);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = file.map_err(|e| file_trouble("open the lock", &path, &e))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(file_trouble("lock", &path, &e)),
        }
    }
}

impl Drop for SyncLock {
    /// Unlocked by name, not only closed: a process that is being started at this moment holds a copy of the file,
    /// and with it the lock, until it has become another program.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the sync lock was not given back by name");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    #[test]
    fn one_holder_at_a_time_and_environments_are_apart() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        let held = SyncLock::try_acquire(&dir, "prod").unwrap();
        assert!(held.is_some());
        assert!(SyncLock::try_acquire(&dir, "prod").unwrap().is_none());
        assert!(SyncLock::try_acquire(&dir, "test").unwrap().is_some());
        drop(held);
        assert!(SyncLock::try_acquire(&dir, "prod").unwrap().is_some());
    }

    #[test]
    fn the_lock_is_given_back_although_a_copy_of_its_file_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        let held = SyncLock::try_acquire(&dir, "prod").unwrap().unwrap();
        let _copy = held.0.try_clone().unwrap();
        drop(held);
        assert!(SyncLock::try_acquire(&dir, "prod").unwrap().is_some());
    }

    const HOLDER: &str = "LEEWARD_TEST_HOLD_LOCK";

    /// Not a test by itself: the other process of the test below, which runs this very binary again.
    #[test]
    fn holder() {
        let Some(folder) = std::env::var_os(HOLDER) else {
            return;
        };
        let dir = DataDir::resolve(Some(folder.as_ref())).unwrap();
        let _held = SyncLock::try_acquire(&dir, "prod").unwrap().unwrap();
        println!("\nheld");
        std::io::stdout().flush().unwrap();
        // Ends only by being killed.
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_killed_process_gives_the_lock_back() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        let mut other = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "lock::tests::holder", "--nocapture"])
            .env(HOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "held"));
        assert!(SyncLock::try_acquire(&dir, "prod").unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(SyncLock::try_acquire(&dir, "prod").unwrap().is_some());
    }
}
