//! `import` and `export`.

use clap::ValueEnum;
use leeward_tables::{Decimal, Format};
use std::path::PathBuf;

/// What is imported, and how its file is to be read. What is not said is detected, and told.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// The collection, such as `variables`
    pub(crate) collection: String,
    /// The file; `-` is standard input
    pub(crate) file: PathBuf,
    /// The file's format
    #[arg(long, value_enum)]
    pub(crate) format: Option<FileFormat>,
    /// The sheet of a workbook; else the first that is shown
    #[arg(long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,
    /// What separates the cells of a CSV file: one character, or `tab`
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter, allow_hyphen_values = true)]
    pub(crate) delimiter: Option<char>,
    /// The encoding of a CSV or JSON file, such as utf-8 or windows-1252
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// What marks the decimals of numbers: `.` or `,`
    #[arg(long, value_name = ",|.", value_parser = decimal)]
    pub(crate) decimal: Option<Decimal>,
    /// In what order day, month and year stand
    #[arg(long, value_enum)]
    pub(crate) date_order: Option<DateOrder>,
    /// Delete the records that are not in the file
    #[arg(long)]
    pub(crate) delete_rest: bool,
    /// Keep the good rows although others are refused
    #[arg(long)]
    pub(crate) keep_good: bool,
    /// Write the refused rows to this file, as CSV with the reasons beside them: to be mended and imported again
    #[arg(long, value_name = "FILE")]
    pub(crate) refused: Option<PathBuf>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is exported, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The collection, such as `variables`
    pub(crate) collection: String,
    /// The file; `-` is standard output
    pub(crate) file: PathBuf,
    /// The file's format; else what its name ends in
    #[arg(long, value_enum)]
    pub(crate) format: Option<FileFormat>,
    /// Write no hidden sheet into a workbook: what comes back is not merged with what came meanwhile
    #[arg(long)]
    pub(crate) plain: bool,
}

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileFormat {
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

impl FileFormat {
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Xlsx => Format::Xlsx,
            Self::Parquet => Format::Parquet,
            Self::Json => Format::Json,
            Self::AirflowVariables => Format::AirflowVariables,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Json => "json",
            Self::AirflowVariables => "airflow-variables",
        }
    }
}

/// In what order a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DateOrder {
    /// 31/12/2026
    Dmy,
    /// 12/31/2026
    Mdy,
    /// 2026-12-31
    Ymd,
}

impl From<DateOrder> for leeward_tables::DateOrder {
    fn from(order: DateOrder) -> Self {
        match order {
            DateOrder::Dmy => Self::DayMonthYear,
            DateOrder::Mdy => Self::MonthDayYear,
            DateOrder::Ymd => Self::YearMonthDay,
        }
    }
}

fn delimiter(text: &str) -> Result<char, String> {
    let mut letters = text.chars();
    match (text, letters.next(), letters.next()) {
        ("tab" | "\\t", _, _) => Ok('\t'),
        (_, Some(one), None) => Ok(one),
        _ => Err("give one character, or tab".into()),
    }
}

fn decimal(text: &str) -> Result<Decimal, String> {
    match text {
        "." => Ok(Decimal::Point),
        "," => Ok(Decimal::Comma),
        _ => Err("give . or ,".into()),
    }
}
