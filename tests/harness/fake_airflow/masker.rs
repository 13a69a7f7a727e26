//! Airflow's masker (`airflow._shared.secrets_masker`): the secrets that one process of the API server has met, and the
//! text that it shows in their place (H3, H29).

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What stands in place of a secret.
pub const MASK: &str = "***";
/// Shorter secrets are not looked for (`[logging] min_length_masked_secret`).
const SECRET_MIN: usize = 5;
/// Never looked for, in any case.
const NEVER: &str = "airflow";

/// Which Airflow masks: the rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// 3.3.2.
    #[default]
    Current,
    /// 3.1.8: fewer names, and JSON is masked at its surface only.
    Older,
}

/// Parts of a name that make it sensitive.
const WORDS: &[&str] = &[
    "access_key",
    "access_token",
    "api_key",
    "apikey",
    "authorization",
    "connection_string",
    "keyfile_dict",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "proxies",
    "proxy",
    "secret",
    "service_account",
    "token",
];
/// And these, since 3.2.
const NEWER_WORDS: &[&str] = &["auth_header", "bearer", "dsn", "service_key", "webhook_url"];

impl Rules {
    /// Whether values of this name are hidden.
    pub fn is_sensitive(self, name: &str) -> bool {
        let name = name.trim().to_lowercase();
        match self {
            Self::Older => WORDS.iter().any(|word| name.contains(word)),
            Self::Current => {
                let name = joined(&name);
                WORDS.iter().chain(NEWER_WORDS).any(|word| name.contains(word))
            }
        }
    }
}

/// `re.sub(r"\W+", "_", name)`.
fn joined(name: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut joined = String::new();
    for part in name.split_inclusive(is_word) {
        if !part.chars().all(is_word) {
            joined.push('_');
        }
        joined.extend(part.chars().last().filter(|last| is_word(*last)));
    }
    joined
}

/// One process of the API server: what it has met since it started.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    /// The rules of its release.
    pub rules: Rules,
    /// Decides which of two overlapping secrets is found first, as Python's hash seed does in each process.
    seed: u64,
    /// In the order in which they are looked for.
    secrets: Vec<String>,
    met: BTreeSet<String>,
}

impl Masker {
    /// A process that has met nothing.
    pub fn new(rules: Rules, seed: u64) -> Self {
        Self {
            rules,
            seed,
            ..Self::default()
        }
    }

    /// The process meets a secret, and masks it from now on.
    pub fn meet(&mut self, secret: &str) {
        let is_masked = secret.chars().count() >= SECRET_MIN && secret.to_lowercase() != NEVER;
        if is_masked && self.met.insert(secret.to_owned()) {
            self.secrets.push(secret.to_owned());
            let seed = self.seed;
            self.secrets.sort_by_key(|secret| hash(seed, secret));
        }
    }

    /// The process reads a variable: the whole text of a sensitive one is a secret, whatever is in it.
    pub fn meet_variable(&mut self, key: &str, text: &str) {
        if self.rules.is_sensitive(key) {
            self.meet(text);
        }
    }

    /// The process reads a connection: its password is a secret, also as a part of an address.
    pub fn meet_password(&mut self, password: &str) {
        self.meet(password);
        self.meet(&quoted(password));
    }

    /// Whether nothing has to be looked for.
    pub fn knows_nothing(&self) -> bool {
        self.secrets.is_empty()
    }

    /// A text with each secret replaced: the leftmost first, and of two that begin at one place the one that this process
    /// happens to look for first.
    pub fn replace(&self, text: &[u16]) -> Vec<u16> {
        let secrets: Vec<Vec<u16>> = self
            .secrets
            .iter()
            .map(|one| one.encode_utf16().collect())
            .collect();
        let mut replaced = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            if let Some(secret) = secrets.iter().find(|secret| rest.starts_with(secret)) {
                replaced.extend(MASK.encode_utf16());
                rest = &rest[secret.len()..];
            } else {
                replaced.push(*first);
                rest = after;
            }
        }
        replaced
    }
}

fn hash(seed: u64, secret: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, secret).hash(&mut hasher);
    hasher.finish()
}

/// `urllib.parse.quote`, which leaves a slash alone.
fn quoted(text: &str) -> String {
    let spell = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(spell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(masker: &Masker, text: &str) -> String {
        String::from_utf16_lossy(&masker.replace(&text.encode_utf16().collect::<Vec<_>>()))
    }

    #[test]
    fn a_name_is_joined_as_python_joins_it() {
        assert_eq!(joined("api - key"), "api_key");
        assert_eq!(joined("-api-"), "_api_");
        assert!(Rules::Current.is_sensitive("Stripe.API-Key") && !Rules::Older.is_sensitive("api-key"));
        assert!(!Rules::Current.is_sensitive("private_-key"));
    }

    #[test]
    fn overlapping_secrets_are_found_in_an_order_of_the_process() {
        let seen: BTreeSet<String> = (0..20)
            .map(|seed| {
                let mut masker = Masker::new(Rules::Current, seed);
                masker.meet("over-lap");
                masker.meet("over-lap-more");
                shown(&masker, "<over-lap-more>")
            })
            .collect();
        assert_eq!(seen, ["<***-more>".to_owned(), "<***>".to_owned()].into());
    }

    #[test]
    fn short_secrets_and_the_product_s_own_name_are_not_looked_for() {
        let mut masker = Masker::default();
        for secret in ["abcd", "Airflow", ""] {
            masker.meet(secret);
        }
        assert!(masker.knows_nothing());
        masker.meet_password("p@ss w/ö");
        assert_eq!(
            shown(&masker, "u:p%40ss%20w/%C3%B6@h p@ss w/öp@ss w/ö"),
            "u:***@h ******"
        );
    }
}
