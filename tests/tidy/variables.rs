//! What every collection has in common names none of them: Variables are named where something is about them by what it is
//! (docs/adr/0022-where-variables-are-named.md).

use crate::{assert_none, tree};

/// Their sources are for all collections.
const COMMON: &[&str] = &[
    "src-tauri/crates/cli/src/",
    "src-tauri/crates/commands/src/",
    "src-tauri/crates/exchange/src/",
    "src-tauri/crates/merge/src/",
    "src-tauri/crates/store/src/",
    "src-tauri/crates/sync/src/",
    "src-tauri/crates/tables/src/",
    "src-tauri/crates/transfer/src/",
    "src-tauri/src/",
];
/// Those that may; a binding is one by its folder.
const ABOUT_THEM: &[&str] = &[
    "src-tauri/crates/cli/src/exchange/export.rs",
    "src-tauri/crates/cli/src/records.rs",
    "src-tauri/crates/store/src/claim.rs",
    "src-tauri/crates/store/src/follow_models.rs",
    "src-tauri/crates/sync/src/binding/",
    "src-tauri/crates/sync/src/collections.rs",
    "src-tauri/crates/sync/src/connect.rs",
    "src-tauri/crates/transfer/src/file.rs",
    "src-tauri/crates/transfer/src/records.rs",
    "src-tauri/src/commands/exchange.rs",
];

fn names_them(path: &str, content: &str) -> bool {
    let is_common = COMMON.iter().any(|folder| path.starts_with(folder));
    let is_allowed = path.contains("/tests") || ABOUT_THEM.iter().any(|one| path.starts_with(one));
    let product = content.split("#[cfg(test)]").next().unwrap_or_default();
    let words = |line: &str| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| word == "VARIABLES")
    };
    is_common && !is_allowed && (product.lines().any(words) || product.contains("\"variables\""))
}

#[test]
fn only_what_is_about_variables_names_them() {
    let sources = tree::texts(|path| tree::has_extension(path, &["rs"]));
    for place in ABOUT_THEM {
        assert!(
            sources.iter().any(|(path, _)| path.starts_with(place)),
            "{place} is gone"
        );
    }
    let findings = sources.iter().filter(|(path, content)| names_them(path, content));
    assert_none(
        &findings
            .map(|(path, _)| format!("{path} names Variables"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn a_name_elsewhere_is_found() {
    let (engine, binding) = (
        "src-tauri/crates/sync/src/cycle.rs",
        "src-tauri/crates/sync/src/connect.rs",
    );
    for text in ["use leeward_model::VARIABLES;", "read(\"variables\")"] {
        assert!(names_them(engine, text), "{text}");
        assert!(!names_them(binding, text), "{text}");
    }
    assert!(!names_them(engine, "#[cfg(test)]\nuse leeward_model::VARIABLES;"));
    assert!(!names_them(engine, "const VARIABLES_AT_ONCE: usize = 1;"));
}
