//! Our own copy of Airflow's rule for sensitive names (`airflow._shared.secrets_masker`, 3.3.2),
//! applied on every version before anything is stored: older ones return such values in clear (docs/AIRFLOW.md H27).

use crate::{Problem, ProblemCode, Value};

/// What Airflow writes in place of a secret.
pub const MASK: &str = "***";

/// What Airflow writes in place of a value that it failed to look through for secrets.
pub const REDACTION_FAILED: &str = "<redaction-failed>";

/// Whether a text may go to Airflow in the place of a secret. A mask that is sent destroys the secret.
///
/// # Errors
/// `BadInput` where a mask stands in it. What was given is not in the message.
pub fn check_replacement(secret: &str) -> Result<(), Problem> {
    if !holds_mask(secret) {
        return Ok(());
    }
    Err(Problem {
        code: ProblemCode::BadInput,
        what: format!(
            "The new secret contains a mask such as {MASK}: what Airflow shows in place of a secret."
        ),
        meaning: "Nothing was changed.".into(),
        next: "Enter the whole secret itself. One that really contains that text can only be set in Airflow."
            .into(),
        retry: false,
    })
}

/// A name that contains one of these, in any case, is sensitive.
pub const SENSITIVE_WORDS: &[&str] = &[
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "auth_header",
    "authorization",
    "bearer",
    "connection_string",
    "dsn",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "proxy",
    "secret",
    "service_account",
    "service_key",
    "token",
    "webhook_url",
];

/// Whether Airflow would hide a value of this name.
#[must_use]
pub fn is_sensitive_name(name: &str) -> bool {
    let name = plain(&name.trim().to_lowercase());
    SENSITIVE_WORDS.iter().any(|word| name.contains(word))
}

/// Whether the text may hold a mask: Airflow replaces each secret that its process has met, wherever it stands
/// (docs/AIRFLOW.md H29). Texts with three asterisks of their own count, too: nobody can tell the two apart.
#[must_use]
pub fn holds_mask(text: &str) -> bool {
    let is_mask = |text: &str| text.contains(MASK) || text.contains(REDACTION_FAILED);
    is_mask(text) || (text.contains('\\') && is_mask(&unescaped(text)))
}

/// The text with JSON's escapes of ASCII letters undone (`\u002a` is `*`), so that a mask cannot hide in its spelling.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\u") {
        plain.push_str(before);
        let code = after.get(..4).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => plain.push(char::from(code)),
            None => plain.push_str("\\u"),
        }
        rest = after
            .get(if code.is_some() { 4 } else { 0 }..)
            .unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// Every run of other letters than those of a word becomes one `_`, as Airflow's `re.sub(r"\W+", "_", name)`.
fn plain(name: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut plain = String::with_capacity(name.len());
    let mut after_word = true;
    for letter in name.chars() {
        match (is_word(letter), after_word) {
            (true, _) => plain.push(letter),
            (false, true) => plain.push('_'),
            (false, false) => {}
        }
        after_word = is_word(letter);
    }
    plain
}

/// The sensitive places in a record's text: `[""]` for all of it, JSON Pointers for places inside, none when it is plain.
///
/// One sensitive place locks the whole value, since a Variable is written whole. A mask anywhere in the text is one.
#[must_use]
pub fn sensitive_paths(key: &str, text: &str) -> Vec<String> {
    if is_sensitive_name(key) && !text.is_empty() {
        return vec![String::new()];
    }
    let mut found = Vec::new();
    let parsed = serde_json::from_str::<Value>(text).ok();
    if let Some(value) = &parsed {
        walk(value, "", &mut found);
    }
    let names = names(text);
    let is_whole = parsed.is_some_and(|value| members(&value) == names.len());
    let only_letters_tell = !is_whole && names.iter().any(|name| is_sensitive_name(name));
    if found.is_empty() && (only_letters_tell || holds_mask(text)) {
        found.push(String::new());
    }
    found
}

/// The names of members in a text that looks like JSON, by the letters alone: Python reads JSON that this reader does
/// not (`NaN`, lone surrogates, deep nesting), and a repeated name hides the value before it. Where only the letters
/// tell of a secret, the whole value is locked.
fn names(text: &str) -> Vec<&str> {
    let mut rest = text.trim_start();
    let mut names = Vec::new();
    if !rest.starts_with(['{', '[']) {
        return names;
    }
    while let Some((quoted, after)) = next_quoted(rest) {
        if after.trim_start().starts_with(':') {
            names.push(quoted);
        }
        rest = after;
    }
    names
}

