//! From the bytes of a file to its text, with the encoding that was found.

use crate::fault::{FaultCode, FileFault};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a file is looked at for zero bytes, which tell UTF-16 without a mark.
const LOOKED_AT_BYTES: usize = 4096;

/// The text of a file.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The text, without a byte order mark.
    pub(crate) text: String,
    /// The encoding's name.
    pub(crate) encoding: &'static str,
    /// The bytes do not say which encoding it is: it was guessed by how the text would look.
    pub(crate) guessed: bool,
}

/// Decodes a file by the label that was told, its byte order mark, or a guess, in this order.
pub(crate) fn decode(bytes: &[u8], told: Option<&str>) -> Result<Decoded, FileFault> {
    let (encoding, guessed) = match told {
        Some(label) => (by_label(label)?, false),
        None => detect(bytes),
    };
    let (text, encoding, malformed) = encoding.decode(bytes);
    if malformed {
        return Err(not_of(encoding, &text));
    }
    if let Some(at) = text.find('\0') {
        return Err(zero_character(&text[..at]));
    }
    let (text, encoding) = (text.into_owned(), encoding.name());
    Ok(Decoded {
        text,
        encoding,
        guessed,
    })
}

fn by_label(label: &str) -> Result<&'static Encoding, FileFault> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        FileFault::new(
            FaultCode::Option,
            format!("There is no encoding “{label}”."),
            "Encodings go by the names that browsers know.",
            "Try utf-8, utf-16le or windows-1252, or leave it out to have it detected.",
        )
    })
}

fn detect(bytes: &[u8]) -> (&'static Encoding, bool) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding, false);
    }
    if let Some(encoding) = wide(&bytes[..bytes.len().min(LOOKED_AT_BYTES)]) {
        return (encoding, true);
    }
    if std::str::from_utf8(bytes).is_ok() {
        return (UTF_8, false);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    (detector.guess(None, Utf8Detection::Deny), true)
}

/// UTF-16 without a mark: in a text of mostly Latin letters, every second byte is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), bytes.len() / 2);
    if odd > half / 2 && even < half / 16 + 1 {
        return Some(UTF_16LE);
    }
    (even > half / 2 && odd < half / 16 + 1).then_some(UTF_16BE)
}

fn not_of(encoding: &'static Encoding, text: &str) -> FileFault {
    let line = text.split('\u{FFFD}').next().map_or(1, line_after);
    let what = format!("Line {line} is no text in {}.", encoding.name());
    let why = "Bytes of another encoding would become other letters.";
    let next = "Say the encoding of the file, or save it as UTF-8.";
    FileFault::new(FaultCode::Encoding, what, why, next).at(line)
}

fn zero_character(before: &str) -> FileFault {
    let line = line_after(before);
    let what = format!("Line {line} holds a zero character.");
    let why = "Texts have none: the file is damaged, or no text file.";
    let next = "Save it again as CSV in UTF-8, or choose another file.";
    FileFault::new(FaultCode::Encoding, what, why, next).at(line)
}

fn line_after(text: &str) -> u64 {
    1 + text.bytes().filter(|byte| *byte == b'\n').count() as u64
}
