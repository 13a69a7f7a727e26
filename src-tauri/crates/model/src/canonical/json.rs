//! JSON whose numbers have one spelling each. Airflow gives every number back in Python's spelling (`1.50` as `1.5`, `1e2` as
//! `100.0`), so without it what was sent could not be told from another writer's value (docs/AIRFLOW.md H2).

use crate::Value;
use serde_json::Number;

/// The most digits of a whole number: Python reads no longer one.
const WHOLE_DIGITS_MAX: usize = 4300;

/// A refusal shows no more of a number.
const NUMBER_SHOWN_MAX: usize = 60;

/// The value with each of its numbers spelled as RFC 8785 has it, which is what the window's `JSON.stringify` writes: `1.50`
/// becomes `1.5`, `1e2` and `100.0` become `100`, `-0.0` becomes `0`. Whole numbers that no 64-bit float gives back keep all
/// their digits, as they do in Python.
///
/// # Errors
/// A number that Airflow would not give back, as the end of a sentence: a fraction of too many digits, or one beyond the
/// range of floats.
pub fn json(value: &Value) -> Result<Value, String> {
    Ok(match value {
        Value::Number(number) => Value::Number(respelled(number)?),
        Value::Array(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| Ok((name.clone(), json(value)?));
            Value::Object(members.iter().map(member).collect::<Result<_, String>>()?)
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    })
}

/// Whether a 64-bit float gives the number of JSON back: the window's numbers are such floats.
#[must_use]
pub fn is_exact_in_float(number: &str) -> bool {
    as_in_ecmascript(number).is_some()
}

fn respelled(number: &Number) -> Result<Number, String> {
    let text = number.as_str();
    let spelled = as_in_ecmascript(text).or_else(|| Digits::of(text)?.as_whole());
    spelled.map(Number::from_string_unchecked).ok_or_else(|| {
        let shown = match text.char_indices().nth(NUMBER_SHOWN_MAX) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.to_owned(),
        };
        format!("must be JSON without {shown}: write it as a text, in quotes")
    })
}

/// What ECMAScript writes (Number::toString) for the nearest float; nothing where that is another number.
fn as_in_ecmascript(number: &str) -> Option<String> {
    let own = Digits::of(number)?;
    let float: f64 = number.parse().ok()?;
    let mut buffer = ryu_js::Buffer::new();
    let text = buffer.format(float);
    (float.is_finite() && Digits::of(text)? == own).then(|| text.to_owned())
}

/// A number by its digits, the same for every spelling of it: `0.DIGITS × 10^point`, with no zero at either end of the
/// digits; zero has none.
#[derive(PartialEq, Eq)]
struct Digits {
    is_negative: bool,
    digits: String,
    point: i64,
}

impl Digits {
    /// Nothing where the power of ten is beyond all use.
    fn of(number: &str) -> Option<Self> {
        let size = number.strip_prefix('-').unwrap_or(number);
        let (mantissa, power) = size.split_once(['e', 'E']).unwrap_or((size, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let leading = i64::try_from(all.len() - significant.len()).ok()?;
        let digits = significant.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self {
                is_negative: false,
                digits: String::new(),
                point: 0,
            });
        }
        let power: i64 = power.parse().ok()?;
        let point = i64::try_from(whole.len())
            .ok()?
            .checked_sub(leading)?
            .checked_add(power)?;
        Some(Self {
            is_negative: number.starts_with('-'),
            digits: digits.to_owned(),
            point,
        })
    }

    /// All digits of a whole number; nothing where it has a fraction, or too many.
    fn as_whole(&self) -> Option<String> {
        let point = usize::try_from(self.point)
            .ok()
            .filter(|point| *point <= WHOLE_DIGITS_MAX)?;
        let zeros = point.checked_sub(self.digits.len())?;
        let sign = if self.is_negative { "-" } else { "" };
        Some(format!("{sign}{}{}", self.digits, "0".repeat(zeros)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(number: &str) -> Result<String, String> {
        let number = Number::from_string_unchecked(number.to_owned());
        json(&Value::Number(number)).map(|value| value.to_string())
    }

    /// What Node's `JSON.stringify(JSON.parse(text))` gives.
    #[test]
    fn a_number_is_spelled_as_javascript_does() {
        let rows = [
            ("1.50", "1.5"),
            ("1e2", "100"),
            ("1.0", "1"),
            ("-0.0", "0"),
            ("0e999999999999999999999", "0"),
            ("100000000000000000000", "100000000000000000000"),
            ("1e20", "100000000000000000000"),
            ("999999999999999900000", "999999999999999900000"),
            ("1E21", "1e+21"),
            ("1000000000000000000000", "1e+21"),
            ("-1.5e300", "-1.5e+300"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("123e-9", "1.23e-7"),
            ("12345.678", "12345.678"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ];
        for (number, expected) in rows {
            assert_eq!(taken(number).as_deref(), Ok(expected), "{number}");
            assert_eq!(taken(expected).as_deref(), Ok(expected), "{expected} again");
            assert!(is_exact_in_float(number), "{number}");
        }
    }

    #[test]
    fn a_whole_number_keeps_all_its_digits() {
        let rows = [
            ("9007199254740993", "9007199254740993"),
            ("-9007199254740993.0", "-9007199254740993"),
            ("9.007199254740993e15", "9007199254740993"),
            ("100000000000000000000000001", "100000000000000000000000001"),
        ];
        for (number, expected) in rows {
            assert_eq!(taken(number).as_deref(), Ok(expected), "{number}");
            assert!(!is_exact_in_float(number), "{number}");
        }
        let long = format!("1{}1", "0".repeat(WHOLE_DIGITS_MAX - 2));
        assert_eq!(taken(&long), Ok(long));
    }

    #[test]
    fn what_airflow_would_round_is_refused() {
        let rows = [
            "0.1000000000000000055",
            "0.12345678901234567890",
            "1e-400",
            "1e-99999999999999999999",
            "1e5000",
        ];
        for number in rows {
            let why = format!("must be JSON without {number}: write it as a text, in quotes");
            assert_eq!(taken(number), Err(why));
        }
        let long = format!("0.{}", "1".repeat(100));
        assert!(taken(&long).is_err_and(|why| why.contains(&format!("{}…:", &long[..60]))));
    }

    /// 900799254740993.25 is a float; of the two shortest texts that are as near to it, the one with the even digit is written.
    #[test]
    fn of_two_texts_that_are_as_near_the_even_one_is_taken() {
        assert_eq!(taken("900799254740993.2").as_deref(), Ok("900799254740993.2"));
        for other in ["900799254740993.3", "900799254740993.25"] {
            assert!(taken(other).is_err(), "{other}");
        }
    }

    #[test]
    fn numbers_are_found_wherever_they_stand() {
        let value: Value =
            serde_json::from_str(r#"{"b": [1.50, "1.50", null, {"c": 2.0}], "a": true}"#).unwrap();
        assert_eq!(
            json(&value).unwrap().to_string(),
            r#"{"a":true,"b":[1.5,"1.50",null,{"c":2}]}"#
        );
        assert!(json(&serde_json::from_str("[[{\"a\": 1e-400}]]").unwrap()).is_err());
    }
}
