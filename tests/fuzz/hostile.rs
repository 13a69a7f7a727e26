//! Hostile inputs: real answers and real messages, spoiled. A seed and a number make each of them again.

use harness::dice::Dice;

use crate::tokens;

/// What a parser is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Input {
    /// The HTTP status; parsers of messages pass it over.
    pub(crate) status: u16,
    /// Headers by name; values may be unusable as such.
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    /// The body, or the message.
    pub(crate) body: Vec<u8>,
}

/// Statuses that Airflow, a proxy, or nobody sends.
const STATUSES: &[u16] = &[
    100, 200, 200, 200, 201, 202, 204, 206, 301, 302, 307, 308, 400, 401, 403, 404, 404, 405, 407, 409, 413,
    415, 422, 429, 431, 451, 499, 500, 502, 503, 504, 599, 600, 999,
];
const TYPES: &[&str] = &[
    "application/json",
    "application/problem+json",
    "text/html; charset=utf-8",
    "text/plain",
    "application/json; charset=utf-16",
    "",
];
const HEADERS: &[(&str, &[&str])] = &[
    (
        "retry-after",
        &[
            "0",
            "30",
            "-1",
            "99999999999999999999",
            "Sun, 22 Nov 2026 23:00:00 GMT",
            "soon",
            "",
        ],
    ),
    (
        "location",
        &[
            "https://login.example.com/",
            "//",
            "/",
            "javascript:1",
            "http://[::1",
            "\u{0}",
            "",
        ],
    ),
    (
        "date",
        &[
            "Sun, 22 Nov 2026 23:00:00 GMT",
            "Sun, 99 Nov 99999 23:00:00 GMT",
            "0",
            "-1",
            "Sun, 22 Nov 2026",
            "",
        ],
    ),
];
const PAGES: &[&str] = &[
    "",
    "<!doctype html><title>Sign in</title>",
    "Internal Server Error",
    "null",
    "\u{feff}{}",
    "{",
    "[[[[",
];
/// At most so many things are done to one input.
const SPOILS_MAX: u64 = 3;

/// Makes an input from one of these.
pub(crate) fn hostile(dice: &mut Dice, seeds: &[Input]) -> Input {
    let mut input = seeds[dice.below(seeds.len())].clone();
    if dice.one_in(40) {
        input.body = whole_body(dice);
    }
    for _ in 0..dice.between(0, SPOILS_MAX) {
        if dice.one_in(2) {
            input.body = tokens::spoiled(dice, &input.body);
        } else {
            spoil_bytes(dice, &mut input.body);
        }
    }
    if dice.one_in(5) {
        input.status = STATUSES[dice.below(STATUSES.len())];
    }
    if dice.one_in(10) {
        input.headers.retain(|(name, _)| *name != "content-type");
        let kind = TYPES[dice.below(TYPES.len())];
        input.headers.push(("content-type", kind.as_bytes().to_vec()));
    }
    if dice.one_in(8) {
        let (name, values) = HEADERS[dice.below(HEADERS.len())];
        let mut value = values[dice.below(values.len())].as_bytes().to_vec();
        if dice.one_in(4) {
            spoil_bytes(dice, &mut value);
        }
        input.headers.push((name, value));
    }
    input
}

fn whole_body(dice: &mut Dice) -> Vec<u8> {
    match dice.below(3) {
        0 => PAGES[dice.below(PAGES.len())].as_bytes().to_vec(),
        1 => random_bytes(dice, 400),
        _ => tokens::hostile_token(dice),
    }
}

fn random_bytes(dice: &mut Dice, most: u64) -> Vec<u8> {
    (0..dice.between(0, most))
        .map(|_| u8::try_from(dice.below(256)).unwrap_or_default())
        .collect()
}

/// One thing done to the bytes, whatever they mean.
fn spoil_bytes(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let at = dice.below(bytes.len() + 1);
    let to = (at + dice.below(32)).min(bytes.len());
    match dice.below(8) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..to)),
        2 => {
            let again = bytes[at..to].to_vec();
            drop(bytes.splice(at..at, again));
        }
        3 => drop(bytes.splice(at..at, random_bytes(dice, 8))),
        4 => drop(bytes.splice(at..at, NOT_TEXT[dice.below(NOT_TEXT.len())].iter().copied())),
        5 => drop(bytes.splice(
            at..at,
            b"\",:{}[]\\-e.0"[dice.below(12)..].iter().take(1).copied(),
        )),
        6 => drop(bytes.drain(..at)),
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
}

/// Bytes that are no UTF-8, or no character: a lone continuation, an overlong NUL, a surrogate, NUL.
const NOT_TEXT: &[&[u8]] = &[
    b"\xff",
    b"\x80",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\0",
    b"\x1f",
    "\u{feff}".as_bytes(),
];
