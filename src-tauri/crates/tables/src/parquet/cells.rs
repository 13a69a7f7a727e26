//! From the values of a column to cells: every digit stays, and what has no text of its own is told as an error.

use crate::table::Cell;
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Span};
use std::fmt::{Display, Write};

/// What everything is counted from.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Int96 counts days by Julian day: this is 1970-01-01.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;
const NANOS_OF_DAY: i64 = 86_400_000_000_000;
const NANOS_OF_SECOND: i128 = 1_000_000_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milli,
    Micro,
    Nano,
}

impl Unit {
    fn nanos(self) -> i64 {
        match self {
            Self::Milli => 1_000_000,
            Self::Micro => 1_000,
            Self::Nano => 1,
        }
    }
}

/// How a column counts moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) unit: Unit,
    /// The moments are of UTC; else they are a day and a time of no known zone.
    pub(super) is_utc: bool,
}

/// A text, if it is one; `cell` makes it.
pub(super) fn text(bytes: &[u8], cell: impl FnOnce(String) -> Cell) -> Cell {
    match std::str::from_utf8(bytes) {
        Ok(text) => cell(text.to_owned()),
        Err(_) => no_text(),
    }
}

pub(super) fn no_text() -> Cell {
    Cell::Error("bytes that are no text".to_owned())
}

/// The shortest text of a float that gives it back.
pub(super) fn float(is_finite: bool, value: &impl Display) -> Cell {
    match is_finite {
        true => Cell::Number(value.to_string()),
        false => Cell::Error(value.to_string()),
    }
}

/// A number of so many units, of which `places` digits are behind the point.
pub(super) fn decimal(units: i128, places: usize) -> Cell {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let point = if places > 0 { "." } else { "" };
    Cell::Number(format!("{sign}{whole}{point}{fraction}"))
}

/// The same of bytes, the highest first, in two's complement.
pub(super) fn decimal_of_bytes(bytes: &[u8], places: usize) -> Cell {
    let is_negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    let fill = if is_negative { 0xFF } else { 0 };
    let (above, low) = bytes.split_at(bytes.len().saturating_sub(16));
    let is_kept = low.first().is_some_and(|byte| (*byte >= 0x80) == is_negative);
    if above.iter().any(|byte| *byte != fill) || !is_kept {
        return Cell::Error("a number of more than 38 digits".to_owned());
    }
    let mut whole = [fill; 16];
    whole[16 - low.len()..].copy_from_slice(low);
    decimal(i128::from_be_bytes(whole), places)
}

/// A day, counted from 1970-01-01.
pub(super) fn day(days: i32) -> Cell {
    let span = Span::new().try_days(days);
    match span.and_then(|span| EPOCH.checked_add(span)) {
        Ok(day) => Cell::Date(day.to_string()),
        Err(_) => Cell::Error("a day beyond the calendar".to_owned()),
    }
}

/// A time of day.
pub(super) fn time(unit: Unit, value: i64) -> Cell {
    let nanos = value.checked_mul(unit.nanos());
    let nanos = nanos.filter(|nanos| (0..NANOS_OF_DAY).contains(nanos));
    match nanos.and_then(|nanos| after_epoch(nanos.into())) {
        Some(time) => Cell::Time(time.time().to_string()),
        None => Cell::Error("a time beyond the day".to_owned()),
    }
}

/// A moment, with its zone where the file says that it is UTC.
pub(super) fn moment(clock: Clock, value: i64) -> Cell {
    let nanos = i128::from(value) * i128::from(clock.unit.nanos());
    let zone = if clock.is_utc { "Z" } else { "" };
    match after_epoch(nanos) {
        Some(moment) => Cell::DateTime(format!("{moment}{zone}")),
        None => beyond(),
    }
}

/// A moment of twelve bytes, as older programs write them: nanoseconds of the day, and the day. Its zone is not known.
pub(super) fn moment_of_96(parts: &[u32]) -> Cell {
    let [low, high, day] = parts else {
        return beyond();
    };
    let nanos = i128::from(u64::from(*high) << 32 | u64::from(*low));
    let days = i128::from(i64::from(*day) - JULIAN_DAY_OF_1970);
    let is_of_day = nanos < i128::from(NANOS_OF_DAY);
    match after_epoch(days * i128::from(NANOS_OF_DAY) + nanos) {
        Some(moment) if is_of_day => Cell::DateTime(moment.to_string()),
        _ => beyond(),
    }
}

