//! The app's commands, in four places that must agree: named in `build.rs`, permitted to the window, handled by the
//! app, invoked by the UI.

use std::collections::BTreeSet;

use crate::{assert_none, tree};

/// Command names by where they stand.
struct Commands {
    named: BTreeSet<String>,
    permitted: BTreeSet<String>,
    handled: BTreeSet<String>,
    invoked: BTreeSet<String>,
}

impl Commands {
    fn findings(&self) -> Vec<String> {
        [
            missing(
                &self.handled,
                &self.named,
                "is handled, but build.rs does not name it",
            ),
            missing(
                &self.named,
                &self.handled,
                "is named in build.rs, but not handled",
            ),
            missing(
                &self.named,
                &self.permitted,
                "is named in build.rs, but no capability permits it",
            ),
            missing(
                &self.invoked,
                &self.handled,
                "is invoked by the UI, but not handled",
            ),
        ]
        .concat()
    }
}

fn missing(these: &BTreeSet<String>, from: &BTreeSet<String>, meaning: &str) -> Vec<String> {
    these
        .difference(from)
        .map(|name| format!("{name} {meaning}"))
        .collect()
}

/// The string literals of the constant `COMMANDS`.
fn named(build: &str) -> BTreeSet<String> {
    let list = between(build, "COMMANDS: &[&str] = &[", "]").unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// `"allow-sync-now"` permits `sync_now`; those with a colon are Tauri's own.
fn permitted(capability: &str) -> BTreeSet<String> {
    let allowed = capability
        .split("\"allow-")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    allowed.map(|name| name.replace('-', "_")).collect()
}

/// The functions in `generate_handler![…]`, without their modules.
fn handled(app: &str) -> BTreeSet<String> {
    let list = between(app, "generate_handler![", "]").unwrap_or_default();
    let entries = list
        .lines()
        .filter_map(|line| line.split("//").next())
        .flat_map(|line| line.split(','));
    let names = entries
        .filter_map(|entry| entry.rsplit("::").next())
        .map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The first argument of every `invoke(…)`, also with a type before the bracket.
fn invoked(door: &str) -> BTreeSet<String> {
    let calls = door
        .split("invoke")
        .skip(1)
        .filter_map(|rest| rest.split_once("(\""));
    let direct = calls.filter(|(between, _)| between.is_empty() || between.starts_with('<'));
    direct
        .filter_map(|(_, rest)| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

fn joined(folder: &str, extension: &str) -> String {
    let texts = tree::texts(|path| path.starts_with(folder) && path.ends_with(extension));
    texts.into_iter().map(|(_, content)| content).collect()
}

#[test]
fn every_command_is_named_permitted_and_handled() {
    let commands = Commands {
        named: named(&joined("src-tauri/build.rs", ".rs")),
        permitted: permitted(&joined("src-tauri/capabilities/", ".json")),
        handled: handled(&joined("src-tauri/src/", ".rs")),
        invoked: invoked(&joined("ui/src/lib/platform/", ".ts")),
    };
    assert!(
        !commands.invoked.is_empty(),
        "no command was found: the check has lost its way"
    );
    assert_none(&commands.findings());
}

#[test]
fn a_forgotten_command_is_found_on_every_side() {
    let commands = Commands {
        named: named("const COMMANDS: &[&str] = &[\"sync_now\", \"gone\"];"),
        permitted: permitted("[\"core:event:allow-listen\", \"allow-sync-now\"]"),
        handled: handled("generate_handler![\n  sync::sync_now, // the line\n  sync::fresh,\n]"),
        invoked: invoked(
            "import { invoke } from 'x';\n invoke(\"sync_now\"), invoke<Dag[]>(\"dags\", { env })",
        ),
    };
    let expected = [
        "fresh is handled, but build.rs does not name it",
        "gone is named in build.rs, but not handled",
        "gone is named in build.rs, but no capability permits it",
        "dags is invoked by the UI, but not handled",
    ];
    assert_eq!(commands.findings(), expected);
}
