//! From a JSON value to a cell, with numbers as they are spelled.

use crate::table::Cell;
use serde_json::value::RawValue;

/// The cell of a value; nothing where a text of it holds half a character (a lone surrogate).
pub(crate) fn cell(value: &RawValue) -> Option<Cell> {
    let raw = value.get();
    let cell = match raw.as_bytes().first()? {
        b'"' => Cell::Text(serde_json::from_str(raw).ok()?),
        b'{' | b'[' => Cell::Json(compact(raw)),
        b't' => Cell::Boolean(true),
        b'f' => Cell::Boolean(false),
        b'n' => Cell::Null,
        _ => Cell::Number(raw.to_owned()),
    };
    Some(cell)
}

/// The same JSON without blanks and line breaks between its parts; every part is spelled as before.
fn compact(raw: &str) -> String {
    let (mut in_text, mut escaped) = (false, false);
    let keep = |letter: &char| {
        let kept = in_text || !letter.is_ascii_whitespace();
        match letter {
            '"' if !escaped => in_text = !in_text,
            _ => {}
        }
        escaped = in_text && *letter == '\\' && !escaped;
        kept
    };
    raw.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_go_and_texts_stay() {
        let spelled = "{ \"a b\" : [ 1.50,\n 1E5 ], \"c\\\" d\\\\\" : \" \" }";
        assert_eq!(compact(spelled), "{\"a b\":[1.50,1E5],\"c\\\" d\\\\\":\" \"}");
    }
}
