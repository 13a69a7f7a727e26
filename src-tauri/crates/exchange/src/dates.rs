//! Days that a file spells as text: one way to read each, or a reason.

use crate::spelling::Spelling;
use leeward_tables::{DateOrder, Finding, plain_date};

/// The day as `2026-03-29`. What is no date comes back as it is: the type says what is wrong with it.
///
/// # Errors
/// Why the order of day and month is not known, or is not that of the column, as the end of a sentence.
pub(crate) fn plain(text: &str, spelling: Spelling) -> Result<String, String> {
    match spelling.date_order {
        Finding::Nothing => Ok(text.to_owned()),
        Finding::Ambiguous => {
            Err("can be day first or month first: say in what order dates are written".into())
        }
        Finding::Mixed => Err(
            "stands in a column that writes dates in more than one way: say which of them is right".into(),
        ),
        Finding::Sure(order) | Finding::Told(order) => {
            plain_date(text, order).ok_or_else(|| format!("is no date written {}", words(order)))
        }
    }
}

fn words(order: DateOrder) -> &'static str {
    match order {
        DateOrder::DayMonthYear => "day first, such as 31/12/2026",
        DateOrder::MonthDayYear => "month first, such as 12/31/2026",
        DateOrder::YearMonthDay => "year first, such as 2026-12-31",
    }
}
