//! Numbers of cells: as text without a rounding that changes digits, and as days and times.

use super::styles::Shown;
use crate::table::Cell;
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// Digits that every number of a spreadsheet (a double) holds exactly.
pub(crate) const EXACT_DIGITS: usize = 15;
const DAY_MS: i64 = 86_400_000;
/// The day after 9999-12-31, the last that spreadsheets know.
const LAST_DAY: f64 = 2_958_466.0;

/// The shortest spelling of a number. Spreadsheets write 17 digits of which the last are noise (3.1000000000000001 for 3.1);
/// other programs write whole numbers and decimals of any length, of which every digit is meant.
pub(crate) fn spelled(raw: &str) -> Option<String> {
    let number: f64 = raw.parse().ok().filter(|number: &f64| number.is_finite())?;
    let is_whole = !raw.contains(['.', 'e', 'E']);
    let digits = significant(raw);
    let is_noise = || digits == significant(&format!("{number:.16e}"));
    if is_whole || (digits.len() > EXACT_DIGITS && !is_noise()) {
        return Some(raw.strip_prefix('+').unwrap_or(raw).to_owned());
    }
    let (small, large) = (1e-7, 1e21);
    let size = number.abs();
    let is_plain = size == 0.0 || (small..large).contains(&size);
    Some(if is_plain {
        format!("{}", number + 0.0)
    } else {
        format!("{number:e}")
    })
}

/// The digits of a number from the first to the last that is not zero.
pub(crate) fn significant(raw: &str) -> String {
    let mantissa = raw.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').trim_end_matches('0').to_owned()
}

/// The day or time that a number is shown as; nothing where there is none, as for the 29th of February 1900.
pub(crate) fn dated(number: f64, shown: Shown, is_from_1904: bool) -> Option<Cell> {
    if !(0.0..LAST_DAY).contains(&number) {
        return None;
    }
    // Below 2^53, and not negative.
    #[allow(clippy::cast_possible_truncation)]
    let total_ms = (number * 86_400_000.0).round() as i64;
    let (day, ms) = (total_ms / DAY_MS, total_ms % DAY_MS);
    let is_time = shown == Shown::Time || !is_from_1904;
    match shown {
        Shown::Number => None,
        Shown::Duration => Some(Cell::Time(time(total_ms))),
        Shown::Date if day == 0 && ms == 0 && !is_from_1904 => None,
        _ if day == 0 && is_time => Some(Cell::Time(time(ms))),
        Shown::Date if ms == 0 => Some(Cell::Date(to_date(day, is_from_1904)?.to_string())),
        _ => Some(Cell::DateTime(format!(
            "{}T{}",
            to_date(day, is_from_1904)?,
            time(ms)
        ))),
    }
}

/// The day with a number. Numbers from 1900 count a 29th of February 1900, which there was not.
fn to_date(day: i64, is_from_1904: bool) -> Option<Date> {
    let first = match (is_from_1904, day) {
        (true, _) => date(1904, 1, 1),
        (false, 0 | 60) => return None,
        (false, 1..60) => date(1899, 12, 31),
        (false, _) => date(1899, 12, 30),
    };
    first.checked_add(day.days()).ok()
}

/// The number of a day, for days that every spreadsheet numbers alike.
pub(crate) fn from_date(text: &str) -> Option<f64> {
    let day: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    let days = (day - date(1899, 12, 30)).get_days();
    (days > 60).then(|| f64::from(days))
}

fn time(ms: i64) -> String {
    let (seconds, ms) = (ms / 1000, ms % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = if ms == 0 {
        String::new()
    } else {
        format!(".{ms:03}")
    };
    format!("{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digit_changes() {
        for (raw, expected) in [
            ("3.1000000000000001", "3.1"),
            ("0.10000000000000001", "0.1"),
            ("1234567890123456789", "1234567890123456789"),
            ("12345678901234567", "12345678901234567"),
            ("0.12345678901234567", "0.12345678901234567"),
            ("1.50", "1.5"),
            ("1E5", "100000"),
            ("1.0000000000000001E-5", "0.00001"),
            ("-0", "-0"),
            ("-0.0", "0"),
            ("1e300", "1e300"),
        ] {
            assert_eq!(spelled(raw).as_deref(), Some(expected), "{raw}");
        }
        assert_eq!(spelled("1e999"), None);
        assert_eq!(spelled("abc"), None);
    }

    #[test]
    fn days_and_times() {
        let cell = |number, shown| dated(number, shown, false);
        let day = |text: &str| Some(Cell::Date(text.to_owned()));
        assert_eq!(cell(1.0, Shown::Date), day("1900-01-01"));
        assert_eq!(cell(59.0, Shown::Date), day("1900-02-28"));
        assert_eq!(cell(60.0, Shown::Date), None);
        assert_eq!(cell(61.0, Shown::Date), day("1900-03-01"));
        assert_eq!(cell(0.0, Shown::Date), None);
        assert_eq!(cell(-1.0, Shown::Date), None);
        assert_eq!(cell(2_958_465.0, Shown::Date), day("9999-12-31"));
        assert_eq!(cell(3e6, Shown::Date), None);
        assert_eq!(dated(0.0, Shown::Date, true), day("1904-01-01"));
        let time = |text: &str| Some(Cell::Time(text.to_owned()));
        assert_eq!(cell(0.583_333_333_333_333_4, Shown::DateTime), time("14:00:00"));
        assert_eq!(cell(1.5, Shown::Duration), time("36:00:00"));
        let moment = Some(Cell::DateTime("2026-03-29T12:00:00".to_owned()));
        assert_eq!(cell(46110.5, Shown::Date), moment);
        assert_eq!(from_date("2026-03-29"), Some(46110.0));
        assert_eq!(from_date("1900-02-28"), None);
    }
}
