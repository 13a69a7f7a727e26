//! What the window's sources have from Rust: the types of `leeward-model`, records packed by `leeward-store` for the window's
//! tests, the wrapper that calls the app's commands, and the capability that permits them. Committed; tests check that each
//! is fresh.

use std::fs;

use anyhow::Result;

use crate::{paths, shell};

/// Writes all of them; the types first, since the wrapper names them.
pub(crate) fn write() -> Result<()> {
    fresh(&["-p", "leeward-model", "bindings_are_fresh"])?;
    fresh(&[
        "-p",
        "leeward-store",
        "--test",
        "store",
        "the_windows_fixture_is_fresh",
    ])?;
    write_commands()
}

fn fresh(test: &[&str]) -> Result<()> {
    let mut test = shell::cargo(&[&["test", "--quiet"], test].concat());
    shell::run(test.env("LEEWARD_WRITE_BINDINGS", "1"))
}

fn write_commands() -> Result<()> {
    let root = paths::root();
    let commands = leeward_commands::read(&root.join("src-tauri/src/commands"))?;
    let bindings = fs::read_to_string(root.join("ui/src/lib/bindings.ts"))?;
    let wrapper = leeward_commands::wrapper(&commands, &bindings)?;
    fs::write(root.join("ui/src/lib/platform/commands.ts"), wrapper)?;
    let capability = leeward_commands::capability(&commands);
    fs::write(root.join("src-tauri/capabilities/main.json"), capability)?;
    Ok(())
}
