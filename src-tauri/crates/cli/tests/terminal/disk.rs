//! A disk that takes nothing. The limit of a process's file size stands for a full one: the kernel refuses the write.

use crate::data_folder::{DataFolder, Ran};
use std::process::Command;

/// No file may hold a byte. The limit would end the process by a signal; a full disk does not.
const WRAPPER: &str = r#"trap "" XFSZ; ulimit -f 0; exec "$0" "$@""#;

fn full(data: &DataFolder, line: &[&str]) -> Ran {
    let mut command = data.prepared(Command::new("sh"));
    command.args(["-c", WRAPPER, env!("CARGO_BIN_EXE_leewardctl")]);
    // Pipes have no limit.
    command.args(line).output().unwrap().into()
}

#[test]
fn what_is_here_can_be_read_on_a_full_disk() {
    let data = DataFolder::new();
    data.has("k", "0", None);
    data.run(&["records", "set", "variables", "k", "--field", "value=1"])
        .exits(0);
    std::fs::remove_dir_all(data.place().join("logs")).unwrap();
    for line in [
        vec!["status"],
        vec!["records", "list", "variables"],
        vec!["records", "get", "variables", "k"],
        vec!["conflicts", "list"],
        vec!["history", "variables", "k"],
        vec!["activity"],
        vec!["actions", "list"],
        vec!["dagrun", "list"],
        vec!["brake", "show"],
        vec!["env", "list"],
    ] {
        full(&data, &line).exits(0);
    }
    let list = full(&data, &["records", "list", "variables"]);
    assert!(list.out.contains("k    pending  1"), "{list:?}");
    assert_eq!(list.err, "");
}

#[test]
fn a_change_on_a_full_disk_says_which_one() {
    let data = DataFolder::new();
    data.has("k", "1", None);
    let ran = full(&data, &["records", "set", "variables", "k", "--field", "value=2"]).exits(1);
    let place = data.place().display().to_string();
    assert!(
        ran.err.contains(&place) && !ran.err.contains("log file"),
        "{ran:?}"
    );
    assert_eq!(data.record("k")["state"], "clean");
}

#[test]
fn a_new_copy_cannot_be_made_on_a_full_disk() {
    let data = DataFolder::new();
    let ran = full(&data, &["status"]).exits(1);
    assert!(ran.err.contains(&data.place().display().to_string()), "{ran:?}");
}
