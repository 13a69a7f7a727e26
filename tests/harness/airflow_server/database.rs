//! Where an Airflow keeps its data.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::postgres::Postgres;

/// The id of that Connection.
pub(crate) const STORE_CONNECTION: &str = "leeward_db";

/// What kind of database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Database {
    /// A file: it starts at once.
    #[default]
    Sqlite,
    /// A PostgreSQL of its own, as teams have it.
    Postgres,
}

/// One that an Airflow uses.
#[derive(Debug)]
pub(super) enum Opened {
    Sqlite(PathBuf),
    Postgres(Postgres),
}

impl Opened {
    /// Opens one for an Airflow whose files are in `home`.
    pub(super) fn new(database: Database, home: &Path) -> Result<Self> {
        Ok(match database {
            Database::Sqlite => Self::Sqlite(home.join("airflow.db")),
            Database::Postgres => Self::Postgres(Postgres::start()?),
        })
    }

    /// Its address for SQLAlchemy.
    pub(super) fn address(&self) -> String {
        match self {
            // Its processes share a file: on a busy machine one holds it for longer than the 5 s that Python waits, and the others
            // answer 500.
            Self::Sqlite(file) => format!("sqlite:///{}?timeout=120", file.display()),
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