/// The next quoted text, as spelled, and what follows it.
fn next_quoted(text: &str) -> Option<(&str, &str)> {
    let inner = &text[text.find('"')? + 1..];
    let mut escaped = false;
    let end = inner.find(|letter: char| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    })?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// How many members the value has, at every depth.
fn members(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(members).sum(),
        Value::Object(inner) => inner.len() + inner.values().map(members).sum::<usize>(),
        _ => 0,
    }
}

fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if holds_mask(text) => found.push(path.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                walk_member(name, member, path, found);
            }
        }
        _ => {}
    }
}

fn walk_member(name: &str, member: &Value, path: &str, found: &mut Vec<String>) {
    let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
    if is_sensitive_name(name) && holds_a_secret(member) {
        found.push(path);
    } else {
        walk(member, &path, found);
    }
}

/// Airflow hides strings under a sensitive name and shows numbers; a number may be a password all the same.
fn holds_a_secret(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(holds_a_secret),
        Value::Object(members) => members.values().any(holds_a_secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensitive_key_locks_the_whole_value() {
        assert_eq!(sensitive_paths("smtp_PassWord", "hunter2"), [""]);
        assert_eq!(sensitive_paths("plain", MASK), [""]);
        assert_eq!(sensitive_paths("stripe.api-key", "k"), [""]);
        assert_eq!(sensitive_paths("private  key", "k"), [""]);
        assert!(
            sensitive_paths("private_-key", "k").is_empty(),
            "two underscores in Airflow, too"
        );
    }

    #[test]
    fn a_mask_never_replaces_a_secret() {
        let refused = check_replacement("hunter2***").unwrap_err();
        assert_eq!(refused.code, ProblemCode::BadInput);
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
        assert_eq!(check_replacement("hunter2"), Ok(()));
    }

    #[test]
    fn nested_names_are_found_by_path() {
        let text = r#"{"db": {"api_key": "k", "port": 5432}, "list": [{"token": ["t"]}], "a": "***"}"#;
        assert_eq!(
            sensitive_paths("conf", text),
            ["/a", "/db/api_key", "/list/0/token"]
        );
    }

    #[test]
    fn what_only_python_reads_is_locked_whole() {
        for text in [
            r#"{"limit": NaN, "password": "hunter2"}"#,
            r#"{"password": "hunter2", "password": null}"#,
            r#"{"odd": "\ud800", "token": ["t"]}"#,
            &format!("{}{}{}", "[".repeat(200), r#"{"secret": "s"}"#, "]".repeat(200)),
        ] {
            assert_eq!(sensitive_paths("plain", text), [""], "{text}");
        }
        assert!(sensitive_paths("plain", r#"{"token": {"limits": {"a": true}}, "b": "a:b"}"#).is_empty());
        assert!(sensitive_paths("plain", r#"{"limit": NaN, "name": "token"}"#).is_empty());
    }

    #[test]
    fn a_number_under_a_sensitive_name_is_secret() {
        assert_eq!(
            sensitive_paths("conf", r#"{"password": 58291378}"#),
            ["/password"]
        );
        assert_eq!(sensitive_paths("conf", r#"{"tokens": [1.5]}"#), ["/tokens"]);
    }

    #[test]
    fn switches_and_plain_text_are_not_secret() {
        assert!(sensitive_paths("limits", r#"{"token": true, "password": null, "x": "secret"}"#).is_empty());
        assert!(sensitive_paths("limits", r#"{"token": "", "secrets": []}"#).is_empty());
        assert!(sensitive_paths("note", "the password is elsewhere").is_empty());
    }

    #[test]
    fn a_mask_is_found_wherever_it_stands() {
        for text in [
            "***",
            "host=db1 pw=*** timeout=30",
            "a******b",
            "<redaction-failed>",
            r#"{"***": 1}"#,
            r#"{"a": "***"#,
            r#""\u002a\u002A\u002a""#,
        ] {
            assert!(holds_mask(text), "{text}");
            assert_eq!(sensitive_paths("plain", text), [""], "{text}");
        }
        let nested = r#"{"a": [{"b": "mysql://u:***@h/db"}], "c": "\u002a**"}"#;
        assert_eq!(sensitive_paths("plain", nested), ["/a/0/b", "/c"]);
        for text in ["**", "* * *", "*/5 * * * *", r"\u002a\u002a", r"\u00e9\u2a**", ""] {
            assert!(!holds_mask(text), "{text}");
        }
    }
}
