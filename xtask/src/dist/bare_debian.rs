//! The .deb on a Debian 12 that has nothing else, in a folder: what the package depends on must be all that it needs. The suite
//! `tests/packages` does it; this takes root's rights, and the network.

use std::path::Path;

use anyhow::Result;

use crate::setup::{self, Purpose};
use crate::{apt, shell};

/// Installs it there beside a real Airflow, upgrades it with work in it, and removes it.
pub(crate) fn try_out(deb: &Path) -> Result<()> {
    setup::run(Purpose::Test)?;
    apt::ensure(&["debootstrap"])?;
    let mut suite = shell::suite("packages");
    shell::run(suite.args(["--", "--nocapture"]).env("LEEWARD_DEB", deb))
}
