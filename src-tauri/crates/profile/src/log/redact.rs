//! Takes secrets out of what is logged. The types that hold them do not print them; this is for what slips through:
//! a header, a server's words, a path with a password in it.

use leeward_model::sensitive::{SENSITIVE_WORDS, is_sensitive_name};
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::LazyLock;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{FormatFields, debug_fn};

const REDACTED: &str = "[redacted]";

/// Writes an event's fields, without the values of those whose name is sensitive.
pub(super) fn fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    use tracing_subscriber::field::MakeExt;
    debug_fn(|writer, field, value| match field.name() {
        "message" => write!(writer, "{value:?}"),
        name if is_sensitive_name(name) => write!(writer, "{name}={REDACTED}"),
        name => write!(writer, "{name}={value:?}"),
    })
    .delimited(" ")
}

/// A place for log lines that takes out of each what looks like a secret.
#[derive(Debug)]
pub(super) struct RedactedLines<W>(pub(super) W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for RedactedLines<W> {
    type Writer = RedactedLine<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        RedactedLine(self.0.make_writer())
    }
}

/// Gets one whole event in each call: that is how `tracing_subscriber` writes them.
pub(super) struct RedactedLine<W>(W);

impl<W: Write> Write for RedactedLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(event);
        self.0.write_all(redact(&line).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// What looks like a secret, and how much of it is kept.
struct Rule {
    pattern: Option<Regex>,
    /// The groups of the pattern that stay.
    keep: fn(&Captures<'_>) -> String,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(rules);

fn rules() -> Vec<Rule> {
    // Values: quoted inside a quoted text, quoted, or up to the next separator.
    const VALUE: &str = r#"(?:\\+"[^"]*"|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;&}\])"']+)"#;
    let names = SENSITIVE_WORDS.join("|");
    let named = format!(r#"(?i)([\w-]*(?:{names})[\w-]*\\*["']?\s*[:=]\s*){VALUE}"#);
    let first: fn(&Captures<'_>) -> String = |found| format!("{}{REDACTED}", &found[1]);
    vec![
        Rule {
            pattern: regex(r#"(?i)\b((?:bearer|basic)\s+)[^\s"',;\\]+"#),
            keep: first,
        },
        Rule {
            pattern: regex(r"()\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
            keep: first,
        },
        Rule {
            pattern: regex(r#"(://)[^/\s"'@]*@"#),
            keep: |found| format!("{}{REDACTED}@", &found[1]),
        },
        Rule {
            pattern: regex(&named),
            keep: first,
        },
    ]
}

/// `None` never happens: a test makes them all.
fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

fn redact(line: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(line);
    for rule in RULES.iter() {
        let Some(pattern) = &rule.pattern else {
            return Cow::Borrowed(REDACTED);
        };
        if let Cow::Owned(changed) = pattern.replace_all(&text, rule.keep) {
            text = Cow::Owned(changed);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_patterns_are_understood() {
        assert!(RULES.iter().all(|rule| rule.pattern.is_some()));
    }

    #[test]
    fn what_looks_like_a_secret_is_taken_out() {
        for line in [
            "Authorization: Bearer S3CRET",
            "authorization: Basic S3CRET==",
            "token=S3CRET&page=2",
            r#"{"access_token":"S3CRET","n":1}"#,
            r#"body="{\"password\": \"S3CRET and S3CRET\"}""#,
            "my_api_key = 'S3CRET with more'",
            "http://ann:S3CRET@airflow.example/api",
            "got eyJhbGci.eyJzdWIi.S3CRET back",
            "LEEWARD_PASSPHRASE=S3CRET",
        ] {
            let redacted = redact(line);
            assert!(!redacted.contains("S3CRET"), "{line} became {redacted}");
            assert!(redacted.contains(REDACTED), "{redacted}");
        }
    }

    #[test]
    fn what_is_beside_a_secret_stays() {
        assert_eq!(redact("token=x, page=2"), format!("token={REDACTED}, page=2"));
        assert_eq!(redact("GET http://127.0.0.1/a@b"), "GET http://127.0.0.1/a@b");
        assert_eq!(redact("3 variables pushed"), "3 variables pushed");
    }
}
