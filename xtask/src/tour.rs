//! The tour: the whole job in the real app against the real Airflow. The suite brings its own screen and session bus.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

/// The end-to-end suite, the tour among it.
pub(crate) fn suite() -> Command {
    let mut suite = shell::suite("e2e");
    // Each has an Airflow, a screen, a session bus and an app of its own; while one waits for its server, another goes on.
    suite.args(["--", "--nocapture", "--test-threads=2"]);
    suite
}

/// Plays the tour, printing each step, and saves a picture of each into `folder`.
pub(crate) fn play_with_pictures(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder)?;
    let mut suite = shell::suite("e2e");
    suite
        .env("LEEWARD_TOUR_SCREENSHOTS", folder)
        .args(["--", "tour", "--nocapture"]);
    shell::run(&mut suite)?;
    let pictures = std::fs::read_dir(folder)?.count();
    // A filter that matches no test passes too: a tour without pictures did not happen.
    anyhow::ensure!(
        pictures > 0,
        "the tour passed without a single picture: it was not played"
    );
    println!("{pictures} pictures are in {}", folder.display());
    Ok(())
}
