//! Secrets in an Airflow: making its API server learn one, and reading what is really stored.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde_json::json;

use super::{AirflowServer, Writer};

impl AirflowServer {
    /// The text of a variable as the database holds it, decrypted: what a task would get.
    pub fn raw_variable(&self, key: &str) -> Result<Option<String>> {
        Ok(self.raw_variables()?.remove(key).map(|stored| stored.text))
    }

    /// Every variable as the database holds it, decrypted, by key.
    pub fn raw_variables(&self) -> Result<BTreeMap<String, Stored>> {
        let script = concat!(include_str!("opened.py"), include_str!("raw_variables.py"));
        let output = self.python(script, &[], &[&self.options.fernet_key])?;
        Ok(serde_json::from_slice(&output)?)
    }
}

/// A variable's row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Stored {
    /// The text, decrypted.
    pub text: String,
    /// The description.
    pub description: Option<String>,
}

impl Writer {
    /// Opens a connection with this password. The API server has met the password from then on, and masks it wherever
    /// it stands, until its process ends.
    pub fn open_connection(&self, id: &str, password: &str) -> Result<()> {
        let body = json!({"connection_id": id, "conn_type": "generic", "password": password});
        let (status, answer) = self.call("POST", "/api/v2/connections", Some(&body))?;
        ensure!(status == 201, "opening the connection {id}: {status} {answer}");
        Ok(())
    }

    /// Reads a connection: another process of the same Airflow meets its password by this.
    pub fn look_at_connection(&self, id: &str) -> Result<()> {
        let (status, answer) = self.call("GET", &format!("/api/v2/connections/{id}"), None)?;
        ensure!(status == 200, "reading the connection {id}: {status} {answer}");
        Ok(())
    }

    /// Deletes a connection. Its password stays known, and masked, until the process ends.
    pub fn delete_connection(&self, id: &str) -> Result<()> {
        let (status, answer) = self.call("DELETE", &format!("/api/v2/connections/{id}"), None)?;
        ensure!(status == 204, "deleting the connection {id}: {status} {answer}");
        Ok(())
    }
}
