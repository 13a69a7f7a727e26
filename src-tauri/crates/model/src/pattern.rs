//! The regular expressions of JSON Schema: those of ECMA-262, for Unicode (draft 2020-12, 6.4).
//!
//! They look around and refer back, so matching goes back and forth, and a hostile pattern would take for ever: it has a
//! thread of its own and a limited time.

use regress::Regex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What takes longer does not end, as a rule: an honest pattern takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// A longer pattern is no pattern that a person wrote; reading it must not take long either.
const LENGTH_MAX: usize = 10_000;

/// On a text of this length, a pattern that repeats one thing only is done at once, and needs no thread.
const SHORT: usize = 1000;

/// A pattern that was understood.
pub(crate) struct Pattern {
    regex: Regex,
    repeats_little: bool,
}

impl Pattern {
    /// Reads a pattern; or why it cannot be one. Escapes that only the older, lax syntax has (`\\-`) are let through.
    pub(crate) fn read(pattern: &str) -> Result<Self, String> {
        if pattern.len() > LENGTH_MAX {
            return Err(format!("it is longer than {LENGTH_MAX} bytes"));
        }
        let strict = Regex::with_flags(pattern, "u");
        let read = strict.or_else(|why| Regex::new(pattern).map_err(|_| why));
        let repeats_little = pattern.matches(['*', '+', '?', '{']).count() <= 1;
        let pattern = |regex| Self {
            regex,
            repeats_little,
        };
        read.map(pattern).map_err(|why| why.to_string())
    }

    /// Whether it is found in the text; `None` when the time was not enough.
    pub(crate) fn finds(self, text: &str) -> Option<bool> {
        if self.repeats_little && text.len() <= SHORT {
            return Some(self.regex.find(text).is_some());
        }
        let (tell, told) = mpsc::channel();
        let text = text.to_owned();
        let search = move || {
            // Nobody listens any more when the time was up.
            let _ = tell.send(self.regex.find(&text).is_some());
        };
        // The thread of a hostile pattern is left to itself: it ends with the process.
        thread::Builder::new().spawn(search).ok()?;
        told.recv_timeout(PATIENCE).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> bool {
        Pattern::read(pattern).unwrap().finds(text).unwrap()
    }

    #[test]
    fn patterns_are_those_of_ecma_262() {
        let rows = [
            (r"^\d+$", "٣٤", false),
            (r"^\d+$", "34", true),
            (r"^\w+$", "é", false),
            (r"^\s$", "\u{feff}", true),
            (r"^(?=.*\d)(?=.*[a-z]).{3,}$", "ab1", true),
            (r"^(?=.*\d)(?=.*[a-z]).{3,}$", "abc", false),
            (r"^(?!test_)", "test_x", false),
            (r"(?<=€)\d+", "€5", true),
            (r"(?<!€)5", "€5", false),
            (r"^(?<q>['`]).*\k<q>$", "'a'", true),
            (r"^(a|b)\1$", "ab", false),
            (r"^\p{Lu}\u{e9}\u0061$", "Éé\u{61}", true),
            (r"^.$", "🦀", true),
            (r"^.$", "\u{2028}", false),
            (r"^a$", "a\n", false),
            (r"^[^]$", "\n", true),
            (r"^\cJ$", "\n", true),
            (r"^[[]a&&b]$", "[a&&b]", true),
            (r"^a\/b$", "a/b", true),
            (r"^[\w\-]+\-$", "a-", true),
            ("b", "abc", true),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(found(pattern, text), expected, "{pattern} {text:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for pattern in [
            "(",
            "[b-a]",
            "*a",
            "(?P<a>b)",
            "a{2,1}",
            &"a".repeat(LENGTH_MAX + 1),
        ] {
            assert!(Pattern::read(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::read(&"(".repeat(LENGTH_MAX)).is_err());
    }

    #[test]
    fn a_hostile_pattern_is_given_up() {
        let hostile = Pattern::read(r"^(a|a|ab?)*$").unwrap();
        assert_eq!(hostile.finds(&format!("{}!", "a".repeat(200))), None);
    }
}
