//! The files of the tree: those in version control, and those about to be.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::assert_none;

/// Larger files belong elsewhere: everybody who clones pays for them for ever.
const LARGEST_BYTES: u64 = 1024 * 1024;

/// Paths of all files, relative to the root, with `/`.
pub(crate) fn files() -> Vec<String> {
    // Whoever cloned the tree, also for another user, may check it.
    let arguments = [
        "-c",
        "safe.directory=*",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ];
    let output = Command::new("git")
        .args(arguments)
        .current_dir(harness::workspace::root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let listed = String::from_utf8(output.stdout).unwrap();
    // A file that was removed and not yet committed is still listed.
    listed
        .split('\0')
        .filter(|path| !path.is_empty() && at(path).exists())
        .map(str::to_owned)
        .collect()
}

/// Where a file is.
pub(crate) fn at(path: &str) -> PathBuf {
    harness::workspace::root().join(path)
}

/// Path and content of every text file that `chosen` accepts.
pub(crate) fn texts(chosen: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let chosen = files().into_iter().filter(|path| chosen(path));
    chosen
        .filter_map(|path| fs::read_to_string(at(&path)).ok().map(|content| (path, content)))
        .collect()
}

/// Whether a path ends in one of these.
pub(crate) fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| extensions.contains(&extension))
}

fn too_large(sizes: &[(String, u64)]) -> Vec<String> {
    let large = sizes.iter().filter(|(_, bytes)| *bytes > LARGEST_BYTES);
    large
        .map(|(path, bytes)| format!("{path} has {bytes} bytes, more than {LARGEST_BYTES}"))
        .collect()
}

#[test]
fn no_file_is_larger_than_a_mebibyte() {
    let sizes: Vec<_> = files()
        .into_iter()
        .map(|path| (path.clone(), at(&path).metadata().map_or(0, |file| file.len())))
        .collect();
    assert!(
        sizes.len() > 50,
        "git lists {} files: something is wrong",
        sizes.len()
    );
    assert_none(&too_large(&sizes));
}

#[test]
fn a_large_file_is_found() {
    let sizes = [
        ("fits".to_owned(), LARGEST_BYTES),
        ("film.mp4".to_owned(), LARGEST_BYTES + 1),
    ];
    assert_eq!(
        too_large(&sizes),
        ["film.mp4 has 1048577 bytes, more than 1048576"]
    );
}

#[test]
fn modules_are_named_after_themselves() {
    let unnamed: Vec<String> = files()
        .into_iter()
        .filter(|path| path.ends_with("/mod.rs"))
        .collect();
    assert_none(&unnamed);
}
