//! The private Airflows that are tested against: a Python environment each in `.leeward/`, pinned by our own constraints.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::stamp::Stamp;
use crate::{apt, paths, shell};

/// An Airflow release, with every version that it resolves to.
#[derive(Clone, Copy)]
pub(crate) struct Release {
    version: &'static str,
    /// The newest Python 3 that it runs on; each runs on 3.10 and later.
    python_max: u32,
    constraints: &'static str,
    /// What is installed beside Airflow itself.
    beside: &'static [&'static str],
}

/// What the suites and the demo run against. On PostgreSQL, too, as teams have it.
pub(crate) const CURRENT: Release = Release {
    version: "3.3.2",
    python_max: 14,
    constraints: include_str!("../airflow/constraints-3.3.2.txt"),
    beside: &["apache-airflow-providers-sqlite", "psycopg2-binary", "asyncpg"],
};

/// An older line, whose masks and bulk writes differ; only for the suites.
pub(crate) const OLDER: Release = Release {
    version: "3.1.8",
    python_max: 13,
    constraints: include_str!("../airflow/constraints-3.1.8.txt"),
    beside: &["apache-airflow-providers-sqlite"],
};

/// Installs the environments; pip alone takes minutes for the same.
const UV: &str = "0.13.9";

/// Installs a release into `.leeward/airflow-VERSION`, unless it is there as pinned. A half-made one is made again.
pub(crate) fn ensure_airflow(release: Release) -> Result<()> {
    let version = release.version;
    let folder = paths::private().join(format!("airflow-{version}"));
    let stamp = Stamp::new(folder.join(".complete"), release.constraints.to_owned());
    if stamp.is_current() {
        println!("  Airflow {version} is there.");
        return Ok(());
    }
    ensure_python(release)?;
    let uv = ensure_uv()?;
    println!("  Installing Airflow {version} (about 130 Python packages).");
    remove(&folder)?;
    let python = folder.join("bin/python");
    shell::run(shell::command(&uv, &["venv", "--quiet", "--python", "python3"]).arg(&folder))?;
    let constraints = paths::root().join(format!("xtask/airflow/constraints-{version}.txt"));
    shell::run(
        shell::command(&uv, &["pip", "install", "--quiet"])
            .arg("--python")
            .arg(&python)
            .arg("--constraint")
            .arg(&constraints)
            .arg(format!("apache-airflow=={version}"))
            .args(release.beside),
    )?;
    stamp.write()
}

/// The releases of Airflow that the companion's tests run on; each environment is made of that file in `airflow/tests`.
pub(crate) const COMPANION: [&str; 2] = ["3.3.2", "2.11.2"];

/// The Python of one of them.
pub(crate) fn companion_python(version: &str) -> PathBuf {
    paths::private().join(format!("companion-{version}/bin/python"))
}

/// Installs what the companion's tests need into `.leeward/companion-VERSION`: that Airflow, and the tools, all pinned.
pub(crate) fn ensure_companion(version: &str) -> Result<()> {
    ensure_pinned(
        &paths::private().join(format!("companion-{version}")),
        &format!("airflow/tests/requirements-{version}.txt"),
        &format!("what the companion's tests need of Airflow {version}"),
    )
}

/// Airflow's own Python client, which the benchmarks of the companion are compared with.
const CLIENT: &str = "3.3.2";

/// The Python that has it.
pub(crate) fn client_python() -> PathBuf {
    paths::private().join(format!("airflow-client-{CLIENT}/bin/python"))
}

/// Installs that client into `.leeward/airflow-client-VERSION`, with nothing else of Airflow's.
pub(crate) fn ensure_client() -> Result<()> {
    ensure_pinned(
        &paths::private().join(format!("airflow-client-{CLIENT}")),
        &format!("xtask/airflow/client-{CLIENT}.txt"),
        &format!("Airflow's Python client {CLIENT}"),
    )
}

/// Makes an environment of a file with pinned requirements, unless it is there as pinned.
fn ensure_pinned(folder: &Path, requirements: &str, what: &str) -> Result<()> {
    let requirements = paths::root().join(requirements);
    let pinned = fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let stamp = Stamp::new(folder.join(".complete"), pinned);
    if stamp.is_current() {
        println!("  There already: {what}.");
        return Ok(());
    }
    let uv = ensure_uv()?;
    println!("  Installing {what}.");
    remove(folder)?;
    shell::run(shell::command(&uv, &["venv", "--quiet", "--python", "python3"]).arg(folder))?;
    shell::run(
        shell::command(&uv, &["pip", "install", "--quiet"])
            .arg("--python")
            .arg(folder.join("bin/python"))
            .arg("--requirements")
            .arg(&requirements),
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
fn ensure_python(release: Release) -> Result<()> {
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
        (10..=release.python_max).contains(&minor),
        "Airflow {} needs Python 3.10 to 3.{}, python3 is 3.{minor}",
        release.version,
        release.python_max
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
