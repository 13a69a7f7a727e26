//! Numbers compared by their texts, exactly: no float is big or fine enough for every decimal that JSON can spell.

use std::cmp::Ordering;

/// The order of two JSON numbers by value (`1.10` equals `1.1`, `1e400` is above any integer that is shorter).
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Decimal::read(a), Decimal::read(b));
    match (a.sign(), b.sign()) {
        (1, 1) => a.magnitude().cmp(&b.magnitude()),
        (-1, -1) => b.magnitude().cmp(&a.magnitude()),
        (a, b) => a.cmp(&b),
    }
}

/// Whether the number has no fraction (`1.0` has none, as in JSON Schema).
pub(crate) fn is_integer(number: &str) -> bool {
    let number = Decimal::read(number);
    i64::try_from(number.digits.len()).is_ok_and(|length| length <= number.exponent || length == 0)
}

/// `0.DIGITS × 10^exponent`, with no zero at either end of the digits; zero has none.
struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    fn read(number: &str) -> Self {
        let negative = number.starts_with('-');
        let number = number.trim_start_matches('-');
        let (mantissa, power) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let leading = all.iter().take_while(|digit| **digit == b'0').count();
        let mut digits = all[leading..].to_vec();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let shift =
            i64::try_from(whole.len()).unwrap_or(i64::MAX) - i64::try_from(leading).unwrap_or(i64::MAX);
        Self {
            negative,
            digits,
            exponent: power_of(power).saturating_add(shift),
        }
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn magnitude(&self) -> (i64, &[u8]) {
        (self.exponent, &self.digits)
    }
}

/// An exponent that no machine word holds is as good as the largest.
fn power_of(text: &str) -> i64 {
    let largest = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text.trim_start_matches('+').parse().unwrap_or(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        use Ordering::{Equal, Greater, Less};
        let rows = [
            ("1.10", "1.1", Equal),
            ("10", "10.0", Equal),
            ("0", "-0.00", Equal),
            ("0e9", "0", Equal),
            ("1e2", "100", Equal),
            ("1E+2", "99.9", Greater),
            ("0.010", "1e-2", Equal),
            ("-1", "1", Less),
            ("-2", "-1", Less),
            ("-1", "0", Less),
            ("0", "0.001", Less),
            ("9007199254740993", "9007199254740992", Greater),
            ("0.1", "0.10000000000000000000001", Less),
            ("1e400", "9e399", Greater),
            ("1e-400", "0", Greater),
            ("1e99999999999999999999", "1e400", Greater),
            ("1e-99999999999999999999", "1e-400", Less),
        ];
        for (a, b, expected) in rows {
            assert_eq!(compare(a, b), expected, "{a} and {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} and {a}");
        }
    }

    #[test]
    fn an_integer_has_no_fraction() {
        for number in ["0", "-0", "0.0", "1", "1.0", "-12e3", "1.5e1", "1e400", "0e-5"] {
            assert!(is_integer(number), "{number}");
        }
        for number in ["0.5", "1.01", "15e-1", "1e-1"] {
            assert!(!is_integer(number), "{number}");
        }
    }
}
