//! `export`.

use crate::args::{ExportArgs, FileFormat};
use crate::context::Context;
use crate::exchange::output_file::put;
use crate::exchange::working::Working;
use crate::file::is_stdin;
use crate::output::{Exit, Output, escape};
use crate::problem::usage;
use leeward_model::{Problem, VARIABLES};
use leeward_transfer::{taken, written};
use serde::Serialize;
use std::path::Path;

/// The result in this interface.
#[derive(Debug, Serialize)]
struct ExportJson<'a> {
    file: &'a Path,
    format: &'static str,
    records: usize,
    /// Records that hold a secret: they are in no file.
    left_out: usize,
}

pub(crate) fn run(context: &Context, output: &Output, args: &ExportArgs) -> Result<Exit, Problem> {
    let format = format(args)?;
    let airflow = context.environment()?.url;
    let working = Working::begin("Nothing was written.")?;
    working.says("Reading the records");
    let taken = context.read(|ledger| Ok(taken(ledger, &args.collection)))??;
    working.says("Writing the file");
    let airflow = (!args.plain).then_some(airflow.as_str());
    let (bytes, records, secrets) = written(&taken, format.format(), airflow)?;
    working.finishes();
    put(&args.file, &bytes)?;
    drop(working);
    let result = ExportJson {
        file: &args.file,
        format: format.word(),
        records,
        left_out: secrets,
    };
    let left_out = match secrets {
        0 => String::new(),
        count => format!(" Left out: {count} that hold a secret."),
    };
    if is_stdin(&args.file) {
        output.note(&format!("{records} records.{left_out}"));
    } else {
        output.show(&result, |result| {
            let file = result.file.display().to_string();
            format!("{records} records are in {}.{left_out}", escape::line(&file))
        });
    }
    Ok(Exit::Done)
}

/// The format that was named, or that the file's name ends in. Airflow's own form is the JSON of Variables.
fn format(args: &ExportArgs) -> Result<FileFormat, Problem> {
    let is_variables = args.collection == VARIABLES;
    let ending = args.file.extension().and_then(|ending| ending.to_str());
    let format = match (args.format, ending.map(str::to_ascii_lowercase).as_deref()) {
        (Some(format), _) => format,
        (None, Some("xlsx")) => FileFormat::Xlsx,
        (None, Some("parquet")) => FileFormat::Parquet,
        (None, Some("json")) if is_variables => FileFormat::AirflowVariables,
        (None, Some("json")) => FileFormat::Json,
        (None, Some("csv" | "txt")) => FileFormat::Csv,
        (None, _) if is_stdin(&args.file) => FileFormat::Csv,
        (None, _) => {
            return Err(usage(
                "The file's name does not say its format.",
                "Let it end in .csv, .xlsx, .parquet or .json, or say --format.",
            ));
        }
    };
    if format == FileFormat::AirflowVariables && !is_variables {
        return Err(usage(
            format!("{} are no Variables.", args.collection),
            "Name another format.",
        ));
    }
    Ok(format)
}
