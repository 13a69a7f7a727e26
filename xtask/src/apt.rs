//! Debian packages: what is missing is installed, or the exact command is printed.

use std::collections::HashSet;
use std::fs;

use anyhow::{Result, bail};

use crate::shell;

/// To build the app.
pub(crate) const BUILD: &[&str] = &[
    "build-essential",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libwebkit2gtk-4.1-dev",
    "pkg-config",
];

/// To drive the app without a display: a screen, a bus, a keychain, the WebDriver; a spreadsheet that saves workbooks;
/// and the database of the companion's tests.
pub(crate) const TEST: &[&str] = &[
    "dbus",
    "dbus-x11",
    "gnome-keyring",
    "imagemagick",
    "libreoffice-calc-nogui",
    "postgresql-15",
    "webkit2gtk-driver",
    "xvfb",
];

/// To make a private Python environment.
pub(crate) const PYTHON: &[&str] = &["python3", "python3-venv"];

/// Installs those of `packages` that are missing.
pub(crate) fn ensure(packages: &[&str]) -> Result<()> {
    if !shell::exists("dpkg-query") {
        println!(
            "  This is not a Debian system: please see to the equivalents of {}.",
            packages.join(", ")
        );
        return Ok(());
    }
    let missing = missing(packages)?;
    if missing.is_empty() {
        println!("  All system packages are there ({}).", packages.len());
        return Ok(());
    }
    println!("  Missing system packages: {}", missing.join(", "));
    install(&missing)
}

fn missing<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let format = "-f=${db:Status-Abbrev} ${Package}\n";
    let mut query = shell::command("dpkg-query", &["-W", format]);
    // It fails when one of the packages is unknown, and still lists the others.
    let listed = query.args(packages).output()?.stdout;
    let listed = String::from_utf8_lossy(&listed);
    let installed: HashSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("ii  "))
        .collect();
    Ok(packages
        .iter()
        .copied()
        .filter(|package| !installed.contains(package))
        .collect())
}

fn install(packages: &[&str]) -> Result<()> {
    let sudo: &[&str] = if is_root() {
        &[]
    } else if shell::exists("sudo") {
        &["sudo"]
    } else {
        bail!(
            "as root, run: apt-get install --no-install-recommends {}",
            packages.join(" ")
        );
    };
    // An index that cannot be refreshed may still know the packages.
    if let Err(error) = apt_get(sudo, &["update", "-q"]) {
        println!("  {error:#}; trying with the index that is there.");
    }
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(packages);
    apt_get(sudo, &arguments)
}

fn apt_get(sudo: &[&str], arguments: &[&str]) -> Result<()> {
    let patience = ["-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"];
    let quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    let words = [sudo, &quiet, &patience, arguments].concat();
    let mut command = shell::command(words[0], &words[1..]);
    if !sudo.is_empty() {
        // sudo may ask for a password, on the terminal.
        command.stdin(std::process::Stdio::inherit());
    }
    shell::run(&mut command)
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    // Real, effective, saved, file system: the effective one decides.
    let user = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .and_then(|ids| ids.split_whitespace().nth(1));
    user == Some("0")
}
