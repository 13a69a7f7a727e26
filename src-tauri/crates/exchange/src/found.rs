//! What was found out about a file, as it is told.

use crate::spelling::Spelling;
use leeward_tables::{DateOrder, Decimal, Finding, Format, Found};
use serde::Serialize;

/// What was found out about a file, or told by the options; nothing where the file does not say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FoundJson {
    /// `csv`, `xlsx`, `parquet`, `json` or `airflow-variables`.
    pub format: Option<&'static str>,
    /// The encoding of its text, by its name in the WHATWG's list.
    pub encoding: Option<&'static str>,
    /// What separates its cells.
    pub delimiter: Option<String>,
    /// What marks decimals: `.` or `,`.
    pub decimal: Option<&'static str>,
    /// In what order dates are written: `dmy`, `mdy` or `ymd`.
    pub date_order: Option<&'static str>,
}

impl FoundJson {
    /// Of a file whose columns of numbers and of dates are spelled so.
    pub(crate) fn of(found: &Found, numbers: &[Spelling], dates: &[Spelling]) -> Self {
        let decimal = together(numbers.iter().map(|spelling| spelling.decimal));
        let order = together(dates.iter().map(|spelling| spelling.date_order));
        Self {
            format: found.format.map(format_word),
            encoding: found.encoding,
            delimiter: found.delimiter.map(String::from),
            decimal: decimal.unwrap_or(found.decimal).value().map(decimal_word),
            date_order: order.unwrap_or(found.date_order).value().map(order_word),
        }
    }
}

/// What columns say together; nothing where there is none that says something.
fn together<T: Copy + PartialEq>(findings: impl Iterator<Item = Finding<T>>) -> Option<Finding<T>> {
    findings
        .filter(|finding| *finding != Finding::Nothing)
        .reduce(|one, other| if one == other { one } else { Finding::Mixed })
}

/// The word for a format.
fn format_word(format: Format) -> &'static str {
    match format {
        Format::Csv => "csv",
        Format::Xlsx => "xlsx",
        Format::Parquet => "parquet",
        Format::Json => "json",
        Format::AirflowVariables => "airflow-variables",
    }
}

fn decimal_word(decimal: Decimal) -> &'static str {
    match decimal {
        Decimal::Point => ".",
        Decimal::Comma => ",",
    }
}

fn order_word(order: DateOrder) -> &'static str {
    match order {
        DateOrder::DayMonthYear => "dmy",
        DateOrder::MonthDayYear => "mdy",
        DateOrder::YearMonthDay => "ymd",
    }
}
