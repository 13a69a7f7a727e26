//! Every value that somebody writes holds a number that nobody else writes: so it can be told, from any text, whose work
//! is in it. A number of six digits survives whatever Airflow's reads do to a text.

use std::collections::BTreeSet;

/// A number in a value.
pub type Token = u32;

/// The first one.
pub const FIRST: Token = 100_000;

/// The tokens in a text.
#[must_use]
pub fn tokens_in(text: &str) -> BTreeSet<Token> {
    let mut found = BTreeSet::new();
    each(text, |token| {
        found.insert(token);
    });
    found
}

/// Whether a text holds a token.
#[must_use]
pub fn holds(text: &str, token: Token) -> bool {
    let mut found = false;
    each(text, |other| found |= other == token);
    found
}

/// The text without its digests: among so many hexadecimal characters six digits stand in a row by chance.
#[must_use]
pub fn without_digests(text: &str) -> String {
    const DIGEST_CHARS: usize = 32;
    let is_no_hex = |character: char| !character.is_ascii_hexdigit();
    let words = text.split_inclusive(is_no_hex);
    words
        .filter(|word| word.trim_end_matches(is_no_hex).len() < DIGEST_CHARS)
        .collect()
}

/// Six digits in a row; not those within an id (a ULID), whose letters are capitals.
fn each(text: &str, mut take: impl FnMut(Token)) {
    let (mut run, mut value, mut before) = (0, 0, b' ');
    for byte in text.bytes().chain(std::iter::once(b' ')) {
        if byte.is_ascii_digit() {
            run += 1;
            if run <= 6 {
                value = value * 10 + Token::from(byte - b'0');
            }
        } else {
            if run == 6 && !byte.is_ascii_uppercase() && !before.is_ascii_uppercase() {
                take(value);
            }
            (run, value, before) = (0, 0, byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{holds, tokens_in, without_digests};

    #[test]
    fn a_digest_holds_no_token() {
        let digest = "0f3c9a100069bd5e".repeat(4);
        let text = format!(r#"{{"sealed": "{digest}", "limit": 100010}}"#);
        assert!(holds(&text, 100_069));
        let found: Vec<_> = tokens_in(&without_digests(&text)).into_iter().collect();
        assert_eq!(found, [100_010]);
    }

    #[test]
    fn a_token_is_found_however_airflow_writes_it() {
        let text = r#"{"a": "v100001", "b": 100002.1} 1000030 100004"#;
        assert_eq!(
            tokens_in(text).into_iter().collect::<Vec<_>>(),
            [100_001, 100_002, 100_004]
        );
        assert!(tokens_in("01KE6JW0T4X1CSKQ481125BWHF").is_empty());
        assert!(holds("100002.10", 100_002) && !holds("1000021", 100_002));
    }
}
