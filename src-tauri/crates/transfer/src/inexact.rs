//! Numbers that the window would round: to it a number is a 64-bit float.

use leeward_model::Value;

/// The first number in a value that a 64-bit float does not give back, as it is spelled. The window's own verdict on what is
/// typed there is the same (`firstInexact` in `field-type.ts`).
pub(crate) fn first_inexact(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            (!is_exact(&text)).then_some(text)
        }
        Value::Array(items) => items.iter().find_map(first_inexact),
        Value::Object(members) => members.values().find_map(first_inexact),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

fn is_exact(number: &str) -> bool {
    let float = number.parse::<f64>().ok().filter(|float| float.is_finite());
    float.is_some_and(|float| digits(number).is_some_and(|own| digits(&float.to_string()) == Some(own)))
}

/// Whether it is below zero, its digits without zeros at either end, and the power of ten of the last: the same for every
/// spelling of a number. Nothing where the power is beyond all use.
fn digits(number: &str) -> Option<(bool, String, i64)> {
    let (is_negative, size) = match number.strip_prefix('-') {
        Some(size) => (true, size),
        None => (false, number),
    };
    let (mantissa, power) = size.split_once(['e', 'E']).unwrap_or((size, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let zeros = i64::try_from(all.len() - digits.len()).ok()?;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some((false, String::new(), 0));
    }
    let power = power.parse::<i64>().ok()?;
    let power = power
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(zeros)?;
    Some((is_negative, digits.to_owned(), power))
}

#[cfg(test)]
mod tests {
    use super::first_inexact;

    #[test]
    fn a_number_is_inexact_where_a_float_would_be_another() {
        let first = |text: &str| first_inexact(&serde_json::from_str(text).unwrap());
        let exact = [
            "1.10",
            "1e2",
            "-0.5",
            "9007199254740992",
            "0.1",
            "-0.0",
            "0e999",
            "1E+21",
            "5e-324",
        ];
        for number in exact {
            assert_eq!(first(number), None, "{number}");
        }
        let inexact = [
            "9007199254740993",
            "0.12345678901234567890",
            "1e400",
            "-1e-400",
            "1e-99999999999999999999",
        ];
        for number in inexact {
            assert!(
                first(&format!("{{\"a\": [1, {{\"b\": {number}}}]}}")).is_some(),
                "{number}"
            );
        }
        assert_eq!(
            first("[1, 9007199254740993]").as_deref(),
            Some("9007199254740993")
        );
        assert_eq!(first("\"9007199254740993\""), None);
    }
}
