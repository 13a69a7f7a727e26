//! `cargo xtask coverage`: how many lines of the crates that must not err their tests reach; below a floor it fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{apt, paths, shell};

/// Crates, with the least share of lines that must be reached, in per cent.
const FLOORS: [(&str, u32); 3] = [("merge", 95), ("sync", 90), ("store", 90)];

const TOOL: &str = "cargo-llvm-cov";
const TOOL_VERSION: &str = "0.9.1";

pub(crate) fn run() -> Result<()> {
    let tools = Tools::ensure()?;
    let crates: Vec<String> = FLOORS.iter().map(|(name, _)| format!("leeward-{name}")).collect();
    let packages: Vec<&str> = crates.iter().flat_map(|name| ["-p", name]).collect();
    tools.run(&["clean", "--workspace"])?;
    tools.run(&[&["test", "--no-report"], &packages[..]].concat())?;
    // The engine's suite is in the crate of suites.
    tools.run(&["test", "--no-report", "-p", "leeward-tests", "--test", "engine"])?;
    let report = paths::target().join("coverage.lcov");
    let report_name = report.to_string_lossy();
    tools.run(&["report", "--lcov", "--output-path", &report_name])?;
    let text = fs::read_to_string(&report).with_context(|| format!("cannot read {report_name}"))?;
    judge(&reached(&text, source))
}

/// The tool with the LLVM that the compiler has; Debian's, since rustup's component is a download of its own.
struct Tools {
    llvm: String,
    path: std::ffi::OsString,
}

impl Tools {
    fn ensure() -> Result<Self> {
        let llvm = compiler_llvm()?;
        apt::ensure(&[&format!("llvm-{llvm}")])?;
        let own = paths::private().join("tools");
        let path = with_first(&own.join("bin"))?;
        let known = Command::new(TOOL)
            .arg("llvm-cov")
            .arg("--version")
            .env("PATH", &path)
            .output();
        if !known.is_ok_and(|output| output.status.success()) {
            let root = own.to_string_lossy();
            let install = [
                "install",
                TOOL,
                "--locked",
                "--version",
                TOOL_VERSION,
                "--root",
                &root,
            ];
            shell::run(&mut shell::cargo(&install))?;
        }
        Ok(Self { llvm, path })
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let mut command = shell::cargo(&[&["llvm-cov"], arguments].concat());
        command.env("PATH", &self.path);
        for (variable, program) in [("LLVM_COV", "llvm-cov"), ("LLVM_PROFDATA", "llvm-profdata")] {
            command.env(variable, format!("/usr/bin/{program}-{}", self.llvm));
        }
        shell::run(&mut command)
    }
}

fn with_first(folder: &Path) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

/// The major version of the compiler's LLVM.
fn compiler_llvm() -> Result<String> {
    let said = shell::read(&mut shell::command("rustc", &["-vV"]))?;
    let version = said.lines().find_map(|line| line.strip_prefix("LLVM version: "));
    let major = version.and_then(|version| version.split('.').next());
    Ok(major.context("rustc does not say its LLVM's version")?.to_owned())
}

/// A file's lines: how many there are, and which were not reached.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lines {
    all: u32,
    missed: Vec<u32>,
}

/// The lines of an lcov report, by file; unit tests that stand at the end of a file are not counted.
fn reached(lcov: &str, source: impl Fn(&Path) -> String) -> BTreeMap<PathBuf, Lines> {
    let mut files: BTreeMap<PathBuf, Lines> = BTreeMap::new();
    let (mut file, mut tests) = (PathBuf::new(), u32::MAX);
    for line in lcov.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            file = PathBuf::from(path);
            tests = tests_from(&source(&file));
        } else if let Some((number, count)) = line.strip_prefix("DA:").and_then(counted)
            && number < tests
        {
            let lines = files.entry(file.clone()).or_default();
            lines.all += 1;
            lines.missed.extend((count == 0).then_some(number));
        }
    }
    files
}

fn counted(line: &str) -> Option<(u32, u64)> {
    let mut parts = line.split(',');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The line from which on a file holds its unit tests.
fn tests_from(source: &str) -> u32 {
    let lines: Vec<&str> = source.lines().collect();
    let is_start =
        |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{');
    let found = lines.windows(2).position(is_start);
    found.map_or(u32::MAX, |index| u32::try_from(index + 1).unwrap_or(u32::MAX))
}

fn source(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn judge(files: &BTreeMap<PathBuf, Lines>) -> Result<()> {
    let mut below = Vec::new();
    println!("\nLines reached:");
    for (name, floor) in FLOORS {
        let folder = Path::new("src-tauri/crates").join(name).join("src");
        let own: Vec<_> = files
            .iter()
            .filter(|(path, _)| is_within(path, &folder))
            .collect();
        let all: u32 = own.iter().map(|(_, lines)| lines.all).sum();
        let missed: usize = own.iter().map(|(_, lines)| lines.missed.len()).sum();
        if all == 0 {
            bail!("the report has no line of {name}");
        }
        let share = 100.0 * (1.0 - missed as f64 / f64::from(all));
        println!("  {name:<6} {share:6.2} % of {all:>5} lines (at least {floor} %)");
        for (path, lines) in own.iter().filter(|(_, lines)| !lines.missed.is_empty()) {
            let shown = path.strip_prefix(paths::root()).unwrap_or(path);
            println!("         {}: {}", shown.display(), spans(&lines.missed));
        }
        if share < f64::from(floor) {
            below.push(name);
        }
    }
    if !below.is_empty() {
        bail!("too few lines are reached in {}", below.join(", "));
    }
    Ok(())
}

fn is_within(path: &Path, folder: &Path) -> bool {
    path.strip_prefix(paths::root())
        .unwrap_or(path)
        .starts_with(folder)
}

/// `3, 5-7`.
fn spans(lines: &[u32]) -> String {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for &line in lines {
        match spans.last_mut() {
            Some((_, end)) if *end + 1 == line => *end = line,
            _ => spans.push((line, line)),
        }
    }
    let show = |(start, end): &(u32, u32)| {
        if start == end {
            format!("{start}")
        } else {
            format!("{start}-{end}")
        }
    };
    spans.iter().map(show).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";

    #[test]
    fn lines_of_unit_tests_are_not_counted() {
        let lcov = "SF:x.rs\nDA:1,0\nDA:2,7\nDA:5,1\nend_of_record\nSF:y.rs\nDA:9,1\n";
        let files = reached(lcov, |path| {
            if path == Path::new("x.rs") {
                SOURCE.into()
            } else {
                String::new()
            }
        });
        assert_eq!(
            files[Path::new("x.rs")],
            Lines {
                all: 2,
                missed: vec![1]
            }
        );
        assert_eq!(
            files[Path::new("y.rs")],
            Lines {
                all: 1,
                missed: Vec::new()
            }
        );
    }

    #[test]
    fn a_test_module_of_its_own_file_does_not_end_the_code() {
        assert_eq!(tests_from("#[cfg(test)]\nmod bindings;\nfn a() {}\n"), u32::MAX);
        assert_eq!(tests_from(SOURCE), 3);
    }

    #[test]
    fn missed_lines_are_told_in_spans() {
        assert_eq!(spans(&[3, 5, 6, 7, 9]), "3, 5-7, 9");
    }
}
