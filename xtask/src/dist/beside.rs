//! What is installed beside the programs: man pages, completions, what software centres show, licences, the bill of materials.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{gzip, licence_texts, parts, release, sbom};
use crate::{paths, shell};

/// Where each shell looks for completions.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "/usr/share/bash-completion/completions/leewardctl"),
    ("zsh", "/usr/share/zsh/site-functions/_leewardctl"),
    ("fish", "/usr/share/fish/vendor_completions.d/leewardctl.fish"),
];
const DOC: &str = "/usr/share/doc/leeward";
const METAINFO: &str = "app.leeward.desktop.metainfo.xml";

/// Makes them in a folder; returns where each is to be installed, and where it is now.
pub(crate) fn put(folder: &Path, version: &str) -> Result<Vec<(PathBuf, PathBuf)>> {
    fs::create_dir_all(folder)?;
    let mut files = vec![(PathBuf::from("/usr/bin/leewardctl"), program())];
    files.extend(pages(&folder.join("man"))?);
    files.extend(completions(folder)?);
    files.push(metainfo(folder, version)?);
    files.extend(papers(folder, version)?);
    Ok(files)
}

fn program() -> PathBuf {
    release().join("leewardctl")
}

fn pages(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    shell::read(Command::new(program()).arg("man-pages").arg(folder))?;
    let mut pages = Vec::new();
    for page in fs::read_dir(folder)?.flatten() {
        let packed = gzip(&page.path())?;
        pages.push((
            Path::new("/usr/share/man/man1").join(packed.file_name().unwrap_or_default()),
            packed,
        ));
    }
    Ok(pages)
}

fn completions(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let made = COMPLETIONS.iter().map(|(shell, place)| {
        let script = shell::read(Command::new(program()).args(["completions", shell]))?;
        written(folder, shell, &script, Path::new(place))
    });
    made.collect()
}

fn metainfo(folder: &Path, version: &str) -> Result<(PathBuf, PathBuf)> {
    let root = paths::root();
    let template = fs::read_to_string(root.join("src-tauri/linux").join(METAINFO))?;
    let changes = fs::read_to_string(root.join("CHANGELOG.md"))?;
    let text = with_releases(&template, &changes, version)?;
    written(
        folder,
        METAINFO,
        &text,
        &Path::new("/usr/share/metainfo").join(METAINFO),
    )
}

/// Puts in the releases that the changelog has: `## 0.1.0 - 2026-11-22`.
fn with_releases(template: &str, changes: &str, version: &str) -> Result<String> {
    let heads = changes
        .lines()
        .filter_map(|line| line.strip_prefix("## ")?.split_once(" - "));
    let releases: Vec<(&str, &str)> = heads.collect();
    ensure!(
        releases.iter().any(|(known, _)| *known == version),
        "CHANGELOG.md has no release {version}"
    );
    let lines: Vec<String> = releases
        .iter()
        .map(|(version, day)| format!("    <release version=\"{version}\" date=\"{day}\"/>\n"))
        .collect();
    let whole = template.replace(
        "<releases/>",
        &format!("<releases>\n{}  </releases>", lines.concat()),
    );
    ensure!(whole != template, "{METAINFO} has no place for releases");
    Ok(whole)
}

/// Licences, the bill of materials, what changed.
fn papers(folder: &Path, version: &str) -> Result<Vec<(PathBuf, PathBuf)>> {
    let parts = parts::all()?;
    let root = paths::root();
    let copyright = fs::read_to_string(root.join("src-tauri/linux/copyright"))?;
    let changes = fs::read_to_string(root.join("CHANGELOG.md"))?;
    let bill = serde_json::to_string_pretty(&sbom::of(&parts, version))?;
    let place = |name: &str| Path::new(DOC).join(name);
    let (_, texts) = written(
        folder,
        "third-party.txt",
        &licence_texts::of(&parts)?,
        Path::new(""),
    )?;
    let (_, changes) = written(folder, "changelog", &changes, Path::new(""))?;
    Ok(vec![
        written(folder, "copyright", &copyright, &place("copyright"))?,
        written(folder, "leeward.cdx.json", &bill, &place("leeward.cdx.json"))?,
        (place("third-party.txt.gz"), gzip(&texts)?),
        (place("changelog.gz"), gzip(&changes)?),
    ])
}

fn written(folder: &Path, name: &str, text: &str, place: &Path) -> Result<(PathBuf, PathBuf)> {
    let file = folder.join(name);
    fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok((place.to_owned(), file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_releases_of_the_changelog_are_put_in() {
        let changes =
            "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-12-01\n\n- x\n\n## 0.1.0 - 2026-11-22\n";
        let whole = with_releases("<a>\n  <releases/>\n</a>", changes, "0.2.0").unwrap();
        assert_eq!(
            whole,
            "<a>\n  <releases>\n    <release version=\"0.2.0\" date=\"2026-12-01\"/>\n    \
             <release version=\"0.1.0\" date=\"2026-11-22\"/>\n  </releases>\n</a>"
        );
        assert!(
            with_releases("<releases/>", changes, "0.3.0").is_err(),
            "one that is not told"
        );
        assert!(with_releases("", changes, "0.2.0").is_err());
    }
}
