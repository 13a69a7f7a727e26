//! The private Airflow that is tested against: a Python environment in `.leeward/`, pinned by our own constraints.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::stamp::Stamp;
use crate::{apt, paths, shell};

/// The Airflow release that the suites run against.
const AIRFLOW: &str = "3.3.2";

/// Installs the environments; pip alone takes minutes for the same.
const UV: &str = "0.13.9";

/// Every version that Airflow resolves to.
const CONSTRAINTS: &str = include_str!("../airflow/constraints-3.3.2.txt");

/// Airflow 3.3 runs on these.
const PYTHON: std::ops::RangeInclusive<u32> = 10..=14;

/// Installs Airflow into `.leeward/airflow-3.3.2`, unless it is there as pinned. A half-made one is made again.
pub(crate) fn ensure_airflow() -> Result<()> {
    let folder = paths::private().join(format!("airflow-{AIRFLOW}"));
    let stamp = Stamp::new(folder.join(".complete"), CONSTRAINTS.to_owned());
    if stamp.is_current() {
        println!("  Airflow {AIRFLOW} is there.");
        return Ok(());
    }
    let uv = ensure_uv()?;
    println!("  Installing Airflow {AIRFLOW} (about 130 Python packages).");
    remove(&folder)?;
    let python = folder.join("bin/python");
    shell::run(shell::command(&uv, &["venv", "--quiet", "--python", "python3"]).arg(&folder))?;
    let constraints = paths::root().join(format!("xtask/airflow/constraints-{AIRFLOW}.txt"));
    shell::run(
        shell::command(&uv, &["pip", "install", "--quiet"])
            .arg("--python")
            .arg(&python)
            .arg("--constraint")
            .arg(&constraints)
            .args([
                &format!("apache-airflow=={AIRFLOW}"),
                "apache-airflow-providers-sqlite",
            ]),
    )?;
    stamp.write()
}

/// uv itself, from PyPI, in an environment of its own.
fn ensure_uv() -> Result<PathBuf> {
    let folder = paths::private().join(format!("uv-{UV}"));
    let stamp = Stamp::new(folder.join(".complete"), UV.to_owned());
    let binary = folder.join("bin/uv");
    if stamp.is_current() {
        return Ok(binary);
    }
    ensure_python()?;
    println!("  Installing uv {UV}.");
    remove(&folder)?;
    shell::run(shell::command("python3", &["-m", "venv"]).arg(&folder))?;
    let pip = folder.join("bin/pip");
    shell::run(&mut shell::command(
        pip,
        &[
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &format!("uv=={UV}"),
        ],
    ))?;
    stamp.write()?;
    Ok(binary)
}

/// A Python that can make environments; Debian keeps that part in a package of its own.
fn ensure_python() -> Result<()> {
    let able = || shell::read(&mut shell::command("python3", &["-c", "import ensurepip, venv"])).is_ok();
    if !able() {
        apt::ensure(apt::PYTHON)?;
    }
    ensure!(
        able(),
        "python3 cannot make environments: its modules venv and ensurepip are missing"
    );
    let print = "import sys; print(sys.version_info.minor)";
    let minor = shell::read(&mut shell::command("python3", &["-c", print]))?;
    let minor: u32 = minor.trim().parse().context("python3 does not say its version")?;
    ensure!(
        PYTHON.contains(&minor),
        "Airflow {AIRFLOW} needs Python 3.10 to 3.14, python3 is 3.{minor}"
    );
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    Ok(())
}
