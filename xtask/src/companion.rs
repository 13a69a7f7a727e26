//! The companion's tests (`airflow/`): Python's, in an environment for each line of Airflow.

use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::{paths, shell, venv};

/// What the store and Airflow may do otherwise on the older line, with its older SQLAlchemy; the rest is the same code.
const OLDER_LINE: &[&str] = &[
    "tests/test_ingest.py",
    "tests/test_publish.py",
    "tests/test_reshape.py",
    "tests/test_waiting.py",
    "tests/test_dags.py",
    "tests/test_airflow.py",
];

/// Runs the linter and the type checker, then the tests on both lines side by side: they wait for Airflow most of the time.
pub(crate) fn run(label: Option<&str>) -> Result<()> {
    let [current, older] = venv::COMPANION;
    for arguments in LINTS {
        shell::run_watched(label, python(current, arguments))?;
    }
    let test = |version, arguments: &[&str]| {
        let label = format!("{version:<8}");
        shell::run_watched(Some(&label), python(version, &[PYTEST, arguments].concat()))
    };
    thread::scope(|scope| {
        let beside = scope.spawn(|| test(older, OLDER_LINE));
        let outcome = test(current, &[]);
        let beside = beside
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome.and(beside)
    })
}

/// Plays for so long what takes too long for a run of everything.
pub(crate) fn play(seconds: u64) -> Result<()> {
    shell::run(
        shell::suite("companion")
            .env("LEEWARD_PLAY_SECONDS", seconds.to_string())
            .args(["--", "--ignored", "--nocapture"]),
    )
}

const LINTS: [&[&str]; 3] = [
    &["-m", "ruff", "format", "--check", "."],
    &["-m", "ruff", "check", "."],
    &["-m", "mypy"],
];

const PYTEST: &[&str] = &["-m", "pytest", "-p", "no:cacheprovider"];

/// Python of the environment for that Airflow, in `airflow/`.
fn python(version: &str, arguments: &[&str]) -> Command {
    let mut command = shell::command(venv::companion_python(version), arguments);
    command.current_dir(paths::root().join("airflow"));
    command
}
