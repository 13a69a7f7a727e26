//! Whole numbers and decimals as texts. No float is big or fine enough for either.

/// The most decimal places.
pub const SCALE_MAX: u8 = 18;

/// The most digits before the point. With those after it they fit in `NUMERIC(38, scale)`, whatever the scale is, so
/// that a greater scale takes every value that a smaller one took.
pub(crate) const WHOLE_DIGITS_MAX: usize = 20;

/// An exponent beyond this makes no 64-bit number, unless of zero.
const EXPONENT_MAX: usize = 400;

/// The canonical text of a whole number of 64 bits: no sign but `-`, no leading zeros, no `-0`.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn integer(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !is_digits(digits) {
        return Err("must be a whole number".into());
    }
    if has_leading_zeros(digits) {
        return Err("must be a whole number without leading zeros".into());
    }
    let number: Result<i64, _> = text.parse();
    number
        .map(|number| number.to_string())
        .map_err(|_| format!("must be between {} and {}", i64::MIN, i64::MAX))
}

/// The canonical text of a number of JSON that has no fraction (`1.0` and `1e2` have none).
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn integer_of_json(number: &str) -> Result<String, String> {
    let plain = without_exponent(number).ok_or("must be a whole number")?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    if fraction.bytes().any(|digit| digit != b'0') {
        return Err("must be a whole number".into());
    }
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let digits = digits.trim_start_matches('0');
    integer(&if digits.is_empty() {
        "0".to_owned()
    } else {
        format!("{sign}{digits}")
    })
}

/// The number with its point where the exponent moves it, or `None` where that is too far.
fn without_exponent(number: &str) -> Option<String> {
    let Some((mantissa, power)) = number.split_once(['e', 'E']) else {
        return Some(number.to_owned());
    };
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        return Some("0".to_owned());
    }
    let power: i64 = power.trim_start_matches('+').parse().ok()?;
    let steps = usize::try_from(power.unsigned_abs()).ok()?;
    if steps > EXPONENT_MAX {
        return None;
    }
    let zeros = "0".repeat(steps);
    let (before, after) = if power < 0 {
        (format!("{zeros}{whole}"), fraction.to_owned())
    } else {
        (whole.to_owned(), format!("{fraction}{zeros}"))
    };
    let digits = format!("{before}{after}");
    let point = if power < 0 {
        whole.len()
    } else {
        whole.len() + steps
    };
    Some(format!("{sign}{}.{}", digits.get(..point)?, digits.get(point..)?))
}

/// The canonical text of a decimal: no leading zeros, no zeros at the end of the fraction, no `-0`, no exponent.
///
/// # Errors
/// What is wrong, as the end of a sentence.
pub fn decimal(text: &str, scale: u8) -> Result<String, String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if is_digits(fraction) => (whole, fraction.trim_end_matches('0')),
        Some(_) => return Err(NO_DECIMAL.into()),
        None => (digits, ""),
    };
    if !is_digits(whole) {
        return Err(NO_DECIMAL.into());
    }
    if has_leading_zeros(whole) {
        return Err("must be a decimal number without leading zeros".into());
    }
    if whole.len() > WHOLE_DIGITS_MAX {
        return Err(format!(
            "must have at most {WHOLE_DIGITS_MAX} digits before the point"
        ));
    }
    if fraction.len() > usize::from(scale) {
        return Err(match scale {
            0 => "must have no decimal places".into(),
            1 => "must have at most 1 decimal place".into(),
            _ => format!("must have at most {scale} decimal places"),
        });
    }
    Ok(match (whole, fraction) {
        ("0", "") => "0".into(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}

const NO_DECIMAL: &str = "must be a decimal number such as 12.5";

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_leading_zeros(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_are_taken_by_their_value() {
        let rows = [
            ("1.0", Some("1")),
            ("-0", Some("0")),
            ("0e999999", Some("0")),
            ("12e-1", None),
            ("120e-1", Some("12")),
            ("1.5e1", Some("15")),
            ("-1.50e+2", Some("-150")),
            ("1e19", None),
            ("0.00001e5", Some("1")),
            ("1e-400", None),
            ("1e99999999999999999999", None),
            ("9223372036854775807", Some("9223372036854775807")),
            ("-9223372036854775808.0", Some("-9223372036854775808")),
            ("9223372036854775808", None),
        ];
        for (number, expected) in rows {
            assert_eq!(integer_of_json(number).ok().as_deref(), expected, "{number}");
        }
    }
}
