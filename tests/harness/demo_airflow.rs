//! A private Airflow for `cargo xtask demo`: prints where it is as one line of JSON, and runs until its input ends.
#![expect(clippy::print_stdout, reason = "the line on the output is what it is for")]

use std::io::{self, Read};

use anyhow::Result;
use harness::airflow_server::{AirflowServer, Options, seed};

fn main() -> Result<()> {
    let server = AirflowServer::start(Options::default())?;
    seed(&server.writer()?)?;
    let said = serde_json::json!({
        "url": server.base_url(),
        "username": server.username(),
        "password": server.password(),
    });
    println!("{said}");
    // Whoever started us holds the other end: it closes when they end, however they end.
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
