//! The app's commands: what is generated from their declarations is fresh, and there is no way around it.

use crate::{assert_none, tree};

const COMMANDS: &str = "src-tauri/src/commands";
const CAPABILITIES: &str = "src-tauri/capabilities/";
const WRAPPER: &str = "ui/src/lib/platform/commands.ts";

/// What a committed file holds, and what is generated.
fn stale(path: &str, generated: &str) -> Option<String> {
    let committed = std::fs::read_to_string(tree::at(path)).unwrap_or_default();
    (committed != generated).then(|| format!("{path} is stale: run `cargo xtask bindings`"))
}

/// What declares a command where it is not read, handles one that is not declared, permits more than what is generated, or
/// calls past the wrapper.
fn ways_around(files: &[(String, String)]) -> Vec<String> {
    files
        .iter()
        .filter_map(|(path, text)| around(path, text).map(|what| format!("{path} {what}")))
        .collect()
}

fn around(path: &str, text: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_app = path.starts_with("src-tauri/src/");
    if path.starts_with(CAPABILITIES) && path != "src-tauri/capabilities/main.json" {
        Some("is a second capability")
    } else if path.starts_with("src-tauri/permissions/") {
        Some("gives a permission a meaning of its own")
    } else if is_app && !is_read(path) && has(&["#[tauri::command", "#[command"]) {
        Some("declares a command outside src-tauri/src/commands/*.rs")
    } else if is_app && has(&["generate_handler!", "add_capability"]) {
        Some("handles or permits what build.rs does not")
    } else if path.starts_with("ui/src/") && path != WRAPPER && has(&["@tauri-apps/api/core"]) {
        Some("calls commands past the generated wrapper")
    } else {
        None
    }
}

fn is_read(path: &str) -> bool {
    let within = path
        .strip_prefix(COMMANDS)
        .and_then(|rest| rest.strip_prefix('/'));
    within.is_some_and(|name| !name.contains('/'))
}

/// The capabilities that the app is told to use.
fn capabilities(config: &serde_json::Value) -> &serde_json::Value {
    &config["app"]["security"]["capabilities"]
}

#[test]
fn what_is_generated_is_fresh() {
    let commands = leeward_commands::read(&tree::at(COMMANDS)).unwrap();
    assert!(commands.len() > 20, "the check has lost its way");
    let bindings = std::fs::read_to_string(tree::at("ui/src/lib/bindings.ts")).unwrap();
    let wrapper = leeward_commands::wrapper(&commands, &bindings).unwrap();
    let capability = leeward_commands::capability(&commands);
    let found = [
        stale(WRAPPER, &wrapper),
        stale("src-tauri/capabilities/main.json", &capability),
    ];
    assert_none(&found.into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn nothing_is_permitted_or_called_past_what_is_generated() {
    let files = tree::texts(|path| path.starts_with("src-tauri/") || path.starts_with("ui/src/"));
    assert_none(&ways_around(&files));
    let config = std::fs::read_to_string(tree::at("src-tauri/tauri.conf.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(capabilities(&config), &serde_json::json!(["main"]));
}

#[test]
fn a_file_that_is_stale_is_found() {
    assert_eq!(
        stale(WRAPPER, "something else"),
        Some("ui/src/lib/platform/commands.ts is stale: run `cargo xtask bindings`".to_owned())
    );
}

#[test]
fn every_way_around_is_found() {
    for (path, text, what) in [
        (
            "src-tauri/capabilities/more.json",
            "{}",
            Some("is a second capability"),
        ),
        (
            "src-tauri/permissions/own.toml",
            "",
            Some("gives a permission a meaning of its own"),
        ),
        (
            "src-tauri/src/tray.rs",
            "#[tauri::command]\nfn x() {}",
            Some("declares a command outside src-tauri/src/commands/*.rs"),
        ),
        (
            "src-tauri/src/commands/sync/more.rs",
            "#[command(async)]",
            Some("declares a command outside src-tauri/src/commands/*.rs"),
        ),
        (
            "src-tauri/src/app.rs",
            "tauri::generate_handler![x]",
            Some("handles or permits what build.rs does not"),
        ),
        (
            "ui/src/routes/+page.svelte",
            "import { invoke } from \"@tauri-apps/api/core\";",
            Some("calls commands past the generated wrapper"),
        ),
        ("src-tauri/src/commands/sync.rs", "#[tauri::command]", None),
        (WRAPPER, "import { invoke } from \"@tauri-apps/api/core\";", None),
    ] {
        assert_eq!(around(path, text), what, "{path}");
    }
}
