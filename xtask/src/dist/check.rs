//! A look at the packages as whoever installs them finds them: unpacked, with their files, their rights and what they depend on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::only_one;
use crate::{apt, shell};

/// Programs that take packages apart and judge what is in them.
const TOOLS: &[&str] = &["appstream", "cpio", "desktop-file-utils", "rpm"];

/// What each package has.
const FILES: &[&str] = &[
    "usr/bin/leeward",
    "usr/bin/leewardctl",
    "usr/share/applications/Leeward.desktop",
    "usr/share/bash-completion/completions/leewardctl",
    "usr/share/doc/leeward/changelog.gz",
    "usr/share/doc/leeward/copyright",
    "usr/share/doc/leeward/leeward.cdx.json",
    "usr/share/doc/leeward/third-party.txt.gz",
    "usr/share/fish/vendor_completions.d/leewardctl.fish",
    "usr/share/icons/hicolor/128x128/apps/leeward.png",
    "usr/share/icons/hicolor/32x32/apps/leeward.png",
    "usr/share/man/man1/leewardctl-env-add.1.gz",
    "usr/share/man/man1/leewardctl.1.gz",
    "usr/share/metainfo/app.leeward.desktop.metainfo.xml",
    "usr/share/zsh/site-functions/_leewardctl",
];

/// What each package depends on: in Debian 12 by the names of packages, elsewhere by those of libraries, which are the same in
/// every distribution.
const DEB_DEPENDS: &[&str] = &[
    "libwebkit2gtk-4.1-0",
    "libgtk-3-0",
    "libayatana-appindicator3-1",
    "libc6",
];
const RPM_REQUIRES: &[&str] = &[
    "libwebkit2gtk-4.1.so.0()(64bit)",
    "libgtk-3.so.0()(64bit)",
    "libayatana-appindicator3.so.1()(64bit)",
];

/// Fails with the first thing that is not as it should be.
pub(crate) fn run(folder: &Path, version: &str) -> Result<()> {
    apt::ensure(TOOLS)?;
    let (deb, rpm) = (only_one(folder, "deb")?, only_one(folder, "rpm")?);
    let roots = [unpacked_deb(&deb, folder)?, unpacked_rpm(&rpm, folder)?];
    depends(&deb_depends(&deb)?, DEB_DEPENDS).context("the .deb")?;
    depends(&rpm_requires(&rpm)?, RPM_REQUIRES).context("the .rpm")?;
    for root in &roots {
        contents(root, version).with_context(|| root.display().to_string())?;
    }
    let [of_deb, of_rpm] = roots.map(|root| listing(&root));
    let (of_deb, of_rpm) = (of_deb?, of_rpm?);
    let names = |files: &BTreeMap<String, u32>| files.keys().cloned().collect::<Vec<_>>();
    ensure!(
        names(&of_deb) == names(&of_rpm),
        "the packages have different files"
    );
    for package in [deb, rpm] {
        println!("{}  {:.1} MiB", package.display(), mebibytes(&package)?);
    }
    Ok(())
}

fn unpacked_deb(deb: &Path, folder: &Path) -> Result<PathBuf> {
    let root = empty(folder.join("unpacked-deb"))?;
    shell::read(Command::new("dpkg-deb").arg("--extract").args([deb, &root]))?;
    Ok(root)
}

fn unpacked_rpm(rpm: &Path, folder: &Path) -> Result<PathBuf> {
    let root = empty(folder.join("unpacked-rpm"))?;
    shell::read(Command::new("rpm").args(["--checksig", "--nosignature"]).arg(rpm))?;
    let mut reader = Command::new("rpm2cpio").arg(rpm).stdout(Stdio::piped()).spawn()?;
    let archive = reader.stdout.take().context("rpm2cpio has no output")?;
    let unpack = [
        "--extract",
        "--make-directories",
        "--quiet",
        "--no-absolute-filenames",
    ];
    let unpacked = Command::new("cpio")
        .args(unpack)
        .current_dir(&root)
        .stdin(archive)
        .status()?;
    // rpm2cpio counts the archive otherwise than the bundler does, and says that it failed. What is cut off cpio tells.
    reader.wait()?;
    ensure!(unpacked.success(), "{} cannot be unpacked", rpm.display());
    Ok(root)
}

fn empty(folder: PathBuf) -> Result<PathBuf> {
    super::clear(&folder)?;
    Ok(folder)
}

/// The names of the packages, without versions.
fn deb_depends(deb: &Path) -> Result<Vec<String>> {
    let field = shell::read(Command::new("dpkg-deb").arg("--field").arg(deb).arg("Depends"))?;
    let names = field.split(',').filter_map(|one| one.split_whitespace().next());
    Ok(names.map(str::to_owned).collect())
}

