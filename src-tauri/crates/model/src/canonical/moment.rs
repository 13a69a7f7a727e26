//! Dates and date-times as texts.

use jiff::civil::Date;

/// The most digits of a second's fraction: those that Python and PostgreSQL keep.
const FRACTION_MAX: usize = 6;

const NO_DATE: &str = "must be a date such as 2026-11-01";
const NO_DATE_TIME: &str = "must be a date and time with zone, such as 2026-11-01T09:30:00+01:00";

/// The canonical text of a date: `YYYY-MM-DD`, from year 1 to 9999.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn date(text: &str) -> Result<String, String> {
    read_date(text).map(|()| text.to_owned()).ok_or(NO_DATE.into())
}

fn read_date(text: &str) -> Option<()> {
    let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
    let year = i16::try_from(year).ok().filter(|year| *year > 0)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(())
}

/// The canonical text of a date-time: RFC 3339 with capital `T` and `Z`, the offset as it was given (but `Z` for one of
/// nothing), the fraction without zeros at its end. Leap seconds, which no database keeps, are refused.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn date_time(text: &str) -> Result<String, String> {
    let parts = split(text).ok_or(NO_DATE_TIME)?;
    let fraction = parts.fraction.trim_end_matches('0');
    if fraction.len() > FRACTION_MAX {
        return Err(format!(
            "must have at most {FRACTION_MAX} digits after the second"
        ));
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let zone = if parts.is_utc { "Z" } else { parts.zone };
    Ok(format!("{}T{}{point}{fraction}{zone}", parts.date, parts.time))
}

struct Parts<'t> {
    date: &'t str,
    time: &'t str,
    fraction: &'t str,
    zone: &'t str,
    is_utc: bool,
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (date, rest) = text.split_once(['T', 't'])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?),
        None => ("", rest),
    };
    if rest.starts_with('.') && fraction.is_empty() {
        return None;
    }
    read_date(date)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    (hour < 24 && minute < 60 && second < 60).then_some(())?;
    let is_utc = offset(zone)? == [0, 0];
    Some(Parts {
        date,
        time,
        fraction,
        zone,
        is_utc,
    })
}

/// Hours and minutes of an offset.
fn offset(zone: &str) -> Option<[u16; 2]> {
    if zone.eq_ignore_ascii_case("z") {
        return Some([0, 0]);
    }
    let [hours, minutes] = numbers(zone.strip_prefix(['+', '-'])?, ':', [2, 2])?;
    (hours < 24 && minutes < 60).then_some([hours, minutes])
}

/// The numbers of a text that has so many digits each, and this between them.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[u16; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = fits.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(numbers)
}
