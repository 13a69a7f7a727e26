//! A disk that takes nothing. The limit of a process's file size stands for a full one: the kernel refuses the write.

use crate::desk::{Desk, Ran};
use std::process::Command;

/// No file may hold a byte. The limit would end the process by a signal; a full disk does not.
const WRAPPER: &str = r#"trap "" XFSZ; ulimit -f 0; exec "$0" "$@""#;

fn full(desk: &Desk, line: &[&str]) -> Ran {
    let mut command = desk.prepared(Command::new("sh"));
    command.args(["-c", WRAPPER, env!("CARGO_BIN_EXE_leewardctl")]);
    // Pipes have no limit.
    command.args(line).output().unwrap().into()
}

#[test]
fn what_is_here_can_be_read_on_a_full_disk() {
    let desk = Desk::new();
    desk.has("k", "0", None);
    desk.run(&["records", "set", "variables", "k", "--field", "value=1"])
        .exits(0);
    std::fs::remove_dir_all(desk.place().join("logs")).unwrap();
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
        full(&desk, &line).exits(0);
    }
    let list = full(&desk, &["records", "list", "variables"]);
    assert!(list.out.contains("k    pending  1"), "{list:?}");
    assert_eq!(list.err, "");
}

#[test]
fn a_change_on_a_full_disk_says_which_one() {
    let desk = Desk::new();
    desk.has("k", "1", None);
    let ran = full(&desk, &["records", "set", "variables", "k", "--field", "value=2"]).exits(1);
    let place = desk.place().display().to_string();
    assert!(
        ran.err.contains(&place) && !ran.err.contains("log file"),
        "{ran:?}"
    );
    assert_eq!(desk.record("k")["state"], "clean");
}

#[test]
fn a_new_copy_cannot_be_made_on_a_full_disk() {
    let desk = Desk::new();
    let ran = full(&desk, &["status"]).exits(1);
    assert!(ran.err.contains(&desk.place().display().to_string()), "{ran:?}");
}
