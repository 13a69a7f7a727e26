//! Every write to Airflow's variables and pools, as its own database saw them: what the API answers, and what its event log masks,
//! proves nothing about what was written, and how often.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::AirflowServer;
use crate::edited::Edited;

/// The texts that each record had since the audit began, oldest first; `None` is a delete. Of a variable it is the value,
/// of a pool the description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit(BTreeMap<Edited, Vec<Option<String>>>);

impl Audit {
    /// Puts writes, oldest first, in order of their records.
    pub fn of(writes: Vec<(Edited, Option<String>)>) -> Self {
        let mut audit = Self::default();
        for (record, text) in writes {
            audit.0.entry(record).or_default().push(text);
        }
        audit
    }

    /// What was written to a record, in order.
    pub fn of_record(&self, record: &Edited) -> &[Option<String>] {
        self.0.get(record).map_or(&[], Vec::as_slice)
    }

    /// What a record has now.
    pub fn now(&self, record: &Edited) -> Option<&str> {
        self.of_record(record).last()?.as_deref()
    }

    /// Whether this text was ever written there.
    pub fn has(&self, record: &Edited, text: &str) -> bool {
        self.of_record(record)
            .iter()
            .any(|written| written.as_deref() == Some(text))
    }

    /// Texts that came back after another one had been written in between: where each text is written by one edit,
    /// somebody's write was repeated over another's.
    pub fn returned(&self, record: &Edited) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let mut last = None;
        let mut returned = Vec::new();
        for text in self.of_record(record).iter().map(Option::as_deref) {
            if text != last && !seen.insert(text) {
                returned.extend(text);
            }
            last = text;
        }
        returned
    }

    /// Each write beside the one that it replaced: record, what was there, what was written.
    pub fn replaced(&self) -> impl Iterator<Item = (&Edited, &str, &str)> {
        self.0.iter().flat_map(|(record, texts)| {
            let pairs = texts.windows(2);
            pairs.filter_map(move |pair| Some((record, pair[0].as_deref()?, pair[1].as_deref()?)))
        })
    }
}

impl AirflowServer {
    /// Begins to keep account of every write to a variable or a pool, in Airflow's own database.
    pub fn begin_audit(&self) -> Result<()> {
        self.audit(&["install"], &[]).map(drop)
    }

    /// The account since [`AirflowServer::begin_audit`].
    pub fn read_audit(&self) -> Result<Audit> {
        let output = self.audit(&["read"], &[&self.options.fernet_key])?;
        let rows: Vec<(String, String, Option<String>)> = serde_json::from_slice(&output)?;
        let write = |(collection, key, text)| Ok((format!("{collection}/{key}").parse()?, text));
        Ok(Audit::of(rows.into_iter().map(write).collect::<Result<_>>()?))
    }

    fn audit(&self, before: &[&str], after: &[&str]) -> Result<Vec<u8>> {
        self.python(
            concat!(include_str!("opened.py"), include_str!("audit.py")),
            before,
            after,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn k() -> Edited {
        Edited::variable("k")
    }

    fn audit(texts: &[Option<&str>]) -> Audit {
        let write = |text: &Option<&str>| (k(), text.map(str::to_owned));
        Audit::of(texts.iter().map(write).collect())
    }

    #[test]
    fn a_text_that_came_back_is_found() {
        assert_eq!(audit(&[Some("a"), Some("b"), Some("a")]).returned(&k()), ["a"]);
        assert_eq!(audit(&[Some("a"), None, Some("a")]).returned(&k()), ["a"]);
        let plain = audit(&[Some("a"), Some("a"), Some("b"), Some("b"), Some("c")]);
        assert!(plain.returned(&k()).is_empty() && plain.returned(&Edited::pool("k")).is_empty());
    }

    #[test]
    fn what_replaced_what_is_known() {
        let audit = audit(&[Some("a"), Some("b"), None, Some("c")]);
        assert_eq!(audit.replaced().collect::<Vec<_>>(), [(&k(), "a", "b")]);
        assert!(audit.has(&k(), "c") && !audit.has(&k(), "d"));
    }
}
