//! Where things are in the work tree.

use std::path::{Path, PathBuf};

/// The root of the work tree.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where everything private to this work tree is installed and kept; not in version control.
pub(crate) fn private() -> PathBuf {
    root().join(".leeward")
}

/// The SvelteKit project.
pub(crate) fn ui() -> PathBuf {
    root().join("ui")
}

/// The folder that Cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A debug binary that Cargo built.
pub(crate) fn built(name: &str) -> PathBuf {
    target().join("debug").join(name)
}
