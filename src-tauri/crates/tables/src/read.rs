//! Reading a file of any format: which one it is, and what was found in it.

use crate::assemble::assemble;
use crate::fault::{FaultCode, FileFault};
use crate::found::{Format, Found};
use crate::options::Options;
use crate::rows::FoundRows;
use crate::table::{Note, NoteCode, Table};
use crate::text::{Decoded, decode};
use crate::{csv, json, parquet, xlsx};
use std::io::Read;

/// Beginnings of files that are not read here, with what they are and what to do.
const FOREIGN: &[(&[u8], &str, &str)] = &[
    (
        b"\xD0\xCF\x11\xE0",
        "an old or encrypted workbook",
        "Save it as .xlsx without a password.",
    ),
    (
        b"PARE",
        "an encrypted Parquet file",
        "Write it without encryption.",
    ),
    (
        b"%PDF",
        "a PDF",
        "Export the table from where it was made, as CSV or .xlsx.",
    ),
    (b"\x1F\x8B", "a compressed file", "Unpack it first."),
];

/// Reads a table. Text first: no text is changed, no number rounded, and what can be read in two ways is told, not chosen.
///
/// # Errors
/// Where the file as a whole is refused: it is of another format, damaged, or larger than the limits.
pub fn read(from: impl Read, options: &Options) -> Result<Table, FileFault> {
    let bytes = bounded(from, options.limits.file_bytes)?;
    if let Some((_, what, next)) = FOREIGN.iter().find(|(start, _, _)| bytes.starts_with(start)) {
        let why = "Only CSV, XLSX, Parquet, JSON and Airflow's export of Variables are read.";
        return Err(FileFault::new(
            FaultCode::Format,
            format!("The file is {what}."),
            why,
            next,
        ));
    }
    let is_zip = bytes.starts_with(b"PK\x03\x04");
    let is_parquet = bytes.starts_with(parquet::MAGIC);
    match options.format {
        Some(Format::Parquet) if !is_parquet => Err(no_parquet()),
        Some(Format::Parquet) => columns(bytes, options),
        None if is_parquet => columns(bytes, options),
        Some(_) if is_parquet => Err(is_columns()),
        Some(Format::Xlsx) if !is_zip => Err(no_workbook()),
        Some(Format::Xlsx) => workbook(&bytes, options),
        None if is_zip => workbook(&bytes, options),
        Some(_) if is_zip => Err(is_workbook()),
        told => text(&bytes, told, options),
    }
}

/// All bytes of a file; what is larger is refused before it is read.
fn bounded(from: impl Read, most: u64) -> Result<Vec<u8>, FileFault> {
    let mut bytes = Vec::new();
    let read = from.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| FileFault::io(&error))?;
    if bytes.len() as u64 > most {
        return Err(FileFault::too_large(format!(
            "The file is larger than {} MB.",
            most >> 20
        )));
    }
    Ok(bytes)
}

fn workbook(bytes: &[u8], options: &Options) -> Result<Table, FileFault> {
    let found = xlsx::read(bytes, options)?;
    let format = Some(Format::Xlsx);
    let (sheet, sheets) = (Some(found.sheet), found.sheets);
    assemble(
        found.rows,
        Found {
            format,
            sheet,
            sheets,
            ..Found::default()
        },
        options,
    )
}

fn columns(bytes: Vec<u8>, options: &Options) -> Result<Table, FileFault> {
    let format = Some(Format::Parquet);
    let found = Found {
        format,
        ..Found::default()
    };
    assemble(parquet::read(bytes, options)?, found, options)
}

fn text(bytes: &[u8], told: Option<Format>, options: &Options) -> Result<Table, FileFault> {
    let decoded = decode(bytes, options.encoding.as_deref())?;
    let format = told.unwrap_or_else(|| format_of(&decoded.text));
    let (mut rows, delimiter) = match format {
        Format::Json => (json::read(&decoded.text, options)?, None),
        Format::AirflowVariables => (json::read_variables(&decoded.text, options)?, None),
        Format::Csv | Format::Xlsx | Format::Parquet => {
            let found = csv::read(&decoded.text, options)?;
            (found.rows, found.delimiter)
        }
    };
    guess_note(&mut rows, &decoded);
    let (format, encoding) = (Some(format), Some(decoded.encoding));
    assemble(
        rows,
        Found {
            format,
            encoding,
            delimiter,
            ..Found::default()
        },
        options,
    )
}

/// What a text is, by its first character.
fn format_of(text: &str) -> Format {
    match text.trim_start().chars().next() {
        Some('{') => Format::AirflowVariables,
        Some('[') => Format::Json,
        _ => Format::Csv,
    }
}

fn guess_note(rows: &mut FoundRows, decoded: &Decoded) {
    if decoded.guessed {
        let name = decoded.encoding;
        let sentence =
            format!("The file does not say its encoding; {name} was guessed. Check letters like ä, é, ł.");
        rows.notes.push(Note::new(NoteCode::Guessed, sentence));
    }
}

fn no_workbook() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is no workbook.",
        "A workbook (.xlsx) is a zip archive, and this file is none.",
        "Leave the format out to have it detected, or save the file as .xlsx.",
    )
}

fn is_workbook() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is a workbook or another archive, not a text.",
        "Its format was told as one of text.",
        "Leave the format out to have it detected, or say xlsx.",
    )
}

fn no_parquet() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is no Parquet file.",
        "A Parquet file begins with PAR1, and this file does not.",
        "Leave the format out to have it detected.",
    )
}

fn is_columns() -> FileFault {
    FileFault::new(
        FaultCode::Format,
        "The file is a Parquet file.",
        "Its format was told as another one.",
        "Leave the format out to have it detected, or say parquet.",
    )
}
