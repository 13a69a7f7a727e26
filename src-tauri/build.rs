//! Gives Tauri the app's commands, as `src-tauri/src/commands` declares them: their names, so that they can be permitted to a
//! window, and their handler.

use leeward_commands::{Command, capability, handler, read};
use std::path::{Path, PathBuf};
use std::{env, fs};

const COMMANDS: &str = "src/commands";
const CAPABILITY: &str = "capabilities/main.json";

fn main() {
    // The built UI is part of the binary.
    println!("cargo::rerun-if-changed=../ui/build");
    println!("cargo::rerun-if-changed={COMMANDS}");
    if let Err(problem) = build() {
        println!("cargo::error={problem}");
    }
}

fn build() -> Result<(), String> {
    let commands = read(Path::new(COMMANDS)).map_err(|fault| fault.to_string())?;
    check_capability(&commands)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gives no folder to write to")?);
    fs::write(out.join("handler.rs"), handler(&commands)).map_err(|error| error.to_string())?;
    let names: Vec<&'static str> = commands
        .into_iter()
        .map(|command| &*command.name.leak())
        .collect();
    let manifest = tauri_build::AppManifest::new().commands(names.leak());
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes).map_err(|error| format!("{error:#}"))
}

/// No app is built whose window may do anything else than these commands, or cannot call one of them.
fn check_capability(commands: &[Command]) -> Result<(), String> {
    let committed = fs::read_to_string(CAPABILITY).map_err(|error| format!("{CAPABILITY}: {error}"))?;
    if committed.replace("\r\n", "\n") == capability(commands) {
        return Ok(());
    }
    Err(format!(
        "src-tauri/{CAPABILITY} is stale: run `cargo xtask bindings`"
    ))
}