fn rpm_requires(rpm: &Path) -> Result<Vec<String>> {
    let lines = shell::read(
        Command::new("rpm")
            .args(["--query", "--requires", "--package"])
            .arg(rpm),
    )?;
    Ok(lines.lines().map(|line| line.trim().to_owned()).collect())
}

fn depends(found: &[String], wanted: &[&str]) -> Result<()> {
    for name in wanted {
        let count = found.iter().filter(|one| one == name).count();
        ensure!(
            count == 1,
            "{name} is {count} times among its dependencies: {found:?}"
        );
    }
    Ok(())
}

fn contents(root: &Path, version: &str) -> Result<()> {
    let files = listing(root)?;
    for name in FILES {
        ensure!(
            files.contains_key(*name),
            "{name} is missing; there are {:?}",
            files.keys()
        );
    }
    rights(&files)?;
    programs(root, version)?;
    bill(&root.join("usr/share/doc/leeward/leeward.cdx.json"))?;
    let desktop = root.join("usr/share/applications/Leeward.desktop");
    shell::read(Command::new("desktop-file-validate").arg(desktop))?;
    let metainfo = root.join("usr/share/metainfo/app.leeward.desktop.metainfo.xml");
    shell::read(
        Command::new("appstreamcli")
            .args(["validate", "--no-net"])
            .arg(metainfo),
    )?;
    Ok(())
}

/// Programs can be run, nothing else can, and only root changes any of it.
fn rights(files: &BTreeMap<String, u32>) -> Result<()> {
    for (name, mode) in files {
        let wanted = if name.starts_with("usr/bin/") {
            0o755
        } else {
            0o644
        };
        ensure!(
            *mode == wanted,
            "{name} has the rights {mode:o} in place of {wanted:o}"
        );
    }
    Ok(())
}

/// They start where they were unpacked, and lack no library of this system.
fn programs(root: &Path, version: &str) -> Result<()> {
    let program = |name: &str| root.join("usr/bin").join(name);
    let told = shell::read(Command::new(program("leewardctl")).arg("--version"))?;
    ensure!(
        told.trim() == format!("leewardctl {version}"),
        "leewardctl says {told:?}"
    );
    for name in ["leeward", "leewardctl"] {
        let libraries = shell::read(Command::new("ldd").arg(program(name)))?;
        ensure!(
            !libraries.contains("not found"),
            "{name} lacks libraries:\n{libraries}"
        );
    }
    Ok(())
}

/// The bill of materials names parts of both kinds, and each that another uses.
fn bill(file: &Path) -> Result<()> {
    let bill: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let known: Vec<Value> = list(&bill["components"])
        .iter()
        .map(|part| part["bom-ref"].clone())
        .collect();
    for kind in ["pkg:cargo/tauri@", "pkg:npm/svelte@"] {
        let named = known
            .iter()
            .filter_map(Value::as_str)
            .any(|purl| purl.starts_with(kind));
        ensure!(named, "the bill of materials lacks {kind}");
    }
    for used in list(&bill["dependencies"])
        .iter()
        .flat_map(|one| list(&one["dependsOn"]))
    {
        ensure!(known.contains(&used), "the bill of materials lacks {used}");
    }
    Ok(())
}

/// Every file below a folder with its rights.
fn listing(root: &Path) -> Result<BTreeMap<String, u32>> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)?.flatten() {
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() {
                let name = path.strip_prefix(root)?.display().to_string();
                files.insert(name, entry.metadata()?.permissions().mode() & 0o7777);
            } else {
                bail!("{} is neither a file nor a folder", path.display());
            }
        }
    }
    Ok(files)
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with one decimal")]
fn mebibytes(file: &Path) -> Result<f64> {
    Ok(fs::metadata(file)?.len() as f64 / (1024.0 * 1024.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_has_other_rights_is_found() {
        let files = |mode| {
            BTreeMap::from([
                ("usr/bin/leeward".to_owned(), 0o755),
                ("usr/share/x".to_owned(), mode),
            ])
        };
        rights(&files(0o644)).unwrap();
        for mode in [0o600, 0o664, 0o755] {
            assert!(rights(&files(mode)).is_err(), "{mode:o}");
        }
        let found = ["libc6".to_owned(), "libgtk-3-0".to_owned()];
        depends(&found, &["libc6"]).unwrap();
        assert!(depends(&found, &["libgtk-4-0"]).is_err());
        let doubled = [found[0].clone(), found[0].clone()];
        assert!(depends(&doubled, &["libc6"]).is_err());
    }
}
