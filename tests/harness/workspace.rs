//! Where things are: the work tree, and the binaries built from it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The root of the work tree.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The folder that Cargo builds debug binaries into.
pub fn debug_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("debug")
}

/// The built desktop application; `LEEWARD_APP` names another build.
pub fn app() -> Result<PathBuf> {
    binary("LEEWARD_APP", "leeward", "cargo xtask test --only build")
}

/// The built `leewardctl`; `LEEWARD_CTL` names another build.
pub fn ctl() -> Result<PathBuf> {
    binary("LEEWARD_CTL", "leewardctl", "cargo build -p leeward-cli")
}

/// `leewardctl` with the feature `ack-before-commit`, built beside the real one: it says "kept"
/// before it has committed, which the suites must notice.
pub fn ctl_with_the_bug() -> Result<PathBuf> {
    let name = "leewardctl-ack-before-commit";
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root())
        .args([
            "build",
            "--quiet",
            // With the packages and features of every other build, so that all beneath it is there already.
            "--workspace",
            "--features",
            "leeward/custom-protocol,leeward-cli/ack-before-commit",
            "--bin",
            name,
        ])
        .status()
        .context("cargo build")?;
    ensure!(status.success(), "{name} does not build");
    Ok(debug_dir().join(name))
}

fn binary(variable: &str, name: &str, builder: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable).map_or_else(|| debug_dir().join(name), PathBuf::from);
    ensure!(
        path.is_file(),
        "{} is not built: run `{builder}` first",
        path.display()
    );
    Ok(path)
}
