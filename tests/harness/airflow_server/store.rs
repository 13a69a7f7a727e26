//! What the companion keeps, as its database has it.

use std::process::Command;

use anyhow::{Context, Result, ensure};
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
        let output = Command::new(self.venv.join("bin/python"))
            .args(["-c", &script, &self.database.store_place(), sql])
            .output()
            .context("reading the companion's database")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "reading the companion's database: {said}"
        );
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}
