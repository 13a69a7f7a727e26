//! What is kept of a value that may not be kept: keyed hashes, to notice a change of what Airflow shows of it. Behind a mask
//! every secret looks the same.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Stands for a sensitive value. Two seals are equal when Airflow returned the same text for both.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "String", from = "Stored")]
pub struct Seal {
    hash: String,
    clear: Option<String>,
    masked: Option<Arc<str>>,
}

impl Seal {
    /// The seal of a text: `hash` is its keyed hash, in hexadecimal.
    #[must_use]
    pub fn new(hash: impl Into<String>) -> Self {
        Self {
            hash: hash.into(),
            clear: None,
            masked: None,
        }
    }

    /// The seal of a text as Airflow returned it just now, with masks in it: until it is stored, it can be compared with
    /// texts that are known in clear.
    #[must_use]
    pub fn with_masked_text(self, text: &str) -> Self {
        let masked = Some(Arc::from(text));
        Self { masked, ..self }
    }

    /// The seal of a masked text of which it was known what it hides: `hash` is the keyed hash of the text in clear. It
    /// tells a mask that goes again from a change.
    #[must_use]
    pub fn of_clear(self, hash: impl Into<String>) -> Self {
        let clear = Some(hash.into());
        Self {
            clear,
            masked: None,
            ..self
        }
    }

    /// The keyed hash of the text as Airflow returned it.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The keyed hash of what was there in clear before Airflow began to mask it, where that is known.
    #[must_use]
    pub fn clear(&self) -> Option<&str> {
        self.clear.as_deref()
    }

    /// The text with its masks, as it was returned just now; never stored.
    #[must_use]
    pub fn masked_text(&self) -> Option<&str> {
        self.masked.as_deref()
    }
}

impl PartialEq for Seal {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Seal {}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({})", self.hash)
    }
}

impl From<&str> for Seal {
    fn from(hash: &str) -> Self {
        Self::new(hash)
    }
}

/// A seal as it is stored: `hash`, or `hash:clear`.
#[derive(Deserialize)]
#[serde(transparent)]
struct Stored(String);

impl From<Stored> for Seal {
    fn from(Stored(text): Stored) -> Self {
        match text.split_once(':') {
            Some((hash, clear)) => Self::new(hash).of_clear(clear),
            None => Self::new(text),
        }
    }
}

impl From<Seal> for String {
    fn from(seal: Seal) -> Self {
        match seal.clear {
            Some(clear) => format!("{}:{clear}", seal.hash),
            None => seal.hash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_stored_without_the_text_that_it_was_made_of() {
        let seal = Seal::new("ab").with_masked_text("pw=***");
        assert_eq!(serde_json::to_string(&seal).unwrap(), r#""ab""#);
        assert_eq!(format!("{seal:?}"), "Seal(ab)");
        let known = seal.of_clear("cd");
        assert_eq!(serde_json::to_string(&known).unwrap(), r#""ab:cd""#);
        let read: Seal = serde_json::from_str(r#""ab:cd""#).unwrap();
        assert_eq!(
            (read.hash(), read.clear(), read.masked_text()),
            ("ab", Some("cd"), None)
        );
    }

    #[test]
    fn seals_are_equal_by_what_airflow_returned() {
        assert_eq!(
            Seal::new("ab").of_clear("cd"),
            Seal::new("ab").with_masked_text("x")
        );
        assert_ne!(Seal::new("ab").of_clear("cd"), Seal::new("cd"));
    }
}
