//! What the window may do.

use crate::Command;

/// What it may do beside calling commands.
const EVENTS: &[&str] = &["core:event:allow-listen", "core:event:allow-unlisten"];

/// The content of `capabilities/main.json`: the one window may listen to events and call these commands, no more.
#[must_use]
pub fn capability(commands: &[Command]) -> String {
    let events = EVENTS.iter().map(|permission| (*permission).to_owned());
    let calls = commands
        .iter()
        .map(|command| format!("allow-{}", command.name.replace('_', "-")));
    let permissions: Vec<String> = events
        .chain(calls)
        .map(|permission| format!("    \"{permission}\""))
        .collect();
    format!(
        r#"{{
  "$schema": "../gen/schemas/desktop-schema.json",
  "identifier": "main",
  "description": "Generated from src-tauri/src/commands by `cargo xtask bindings`; do not edit. What the one window may do: listen to the app's events and call its commands, nothing of the system's.",
  "windows": [
    "main"
  ],
  "permissions": [
{}
  ]
}}
"#,
        permissions.join(",\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn commands_and_events_are_permitted_and_nothing_else() {
        let commands = parse("sync", "#[command] fn sync_now() -> Answer<()> {}").unwrap();
        let text = capability(&commands);
        let (_, permissions) = text.split_once("\"permissions\": [").unwrap();
        let quoted: Vec<&str> = permissions.split('"').skip(1).step_by(2).collect();
        let expected = [
            "core:event:allow-listen",
            "core:event:allow-unlisten",
            "allow-sync-now",
        ];
        assert_eq!(quoted, expected);
    }
}
