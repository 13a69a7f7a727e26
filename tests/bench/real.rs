//! One real Airflow for all who need it, started by the first, with ten thousand variables.

use anyhow::Result;
use harness::airflow_server::{AirflowServer, Options};
use tempfile::TempDir;

use crate::rows_of;

/// Variables that it has.
pub(crate) const VARIABLES: usize = 10_000;
/// Created in one request.
const AT_ONCE: usize = 1000;

/// The server, once it was needed.
#[derive(Debug, Default)]
pub(crate) struct Real {
    running: Option<(AirflowServer, TempDir)>,
}

impl Real {
    /// The server.
    pub(crate) fn server(&mut self) -> Result<&AirflowServer> {
        if self.running.is_none() {
            self.running = Some(start()?);
        }
        self.running
            .as_ref()
            .map(|(server, _)| server)
            .ok_or_else(|| anyhow::anyhow!("no server"))
    }
}

fn start() -> Result<(AirflowServer, TempDir)> {
    // No DAGs: tasks of a schedule would take turns with what is measured.
    let empty = tempfile::tempdir()?;
    let dags_folder = empty.path().to_owned();
    let server = AirflowServer::start(Options {
        dags_folder,
        ..Options::default()
    })?;
    let writer = server.writer()?;
    let numbers: Vec<usize> = (0..VARIABLES).collect();
    for chunk in numbers.chunks(AT_ONCE) {
        let row = |number: &usize| (rows_of::key(*number), rows_of::value(*number, 0));
        writer.create_variables(&chunk.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok((server, empty))
}
