//! `backup` and `restore`: everything that is kept here as one file, and back.

use crate::context::Context;
use crate::output::{Exit, Output};
use crate::problem::usage;
use leeward_model::{Problem, ProblemCode};
use serde_json::json;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

/// Before anything is written, so that it would not be for nothing.
pub(crate) fn write(context: &Context, output: &Output, file: &Path) -> Result<Exit, Problem> {
    if file.exists() {
        return Err(there_already(file));
    }
    let unfinished = beside(file);
    let written = write_to(context, &unfinished, file);
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&unfinished);
    }
    let environments = written?;
    let result = json!({ "file": file.display().to_string(), "environments": environments });
    output.show(&result, |_| {
        format!("{} is in {}.", names(&environments), file.display())
    });
    output.note("No secret is in it: sign-ins, and replacements of secrets that were not sent yet, are to be given anew.");
    Ok(Exit::Done)
}

fn write_to(context: &Context, unfinished: &Path, file: &Path) -> Result<Vec<String>, Problem> {
    let trouble = |error: io::Error| not_written(file, &error);
    let mut out = create(unfinished).map_err(trouble)?;
    let environments = leeward_backup::write(&context.data_dir, &mut out, context.now())?;
    out.sync_all().map_err(trouble)?;
    // It takes nobody's place: one that came meanwhile stays.
    fs::hard_link(unfinished, file)
        .and_then(|()| fs::remove_file(unfinished))
        .map_err(trouble)?;
    Ok(environments)
}

/// Readable by its owner alone, as the mirrors are.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).read(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    name.into()
}

pub(crate) fn restore(context: &Context, output: &Output, file: &Path) -> Result<Exit, Problem> {
    let opened = File::open(file).map_err(|error| not_read(file, &error))?;
    let environments = leeward_backup::restore(&context.data_dir, BufReader::new(opened))?;
    let result = json!({ "environments": environments });
    output.show(&result, |_| format!("{} is here again.", names(&environments)));
    for name in &environments {
        output.note(&format!(
            "`leewardctl env sign-in {name}` signs in to it; no secret was in the backup."
        ));
    }
    Ok(Exit::Done)
}

fn names(environments: &[String]) -> String {
    environments.join(", ")
}

fn there_already(file: &Path) -> Problem {
    usage(
        format!("{} is there already. No backup was written.", file.display()),
        "Name another file.",
    )
}

fn not_written(file: &Path, error: &io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        ..usage(
            format!("The backup cannot be written to {}: {error}.", file.display()),
            "Name another file, or make room on the disk.",
        )
    }
}

fn not_read(file: &Path, error: &io::Error) -> Problem {
    usage(
        format!(
            "{} cannot be read: {error}. Nothing was restored.",
            file.display()
        ),
        "Name a file that `leewardctl backup` wrote.",
    )
}
