//! Where an Airflow keeps its data.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::postgres::Postgres;

/// The id of that Connection.
pub(crate) const STORE_CONNECTION: &str = "leeward_db";

/// Where a prepared one is kept, in the release's Python environment.
const SQLITE_KEPT: &str = "migrated.db";
const POSTGRES_KEPT: &str = "migrated-postgres";

/// What kind of database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Database {
    /// A file: it starts at once. One writer holds all others up, and where the API server waits for itself (it logs an action
    /// while another request of its own is about to commit), that is until its patience ends.
    #[default]
    Sqlite,
    /// A PostgreSQL of its own, as teams have it.
    Postgres,
}

/// What it was when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// Nothing is in it.
    Empty,
    /// It has the schema of its release, and nothing else.
    Prepared,
    /// An Airflow has used it.
    Used,
}

/// One that an Airflow uses.
#[derive(Debug)]
pub(super) enum Opened {
    Sqlite(PathBuf),
    Postgres(Box<Postgres>),
}

impl Opened {
    /// Opens one for an Airflow whose files are in `home`. A new one is a copy of what preparing it came to once, kept in the
    /// release's Python environment: that goes when the release is installed anew.
    pub(super) fn new(database: Database, home: &Path, venv: &Path) -> Result<(Self, Begins)> {
        match database {
            Database::Sqlite => Self::sqlite(home.join("airflow.db"), &venv.join(SQLITE_KEPT)),
            Database::Postgres => Self::postgres(&venv.join(POSTGRES_KEPT)),
        }
    }

    fn sqlite(file: PathBuf, kept: &Path) -> Result<(Self, Begins)> {
        let begins = match (file.exists(), kept.exists()) {
            (true, _) => Begins::Used,
            (false, false) => Begins::Empty,
            (false, true) => {
                fs::copy(kept, &file).context("copying the database")?;
                Begins::Prepared
            }
        };
        Ok((Self::Sqlite(file), begins))
    }

    fn postgres(kept: &Path) -> Result<(Self, Begins)> {
        let (server, begins) = if kept.exists() {
            (Postgres::start_as_kept(kept)?, Begins::Prepared)
        } else {
            (Postgres::start()?, Begins::Empty)
        };
        Ok((Self::Postgres(Box::new(server)), begins))
    }

    /// Keeps one that has just been prepared, for those that are opened later.
    pub(super) fn keep(&mut self, venv: &Path) -> Result<()> {
        match self {
            Self::Sqlite(file) => keep_copy(file, &venv.join(SQLITE_KEPT)),
            Self::Postgres(server) => server.keep(&venv.join(POSTGRES_KEPT)),
        }
    }

    /// Its address for SQLAlchemy in a process that waits so long for a lock.
    pub(super) fn address(&self, patience: Duration) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite:///{}?timeout={}", file.display(), patience.as_secs()),
            Self::Postgres(server) => server.address("postgresql+psycopg2"),
        }
    }

    /// What the scripts beside this file open: the path of the file, or an address.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Sqlite(file) => file.display().to_string(),
            Self::Postgres(server) => server.address("postgresql"),
        }
    }

    /// What the scripts open for the companion's database, where it is beside Airflow's own.
    pub(super) fn store_place(&self) -> String {
        match self {
            Self::Sqlite(file) => file.with_file_name("leeward.db").display().to_string(),
            Self::Postgres(server) => server.store_address(),
        }
    }

    /// The Connection by which the companion reaches its database; without one it takes a file.
    pub(super) fn store_connection(&self) -> Option<(String, String)> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(server) => {
                let name = format!("AIRFLOW_CONN_{}", STORE_CONNECTION.to_uppercase());
                Some((name, server.store_address()))
            }
        }
    }

    /// The file of a SQLite.
    pub(super) fn file(&self) -> Result<&Path> {
        match self {
            Self::Sqlite(file) => Ok(file),
            Self::Postgres(_) => bail!("a PostgreSQL is not one file"),
        }
    }
}

/// Copies a file so that nobody ever sees a half of it, though another may do the same.
fn keep_copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file in a folder")?;
    let part = tempfile::NamedTempFile::new_in(folder)?;
    fs::copy(from, part.path())?;
    part.persist(to).context("keeping the prepared database")?;
    Ok(())
}
