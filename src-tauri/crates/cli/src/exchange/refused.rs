//! `import --refused`: the refused rows in a file of their own.

use crate::args::ImportArgs;
use crate::exchange::output_file::put;
use crate::file::is_stdin;
use crate::problem::usage;
use leeward_model::Problem;
use leeward_tables::{Note, NoteCode, Table};
use leeward_transfer::{Planned, refused_csv};
use std::fs;

/// Whether the refused rows can go where they are to go: not where the result goes, and not over the file itself.
pub(super) fn check(args: &ImportArgs) -> Result<(), Problem> {
    let Some(path) = &args.refused else {
        return Ok(());
    };
    if is_stdin(path) {
        return Err(usage(
            "The refused rows cannot go to standard output: the result goes there.",
            "Name a file.",
        ));
    }
    let is_same = match (fs::canonicalize(path), fs::canonicalize(&args.file)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    };
    if is_same {
        return Err(usage(
            "The refused rows would replace the file that is imported.",
            "Name another file for them.",
        ));
    }
    Ok(())
}

/// Writes the file, if it was asked for and there are rows for it, and notes what is not in it.
pub(super) fn save(args: &ImportArgs, table: &Table, planned: &mut Planned) -> Result<(), Problem> {
    let is_any = !planned.plan.refused.is_empty();
    let Some(path) = args.refused.as_ref().filter(|_| is_any) else {
        return Ok(());
    };
    let (bytes, rows, missing) = refused_csv(table, planned)?;
    put(path, &bytes)?;
    let left = match missing {
        0 => String::new(),
        1 => " 1 row that could not be taken apart is only in the file itself.".to_owned(),
        _ => format!(" {missing} rows that could not be taken apart are only in the file itself."),
    };
    let sentence = format!("Refused rows written to {}: {rows}.{left}", path.display());
    planned.plan.notes.push(Note::new(NoteCode::Kept, sentence));
    Ok(())
}
