//! What the window's sources have from the crates: the TypeScript bindings, generated from the types of `leeward-model`, and
//! records packed by `leeward-store` for the window's tests. Committed; tests of their own check that they are fresh.

use anyhow::Result;

use crate::shell;

/// Writes both.
pub(crate) fn write() -> Result<()> {
    fresh(&["-p", "leeward-model", "bindings_are_fresh"])?;
    fresh(&[
        "-p",
        "leeward-store",
        "--test",
        "store",
        "the_windows_fixture_is_fresh",
    ])
}

fn fresh(test: &[&str]) -> Result<()> {
    let mut test = shell::cargo(&[&["test", "--quiet"], test].concat());
    shell::run(test.env("LEEWARD_WRITE_BINDINGS", "1"))
}
