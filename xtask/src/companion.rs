//! The companion's tests (`airflow/`): Python's, in an environment for each line of Airflow.

use std::process::Command;

use crate::{paths, shell, venv};

/// What the store and Airflow may do otherwise on the older line, with its older SQLAlchemy; the rest is the same code.
const OLDER_LINE: &[&str] = &[
    "tests/test_ingest.py",
    "tests/test_publish.py",
    "tests/test_airflow.py",
];

/// The linter, the type checker, and the tests.
pub(crate) fn suites() -> Vec<Command> {
    let [current, older] = venv::COMPANION;
    vec![
        python(current, &["-m", "ruff", "format", "--check", "."]),
        python(current, &["-m", "ruff", "check", "."]),
        python(current, &["-m", "mypy"]),
        python(current, PYTEST),
        python(older, &[PYTEST, OLDER_LINE].concat()),
    ]
}

const PYTEST: &[&str] = &["-m", "pytest", "-p", "no:cacheprovider"];

/// Python of the environment for that Airflow, in `airflow/`.
fn python(version: &str, arguments: &[&str]) -> Command {
    let mut command = shell::command(venv::companion_python(version), arguments);
    command.current_dir(paths::root().join("airflow"));
    command
}
