//! `completions` and `man-pages`: what a package installs beside the program, made of the same description as the help.

use crate::args::Args;
use crate::output::{Exit, Output};
use crate::problem::usage;
use clap::CommandFactory;
use clap_complete::Shell;
use leeward_model::{Problem, ProblemCode};
use serde_json::json;
use std::fs;
use std::io;
use std::path::Path;

/// The script as it is; with `-o json`, as a text.
pub(crate) fn completions(output: &Output, shell: Shell) -> Result<Exit, Problem> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "leewardctl", &mut script);
    let script = String::from_utf8_lossy(&script);
    output.show(&script, |script| script.to_string());
    Ok(Exit::Done)
}

/// `leewardctl.1`, and one page for each command, such as `leewardctl-env-add.1`. Pages that are there are replaced.
pub(crate) fn pages(output: &Output, folder: &Path) -> Result<Exit, Problem> {
    let trouble = |error| not_written(folder, &error);
    fs::create_dir_all(folder).map_err(trouble)?;
    let names = write_all(folder).map_err(trouble)?;
    let result = json!({ "folder": folder.display().to_string(), "pages": names });
    output.show(&result, |_| {
        format!("{} pages are in {}.", names.len(), folder.display())
    });
    Ok(Exit::Done)
}

/// Returns the names of the files.
fn write_all(folder: &Path) -> io::Result<Vec<String>> {
    let mut command = Args::command();
    // Fills in the full name of each command, `leewardctl env add`.
    command.build();
    let mut names = Vec::new();
    write_with_those_below(&command, folder, &mut names)?;
    Ok(names)
}

fn write_with_those_below(command: &clap::Command, folder: &Path, names: &mut Vec<String>) -> io::Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    page.generate_to(folder)?;
    names.push(page.get_filename());
    // `help` explains the others, and has no page.
    let below = command
        .get_subcommands()
        .filter(|below| below.get_name() != "help");
    for command in below {
        write_with_those_below(command, folder, names)?;
    }
    Ok(())
}

fn not_written(folder: &Path, error: &io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        ..usage(
            format!(
                "The man pages cannot be written to {}: {error}.",
                folder.display()
            ),
            "Name another folder, or make room on the disk.",
        )
    }
}
