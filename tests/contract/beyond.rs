//! What Airflow can store and not show (H33, H35), and that a broken connection is no broken server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use async_trait::async_trait;
use leeward_airflow::{AirflowError, BulkWrite, Pause};

use crate::cases::variable;
use crate::subject::Subject;

/// Asks again at once.
struct AtOnce;

#[async_trait]
impl Pause for AtOnce {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn pause(&self) {
        tokio::task::yield_now().await;
    }
}

fn failed<T: std::fmt::Debug>(outcome: &Result<T, AirflowError>, what: &str) -> Result<()> {
    let fails = outcome.as_ref().is_err_and(AirflowError::failed_there);
    ensure!(fails, "{what}: {outcome:?}");
    Ok(())
}

/// Written alone it is shown in the answer, which fails, and is taken back. In a page it stays, and nothing that would
/// show it can be read any more. After each such error the real server drops the connection.
pub(crate) async fn an_integer_that_python_refuses_is_written_in_a_page_alone(
    subject: &Subject,
) -> Result<()> {
    let client = subject.client();
    client.pause_with(Arc::new(AtOnce));
    let beyond = variable("beyond", &"9".repeat(5_000), None);
    failed(&client.create_variable(&beyond).await, "created alone")?;
    ensure!(
        client.get_variable("beyond").await?.is_none(),
        "it was taken back"
    );
    let bulk = BulkWrite {
        creates: vec![beyond],
        updates: Vec::new(),
    };
    ensure!(client.write_variables(&bulk).await?.without_errors, "in a page");
    failed(&client.list_variables().await, "listed")?;
    client.health().await?;
    failed(&client.get_variable("beyond").await, "read")?;
    client.health().await?;
    client.delete_variable("beyond").await?;
    client.list_variables().await?;
    Ok(())
}
