//! Packages of Leeward for Linux: a .deb and an .rpm with both programs and all that belongs beside them, made by Tauri's bundler.

mod bare_debian;
mod beside;
mod check;
mod licence_texts;
mod npm_parts;
mod part;
mod parts;
mod rust_parts;
mod sbom;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{npm, paths, shell};

/// What is to be done.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Look at the packages that are in target/dist, and build none
    #[arg(long)]
    check: bool,
    /// Try the .deb on a bare Debian 12, too, in a folder: install, connect, upgrade, remove; takes root's rights, and the network
    #[arg(long)]
    bare_debian: bool,
}

/// Builds the packages into `target/dist`, and looks at them.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.check {
        build()?;
    }
    let version = version()?;
    check::run(&folder(), &version)?;
    if options.bare_debian {
        bare_debian::try_out(&only_one(&folder(), "deb")?)?;
    }
    Ok(())
}

fn build() -> Result<()> {
    npm::ensure_packages()?;
    shell::run(&mut shell::npm(&["run", "build"]))?;
    // In one command: each crate is built once for both programs.
    let programs = ["-p", "leeward", "-p", "leeward-cli"];
    let with_window = ["--features", "leeward/custom-protocol"];
    shell::run(&mut shell::cargo(
        &[&["build", "--release", "--locked"], &programs[..], &with_window].concat(),
    ))?;
    clear(&folder())?;
    let version = version()?;
    let beside = beside::put(&folder().join("beside"), &version)?;
    bundle(&version, &beside)?;
    for (kind, name) in [
        ("deb", format!("leeward_{version}_amd64.deb")),
        ("rpm", format!("leeward-{version}-1.x86_64.rpm")),
    ] {
        fs::copy(
            only_one(&release().join("bundle").join(kind), kind)?,
            folder().join(name),
        )?;
    }
    Ok(())
}

/// Has the bundler make its packages of what is built, with the files beside: where each is to be, and where it is now.
fn bundle(version: &str, beside: &[(PathBuf, PathBuf)]) -> Result<()> {
    for kind in ["deb", "rpm"] {
        clear(&release().join("bundle").join(kind))?;
    }
    let files: serde_json::Map<String, Value> = beside
        .iter()
        .map(|(to, from)| (to.display().to_string(), json!(from)))
        .collect();
    let linux = json!({ "deb": { "files": files }, "rpm": { "files": files } });
    let config = folder().join("bundle.json");
    fs::write(
        &config,
        json!({ "version": version, "bundle": { "linux": linux } }).to_string(),
    )?;
    let mut command = shell::command(
        paths::ui().join("node_modules/.bin/tauri"),
        &[
            "bundle",
            "--ci",
            "--bundles",
            "deb,rpm",
            "--features",
            "custom-protocol",
            "--config",
        ],
    );
    shell::run(command.arg(&config).current_dir(paths::root().join("src-tauri")))
}

/// The only file of that ending in a folder.
fn only_one(folder: &Path, ending: &str) -> Result<PathBuf> {
    let files = fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
    let mut found: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    found.retain(|file| file.extension() == Some(OsStr::new(ending)));
    match found.as_slice() {
        [one] => Ok(one.clone()),
        _ => anyhow::bail!("{} has {} files .{ending}", folder.display(), found.len()),
    }
}

/// A folder that is there and has nothing in it.
fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))
}

/// Where the packages are.
fn folder() -> PathBuf {
    paths::target().join("dist")
}

/// Where what is released is built.
fn release() -> PathBuf {
    paths::target().join("release")
}

/// The workspace's version: that of everything.
fn version() -> Result<String> {
    let mut metadata = shell::cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let metadata: Value = serde_json::from_str(&shell::read(&mut metadata)?)?;
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let app = packages.iter().find(|package| package["name"] == "leeward");
    let version = app.and_then(|app| app["version"].as_str());
    Ok(version.context("the app has no version")?.to_owned())
}

/// Writes gzip as Debian wants it: as small as can be, and the same each time.
fn gzip(file: &Path) -> Result<PathBuf> {
    shell::read(Command::new("gzip").args(["-9", "-n", "-f"]).arg(file))?;
    let mut name = file.as_os_str().to_owned();
    name.push(".gz");
    Ok(name.into())
}
