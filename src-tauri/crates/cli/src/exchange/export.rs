//! `export`.

use crate::args::{ExportArgs, FileFormat};
use crate::context::{Context, Failure};
use crate::exchange::{records, unusable};
use crate::file::is_stdin;
use crate::output::{Exit, Output, escape};
use crate::problem::usage;
use leeward_exchange::Exported;
use leeward_model::{Problem, ProblemCode, VARIABLES};
use leeward_tables::{
    CsvOptions, FileFault, Table, XlsxOptions, write_csv, write_json, write_variables, write_xlsx,
};
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
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
    let read = context.read(|ledger| {
        let records = || -> Result<_, Failure> {
            let layout = records::layout(ledger, &args.collection)?;
            Ok((layout, records::present(ledger, &args.collection)?))
        };
        Ok(records())
    })?;
    let (layout, present) = read.map_err(|Failure(problem)| problem)?;
    let Exported { table, secrets } = leeward_exchange::export(&layout, &present);
    let records = table.rows.len();
    let workbook = XlsxOptions {
        hidden: (!args.plain).then(|| layout.base_sheet(&present, &airflow)),
        ..layout.workbook()
    };
    put(&args.file, |to| write(&table, &workbook, format, to))?;
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
        (None, Some("json")) if is_variables => FileFormat::AirflowVariables,
        (None, Some("json")) => FileFormat::Json,
        (None, Some("csv" | "txt")) => FileFormat::Csv,
        (None, _) if is_stdin(&args.file) => FileFormat::Csv,
        (None, _) => {
            return Err(usage(
                "The file's name does not say its format.",
                "Let it end in .csv, .xlsx or .json, or say --format.",
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

fn write(
    table: &Table,
    workbook: &XlsxOptions,
    format: FileFormat,
    to: &mut Vec<u8>,
) -> Result<(), FileFault> {
    match format {
        FileFormat::Csv => write_csv(table, to, CsvOptions::default()),
        FileFormat::Json => write_json(table, to),
        FileFormat::AirflowVariables => write_variables(table, to),
        FileFormat::Xlsx => write_xlsx(table, to, workbook),
    }
}

/// Makes the file as a whole: one that was there stays until the new one is complete.
fn put(path: &Path, write: impl FnOnce(&mut Vec<u8>) -> Result<(), FileFault>) -> Result<(), Problem> {
    let mut bytes = Vec::new();
    write(&mut bytes).map_err(|fault| unusable(&fault))?;
    let written = if is_stdin(path) {
        let mut out = io::stdout().lock();
        out.write_all(&bytes).and_then(|()| out.flush())
    } else {
        replace(path, &bytes)
    };
    match written {
        // A reader that went away has all that it wanted.
        Err(error) if is_stdin(path) && error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| not_written(path, &error)),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = name.to_owned();
    beside.push(".part");
    let beside = path.with_file_name(beside);
    let written = (|| {
        let mut file = BufWriter::new(File::create(&beside)?);
        file.write_all(bytes)?;
        file.into_inner()?.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn not_written(path: &Path, error: &io::Error) -> Problem {
    Problem {
        code: ProblemCode::Storage,
        ..usage(
            format!("The file cannot be written ({}): {error}.", path.display()),
            "Name another file, or make room on the disk.",
        )
    }
}
