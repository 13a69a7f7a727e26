//! The app's commands: those that `build.rs` names (and so can be permitted) are those that the app handles.

use std::collections::BTreeSet;

use crate::{assert_none, tree};

fn findings(build: &str, app: &str) -> Vec<String> {
    let (named, handled) = (named(build), handled(app));
    let unnamed = handled
        .difference(&named)
        .map(|name| format!("{name} is handled, but build.rs does not name it"));
    let unhandled = named
        .difference(&handled)
        .map(|name| format!("{name} is named in build.rs, but not handled"));
    unnamed.chain(unhandled).collect()
}

/// The string literals of the list that is given to `.commands(…)`, or of a constant `COMMANDS`.
fn named(build: &str) -> BTreeSet<&str> {
    let list = between(build, ".commands(&[", "]").or_else(|| between(build, "COMMANDS: &[&str] = &[", "]"));
    list.unwrap_or_default().split('"').skip(1).step_by(2).collect()
}

/// The functions in `generate_handler![…]`, without their modules.
fn handled(app: &str) -> BTreeSet<&str> {
    let list = between(app, "generate_handler![", "]").unwrap_or_default();
    let entries = list
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(|line| line.split(','));
    entries
        .filter_map(|entry| entry.rsplit("::").next())
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

#[test]
fn every_command_is_named_and_handled() {
    let build = tree::texts(|path| path == "src-tauri/build.rs");
    let app = tree::texts(|path| path.starts_with("src-tauri/src/") && path.ends_with(".rs"));
    let joined =
        |texts: Vec<(String, String)>| texts.into_iter().map(|(_, content)| content).collect::<String>();
    assert_none(&findings(&joined(build), &joined(app)));
}

#[test]
fn a_forgotten_command_is_found_on_either_side() {
    let build = "Attributes::new().commands(&[\"status\", \"gone\"])";
    let app = "generate_handler![\n  commands::status, // the line\n  commands::new_one,\n]";
    let expected = [
        "new_one is handled, but build.rs does not name it",
        "gone is named in build.rs, but not handled",
    ];
    assert_eq!(findings(build, app), expected);
}
