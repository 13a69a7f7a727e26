//! Files that are made of a collection, and of what an import refused.

use crate::planned::Planned;
use crate::problems::unusable;
use crate::records;
use leeward_exchange::{Exported, Layout, Present, refused_rows};
use leeward_model::Problem;
use leeward_store::Ledger;
use leeward_tables::{
    CsvOptions, Format, Table, XlsxOptions, write_csv, write_json, write_parquet, write_variables, write_xlsx,
};

/// Between the cells of refused rows where the imported file does not say: a number such as `1.234` has no decimal point by
/// that, as it would have where commas stand between the cells.
const DELIMITER: char = ';';

/// A collection's records, taken to be exported.
#[derive(Debug)]
pub struct Taken {
    /// The collection as a table.
    pub layout: Layout,
    /// Its records.
    pub present: Present,
}

/// Takes a collection's records, as they are shown, pending edits included.
///
/// # Errors
/// Where there is no such collection, or the mirror cannot be read.
pub fn taken(ledger: &Ledger<'_>, collection: &str) -> Result<Taken, Problem> {
    Ok(Taken {
        layout: records::layout(ledger, collection)?,
        present: records::records(ledger, collection)?.present,
    })
}

/// The file of these records, how many are in it, and how many were left out because they hold a secret. `airflow` is the
/// address that a workbook remembers; without it, it has no hidden sheet.
///
/// # Errors
/// Where the format cannot hold a value.
pub fn written(
    taken: &Taken,
    format: Format,
    airflow: Option<&str>,
) -> Result<(Vec<u8>, usize, usize), Problem> {
    let Taken { layout, present } = taken;
    let Exported { table, secrets } = leeward_exchange::export(layout, present);
    let (to, mut bytes) = (&table, Vec::new());
    let done = match format {
        Format::Csv => write_csv(to, &mut bytes, CsvOptions::default()),
        Format::Json => write_json(to, &mut bytes),
        Format::AirflowVariables => write_variables(to, &mut bytes),
        Format::Parquet => write_parquet(to, &mut bytes, &layout.parquet()),
        Format::Xlsx => {
            let workbook = XlsxOptions {
                hidden: airflow.map(|airflow| layout.base_sheet(present, airflow)),
                ..layout.workbook()
            };
            write_xlsx(to, &mut bytes, &workbook)
        }
    };
    done.map_err(|fault| unusable(&fault))?;
    Ok((bytes, table.rows.len(), secrets))
}

/// The refused rows of a plan as CSV with their reasons, how many they are, and how many could not be taken apart and are
/// only in the imported file itself.
///
/// # Errors
/// Where a text cannot stand in such a file.
pub fn refused_csv(table: &Table, planned: &Planned) -> Result<(Vec<u8>, usize, usize), Problem> {
    let Planned {
        layout,
        plan,
        present,
        ..
    } = planned;
    let rows = refused_rows(layout, table, plan, present).map_err(|fault| unusable(&fault))?;
    let delimiter = u8::try_from(table.found.delimiter.unwrap_or(DELIMITER)).unwrap_or(b';');
    let options = CsvOptions {
        delimiter,
        ..CsvOptions::default()
    };
    let mut bytes = Vec::new();
    write_csv(&rows, &mut bytes, options).map_err(|fault| unusable(&fault))?;
    let mut numbers: Vec<u64> = plan.refused.iter().map(|refused| refused.row).collect();
    numbers.dedup();
    let written = rows.rows.len();
    Ok((bytes, written, numbers.len() - written))
}
