//! The list of functions that Tauri calls.

use crate::Command;

/// An expression of Rust, for the app's crate: what handles the commands.
#[must_use]
pub fn handler(commands: &[Command]) -> String {
    let paths: Vec<String> = commands
        .iter()
        .map(|Command { module, name, .. }| format!("    crate::commands::{module}::{name},\n"))
        .collect();
    format!("tauri::generate_handler![\n{}]\n", paths.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn every_command_is_handled() {
        let commands = parse("sync", "#[command] fn sync_now() -> Answer<()> {}").unwrap();
        let expected = "tauri::generate_handler![\n    crate::commands::sync::sync_now,\n]\n";
        assert_eq!(handler(&commands), expected);
    }
}
