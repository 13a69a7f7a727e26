//! An Airflow's database as it was at one moment, and a server that goes back to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::AirflowServer;

impl AirflowServer {
    /// Keeps the database, a SQLite, as it is now, for [`AirflowServer::go_back`].
    ///
    /// # Errors
    /// When the database cannot be copied.
    pub fn keep_moment(&self) -> Result<()> {
        self.copy_database(self.database.file()?, &self.moment())
    }

    /// Makes the database what it was when it was kept. The server goes on meanwhile; what its processes have in memory stays,
    /// such as the secrets that they have met.
    ///
    /// # Errors
    /// When it was never kept, or cannot be copied.
    pub fn go_back(&self) -> Result<()> {
        let moment = self.moment();
        ensure!(moment.exists(), "this Airflow's database was never kept");
        self.copy_database(&moment, self.database.file()?)
    }

    /// Whether every process of it runs.
    pub fn is_running(&mut self) -> bool {
        self.components.iter_mut().all(super::Component::is_running) && !self.components.is_empty()
    }

    fn moment(&self) -> PathBuf {
        self.home.join("airflow-kept.db")
    }

    fn copy_database(&self, from: &Path, to: &Path) -> Result<()> {
        let output = Command::new(self.venv.join("bin/python"))
            .args(["-c", include_str!("copy_database.py")])
            .args([from, to])
            .output()
            .context("copying Airflow's database")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "copying Airflow's database: {said}");
        Ok(())
    }
}
