//! The TypeScript bindings: generated from the types of `leeward-model`, committed; its own test checks that they are fresh.

use anyhow::Result;

use crate::shell;

/// Writes the bindings.
pub(crate) fn write() -> Result<()> {
    let mut test = shell::cargo(&["test", "--quiet", "-p", "leeward-model", "bindings_are_fresh"]);
    shell::run(test.env("LEEWARD_WRITE_BINDINGS", "1"))
}
