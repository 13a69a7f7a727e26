//! Every write to Airflow's variables, as its own database saw them: what the API answers, and what its event log masks,
//! proves nothing about what was written, and how often.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::AirflowServer;

/// The texts that each variable had since the audit began, oldest first; `None` is a delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit(BTreeMap<String, Vec<Option<String>>>);

impl Audit {
    /// Puts writes, oldest first, in order of their keys.
    pub fn of(writes: Vec<(String, Option<String>)>) -> Self {
        let mut audit = Self::default();
        for (key, text) in writes {
            audit.0.entry(key).or_default().push(text);
        }
        audit
    }

    /// What was written to a variable, in order.
    pub fn of_key(&self, key: &str) -> &[Option<String>] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether this text was ever written there.
    pub fn has(&self, key: &str, text: &str) -> bool {
        self.of_key(key)
            .iter()
            .any(|written| written.as_deref() == Some(text))
    }

    /// Texts that came back after another one had been written in between: where each text is written by one edit,
    /// somebody's write was repeated over another's.
    pub fn returned(&self, key: &str) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let mut last = None;
        let mut returned = Vec::new();
        for text in self.of_key(key).iter().map(Option::as_deref) {
            if text != last && !seen.insert(text) {
                returned.extend(text);
            }
            last = text;
        }
        returned
    }

    /// Each write beside the one that it replaced: key, what was there, what was written.
    pub fn replaced(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().flat_map(|(key, texts)| {
            let pairs = texts.windows(2);
            pairs.filter_map(move |pair| Some((key.as_str(), pair[0].as_deref()?, pair[1].as_deref()?)))
        })
    }
}

impl AirflowServer {
    /// Begins to keep account of every write to a variable, in Airflow's own database.
    pub fn begin_audit(&self) -> Result<()> {
        self.audit(&["install"], &[]).map(drop)
    }

    /// The account since [`AirflowServer::begin_audit`].
    pub fn read_audit(&self) -> Result<Audit> {
        let output = self.audit(&["read"], &[&self.options.fernet_key])?;
        Ok(Audit::of(serde_json::from_slice(&output)?))
    }

    fn audit(&self, before: &[&str], after: &[&str]) -> Result<Vec<u8>> {
        self.python(include_str!("audit.py"), before, after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audit(texts: &[Option<&str>]) -> Audit {
        let write = |text: &Option<&str>| ("k".to_owned(), text.map(str::to_owned));
        Audit::of(texts.iter().map(write).collect())
    }

    #[test]
    fn a_text_that_came_back_is_found() {
        assert_eq!(audit(&[Some("a"), Some("b"), Some("a")]).returned("k"), ["a"]);
        assert_eq!(audit(&[Some("a"), None, Some("a")]).returned("k"), ["a"]);
        let plain = audit(&[Some("a"), Some("a"), Some("b"), Some("b"), Some("c")]);
        assert!(plain.returned("k").is_empty() && plain.returned("other").is_empty());
    }

    #[test]
    fn what_replaced_what_is_known() {
        let audit = audit(&[Some("a"), Some("b"), None, Some("c")]);
        assert_eq!(audit.replaced().collect::<Vec<_>>(), [("k", "a", "b")]);
        assert!(audit.has("k", "c") && !audit.has("k", "d"));
    }
}
