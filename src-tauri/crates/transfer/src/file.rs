//! Files of tables, read and told apart.

use crate::problems::unusable;
use leeward_exchange::BASE_SHEET;
use leeward_model::{Problem, VARIABLES};
use leeward_tables::{FaultCode, FileFault, Format, Options, Table, read};

/// What a file holds.
#[derive(Debug)]
pub struct Opened {
    /// Its rows.
    pub table: Table,
    /// The hidden sheet of a workbook that was exported.
    pub base: Option<Table>,
}

/// Reads a file that is to be imported into a collection, with what the options say of it.
///
/// # Errors
/// Where it cannot be used as a whole.
pub fn open(bytes: &[u8], collection: &str, options: Options) -> Result<Opened, Problem> {
    let table = read(bytes, &options).map_err(|fault| unusable(&fault))?;
    if collection == VARIABLES && options.format.is_none() && table.found.format == Some(Format::Json) {
        return Err(unusable(&no_map()));
    }
    let base = base(bytes, &table, options).map_err(|fault| unusable(&fault))?;
    Ok(Opened { table, base })
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

/// Airflow itself takes no list for Variables; it is taken where it is meant.
fn no_map() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is a list, and no export of Airflow's Variables.",
        "An export is a map: {\"key\": \"value\"}, or {\"key\": {\"value\": \"…\", \"description\": \"…\"}}.",
        "Write it in one of these forms, or say that it is meant as JSON, a list of objects with key and value (--format json).",
    )
}
