//! What is given in a file, or as `-` on standard input: any length, where an argument ends at 128 KiB.

use crate::problem::usage;
use leeward_merge::read_value;
use leeward_model::{Problem, Value};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A larger file is not a record.
const LIMIT_MB: u64 = 64;

/// Whether the file is standard input.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Standard input can be given once: a second reader would find nothing.
pub(crate) fn stdin_once<'f>(files: impl IntoIterator<Item = &'f Path>) -> Result<(), Problem> {
    if files.into_iter().filter(|file| is_stdin(file)).count() < 2 {
        return Ok(());
    }
    Err(usage(
        "Standard input (`-`) can be read only once.",
        "Give the others as files.",
    ))
}

/// A file's text, exactly; only the mark of its encoding is no part of it.
pub(crate) fn text(option: &str, file: &Path) -> Result<String, Problem> {
    let next = "Give a file of text in UTF-8.";
    let text =
        decoded(bytes(option, file, next)?, false).map_err(|why| usage(format!("{option} {why}."), next))?;
    if text.contains('\0') {
        let what =
            format!("{option} holds a NUL character: it is no text, or in UTF-16 without a byte order mark.");
        return Err(usage(what, next));
    }
    Ok(text)
}

/// A file's JSON, taken strictly: what would lose something on the way is refused. `next` says what is wanted.
pub(crate) fn json(option: &str, file: &Path, next: &str) -> Result<Value, Problem> {
    let text =
        decoded(bytes(option, file, next)?, true).map_err(|why| usage(format!("{option} {why}."), next))?;
    json_of(option, &text, next)
}

/// The same of a text that was typed.
pub(crate) fn json_of(option: &str, text: &str, next: &str) -> Result<Value, Problem> {
    read_value(text).map_err(|why| usage(format!("{option} cannot be used: {why}."), next))
}

/// One byte beyond the limit is enough to know.
fn bytes(option: &str, file: &Path, next: &str) -> Result<Vec<u8>, Problem> {
    let most = LIMIT_MB * 1024 * 1024;
    let mut bytes = Vec::new();
    let read = if is_stdin(file) {
        io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    if let Err(error) = read {
        let what = format!("{option} cannot be read ({}): {error}.", file.display());
        return Err(usage(what, next));
    }
    if bytes.len() as u64 > most {
        return Err(usage(format!("{option} is larger than {LIMIT_MB} MB."), next));
    }
    Ok(bytes)
}

/// UTF-8, or UTF-16 by its byte order mark. JSON begins with ASCII, which tells UTF-16 without a mark (RFC 4627, 3).
fn decoded(bytes: Vec<u8>, is_json: bool) -> Result<String, String> {
    match bytes.as_slice() {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Err("is in UTF-32".into()),
        [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] if is_json => Err("is in UTF-32".into()),
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        [0, _, ..] if is_json => utf16(&bytes, u16::from_be_bytes),
        [_, 0, ..] if is_json => utf16(&bytes, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] => utf8(text.to_vec()),
        _ => utf8(bytes),
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        format!(
            "is not UTF-8 from byte {} on",
            error.utf8_error().valid_up_to() + 1
        )
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let broken = || "looks like UTF-16 and is not: a character is broken".to_owned();
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(broken());
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_half| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_of(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_text_is_read_in_every_encoding_that_says_what_it_is() {
        let text = "{\"é\": \"🦀\"}";
        let marked = format!("\u{feff}{text}");
        for bytes in [
            text.as_bytes().to_vec(),
            marked.as_bytes().to_vec(),
            utf16_of(&marked, u16::to_le_bytes),
            utf16_of(&marked, u16::to_be_bytes),
        ] {
            assert_eq!(decoded(bytes.clone(), true).as_deref(), Ok(text));
            assert_eq!(decoded(bytes, false).as_deref(), Ok(text));
        }
        for bytes in [utf16_of(text, u16::to_le_bytes), utf16_of(text, u16::to_be_bytes)] {
            assert_eq!(decoded(bytes, true).as_deref(), Ok(text));
        }
        assert_eq!(decoded(Vec::new(), false).as_deref(), Ok(""));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let wide: Vec<u8> = "\u{feff}{}"
            .chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect();
        let rows = [
            (wide, "is in UTF-32"),
            (b"{\0\0\0}\0\0\0".to_vec(), "is in UTF-32"),
            (b"ab\xff".to_vec(), "is not UTF-8 from byte 3 on"),
            (
                vec![0xff, 0xfe, 0x00, 0xd8],
                "looks like UTF-16 and is not: a character is broken",
            ),
            (
                vec![0xfe, 0xff, 0x00],
                "looks like UTF-16 and is not: a character is broken",
            ),
        ];
        for (bytes, why) in rows {
            assert_eq!(decoded(bytes, true), Err(why.to_owned()));
        }
    }
}
