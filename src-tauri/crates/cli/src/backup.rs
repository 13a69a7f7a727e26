//! `backup` and `restore`: everything that is kept here as one file, and back.

use crate::context::Context;
use crate::output::{Exit, Output};
use crate::problem::usage;
use leeward_model::Problem;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

pub(crate) fn write(context: &Context, output: &Output, file: &Path) -> Result<Exit, Problem> {
    let environments = leeward_backup::write_file(&context.data_dir, file, context.now())?;
    let result = json!({ "file": file.display().to_string(), "environments": environments });
    output.show(&result, |_| {
        format!("{} is in {}.", names(&environments), file.display())
    });
    output.note("No secret is in it: sign-ins, and replacements of secrets that were not sent yet, are to be given anew.");
    Ok(Exit::Done)
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

fn not_read(file: &Path, error: &io::Error) -> Problem {
    usage(
        format!(
            "{} cannot be read: {error}. Nothing was restored.",
            file.display()
        ),
        "Name a file that `leewardctl backup` wrote.",
    )
}
