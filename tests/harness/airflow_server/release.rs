//! The Airflow releases that the suites run against, as `cargo xtask setup` installs them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::workspace;

/// One of the installed Airflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// 3.3.2, which everything is tested against.
    Current,
    /// 3.1.8: it masks less, takes no mask in bulk updates, and one row that it cannot decrypt breaks a whole listing.
    Older,
}

impl Release {
    /// Every release, the newest first.
    pub const ALL: [Self; 2] = [Self::Current, Self::Older];

    /// What the server says of itself.
    pub fn version(self) -> &'static str {
        match self {
            Self::Current => "3.3.2",
            Self::Older => "3.1.8",
        }
    }

    /// The environment variable that names another Python environment with it.
    pub fn venv_variable(self) -> &'static str {
        match self {
            Self::Current => "LEEWARD_AIRFLOW_VENV",
            Self::Older => "LEEWARD_AIRFLOW_OLDER_VENV",
        }
    }

    /// The Python environment that it is installed in.
    pub(super) fn venv(self) -> Result<PathBuf> {
        let variable = self.venv_variable();
        let installed = || workspace::root().join(format!(".leeward/airflow-{}", self.version()));
        let place = std::env::var_os(variable).map_or_else(installed, PathBuf::from);
        ensure!(
            place.join("bin/airflow").is_file(),
            "there is no Airflow at {}: run `cargo xtask setup`, or name one in {variable}",
            place.display()
        );
        Ok(fs::canonicalize(place)?)
    }
}
