//! The .deb on a Debian 12 that has nothing else, in a folder: what the package depends on must be all that it needs. This takes
//! root's rights, and the network.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{apt, shell};

const RELEASE: &str = "bookworm";
const MIRROR: &str = "http://deb.debian.org/debian";

/// Installs it there, runs what can be run without a display, and removes it.
pub(crate) fn try_out(folder: &Path, deb: &Path, version: &str) -> Result<()> {
    apt::ensure(&["debootstrap"])?;
    let root = folder.join("debian-12");
    super::clear(&root)?;
    let mut make = shell::command("debootstrap", &["--variant=minbase", RELEASE]);
    shell::run(make.arg(&root).arg(MIRROR))?;
    fs::copy(deb, root.join("leeward.deb"))?;
    shell::run(&mut within(&root, &["apt-get", "--quiet", "update"]))?;
    let install = [
        "apt-get",
        "--quiet",
        "install",
        "--yes",
        "--no-install-recommends",
        "/leeward.deb",
    ];
    shell::run(within(&root, &install).env("DEBIAN_FRONTEND", "noninteractive"))?;
    let told = shell::read(&mut within(&root, &["leewardctl", "--version"]))?;
    ensure!(
        told.trim() == format!("leewardctl {version}"),
        "leewardctl says {told:?}"
    );
    for program in ["/usr/bin/leeward", "/usr/bin/leewardctl"] {
        let libraries = shell::read(&mut within(&root, &["ldd", program]))?;
        ensure!(
            !libraries.contains("not found"),
            "{program} lacks libraries:\n{libraries}"
        );
    }
    shell::run(&mut within(
        &root,
        &["apt-get", "--quiet", "purge", "--yes", "leeward"],
    ))?;
    ensure!(
        !root.join("usr/bin/leeward").exists(),
        "its removal left the program"
    );
    Ok(())
}

fn within(root: &Path, line: &[&str]) -> Command {
    let mut command = shell::command("chroot", &[]);
    command.arg(root).args(line);
    command
}
