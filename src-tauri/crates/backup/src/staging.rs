//! A folder for files on their way, beside the mirrors, so that they can be moved there. It goes when it is dropped.

use crate::problem::file_trouble;
use leeward_model::Problem;
use leeward_profile::DataDir;
use std::fs;
use std::path::PathBuf;

pub(crate) struct Staging(PathBuf);

impl Staging {
    pub(crate) fn make(data_dir: &DataDir) -> Result<Self, Problem> {
        let folder = data_dir
            .path()
            .join(format!("on-its-way-{}.tmp", std::process::id()));
        // One of an earlier process of that number, which was killed.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).map_err(|error| file_trouble("make a folder for the files", &error))?;
        Ok(Self(folder))
    }

    /// The path for a file of that name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What is left over harms nothing, and the next one of this name removes it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
