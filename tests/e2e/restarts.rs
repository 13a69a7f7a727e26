//! An app that was killed opens again, however soon.

use crate::stage::Stage;
use anyhow::{Context, Result};
use std::fs;

const RESTARTS: usize = 12;

#[test]
fn a_killed_app_opens_again_at_once() -> Result<()> {
    let stage = Stage::usual()?;
    for round in 0..RESTARTS {
        let app = stage
            .open()
            .with_context(|| format!("start {round}: {}", log(&stage)))?;
        app.wait_for("connect-url")?;
        app.kill()?;
    }
    Ok(())
}

/// What the app wrote down.
fn log(stage: &Stage) -> String {
    let folder = stage.desktop.data_home().join("leeward/logs");
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| fs::read_to_string(file.path()).ok())
        .collect()
}
