//! `cargo xtask setup`: installs what is missing, and only that.

use anyhow::Result;
use clap::ValueEnum;

use crate::{apt, npm, venv};

/// What the installation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// To run every suite, and the tour without a display.
    Test,
    /// To open the app on a screen of your own.
    Demo,
}

/// Installs system packages, the UI's packages and the private Airflows, as far as they are missing.
pub(crate) fn run(purpose: Purpose) -> Result<()> {
    println!("Setting up:");
    let packages = match purpose {
        Purpose::Test => [apt::BUILD, apt::TEST].concat(),
        Purpose::Demo => apt::BUILD.to_vec(),
    };
    apt::ensure(&packages)?;
    npm::ensure_packages()?;
    venv::ensure_airflow(venv::CURRENT)?;
    match purpose {
        Purpose::Test => {
            venv::ensure_airflow(venv::OLDER)?;
            venv::COMPANION.into_iter().try_for_each(venv::ensure_companion)
        }
        Purpose::Demo => Ok(()),
    }
}
