//! The dependency arrows: which crate may know which, and who alone knows HTTP, SQL and Tauri.

use std::process::Command;

use serde_json::Value;

use crate::assert_none;

/// What each crate may depend on within the workspace. Not listed here: the suites and xtask, which may use anything.
const ARROWS: &[(&str, &[&str])] = &[
    ("leeward-model", &[]),
    ("leeward-commands", &[]),
    ("leeward-schema", &["leeward-model"]),
    ("leeward-merge", &["leeward-model"]),
    (
        "leeward-store",
        &["leeward-model", "leeward-merge", "leeward-schema"],
    ),
    ("leeward-airflow", &["leeward-model"]),
    (
        "leeward-sync",
        &[
            "leeward-model",
            "leeward-merge",
            "leeward-schema",
            "leeward-store",
            "leeward-airflow",
        ],
    ),
    ("leeward-profile", &["leeward-model"]),
    (
        "leeward-backup",
        &["leeward-model", "leeward-profile", "leeward-store"],
    ),
    ("leeward-tables", &[]),
    (
        "leeward-exchange",
        &["leeward-model", "leeward-schema", "leeward-tables"],
    ),
    (
        "leeward-transfer",
        &[
            "leeward-model",
            "leeward-schema",
            "leeward-store",
            "leeward-sync",
            "leeward-tables",
            "leeward-exchange",
        ],
    ),
    ("leeward-cli", ENGINE),
    ("leeward", APP),
];

/// For the two programs, which wire everything together.
const ENGINE: &[&str] = &[
    "leeward-backup",
    "leeward-model",
    "leeward-merge",
    "leeward-schema",
    "leeward-store",
    "leeward-airflow",
    "leeward-sync",
    "leeward-profile",
    "leeward-tables",
    "leeward-exchange",
    "leeward-transfer",
];

/// The app's build reads its commands.
const APP: &[&str] = &[
    "leeward-backup",
    "leeward-commands",
    "leeward-model",
    "leeward-merge",
    "leeward-store",
    "leeward-airflow",
    "leeward-sync",
    "leeward-profile",
    "leeward-tables",
    "leeward-exchange",
    "leeward-transfer",
];

/// What only one crate may know, by the beginning of the dependency's name.
const OWNED: &[(&str, &str)] = &[
    ("reqwest", "leeward-airflow"),
    ("hyper", "leeward-airflow"),
    ("ureq", "leeward-airflow"),
    ("rusqlite", "leeward-store"),
    ("libsqlite3-sys", "leeward-store"),
    ("sqlx", "leeward-store"),
    ("tauri", "leeward"),
    ("wry", "leeward"),
];

/// These start servers, speak HTTP to them and drive the app: the arrows are not about them.
const FREE: &[&str] = &["leeward-simulation", "leeward-tests", "xtask"];

fn findings(metadata: &Value) -> Vec<String> {
    list(metadata, "packages")
        .iter()
        .filter(|package| !FREE.contains(&text(package, "name")))
        .flat_map(forbidden)
        .collect()
}

fn forbidden(package: &Value) -> Vec<String> {
    let name = text(package, "name");
    let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
        return vec![format!(
            "{name} has no arrows: say in tests/tidy/arrows.rs what it may depend on"
        )];
    };
    let dependencies = list(package, "dependencies")
        .iter()
        .map(|dependency| text(dependency, "name"));
    dependencies
        .filter_map(|dependency| objection(name, dependency, allowed))
        .collect()
}

fn objection(name: &str, dependency: &str, allowed: &[&str]) -> Option<String> {
    let ours = dependency == "leeward" || dependency.starts_with("leeward-");
    if ours && !allowed.contains(&dependency) {
        return Some(format!("{name} must not depend on {dependency}"));
    }
    let (_, owner) = OWNED.iter().find(|(known, _)| is_of(dependency, known))?;
    (*owner != name).then(|| format!("{name} must not depend on {dependency}: only {owner} may"))
}

/// `tauri` and `tauri-plugin-dialog` are of `tauri`; `wryly` is not of `wry`.
fn is_of(dependency: &str, family: &str) -> bool {
    dependency
        .strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn metadata() -> Value {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(harness::workspace::root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The workspace's metadata, with one more dependency of one package.
fn with_dependency(package: &str, dependency: &str, kind: &Value) -> Value {
    let mut metadata = metadata();
    let packages = metadata["packages"].as_array_mut().unwrap();
    let found = packages
        .iter_mut()
        .find(|known| known["name"] == package)
        .unwrap();
    found["dependencies"]
        .as_array_mut()
        .unwrap()
        .push(serde_json::json!({ "name": dependency, "kind": kind }));
    metadata
}

#[test]
fn the_arrows_hold() {
    let metadata = metadata();
    assert!(
        list(&metadata, "packages").len() > ARROWS.len(),
        "cargo metadata does not list the workspace"
    );
    assert_none(&findings(&metadata));
}

#[test]
fn reqwest_in_store_is_found() {
    let found = findings(&with_dependency("leeward-store", "reqwest", &Value::Null));
    assert_eq!(
        found,
        ["leeward-store must not depend on reqwest: only leeward-airflow may"]
    );
}

#[test]
fn a_dev_dependency_counts_too() {
    let found = findings(&with_dependency("leeward-model", "leeward-store", &"dev".into()));
    assert_eq!(found, ["leeward-model must not depend on leeward-store"]);
}

#[test]
fn tauri_in_the_cli_is_found() {
    let found = findings(&with_dependency(
        "leeward-cli",
        "tauri-plugin-dialog",
        &Value::Null,
    ));
    assert_eq!(
        found,
        ["leeward-cli must not depend on tauri-plugin-dialog: only leeward may"]
    );
}
