//! A second API server on the data of a running Airflow, as behind a balancer: it has met no secret yet.

use anyhow::{Result, ensure};

use super::components::{self, Component};
use super::{AirflowServer, START_LIMIT, free_port, writer};
use crate::wait;

/// One more API server; killed when dropped.
#[derive(Debug)]
pub struct ApiServer {
    base: String,
    _process: Component,
}

impl ApiServer {
    /// Its address. Tokens of the first server are good here too.
    pub fn base_url(&self) -> &str {
        &self.base
    }
}

impl AirflowServer {
    /// Starts another API server on a port of its own; returns when it answers.
    pub fn start_another_api_server(&self) -> Result<ApiServer> {
        let port = free_port()?;
        let base = format!("http://127.0.0.1:{port}");
        let mut command = self.command(&["api-server"]);
        command.env("AIRFLOW__API__PORT", port.to_string());
        let log = self.home.join(format!("another-{port}.log"));
        let mut process = Component::start(components::API_SERVER, &command, &log)?;
        let parts = components::health_parts(true);
        wait::until("another API server", START_LIMIT, || {
            ensure!(process.is_running(), "it ended by itself; see {}", log.display());
            Ok(writer::is_healthy(&base, parts).then_some(()))
        })?;
        Ok(ApiServer {
            base,
            _process: process,
        })
    }
}
