//! A real Airflow on a machine with too much to do.

use std::time::Duration;

use anyhow::{Context, Result};
use leeward_airflow::Variable;
use rusqlite::Connection;

use crate::subject::Subject;

/// Longer than SQLite waits for a lock when nobody says how long.
const HELD: Duration = Duration::from_secs(7);
const KEY: &str = "written_behind_a_lock";

/// The suites' Airflow answers late where another process holds its database, and does not give up: otherwise a busy
/// machine would fail the suites.
pub(crate) async fn a_write_waits_for_the_database(subject: &Subject) -> Result<()> {
    let database = subject.database().context("not a real Airflow")?;
    let client = subject.client();
    // Signed in before the lock is taken.
    client.get_variable(KEY).await?;
    let lock = Connection::open(database)?;
    lock.busy_timeout(HELD)?;
    lock.execute_batch("BEGIN IMMEDIATE")?;
    let written = tokio::spawn(async move {
        client
            .create_variable(&Variable {
                key: KEY.to_owned(),
                value: "1".to_owned(),
                description: None,
                is_encrypted: false,
            })
            .await
    });
    tokio::time::sleep(HELD).await;
    lock.execute_batch("ROLLBACK")?;
    written.await?.context("behind a lock")?;
    subject.client().delete_variable(KEY).await?;
    Ok(())
}
