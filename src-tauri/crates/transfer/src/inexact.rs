//! Numbers that the window would round: to it a number is a 64-bit float.

use leeward_model::Value;
use leeward_model::canonical::is_exact_in_float;

/// The first number in a value that a 64-bit float does not give back, as it is spelled. The window's own verdict on what is
/// typed there is the same (`firstInexact` in `field-type.ts`).
pub(crate) fn first_inexact(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            (!is_exact_in_float(&text)).then_some(text)
        }
        Value::Array(items) => items.iter().find_map(first_inexact),
        Value::Object(members) => members.values().find_map(first_inexact),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
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
