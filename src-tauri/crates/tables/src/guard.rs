//! The guard against formulas: a spreadsheet runs a cell of a CSV file that begins with `=`, `+`, `-`, `@`, a tab or a line
//! break (OWASP, "CSV injection"). A text like that is written with an apostrophe before it, which makes it a text to a
//! person who opens the file, and is taken off again when the file is read.
//!
//! What is guarded is decided by what stands behind all apostrophes at the front, so that a text that has one of its own
//! gets a second one: `unguard(guard(text))` is `text` for every text. Numbers with a sign are no formulas and stay.

/// What begins a formula; the wide forms of East Asian keyboards are taken for the narrow ones by some spreadsheets.
const BEGINNINGS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The text as it is written.
pub(crate) fn guard(text: &str) -> String {
    if is_guarded(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text that was written, if there is a guard on it.
pub(crate) fn unguard(text: &str) -> Option<&str> {
    text.strip_prefix('\'').filter(|_| is_guarded(text))
}

fn is_guarded(text: &str) -> bool {
    let behind = text.trim_start_matches('\'');
    behind.starts_with(BEGINNINGS) && !is_signed_number(behind)
}

/// A sign, digits with separators of any kind, perhaps an exponent: `-1,234.56`, `+5`, `-1.5E-3`.
fn is_signed_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_digit = |byte: u8| byte.is_ascii_digit();
    digits.ends_with(|last: char| last.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| is_digit(byte) || matches!(byte, b'.' | b','))
        && !exponent.is_empty()
        && exponent.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_run_is_guarded() {
        for text in [
            "=1+1",
            "@handle",
            "-- none",
            "\tx",
            "\r=1",
            "+49 170",
            "-",
            "=",
            "-1+cmd|' /C calc'!A0",
            "'=1",
        ] {
            assert_eq!(guard(text), format!("'{text}"), "{text:?}");
        }
    }

    #[test]
    fn numbers_and_words_are_not() {
        for text in [
            "-0.02",
            "+5",
            "-1,234.56",
            "-5.00",
            "-1E5",
            "+1.5e-3",
            "",
            "a=b",
            "'",
            "'tis",
            "it's",
            "'-5",
        ] {
            assert_eq!(guard(text), text);
            assert_eq!(unguard(text), None);
        }
    }

    proptest! {
        #[test]
        fn a_guard_comes_off(text in "'{0,3}[=+@\t\r\n0-9.,eE'a-]{0,6}|\\PC*") {
            let written = guard(&text);
            prop_assert_eq!(unguard(&written).unwrap_or(&written), text);
        }
    }
}
