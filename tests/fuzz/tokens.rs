//! Spoiling JSON where it hurts: one token is replaced by a hostile one, repeated, or moved.

use std::ops::Range;

use harness::dice::Dice;

/// Replaces, repeats or swaps a token. Bytes without one come back as they are.
pub(crate) fn spoiled(dice: &mut Dice, body: &[u8]) -> Vec<u8> {
    let tokens = tokens(body);
    if tokens.is_empty() {
        return body.to_vec();
    }
    let token = tokens[dice.below(tokens.len())].clone();
    match dice.below(8) {
        0 => {
            let other = tokens[dice.below(tokens.len())].clone();
            replaced(body, &token, &body[other])
        }
        1 => repeated(dice, body, &token),
        _ => replaced(body, &token, &hostile_token(dice)),
    }
}

/// JSON, or nearly, that a reader may stumble over.
pub(crate) fn hostile_token(dice: &mut Dice) -> Vec<u8> {
    match dice.below(10) {
        0..=2 => number(dice),
        3..=5 => text(dice),
        6 => nested(dice),
        7 => wide(dice),
        _ => WORDS[dice.below(WORDS.len())].as_bytes().to_vec(),
    }
}

const WORDS: &[&str] = &[
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "NaN",
    "-Infinity",
    "\"\"",
    "\"***\"",
    "nul",
    "{\"a\":1,\"a\":2}",
    "[null]",
    "{\"\":{}}",
    "{\"detail\":[{\"loc\":[[]],\"msg\":1}]}",
    "{\"$leeward_secret\":\"x\"}",
    "{\"$serde_json::private::Number\":\"x\"}",
    "\"2026-11-22T23:00:00Z\"",
    "\"-009999-01-02T01:59:59Z\"",
    "\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"",
    "\"7ZZZZZZZZZZZZZZZZZZZZZZZZZ\"",
    "\"8ZZZZZZZZZZZZZZZZZZZZZZZZZ\"",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1.5",
    "1e5",
    "1E400",
    "-1e400",
    "1e-400",
    "1e999999999999999999999",
    "0.1e-999999999",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "-9223372036854775809",
    "9007199254740993",
    "4294967295",
    "4294967296",
    "01",
    "+1",
    ".5",
    "5.",
    "0x10",
    "1_0",
];
/// Inside a string, as they stand in the text.
const PIECES: &[&str] = &[
    "\\u0000",
    "\\ud800",
    "\\udc00\\ud800",
    "\\ud83d\\ude00",
    "\\u",
    "\\x",
    "\\",
    "é",
    "\u{202e}",
    "\u{10ffff}",
    "a\u{301}",
    "%2F",
    "../",
    "'; drop table log; --",
    "\\n",
    "${x}",
    "<script>",
    "***",
    " was not found",
    "password",
    "\\u0070assword",
];

fn number(dice: &mut Dice) -> Vec<u8> {
    if dice.one_in(10) {
        let digits = length(dice);
        return b"9".repeat(digits);
    }
    NUMBERS[dice.below(NUMBERS.len())].as_bytes().to_vec()
}

fn text(dice: &mut Dice) -> Vec<u8> {
    let piece = PIECES[dice.below(PIECES.len())];
    let times = if dice.one_in(3) {
        length(dice) / piece.len()
    } else {
        1
    };
    let mut text = piece.repeat(times);
    text.insert(0, '"');
    text.push('"');
    text.into_bytes()
}

/// Mostly short, seldom very long.
fn length(dice: &mut Dice) -> usize {
    let most = match dice.below(1000) {
        0 => 4_000_000,
        1..=20 => 100_000,
        _ => 2_000,
    };
    dice.below(most) + 1
}

/// Nested up to very deep, closed or not.
fn nested(dice: &mut Dice) -> Vec<u8> {
    let (open, close) = [("[", "]"), ("{\"a\":", "}"), ("[{\"value\":[", "]}]")][dice.below(3)];
    let depths: &[usize] = match dice.one_in(20) {
        true => &[5_000, 100_000],
        false => &[100, 126, 127, 128, 129, 200],
    };
    let depth = depths[dice.below(depths.len())];
    let mut text = open.repeat(depth);
    if !dice.one_in(4) {
        text.push('1');
        text.push_str(&close.repeat(depth));
    }
    text.into_bytes()
}

/// Many members or items.
fn wide(dice: &mut Dice) -> Vec<u8> {
    let count = if dice.one_in(50) { 20_000 } else { 50 };
    let items: Vec<String> = match dice.below(3) {
        0 => (0..count).map(|n| format!("\"{n}\":{n}")).collect(),
        1 => vec!["\"a\":1".to_owned(); count],
        _ => vec!["{\"key\":\"k\",\"value\":\"v\"}".to_owned(); count],
    };
    let joined = items.join(",");
    match items.first().is_some_and(|item| item.starts_with('"')) {
        true => format!("{{{joined}}}"),
        false => format!("[{joined}]"),
    }
    .into_bytes()
}

fn replaced(body: &[u8], token: &Range<usize>, with: &[u8]) -> Vec<u8> {
    [&body[..token.start], with, &body[token.end..]].concat()
}

/// The token again after itself, as another item or member of the same name.
fn repeated(dice: &mut Dice, body: &[u8], token: &Range<usize>) -> Vec<u8> {
    let times = dice.below(3) + 1;
    let again = [b",", &body[token.clone()]].concat().repeat(times);
    [&body[..token.end], &again, &body[token.end..]].concat()
}

/// Where tokens stand: strings, numbers, words, and whole arrays and objects. Lenient: the text may be spoiled already.
fn tokens(body: &[u8]) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let start = at;
        at = match body[at] {
            b'"' => end_of_string(body, at),
            b'[' | b'{' => {
                open.push(at);
                at + 1
            }
            b']' | b'}' => {
                tokens.extend(open.pop().map(|start| start..at + 1));
                at + 1
            }
            byte if is_bare(byte) => at + body[at..].iter().take_while(|byte| is_bare(**byte)).count(),
            _ => at + 1,
        };
        if body[start] == b'"' || is_bare(body[start]) {
            tokens.push(start..at);
        }
    }
    tokens
}

fn end_of_string(body: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < body.len() && body[at] != b'"' {
        at += if body[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(body.len())
}

fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_also_in_what_is_spoiled() {
        let body = br#"{"a":[1,"b\"c"],"#;
        let found: Vec<&[u8]> = tokens(body).into_iter().map(|range| &body[range]).collect();
        assert_eq!(found, [&b"\"a\""[..], b"1", br#""b\"c""#, br#"[1,"b\"c"]"#]);
        assert!(tokens(b"\"\\").len() == 1 && tokens(b"").is_empty());
    }
}
