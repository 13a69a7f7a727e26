//! leewardctl beside the window, on the same data.

use crate::connected::Connected;
use anyhow::{Context, Result, ensure};
use harness::workspace;
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

/// The environment's name.
pub(crate) const ENVIRONMENT: &str = "here";

/// Connects to the Airflow under the name [`ENVIRONMENT`], before the app is opened.
pub(crate) fn add_environment(stage: &Connected) -> Result<()> {
    with_password(
        stage,
        &["env", "add", ENVIRONMENT, "--url", &stage.airflow.base_url()],
    )?;
    settle_soon(stage)
}

/// Keeps the password for an environment that is there.
pub(crate) fn sign_in(stage: &Connected, environment: &str) -> Result<()> {
    with_password(stage, &["env", "sign-in", environment])
}

/// Runs leewardctl with the Airflow's user, and the password on its input.
fn with_password(stage: &Connected, arguments: &[&str]) -> Result<()> {
    let mut command = ctl_command(stage)?;
    command.args(arguments);
    command.args(["--username", stage.airflow.username(), "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("no standard input")?;
    input.write_all(stage.airflow.password().as_bytes())?;
    drop(input);
    ensure!(child.wait()?.success(), "leewardctl {arguments:?} failed");
    Ok(())
}

/// A write that a kill left in doubt is sent again after a moment, not after a gateway's time-out.
fn settle_soon(stage: &Connected) -> Result<()> {
    let path = stage.stage.desktop.data_home().join("leeward/environments.json");
    let mut file: Value = serde_json::from_slice(&fs::read(&path)?)?;
    let environments = file["environments"].as_array_mut().context("no environments")?;
    for environment in environments {
        environment["settle_s"] = 2.into();
    }
    Ok(fs::write(&path, file.to_string())?)
}

/// Runs leewardctl on the window's own data.
pub(crate) fn ctl(stage: &Connected, arguments: &[&str]) -> Result<Output> {
    ctl_of(stage, ENVIRONMENT, arguments)
}

/// The same, which must succeed.
pub(crate) fn run(stage: &Connected, arguments: &[&str]) -> Result<()> {
    let output = ctl(stage, arguments)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "leewardctl {arguments:?}: {said}");
    Ok(())
}

/// The same, for an environment of another name.
pub(crate) fn ctl_of(stage: &Connected, environment: &str, arguments: &[&str]) -> Result<Output> {
    Ok(ctl_command(stage)?
        .args(["--env", environment, "-o", "json"])
        .args(arguments)
        .output()?)
}

fn ctl_command(stage: &Connected) -> Result<std::process::Command> {
    Ok(stage.stage.desktop.command(workspace::ctl()?))
}
