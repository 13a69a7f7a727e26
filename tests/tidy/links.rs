//! Relative links in the documents: none may be dead.

use std::path::Path;

use crate::{assert_none, tree};

fn dead(path: &str, document: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let targets = targets(document).filter(|target| !exists(&folder.join(target)));
    targets
        .map(|target| format!("{path} links to {target}, which is not there"))
        .collect()
}

/// What Markdown's inline links point at within the tree, without fragments.
fn targets(document: &str) -> impl Iterator<Item = &str> {
    let outside_code = prose(document);
    outside_code
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next())
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// The lines outside fenced code.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    document.lines().scan(false, |in_code, line| {
        let fence = line.trim_start().starts_with("```");
        *in_code ^= fence;
        Some(if *in_code || fence { "" } else { line })
    })
}

#[test]
fn no_link_is_dead() {
    let documents = tree::texts(|path| tree::has_extension(path, &["md"]));
    let findings: Vec<String> = documents
        .iter()
        .flat_map(|(path, document)| {
            dead(path, document, |target| {
                harness::workspace::root().join(target).exists()
            })
        })
        .collect();
    assert_none(&findings);
}

#[test]
fn a_dead_link_is_found_and_others_are_let_be() {
    let document = "[a](gone.md#part) ![b](../there.png)\n[web](https://example.org) [here](#part)\n```\n[code](no.md)\n```\n";
    let found = dead("docs/x.md", document, |target| {
        target == Path::new("docs/../there.png")
    });
    assert_eq!(found, ["docs/x.md links to gone.md, which is not there"]);
}
