//! The UI's door to Tauri: one folder imports `@tauri-apps`, so that everything else runs in a plain browser.

use crate::{assert_none, tree};

const DOOR: &str = "ui/src/lib/platform/";
const PACKAGE: &str = "@tauri-apps";

fn passes_by_the_door(path: &str, content: &str) -> bool {
    path.starts_with("ui/src/") && !path.starts_with(DOOR) && content.contains(PACKAGE)
}

#[test]
fn only_the_platform_folder_imports_tauri() {
    let sources = tree::texts(|path| tree::has_extension(path, &["ts", "js", "svelte"]));
    assert!(
        sources.iter().any(|(path, _)| path.starts_with("ui/src/")),
        "no source of the UI was found"
    );
    let findings = sources
        .iter()
        .filter(|(path, content)| passes_by_the_door(path, content));
    assert_none(
        &findings
            .map(|(path, _)| format!("{path} imports {PACKAGE}"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn an_import_elsewhere_is_found() {
    let import = "import { invoke } from '@tauri-apps/api/core';";
    assert!(passes_by_the_door("ui/src/routes/+page.svelte", import));
    assert!(!passes_by_the_door("ui/src/lib/platform/tauri.ts", import));
}
