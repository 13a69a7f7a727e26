//! Whether a text with Airflow's masks in it can be a text that is known in clear (docs/AIRFLOW.md H29).

use super::read::{self, Node, Token};
use super::{by_key, equal, numbers_equal};
use leeward_model::sensitive::{MASK, REDACTION_FAILED};

/// Whether Airflow returns `masked` for `clear` where it takes parts of it for secrets: the same text, or the same JSON,
/// but for masks that each stand for at least one character, or for a whole text or value: under a sensitive name an
/// empty text is hidden, too, and in deep places a whole object.
#[must_use]
pub fn is_masked_form(clear: &str, masked: &str) -> bool {
    match (read::read(clear), read::read(masked)) {
        (Some(clear), Some(masked)) => hides_node(&clear, &masked),
        (None, None) => hides_text(&utf16(clear), &utf16(masked)),
        _ => false,
    }
}

fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn hides_node(clear: &Node<'_>, masked: &Node<'_>) -> bool {
    match (&clear.token, &masked.token) {
        (_, Token::Text(masked)) if is_whole_mask(masked) => true,
        (Token::Text(clear), Token::Text(masked)) => hides_text(clear, masked),
        (Token::Array(clear), Token::Array(masked)) => {
            clear.len() == masked.len() && clear.iter().zip(masked).all(|(c, m)| hides_node(c, m))
        }
        (Token::Object(clear), Token::Object(masked)) => {
            let (clear, masked) = (by_key(clear), by_key(masked));
            let hides = |(key, clear): (&&[u16], &&Node<'_>)| {
                masked.get(*key).is_some_and(|masked| hides_node(clear, masked))
            };
            clear.len() == masked.len() && clear.iter().all(hides)
        }
        _ => equal(clear, masked, numbers_equal),
    }
}

fn is_whole_mask(text: &[u16]) -> bool {
    text == utf16(MASK) || text == utf16(REDACTION_FAILED)
}

/// What stands between the masks must be there, in order, from the very beginning to the very end.
fn hides_text(clear: &[u16], masked: &[u16]) -> bool {
    if is_whole_mask(masked) {
        return true;
    }
    let pieces = between_masks(masked);
    let [first, middle @ .., last] = pieces.as_slice() else {
        return clear == masked;
    };
    let Some(mut rest) = clear.strip_prefix(*first) else {
        return false;
    };
    for piece in middle {
        match after_hidden(rest, piece) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.len() > last.len() && rest.ends_with(last)
}

/// The text between the masks; a single piece where there is none.
fn between_masks(text: &[u16]) -> Vec<&[u16]> {
    let mask = utf16(MASK);
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.windows(mask.len()).position(|window| window == mask) {
        pieces.push(&rest[..at]);
        rest = &rest[at + mask.len()..];
    }
    pieces.push(rest);
    pieces
}

/// What follows the first `piece` that has something before it.
fn after_hidden<'t>(text: &'t [u16], piece: &[u16]) -> Option<&'t [u16]> {
    let hidden_min = 1;
    let rest = text.get(hidden_min..)?;
    if piece.is_empty() {
        return Some(rest);
    }
    let at = rest.windows(piece.len()).position(|window| window == piece)?;
    Some(&rest[at + piece.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_stands_for_something_in_a_text() {
        for (clear, masked) in [
            ("host=db1 pw=S3cr-et timeout=30", "host=db1 pw=*** timeout=30"),
            ("S3cr-et", "***"),
            ("a S3cr-et b S3cr-et c", "a *** b *** c"),
            ("S3cr-etS3cr-et", "******"),
            ("aab-aab", "***b-***"),
            ("anything", "<redaction-failed>"),
            ("", "***"),
            ("<abc-def>", "<***-def>"),
        ] {
            assert!(is_masked_form(clear, masked), "{clear} {masked}");
        }
    }

    #[test]
    fn what_is_around_a_mask_must_be_the_same() {
        for (clear, masked) in [
            ("host=db1 pw=S3cr-et timeout=60", "host=db1 pw=*** timeout=30"),
            ("pw=", "pw=***"),
            ("a S3cr-et c", "a *** b *** c"),
            ("ab", "a***b"),
            ("x S3cr-et", "***y"),
        ] {
            assert!(!is_masked_form(clear, masked), "{clear} {masked}");
        }
    }

    #[test]
    fn json_is_compared_as_airflow_writes_it() {
        let clear = r#"{"url":"mysql://u:S3cr-et@h/db", "limit": 3.10, "more": [1, {"é": "S3cr-et"}]}"#;
        let masked = r#"{"url": "mysql://u:***@h/db", "limit": 3.1, "more": [1, {"\u00e9": "***"}]}"#;
        assert!(is_masked_form(clear, masked));
        assert!(
            is_masked_form(r#"{"a": {"b": [1]}}"#, r#"{"a": "***"}"#),
            "too deep for Airflow"
        );
        assert!(is_masked_form(r#""pw S3cr-et""#, r#""pw ***""#));
    }

    #[test]
    fn another_member_is_another_value() {
        for (clear, masked) in [
            (r#"{"url":"S3cr-et","limit":5}"#, r#"{"url": "***", "limit": 3}"#),
            (r#"{"url":"S3cr-et"}"#, r#"{"url": "***", "limit": 3}"#),
            (r#"["S3cr-et"]"#, r#"["***", 1]"#),
            (r#"{"url":"S3cr-et"}"#, "url: ***"),
        ] {
            assert!(!is_masked_form(clear, masked), "{clear} {masked}");
        }
    }
}
