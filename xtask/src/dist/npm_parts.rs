//! The packages whose code is in the window, from npm's lock file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::part::Part;
use crate::paths;

/// They build the window, and a part of each runs in it.
const RUNTIMES: &[&str] = &["svelte", "@sveltejs/kit"];

/// Its package names no licence; its file LICENSE has that of MIT.
const UNNAMED: &[(&str, &str)] = &[("svelte-toolbelt", "MIT")];

/// Every package that the window is made of.
pub(crate) fn all() -> Result<Vec<Part>> {
    let lock = fs::read_to_string(paths::ui().join("package-lock.json"))?;
    let lock: Value = serde_json::from_str(&lock).context("ui/package-lock.json")?;
    let packages = lock["packages"]
        .as_object()
        .context("ui/package-lock.json has no packages")?;
    let packages: Packages<'_> = packages
        .iter()
        .map(|(place, package)| (place.as_str(), package))
        .collect();
    reached(&packages)
        .into_iter()
        .map(|place| part(place, &packages))
        .collect()
}

/// By the place in the tree, such as `node_modules/a/node_modules/b`.
type Packages<'a> = BTreeMap<&'a str, &'a Value>;

fn reached<'a>(packages: &Packages<'a>) -> BTreeSet<&'a str> {
    let runtimes = RUNTIMES.iter().filter_map(|name| found("", name, packages));
    let mut open: Vec<&str> = uses("", packages).chain(runtimes).collect();
    let mut reached = BTreeSet::new();
    while let Some(place) = open.pop() {
        if reached.insert(place) {
            open.extend(uses(place, packages));
        }
    }
    reached
}

/// The places of what a package depends on when it runs.
fn uses<'a>(place: &'a str, packages: &Packages<'a>) -> impl Iterator<Item = &'a str> {
    let dependencies = packages
        .get(place)
        .and_then(|package| package["dependencies"].as_object());
    let names = dependencies.into_iter().flat_map(|names| names.keys());
    names
        .filter_map(|name| found(place, name, packages))
        .collect::<Vec<_>>()
        .into_iter()
}

/// As Node looks for it: in the folder of the package, and then in each one above.
fn found<'a>(place: &str, name: &str, packages: &Packages<'a>) -> Option<&'a str> {
    let mut above = place;
    loop {
        let candidate = if above.is_empty() {
            format!("node_modules/{name}")
        } else {
            format!("{above}/node_modules/{name}")
        };
        if let Some((found, _)) = packages.get_key_value(candidate.as_str()) {
            return Some(found);
        }
        if above.is_empty() {
            return None;
        }
        above = above.rsplit_once("/node_modules/").map_or("", |(above, _)| above);
    }
}

fn part(place: &str, packages: &Packages<'_>) -> Result<Part> {
    let package = packages[place];
    let name = name(place);
    let unnamed = UNNAMED.iter().find(|(unnamed, _)| *unnamed == name);
    let licence = package["license"]
        .as_str()
        .or(unnamed.map(|(_, licence)| *licence));
    Ok(Part {
        name: name.to_owned(),
        version: text(&package["version"]).to_owned(),
        purl: purl(place, package),
        licence: licence
            .with_context(|| format!("the package {name} names no licence"))?
            .to_owned(),
        folder: paths::ui().join(place),
        hash: None,
        uses: uses(place, packages)
            .map(|place| purl(place, packages[place]))
            .collect(),
    })
}

fn name(place: &str) -> &str {
    place.rsplit_once("node_modules/").map_or(place, |(_, name)| name)
}

fn purl(place: &str, package: &Value) -> String {
    format!(
        "pkg:npm/{}@{}",
        name(place).replace('@', "%40"),
        text(&package["version"])
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_runs_in_the_window_is_found_as_node_finds_it() {
        let lock = json!({
            "": { "dependencies": { "@a/one": "1" }, "devDependencies": { "svelte": "5", "vite": "8" } },
            "node_modules/@a/one": { "version": "1.0.0", "license": "MIT", "dependencies": { "shared": "2" } },
            "node_modules/@a/one/node_modules/shared": { "version": "2.0.0", "license": "MIT" },
            "node_modules/shared": { "version": "1.0.0", "license": "MIT" },
            "node_modules/svelte": { "version": "5.0.0", "license": "MIT", "dependencies": { "shared": "1" } },
            "node_modules/vite": { "version": "8.0.0", "license": "MIT" },
        });
        let lock = lock.as_object().unwrap();
        let packages: Packages<'_> = lock
            .iter()
            .map(|(place, package)| (place.as_str(), package))
            .collect();
        let parts: Vec<Part> = reached(&packages)
            .into_iter()
            .map(|place| part(place, &packages).unwrap())
            .collect();
        let mut purls: Vec<&str> = parts.iter().map(|part| part.purl.as_str()).collect();
        purls.sort_unstable();
        assert_eq!(
            purls,
            [
                "pkg:npm/%40a/one@1.0.0",
                "pkg:npm/shared@1.0.0",
                "pkg:npm/shared@2.0.0",
                "pkg:npm/svelte@5.0.0"
            ]
        );
        let one = parts.iter().find(|part| part.name == "@a/one").unwrap();
        assert_eq!(one.uses, BTreeSet::from(["pkg:npm/shared@2.0.0".to_owned()]));
    }
}
