//! Files of tables, opened and told apart.

use crate::args::{FileFormat, ImportArgs};
use crate::exchange::unusable;
use crate::file::is_stdin;
use crate::problem::usage;
use leeward_exchange::BASE_SHEET;
use leeward_model::{Problem, VARIABLES};
use leeward_tables::{FaultCode, FileFault, Format, Options, Table, read};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What a file holds.
pub(super) struct Opened {
    pub(super) table: Table,
    /// The hidden sheet of a workbook that was exported.
    pub(super) base: Option<Table>,
}

/// Reads the file, with what the options say of it.
pub(super) fn open(args: &ImportArgs) -> Result<Opened, Problem> {
    let options = options(args);
    let bytes = bytes(&args.file, &options)?;
    let table = read(&*bytes, &options).map_err(|fault| unusable(&fault))?;
    if args.collection == VARIABLES && args.format.is_none() && table.found.format == Some(Format::Json) {
        return Err(unusable(&no_map()));
    }
    let base = base(&bytes, &table, options).map_err(|fault| unusable(&fault))?;
    Ok(Opened { table, base })
}

/// The file's bytes, and one more than it may have: the reader of tables says so.
fn bytes(path: &Path, options: &Options) -> Result<Vec<u8>, Problem> {
    let most = options.limits.file_bytes + 1;
    let mut bytes = Vec::new();
    let read = match is_stdin(path) {
        true => io::stdin().lock().take(most).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(usage(
            format!("The file cannot be read ({}): {error}.", path.display()),
            "Check that it is there, and that it may be read.",
        )),
    }
}

/// The hidden sheet belongs to the first of those that are shown.
fn base(bytes: &[u8], table: &Table, options: Options) -> Result<Option<Table>, FileFault> {
    let found = &table.found;
    if found.format != Some(Format::Xlsx) || found.sheet.as_ref() != found.sheets.first() {
        return Ok(None);
    }
    let options = Options {
        sheet: Some(BASE_SHEET.to_owned()),
        ..options
    };
    match read(bytes, &options) {
        Ok(table) => Ok(Some(table)),
        Err(fault) if fault.code == FaultCode::Sheet => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn options(args: &ImportArgs) -> Options {
    Options {
        format: args.format.map(FileFormat::format),
        sheet: args.sheet.clone(),
        delimiter: args.delimiter,
        encoding: args.encoding.clone(),
        decimal: args.decimal,
        date_order: args.date_order.map(Into::into),
        ..Options::default()
    }
}

/// Airflow itself takes no list for Variables; it is taken where it is meant.
fn no_map() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is a list, and no export of Airflow's Variables.",
        "An export is a map: {\"key\": \"value\"}, or {\"key\": {\"value\": \"…\", \"description\": \"…\"}}.",
        "Write it in one of these forms, or say --format json for a list of objects with key and value.",
    )
}
