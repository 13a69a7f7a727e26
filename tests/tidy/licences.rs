//! Every crate and every npm package that is used has a licence that `deny.toml` allows. No network is needed for that.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::assert_none;

/// It names its licence in its file LICENSE alone, which is MIT's.
const UNNAMED: &[(&str, &str)] = &[("node_modules/svelte-toolbelt", "MIT")];

/// The allowed licences, with their exceptions.
fn allowed() -> BTreeSet<String> {
    let text = fs::read_to_string(harness::workspace::root().join("deny.toml")).unwrap();
    let deny: toml::Table = toml::from_str(&text).unwrap();
    let list = deny["licenses"]["allow"].as_array().unwrap();
    list.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// Name and licence of every crate from elsewhere, as locked.
fn crates() -> Vec<(String, String)> {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let arguments = [
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        &host,
    ];
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(harness::workspace::root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .filter(|package| !package["source"].is_null())
        .map(|package| named(&package["name"], &package["license"]))
        .collect()
}

/// Place and licence of every npm package, as locked.
fn npm_packages() -> Vec<(String, String)> {
    let text = fs::read_to_string(harness::workspace::root().join("ui/package-lock.json")).unwrap();
    let lock: Value = serde_json::from_str(&text).unwrap();
    let packages = lock["packages"].as_object().unwrap().iter();
    packages
        .filter(|(place, _)| !place.is_empty())
        .map(|(place, package)| {
            let told = UNNAMED.iter().find(|(unnamed, _)| unnamed == place);
            let licence = told.map_or(package["license"].clone(), |(_, licence)| (*licence).into());
            named(&place.as_str().into(), &licence)
        })
        .collect()
}

fn named(name: &Value, licence: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(name), text(licence))
}

fn findings(packages: &[(String, String)], allowed: &BTreeSet<String>) -> Vec<String> {
    packages
        .iter()
        .filter_map(|(name, licence)| objection(licence, allowed).map(|why| format!("{name}: {why}")))
        .collect()
}

/// Old crates have a slash where one may choose.
fn objection(licence: &str, allowed: &BTreeSet<String>) -> Option<String> {
    let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
        return Some(format!("`{licence}` is no licence expression"));
    };
    let is_allowed = expression.evaluate(|wanted| allowed.contains(&wanted.to_string()));
    (!is_allowed).then(|| format!("`{licence}` is not allowed by deny.toml"))
}

#[test]
fn every_licence_is_allowed() {
    let allowed = allowed();
    let (crates, npm) = (crates(), npm_packages());
    assert!(
        crates.len() > 100 && npm.len() > 100,
        "not all packages are listed"
    );
    assert_none(&findings(&crates, &allowed));
    assert_none(&findings(&npm, &allowed));
}

#[test]
fn a_licence_that_is_not_allowed_is_found() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()]);
    let package = |licence: &str| vec![("it".to_owned(), licence.to_owned())];
    for licence in ["GPL-3.0-only", "MIT AND GPL-2.0-only", "Apache-2.0", "", "my own"] {
        assert_eq!(findings(&package(licence), &allowed).len(), 1, "{licence}");
    }
    for licence in [
        "MIT",
        "MIT/GPL-2.0",
        "GPL-2.0-only OR MIT",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(findings(&package(licence), &allowed).is_empty(), "{licence}");
    }
}

#[test]
fn an_allowed_licence_is_still_in_use() {
    let all = [crates(), npm_packages()].concat();
    for licence in allowed() {
        assert!(
            all.iter().any(|(_, used)| used.contains(&licence)),
            "{licence} is in deny.toml, and nothing has it"
        );
    }
}
