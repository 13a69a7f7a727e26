//! docs/CLI.md names every command and option that there is.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, ensure};
use harness::workspace;

/// What `--help` says of a command.
fn help(path: &[String]) -> Result<String> {
    let output = std::process::Command::new(workspace::ctl()?)
        .args(path)
        .arg("--help")
        .output()?;
    ensure!(output.status.success(), "{path:?} --help fails");
    Ok(String::from_utf8(output.stdout)?)
}

/// The commands below one, from the part "Commands:" of its help.
fn below(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = lines.take_while(|line| !line.is_empty());
    let names = commands
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Every command that does something, as its words, with its help.
fn commands(path: &[String]) -> Result<Vec<(String, String)>> {
    let help = help(path)?;
    let names = below(&help);
    let mut found = Vec::new();
    // A command with others below it may do something by itself.
    if names.is_empty() || help.contains("\nArguments:") {
        found.push((path.join(" "), help));
    }
    for name in names {
        found.extend(commands(&[path, &[name]].concat())?);
    }
    Ok(found)
}

fn options(help: &str) -> BTreeSet<String> {
    let words = help.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | '=' | '`' | '.'));
    words
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_and_option_is_in_the_document() {
    let document = fs::read_to_string(workspace::root().join("docs/CLI.md")).expect("docs/CLI.md");
    let commands = commands(&[]).expect("the help of every command");
    assert!(commands.len() > 20, "only {} commands were found", commands.len());
    let mut missing = Vec::new();
    for (command, help) in &commands {
        if !document.contains(&format!("leewardctl {command}")) {
            missing.push(command.clone());
        }
        missing.extend(
            options(help)
                .into_iter()
                .filter(|option| !document.contains(option.as_str())),
        );
    }
    assert!(missing.is_empty(), "docs/CLI.md lacks {missing:?}");
}

#[test]
fn the_document_names_no_command_that_is_not_there() {
    let document = fs::read_to_string(workspace::root().join("docs/CLI.md")).expect("docs/CLI.md");
    let commands = commands(&[]).expect("the help of every command");
    let headings = document
        .lines()
        .filter_map(|line| line.strip_prefix("### `leewardctl "));
    let unknown: Vec<&str> = headings
        .filter(|heading| {
            let known = |(command, _): &(String, String)| heading.starts_with(command.as_str());
            !commands.iter().any(known)
        })
        .collect();
    assert!(unknown.is_empty(), "docs/CLI.md describes {unknown:?}");
}
