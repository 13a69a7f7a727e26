//! The licences of the parts, with their texts: what has to go with a program that others' work is in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::part::Part;

/// What the files with a licence, or with what it wants to be said, are called.
const NAMES: &[&str] = &[
    "license",
    "licence",
    "copying",
    "notice",
    "unlicense",
    "copyright",
];

/// One text: the parts with their licences, then each text once, with the parts that it is of.
pub(crate) fn of(parts: &[Part]) -> Result<String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut without = Vec::new();
    for part in parts {
        let found = texts_in(&part.folder)?;
        if found.is_empty() {
            without.push(line(part));
        }
        for text in found {
            texts
                .entry(text)
                .or_default()
                .push(format!("{} {}", part.name, part.version));
        }
    }
    let mut all = String::from("Leeward has parts by others, under these licences.\n\n");
    for part in parts {
        let _ = writeln!(all, "{}", line(part));
    }
    if !without.is_empty() {
        let _ = write!(
            all,
            "\nWithout a text of their own in their package:\n\n{}\n",
            without.join("\n")
        );
    }
    for (text, of) in texts {
        let _ = write!(all, "\n{}\n{}\n\n{text}\n", "-".repeat(78), of.join(", "));
    }
    Ok(all)
}

fn line(part: &Part) -> String {
    format!("{} {} ({})", part.name, part.version, part.licence)
}

/// The texts at the top of a package and in its folder of licences, ends of lines and blanks at the end aside.
fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let mut files: Vec<_> = entries(folder)?;
    for inner in ["LICENSES", "licenses"] {
        if folder.join(inner).is_dir() {
            files.extend(entries(&folder.join(inner))?);
        }
    }
    files.retain(|file| file.is_file() && (is_licence(file) || file.parent() != Some(folder)));
    files.sort();
    let texts = files.iter().map(|file| {
        Ok(plain(
            &fs::read(file).with_context(|| file.display().to_string())?,
        ))
    });
    texts.collect()
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} is missing", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn is_licence(file: &Path) -> bool {
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    NAMES.iter().any(|known| name.starts_with(known))
}

fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn part(name: &str, folder: &Path) -> Part {
        Part {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            purl: String::new(),
            licence: "MIT".to_owned(),
            folder: folder.to_owned(),
            hash: None,
            uses: BTreeSet::new(),
        }
    }

    #[test]
    fn each_text_is_there_once_with_all_that_it_is_of() {
        let folder = tempfile::tempdir().unwrap();
        let made = |name: &str, file: &str, text: &str| {
            let place = folder.path().join(name);
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join(file), text).unwrap();
            part(name, &place)
        };
        let parts = [
            made("one", "LICENSE-MIT", "Permission is granted.\n"),
            made("two", "Licence.txt", "Permission is granted.  \r\n\r\n"),
            made("three", "README.md", "no licence here"),
        ];
        let text = of(&parts).unwrap();
        assert_eq!(text.matches("Permission is granted.").count(), 1, "{text}");
        assert!(
            text.contains("one 1.0.0, two 1.0.0\n\nPermission is granted.\n"),
            "{text}"
        );
        assert!(
            text.contains("in their package:\n\nthree 1.0.0 (MIT)\n"),
            "{text}"
        );
        assert!(!text.contains("no licence here"), "{text}");
    }
}
