//! The crates that are linked into the two programs, as Cargo resolves them for this platform.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::part::Part;
use crate::{paths, shell};

/// The packages that have the programs.
const PROGRAMS: &[&str] = &["leeward", "leeward-cli"];

/// Every crate that comes from a registry.
pub(crate) fn all() -> Result<Vec<Part>> {
    let lock = fs::read_to_string(paths::root().join("Cargo.lock"))?;
    parts(&metadata()?, &checksums(&lock))
}

fn metadata() -> Result<Value> {
    let host = host()?;
    let mut command = shell::cargo(&[
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        &host,
    ]);
    Ok(serde_json::from_str(&shell::read(&mut command)?)?)
}

fn host() -> Result<String> {
    let told = shell::read(&mut shell::command("rustc", &["-vV"]))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

fn parts(metadata: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Vec<Part>> {
    let packages: BTreeMap<&str, &Value> = list(&metadata["packages"])
        .iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let uses: BTreeMap<&str, BTreeSet<&str>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| (text(&node["id"]), linked(node, &packages)))
        .collect();
    let ours = |id: &str| packages[id]["source"].is_null();
    reached(&packages, &uses)
        .into_iter()
        .filter(|id| !ours(id))
        .map(|id| part(packages[id], uses.get(id), &packages, checksums))
        .collect()
}

/// From the programs on, whatever leads there.
fn reached<'a>(
    packages: &BTreeMap<&'a str, &'a Value>,
    uses: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> BTreeSet<&'a str> {
    let programs = packages
        .iter()
        .filter(|(_, package)| PROGRAMS.contains(&text(&package["name"])));
    let mut open: Vec<&str> = programs.map(|(id, _)| *id).collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(uses.get(id).into_iter().flatten());
        }
    }
    reached
}

/// What a crate has within it: neither what only its tests or its build use, nor what only writes code for it.
fn linked<'a>(node: &'a Value, packages: &BTreeMap<&str, &Value>) -> BTreeSet<&'a str> {
    let is_linked = |dependency: &&Value| {
        list(&dependency["dep_kinds"])
            .iter()
            .any(|kind| kind["kind"].is_null())
    };
    let ids = list(&node["deps"])
        .iter()
        .filter(is_linked)
        .map(|dependency| text(&dependency["pkg"]));
    ids.filter(|id| packages.get(id).is_some_and(|package| !is_macro(package)))
        .collect()
}

fn is_macro(package: &Value) -> bool {
    let targets = list(&package["targets"]).iter();
    targets
        .flat_map(|target| list(&target["kind"]))
        .any(|kind| kind == "proc-macro")
}

fn part(
    package: &Value,
    uses: Option<&BTreeSet<&str>>,
    packages: &BTreeMap<&str, &Value>,
    checksums: &BTreeMap<(String, String), String>,
) -> Result<Part> {
    let (name, version) = (text(&package["name"]), text(&package["version"]));
    let licence = package["license"].as_str();
    let manifest = Path::new(text(&package["manifest_path"]));
    let checksum = checksums.get(&(name.to_owned(), version.to_owned()));
    let uses = uses.into_iter().flatten().filter_map(|id| packages.get(id));
    Ok(Part {
        name: name.to_owned(),
        version: version.to_owned(),
        purl: purl(package),
        licence: expression(licence.with_context(|| format!("the crate {name} names no licence"))?),
        folder: manifest.parent().unwrap_or(manifest).to_owned(),
        hash: checksum.map(|digits| ("SHA-256", digits.clone())),
        uses: uses
            .filter(|package| !package["source"].is_null())
            .map(|package| purl(package))
            .collect(),
    })
}

/// Before there were expressions, a slash stood between those that one may choose from.
fn expression(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

fn purl(package: &Value) -> String {
    format!(
        "pkg:cargo/{}@{}",
        text(&package["name"]),
        text(&package["version"])
    )
}

/// By name and version, from the lock file, whose packages are a few lines each.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key));
        line.map(|line| line.trim_matches([' ', '=', '"']).to_owned())
    };
    let packages = lock.split("[[package]]").filter_map(|package| {
        let names = (value(package, "name")?, value(package, "version")?);
        Some((names, value(package, "checksum")?))
    });
    packages.collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, source: Option<&str>, kind: &str) -> Value {
        json!({
            "id": name, "name": name, "version": "1.0.0", "license": "MIT / Apache-2.0", "source": source,
            "manifest_path": format!("/registry/{name}/Cargo.toml"), "targets": [{ "kind": [kind] }],
        })
    }

    fn uses(pkg: &str, kind: Option<&str>) -> Value {
        json!({ "pkg": pkg, "dep_kinds": [{ "kind": kind }] })
    }

    #[test]
    fn only_what_is_linked_is_a_part() {
        let registry = Some("registry");
        let metadata = json!({
            "packages": [
                package("leeward", None, "bin"), package("leeward-model", None, "lib"),
                package("linked", registry, "lib"), package("deeper", registry, "lib"),
                package("for-builds", registry, "lib"), package("for-tests", registry, "lib"),
                package("macro", registry, "proc-macro"), package("of-a-macro", registry, "lib"),
                package("of-xtask", registry, "lib"),
            ],
            "resolve": { "nodes": [
                { "id": "leeward", "deps": [uses("leeward-model", None), uses("for-builds", Some("build")), uses("macro", None)] },
                { "id": "leeward-model", "deps": [uses("linked", None), uses("for-tests", Some("dev"))] },
                { "id": "linked", "deps": [uses("deeper", None)] },
                { "id": "macro", "deps": [uses("of-a-macro", None)] },
            ]},
        });
        let lock = "[[package]]\nname = \"linked\"\nversion = \"1.0.0\"\nchecksum = \"abc\"\n";
        let parts = parts(&metadata, &checksums(lock)).unwrap();
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["deeper", "linked"]);
        assert_eq!(parts[1].licence, "MIT OR Apache-2.0");
        assert_eq!(parts[1].hash, Some(("SHA-256", "abc".to_owned())));
        assert_eq!(
            parts[1].uses,
            BTreeSet::from(["pkg:cargo/deeper@1.0.0".to_owned()])
        );
        assert_eq!(parts[0].hash, None);
    }
}
