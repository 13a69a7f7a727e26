//! Imports and exports of files, as the window sees them.

use crate::{Change, EntryKind, Fields};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum FileFormat {
    /// Text with a delimiter.
    Csv,
    /// A workbook.
    Xlsx,
    /// Typed columns.
    Parquet,
    /// A list of objects.
    Json,
    /// What `airflow variables export` writes.
    AirflowVariables,
}

/// In what order a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `31/12/2026`
    Dmy,
    /// `12/31/2026`
    Mdy,
    /// `2026-12-31`
    Ymd,
}

/// How a file is to be read; what is missing is detected.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ImportOptions {
    /// The format.
    pub format: Option<FileFormat>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// What separates cells: one character.
    pub delimiter: Option<String>,
    /// The encoding, by a label of the WHATWG's list.
    pub encoding: Option<String>,
    /// What marks decimals: `.` or `,`.
    pub decimal: Option<String>,
    /// In what order dates are written.
    pub date_order: Option<DateOrder>,
}

/// What was found out about a file, or told by the options; null where the file does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct ImportFound {
    /// The format.
    pub format: Option<String>,
    /// The sheet that was read.
    pub sheet: Option<String>,
    /// The sheets that are shown.
    pub sheets: Vec<String>,
    /// What separates cells.
    pub delimiter: Option<String>,
    /// The encoding.
    pub encoding: Option<String>,
    /// What marks decimals.
    pub decimal: Option<String>,
    /// In what order dates are written.
    pub date_order: Option<String>,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct ImportPreview {
    /// Records that are made.
    pub added: u32,
    /// Records that are changed.
    pub changed: u32,
    /// Rows that change nothing.
    pub unchanged: u32,
    /// Refusals: a row may have several.
    pub refused: u32,
    /// Records that are not in the file and would be deleted, if that is wished.
    pub rest: u32,
    /// What was found out about the file.
    pub found: ImportFound,
    /// What one should know before it is kept.
    pub notes: Vec<String>,
    /// What one should know before the rest is deleted.
    pub rest_notes: Vec<String>,
}

/// A part of a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ImportPart {
    /// Records that are made.
    Added,
    /// Records that are changed.
    Changed,
    /// Records that are not in the file.
    Rest,
    /// What is refused.
    Refused,
}

/// A line of a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportRow {
    /// The row of the file; null for what is not in it.
    #[ts(type = "number | null")]
    pub row: Option<u64>,
    /// The record's key; null where one will be made, or none can be told.
    pub key: Option<String>,
    /// What changes, field by field.
    pub fields: Vec<ImportField>,
    /// Of a refusal, the reason.
    pub why: Option<String>,
}

/// A field in a line of a preview, as texts that were cut to what a line shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportField {
    /// The field's name; of a refusal, the column's.
    pub name: String,
    /// What is there; null for nothing.
    pub from: Option<String>,
    /// What is to be there; of a refusal, what stands in the file.
    pub to: Option<String>,
}

/// What keeping an import does to one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ImportWork {
    /// An edit or a delete.
    pub kind: EntryKind,
    /// The record's key.
    pub key: String,
    /// What was seen, and what is written.
    pub fields: BTreeMap<String, Change>,
    /// The record as it is; null where there is none.
    #[ts(type = "Record<string, unknown> | null")]
    pub before: Option<Fields>,
}

/// A backup that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SavedBackup {
    /// The file's name.
    pub name: String,
    /// The folder that it is in.
    pub folder: String,
    /// The names of the environments in it.
    pub environments: Vec<String>,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SavedFile {
    /// Its name.
    pub name: String,
    /// The folder that it is in.
    pub folder: String,
    /// Records, or refused rows, in it.
    pub rows: u32,
    /// Records that hold a secret and are not in it, or rows that could not be taken apart.
    pub left_out: u32,
}
