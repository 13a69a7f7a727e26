//! Running other programs: shown before they run, their output untouched, their failure a sentence.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::failure::Failure;
use crate::paths;

/// How long a line is waited for before a look at the process.
const TICK: Duration = Duration::from_millis(200);

/// A command in the root of the work tree, with nothing on its input: no tool may stop to ask.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(paths::root())
        // What Python compiled is kept, in a folder of its own, also where the machine's environment forbids it beside the
        // sources: each process of an Airflow would compile some 1,600 modules again.
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .env("PYTHONPYCACHEPREFIX", paths::private().join("pycache"))
        .stdin(Stdio::null());
    command
}

/// `cargo` with arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    // The one that runs us: rustup's proxy would pick its toolchain again.
    command(
        std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
        arguments,
    )
}

/// What every build selects. Cargo builds a crate again for each set of features that is asked of it, and that set comes from
/// the packages selected: with the same selection everywhere, each crate is built once.
const WHOLE: &[&str] = &["--workspace", "--features", "leeward/custom-protocol"];

/// A command of `cargo` on the whole workspace, with further arguments. `cargo run` takes no workspace.
pub(crate) fn cargo_whole(subcommand: &str, arguments: &[&str]) -> Command {
    cargo(&[&[subcommand][..], WHOLE, arguments].concat())
}

/// `npm` with arguments, in `ui/`.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut command = command("npm", arguments);
    command.current_dir(paths::ui());
    command
}

/// Shows a command and runs it; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    println!("$ {shown}");
    let status = command
        .status()
        .with_context(|| format!("`{shown}` does not start"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs a command as [`run`] does. With a label, each line that it prints has that before it, since others print at the same
/// time. If it fails, the error tells again what it said of that.
pub(crate) fn run_watched(label: Option<&str>, mut command: Command) -> Result<()> {
    let shown = show(&command);
    let print = |line: &str| match label {
        Some(label) => println!("{label} | {line}"),
        None => println!("{line}"),
    };
    print(&format!("$ {shown}"));
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("`{shown}` does not start"))?;
    // Its ends of the pipe: while they are open, the output has no end.
    drop(command);
    let lines = lines_of(reader);
    let mut failure = Failure::default();
    let mut drain = || {
        while let Ok(line) = lines.recv_timeout(TICK) {
            print(&line);
            failure.hear(&line);
        }
    };
    let status = loop {
        drain();
        if let Some(status) = child.try_wait()? {
            break status;
        }
    };
    // What it had printed before it ended. A process that it left behind may hold the pipe: it is not waited for.
    drain();
    if !status.success() {
        bail!("`{shown}` failed ({status}){}", failure.told());
    }
    Ok(())
}

/// The lines of a pipe, as they come.
fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { break };
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Runs a command quietly and returns what it printed; an error unless it succeeds.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("`{}` does not start", show(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}",
            show(command),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program is on the path.
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A command as a person would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    // A path of this machine says less than the name.
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// One suite of `tests/`.
pub(crate) fn suite(name: &str) -> Command {
    let mut suite = cargo_whole("test", &["--test", name]);
    // The error is the last thing that a failed test says, with no backtrace of the test runner under it.
    suite.env("RUST_LIB_BACKTRACE", "0");
    suite
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_named_with_its_arguments() {
        let error = run(&mut command("false", &["--really"])).unwrap_err().to_string();
        assert!(error.starts_with("`false --really` failed"), "{error}");
    }

    #[test]
    fn a_labelled_command_ends_although_what_it_left_behind_holds_its_output() {
        let leaves = command("sh", &["-c", "sleep 30 & echo said; exit 3"]);
        let started = std::time::Instant::now();
        let error = run_watched(Some("test"), leaves).unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn what_a_watched_command_said_of_its_failure_is_told_again() {
        let says = command("sh", &["-c", "echo Error: no word; echo; echo on and on; exit 1"]);
        let error = run_watched(None, says).unwrap_err().to_string();
        assert!(
            error.contains("failed (exit status: 1)\n    Error: no word\n"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut command("no-such-program", &[])).unwrap_err().to_string();
        assert_eq!(error, "`no-such-program` does not start");
    }
}
