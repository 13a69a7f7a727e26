//! What a package installs beside the program: completions and man pages.

use crate::data_folder::DataFolder;
use std::fs;
use std::process::Command;

/// What bash offers after a line, by the script; `line` ends with the word that is typed.
fn offered(script: &str, line: &[&str]) -> Vec<String> {
    let (before, typed) = (line[line.len() - 2], line[line.len() - 1]);
    let asked = format!(
        "{script}\nCOMP_WORDS=({}); COMP_CWORD={}; _leewardctl leewardctl '{typed}' '{before}'\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        line.join(" "),
        line.len() - 1
    );
    let ran = Command::new("bash")
        .args(["--norc", "-c", &asked])
        .output()
        .unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
    let offered = String::from_utf8(ran.stdout).unwrap();
    offered.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_options() {
    let data = DataFolder::new();
    let script = data.run(&["completions", "bash"]).exits(0).out;
    assert_eq!(offered(&script, &["leewardctl", "re"]), ["records", "restore"]);
    assert_eq!(
        offered(&script, &["leewardctl", "env", "add", "--prod"]),
        ["--production"]
    );
    assert_eq!(
        offered(&script, &["leewardctl", "export", "--format", "xl"]),
        ["xlsx"]
    );
}

#[test]
fn each_shell_has_its_script() {
    let data = DataFolder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = data.run(&["completions", shell]).exits(0).out;
        assert!(script.contains("take-back"), "{shell}");
        let told = data.run(&["-o", "json", "completions", shell]).exits(0).json();
        let told = told.as_str().unwrap().trim_end();
        assert_eq!(told, script.trim_end(), "{shell}");
    }
}

#[test]
fn there_is_a_page_for_each_command() {
    let data = DataFolder::new();
    let folder = data.place().with_file_name("man");
    let place = folder.to_str().unwrap();
    let told = data.run(&["-o", "json", "man-pages", place]).exits(0).json();
    let mut names: Vec<String> = serde_json::from_value(told["pages"].clone()).unwrap();
    let mut there: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    there.sort();
    assert_eq!(names, there);
    let page = fs::read_to_string(folder.join("leewardctl-env-add.1")).unwrap();
    for words in [
        "leewardctl\\-env\\-add \\-",
        "\\-\\-production",
        "Airflow\\*(Aqs address",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let first = fs::read_to_string(folder.join("leewardctl.1")).unwrap();
    assert!(first.contains("130 stopped by Ctrl+C"), "the exit codes: {first}");
    for below in there.iter().filter(|name| name.matches('-').count() == 1) {
        let named = below.trim_end_matches(".1").replace('-', "\\-");
        assert!(first.contains(&named), "{below} is not named by the first page");
    }
    data.run(&["man-pages", place]).exits(0);
}

#[test]
fn a_folder_that_is_a_file_is_refused() {
    let data = DataFolder::new();
    let file = data.file("file", b"mine");
    let ran = data.run(&["man-pages", file.to_str().unwrap()]).exits(1);
    assert!(ran.err.contains("cannot be written"), "{ran:?}");
    assert!(ran.err.contains("Name another folder"), "{ran:?}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

/// They run where a package is built, as a user who has no home.
#[test]
fn no_data_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ran = Command::new(env!("CARGO_BIN_EXE_leewardctl"))
        .args(["completions", "fish", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert!(!data.exists());
}
