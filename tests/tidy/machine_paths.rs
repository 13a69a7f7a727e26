//! Absolute paths of one machine: they work nowhere else.

use crate::{assert_none, tree};

/// Written apart, so that this file does not find itself.
const PLACES: &[&str] = &[
    concat!("/", "home/"),
    concat!("/", "root/"),
    concat!("/", "tmp/"),
    concat!("/", "work/"),
];

/// Generated, and not ours to word.
const LOCKS: &[&str] = &["Cargo.lock", "ui/package-lock.json"];

fn findings(path: &str, content: &str) -> Vec<String> {
    let lines = content
        .lines()
        .enumerate()
        .filter(|(_, line)| PLACES.iter().any(|place| names(line, place)));
    lines
        .map(|(index, line)| format!("{path}:{}: {}", index + 1, line.trim()))
        .collect()
}

/// Whether the line has the place as the beginning of a path: `https://host/home/x` does not.
fn names(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + place.len()..].chars().next();
        let begins =
            before.is_none_or(|character| !character.is_alphanumeric() && !"./}~_-".contains(character));
        begins && after.is_some_and(char::is_alphanumeric)
    })
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let texts = tree::texts(|path| !LOCKS.contains(&path));
    assert_none(
        &texts
            .iter()
            .flat_map(|(path, content)| findings(path, content))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn a_home_is_found_and_an_address_is_let_be() {
    let content = format!(
        "a\nlet x = \"{}ann/x\";\nhttps://host{}page",
        PLACES[0], PLACES[0]
    );
    assert_eq!(
        findings("x.rs", &content),
        [format!("x.rs:2: let x = \"{}ann/x\";", PLACES[0])]
    );
}
