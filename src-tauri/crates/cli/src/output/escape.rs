//! Characters that a terminal obeys, or that turn the reading order of what follows, are shown and not obeyed. In JSON
//! the escapes are those of JSON, so that a program reads the text as it is.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text of several lines: line breaks and tabs stay.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_obeyed(c) && !matches!(c, '\n' | '\t'))
}

/// Text on one line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_obeyed)
}

/// A JSON document. Outside its texts there is only plain ASCII.
pub(crate) fn json(document: &str) -> Cow<'_, str> {
    escaped(document, |c| {
        !c.is_ascii_control() && is_obeyed(c) || c == '\u{7f}'
    })
}

/// Control characters, C1 and line separators among them, and what embeds, overrides or isolates a reading direction.
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

/// All of these characters are in the basic plane: four digits name them, in JSON, too.
fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if !is_escaped(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c => {
                let _ = write!(shown, "\\u{:04x}", u32::from(c));
            }
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        let rows = [
            ("\u{1b}[31mred\u{7}", "\\u001b[31mred\\u0007"),
            ("a\r\nb\tc", "a\\r\nb\tc"),
            ("\u{9b}2J\u{7f}", "\\u009b2J\\u007f"),
            ("user\u{202e}nimda\u{2066}", "user\\u202enimda\\u2066"),
            ("a\u{2028}b", "a\\u2028b"),
            ("é 日本 🦀 שלום \u{200d}", "é 日本 🦀 שלום \u{200d}"),
        ];
        for (given, shown) in rows {
            assert_eq!(text(given), shown, "{given:?}");
        }
        assert_eq!(line("a\nb\tc\r"), "a\\nb\\tc\\r");
    }

    #[test]
    fn a_program_reads_the_same_from_json() {
        let value = serde_json::json!({"k\u{202e}": "a\n\u{9b}2J\u{7f}\u{2028}é"});
        let document = serde_json::to_string_pretty(&value).unwrap();
        let shown = json(&document);
        assert!(!shown.contains(|c: char| is_obeyed(c) && c != '\n'), "{shown:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
