//! What is printed: to a full disk, to a reader that went away, and what a terminal would obey.

use crate::data_folder::{DataFolder, Ran};
use std::fs::File;
use std::io::Read;
use std::process::Stdio;

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let data = DataFolder::new();
    data.has("k", "1", None);
    let base = data.file("base", b"{\"a\": 1}");
    let base = base.to_str().unwrap();
    let every: [&[&str]; 18] = [
        &["--help"],
        &["--version"],
        &["records", "set", "--help"],
        &["env", "list"],
        &["status"],
        &["records", "list", "variables"],
        &["records", "get", "variables", "k"],
        &["records", "set", "variables", "k", "--field", "value=2"],
        &["history", "variables", "k"],
        &["history", "put-back", "variables", "k", "--at", "1"],
        &["records", "take-back", "variables", "k"],
        &["records", "delete", "variables", "k"],
        &["conflicts", "list", "-o", "json"],
        &["brake", "show", "-o", "json"],
        &["dagrun", "trigger", "d"],
        &["actions", "list"],
        &["activity", "-o", "json"],
        &["merge", "--base", base, "--local", base, "--remote", base],
    ];
    for line in every {
        let ran: Ran = data.command().args(line).stdout(full()).output().unwrap().into();
        let ran = ran.exits(1);
        assert!(
            ran.err.contains("could not be written to standard output"),
            "{line:?}: {ran:?}"
        );
    }
    // What was to be done was done.
    assert_eq!(data.record("k")["deleted"], true);
    // A command's own failure stays what it is.
    let mut command = data.command();
    command
        .args(["records", "get", "variables", "nope", "-o", "json"])
        .stdout(full());
    let ran = Ran::from(command.output().unwrap()).exits(1);
    assert!(ran.err.contains("no record nope"), "{ran:?}");
    command.args(["--no-such-option"]);
    Ran::from(command.output().unwrap()).exits(2);
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let data = DataFolder::new();
    let long = "x".repeat(1_000_000);
    data.has("k", &long, None);
    let mut command = data.command();
    command.args(["records", "get", "variables", "k"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut begin = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut begin).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap()).exits(0);
    assert_eq!(ran.err, "");
}

/// Sets the colour, erases the screen, rings, turns the reading order, and does so by C1 codes.
const OBEYED: &str = "a\u{1b}[31m\u{7}\u{9b}2J\u{202e}\u{2066}\rb\u{7f}";
const SHOWN: &str = "a\\u001b[31m\\u0007\\u009b2J\\u202e\\u2066\\rb\\u007f";

#[test]
fn what_a_terminal_would_obey_is_shown() {
    let data = DataFolder::new();
    data.has(OBEYED, OBEYED, Some(OBEYED));
    let edit = [
        "records",
        "set",
        "variables",
        OBEYED,
        "--field",
        "value=x",
        "--reason",
        OBEYED,
    ];
    let lines: [&[&str]; 7] = [
        &["records", "list", "variables"],
        &["records", "get", "variables", OBEYED],
        &["records", "get", "variables", "nope\u{1b}[31m"],
        &edit,
        &["history", "variables", OBEYED],
        &["dagrun", "trigger", OBEYED],
        &["no such command\u{1b}[31m"],
    ];
    for line in lines {
        for format in ["text", "json"] {
            let ran = data.run(&[line, &["-o", format]].concat());
            let printed = format!("{}{}", ran.out, ran.err);
            let obeyed =
                |c: char| (c.is_control() && c != '\n') || OBEYED.contains(c) && !c.is_ascii_graphic();
            assert!(!printed.contains(obeyed), "{line:?} {printed:?}");
        }
    }
    let list = data.run(&["records", "list", "variables"]).out;
    assert!(list.contains(SHOWN), "{list}");
}

#[test]
fn a_program_reads_the_same_text_from_json() {
    let data = DataFolder::new();
    data.has(OBEYED, OBEYED, None);
    let record = data.record(OBEYED);
    assert_eq!(record["key"], OBEYED);
    assert_eq!(record["fields"]["value"], OBEYED);
}

#[test]
fn a_value_s_lines_are_not_taken_for_fields() {
    let data = DataFolder::new();
    data.has("k\nfake  clean", "1\ndescription: forged", Some("real"));
    let shown = data.run(&["records", "get", "variables", "k\nfake  clean"]).out;
    assert!(
        !shown.contains("\ndescription: forged") && shown.contains("\ndescription: real"),
        "{shown}"
    );
    let list = data.run(&["records", "list", "variables"]).out;
    assert_eq!(list.lines().count(), 2, "{list}");
}
