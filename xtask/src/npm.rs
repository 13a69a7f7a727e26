//! The UI's packages.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::stamp::Stamp;
use crate::{paths, shell};

/// The oldest Node that SvelteKit's Vite runs on.
const OLDEST_NODE: u32 = 20;

/// Installs `ui/node_modules` exactly as locked, unless that is what is there.
pub(crate) fn ensure_packages() -> Result<()> {
    check_node()?;
    let lock = fs::read_to_string(paths::ui().join("package-lock.json"))
        .context("ui/package-lock.json is missing")?;
    // Inside node_modules: whoever removes that folder removes the stamp.
    let stamp = Stamp::new(paths::ui().join("node_modules/.leeward-stamp"), lock);
    if stamp.is_current() {
        println!("  The UI's packages are there.");
        return Ok(());
    }
    println!("  Installing the UI's packages.");
    stamp.clear()?;
    shell::run(&mut shell::npm(&["ci", "--no-audit", "--no-fund"]))?;
    stamp.write()
}

fn check_node() -> Result<()> {
    let version =
        shell::read(&mut shell::command("node", &["--version"])).context("Node is needed (20 or newer)")?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    ensure!(
        major >= Some(OLDEST_NODE),
        "Node {OLDEST_NODE} or newer is needed, this is {}",
        version.trim()
    );
    Ok(())
}