fn after_epoch(nanos: i128) -> Option<DateTime> {
    let (seconds, nanos) = (
        nanos.div_euclid(NANOS_OF_SECOND),
        nanos.rem_euclid(NANOS_OF_SECOND),
    );
    let span = SignedDuration::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?);
    EPOCH.at(0, 0, 0, 0).checked_add(span).ok()
}

fn beyond() -> Cell {
    Cell::Error("a moment beyond the calendar".to_owned())
}

/// The days from 1970-01-01 to this one.
pub(super) fn days(text: &str) -> Option<i32> {
    let day: Date = text.parse().ok()?;
    Some(EPOCH.until(day).ok()?.get_days())
}

/// The units of a decimal's text, if it has no more than `places` digits behind the point.
pub(super) fn units(text: &str, places: u8) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let missing = usize::from(places).checked_sub(fraction.len())?;
    let is_plain = fraction.bytes().all(|digit| digit.is_ascii_digit());
    format!("{whole}{fraction}{}", "0".repeat(missing))
        .parse()
        .ok()
        .filter(|_| is_plain)
}

/// `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`
pub(super) fn uuid(bytes: &[u8]) -> Cell {
    let mut text = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    Cell::Text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Cell {
        Cell::Number(text.to_owned())
    }

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal(1_085_000, 6), number("1.085000"));
        assert_eq!(decimal(-5, 2), number("-0.05"));
        assert_eq!(decimal(7, 0), number("7"));
        let most = "170141183460469231731.687303715884105727";
        assert_eq!(decimal(i128::MAX, 18), number(most));
        assert_eq!(units(most, 18), Some(i128::MAX));
        assert_eq!(units("-0.05", 2), Some(-5));
        assert_eq!(units("1.234", 2), None);
    }

    #[test]
    fn decimals_of_bytes_are_of_any_length() {
        assert_eq!(decimal_of_bytes(&[0xFF], 1), number("-0.1"));
        assert_eq!(decimal_of_bytes(&[0x01, 0x00], 0), number("256"));
        let mut wide = [0xFF; 32];
        assert_eq!(decimal_of_bytes(&wide, 0), number("-1"));
        wide[0] = 0;
        assert!(matches!(decimal_of_bytes(&wide, 0), Cell::Error(_)));
        assert!(matches!(decimal_of_bytes(&[], 0), Cell::Error(_)));
    }

    #[test]
    fn days_and_moments_end_where_the_calendar_does() {
        assert_eq!(day(0), Cell::Date("1970-01-01".to_owned()));
        assert_eq!(day(-719_162), Cell::Date("0001-01-01".to_owned()));
        assert_eq!(days("0001-01-01"), Some(-719_162));
        assert_eq!(days("9999-12-31"), Some(2_932_896));
        for cell in [
            day(i32::MAX),
            day(i32::MIN),
            time(Unit::Milli, i64::MAX),
            time(Unit::Nano, -1),
        ] {
            assert!(matches!(cell, Cell::Error(_)), "{cell:?}");
        }
        let clock = |is_utc| Clock {
            unit: Unit::Micro,
            is_utc,
        };
        assert_eq!(
            moment(clock(true), 1_500_000),
            Cell::DateTime("1970-01-01T00:00:01.5Z".to_owned())
        );
        assert_eq!(
            moment(clock(false), 0),
            Cell::DateTime("1970-01-01T00:00:00".to_owned())
        );
        assert!(matches!(moment(clock(true), i64::MIN), Cell::Error(_)));
        assert_eq!(
            moment_of_96(&[0, 0, 2_440_588]),
            Cell::DateTime("1970-01-01T00:00:00".to_owned())
        );
        assert!(matches!(moment_of_96(&[u32::MAX; 3]), Cell::Error(_)));
    }
}
