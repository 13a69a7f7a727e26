//! What the companion keeps, as its database has it; and scripts for both databases.

use anyhow::{Context, Result};
use serde_json::Value;

use super::AirflowServer;

/// Prints the rows of a query: DATABASE SQL. After `opened.py`, in one text.
const ROWS: &str = "import json, sys\nprint(json.dumps(rows_of(*sys.argv[1:]), default=str))";

impl AirflowServer {
    /// The rows that a query finds in the companion's database.
    ///
    /// # Errors
    /// When the database cannot be read, or has no such table yet.
    pub fn store_rows(&self, sql: &str) -> Result<Vec<Vec<Value>>> {
        let script = format!("{}{ROWS}", include_str!("opened.py"));
        let said = self
            .run_on_store(&script, &[sql])
            .context("reading the companion's database")?;
        Ok(serde_json::from_str(&said)?)
    }

    /// What a script prints that Airflow's own Python runs. Its first argument is the companion's database: the path of a file,
    /// or an address.
    ///
    /// # Errors
    /// When it fails, with what it says.
    pub fn run_on_store(&self, script: &str, arguments: &[&str]) -> Result<String> {
        Ok(String::from_utf8(self.python_on(
            &self.database.store_place(),
            script,
            &[],
            arguments,
        )?)?)
    }

    /// The same with Airflow's own database.
    ///
    /// # Errors
    /// When it fails, with what it says.
    pub fn run_on_database(&self, script: &str, arguments: &[&str]) -> Result<String> {
        Ok(String::from_utf8(self.python(script, &[], arguments)?)?)
    }
}
