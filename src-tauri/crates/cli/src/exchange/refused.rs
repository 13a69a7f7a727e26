//! `import --refused`: the refused rows in a file of their own.

use crate::args::ImportArgs;
use crate::exchange::output_file::{made, put};
use crate::exchange::unusable;
use crate::file::is_stdin;
use crate::problem::usage;
use leeward_exchange::{Layout, Plan, Present, refused_rows};
use leeward_model::Problem;
use leeward_tables::{CsvOptions, Note, NoteCode, Table, write_csv};
use std::fs;

/// Between the cells where the imported file does not say: a number such as `1.234` has no decimal point by that, as it
/// would have where commas stand between the cells.
const DELIMITER: char = ';';

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
pub(super) fn save(
    args: &ImportArgs,
    layout: &Layout,
    table: &Table,
    plan: &mut Plan,
    present: &Present,
) -> Result<(), Problem> {
    let Some(path) = args.refused.as_ref().filter(|_| !plan.refused.is_empty()) else {
        return Ok(());
    };
    let rows = refused_rows(layout, table, plan, present).map_err(|fault| unusable(&fault))?;
    let delimiter = u8::try_from(table.found.delimiter.unwrap_or(DELIMITER)).unwrap_or(b';');
    let options = CsvOptions {
        delimiter,
        ..CsvOptions::default()
    };
    put(path, &made(|to| write_csv(&rows, to, options))?)?;
    let mut numbers: Vec<u64> = plan.refused.iter().map(|refused| refused.row).collect();
    numbers.dedup();
    let missing = numbers.len() - rows.rows.len();
    let left = match missing {
        0 => String::new(),
        1 => " 1 row that could not be taken apart is only in the file itself.".to_owned(),
        _ => format!(" {missing} rows that could not be taken apart are only in the file itself."),
    };
    let sentence = format!(
        "Refused rows written to {}: {}.{left}",
        path.display(),
        rows.rows.len()
    );
    plan.notes.push(Note::new(NoteCode::Kept, sentence));
    Ok(())
}
