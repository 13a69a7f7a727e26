//! What `leewardctl` acknowledged, and what is found of it: in the mirror, and in Airflow.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::airflow_server::Audit;
use crate::ctl::Ctl;
use crate::edited::Edited;

/// What was acknowledged, in order: texts by record, and the rounds of the runs.
#[derive(Debug, Default)]
pub struct Account {
    edits: BTreeMap<Edited, Vec<String>>,
    runs: Vec<String>,
}

/// What a look shows.
#[derive(Debug, Default)]
pub struct Found {
    /// How much of what was acknowledged is there.
    pub found: usize,
    /// What is there once more than it should be, each time that it is, and where.
    pub doubled: Vec<String>,
    /// What is not there.
    pub lost: Vec<String>,
}

impl Found {
    fn count(&mut self, what: &str, times: usize) {
        match times {
            0 => self.lost.push(what.to_owned()),
            _ => self.found += 1,
        }
        self.double(what, times.saturating_sub(1));
    }

    fn double(&mut self, what: &str, times: usize) {
        self.doubled.extend(std::iter::repeat_n(what.to_owned(), times));
    }
}

impl Account {
    /// A record was given this text.
    pub fn acknowledge(&mut self, record: &Edited, text: &str) {
        let texts = self.edits.entry(record.clone()).or_default();
        texts.push(text.to_owned());
    }

    /// A run was triggered with this round in its conf.
    pub fn acknowledge_run(&mut self, round: &str) {
        self.runs.push(round.to_owned());
    }

    /// How many edits and runs that were.
    pub fn acknowledged(&self) -> usize {
        self.edits.values().map(Vec::len).sum::<usize>() + self.runs.len()
    }

    /// Looks for everything in the mirror: each edit is once in its record's history, each action once in the outbox.
    pub fn look(&self, ctl: &Ctl) -> Result<Found> {
        let mut found = Found::default();
        for (record, values) in &self.edits {
            let history = local_history(ctl, record)?;
            for value in values {
                found.count(value, history.iter().filter(|kept| *kept == value).count());
            }
            // Unacknowledged edits may have arrived, but no more than once either.
            let others = || history.iter().filter(|kept| !values.contains(kept));
            found.double(
                &format!("{record} in the history: {history:?}"),
                others().count() - distinct(others()),
            );
            stands(ctl, record, &history)?;
        }
        let actions = ctl.run(&["actions", "list"])?.exits(0)?.json;
        for round in &self.runs {
            let queued = actions.as_array().into_iter().flatten();
            found.count(
                round,
                queued
                    .filter(|action| action["conf"]["round"] == round.as_str())
                    .count(),
            );
        }
        Ok(found)
    }

    /// Looks for the runs among a DAG's: each acknowledged trigger made one, and no other made more than one.
    pub fn look_among_runs(&self, runs: &[Value]) -> Found {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for run in runs {
            *counts
                .entry(run["conf"]["round"].as_str().unwrap_or_default())
                .or_default() += 1;
        }
        let mut found = Found::default();
        for round in &self.runs {
            found.count(round, counts.remove(round.as_str()).unwrap_or_default());
        }
        for (round, count) in counts {
            found.double(&format!("the run of {round}"), count - 1);
        }
        found
    }

    /// Looks for the edits in what was written to Airflow: the last one of each record is what is there now, no write of
    /// ours came back after another one, and no older one after a newer one.
    pub fn look_in_audit(&self, audit: &Audit) -> Found {
        let mut found = Found::default();
        for (record, values) in &self.edits {
            let written = audit.of_record(record);
            let superseded = values.len().saturating_sub(1);
            found.found += superseded;
            let is_there = audit.now(record) == values.last().map(String::as_str);
            found.count(&record.to_string(), usize::from(is_there));
            let again = audit.returned(record).len() + out_of_order(values, written);
            found.double(&format!("{record} in Airflow: {written:?}"), again);
        }
        found
    }

    /// What Airflow holds is the last edit that was acknowledged, or one that was made after it.
    pub fn check_airflow(&self, audit: &Audit) -> Result<()> {
        for (record, values) in &self.edits {
            let last = values.last().context("no edit")?;
            let there = audit
                .now(record)
                .with_context(|| format!("{record} is not in Airflow"))?;
            let is_acknowledged = values.iter().any(|value| value == there);
            ensure!(
                there == last || (!is_acknowledged && order(there) > order(last)),
                "{record} is {there} in Airflow, and {last} was acknowledged after it"
            );
        }
        Ok(())
    }
}

/// How many of our writes came later than one that was made after them.
fn out_of_order(values: &[String], written: &[Option<String>]) -> usize {
    let ranks = written
        .iter()
        .flatten()
        .filter_map(|text| values.iter().position(|value| value == text));
    let ranks: Vec<usize> = ranks.collect();
    ranks.windows(2).filter(|pair| pair[1] < pair[0]).count()
}

/// `r12-5` and `s12-5` come after `r3-7`: the numbers, in order.
fn order(value: &str) -> Vec<u64> {
    value[1..]
        .split('-')
        .filter_map(|number| number.parse().ok())
        .collect()
}

fn distinct<'v>(values: impl Iterator<Item = &'v String>) -> usize {
    values.collect::<std::collections::BTreeSet<_>>().len()
}

/// The values of a record's local history, newest first.
fn local_history(ctl: &Ctl, record: &Edited) -> Result<Vec<String>> {
    let collection = record.collection;
    let answer = ctl.run(&["history", collection.name(), &record.key, "--limit", "100000"])?;
    if answer.code == 1 {
        return Ok(Vec::new());
    }
    let items = answer.exits(0)?.json;
    let local = items
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item["source"] == "local");
    Ok(local
        .filter_map(|item| item["fields"][collection.field()].as_str().map(str::to_owned))
        .collect())
}

/// The record shows its newest edit, not an older one.
fn stands(ctl: &Ctl, record: &Edited, history: &[String]) -> Result<()> {
    let Some(newest) = history.first() else {
        return Ok(());
    };
    let collection = record.collection;
    let answer = ctl
        .run(&["records", "get", collection.name(), &record.key])?
        .exits(0)?;
    let shown = &answer.json["fields"][collection.field()];
    ensure!(
        shown == newest.as_str(),
        "{record} shows {shown}, and {newest} was entered last"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account() -> Account {
        let mut account = Account::default();
        account.acknowledge(&Edited::pool("k"), "r0-1");
        account.acknowledge(&Edited::pool("k"), "r0-2");
        account.acknowledge_run("r0");
        account
    }

    fn audited(texts: &[&str]) -> Found {
        let write = |text: &&str| (Edited::pool("k"), Some((*text).to_owned()));
        account().look_in_audit(&Audit::of(texts.iter().map(write).collect()))
    }

    #[test]
    fn the_last_edit_must_be_in_airflow() {
        assert!(audited(&["r0-1", "r0-2"]).lost.is_empty());
        assert_eq!(
            (audited(&["r0-2"]).found, audited(&["r0-2"]).doubled.len()),
            (2, 0)
        );
        assert_eq!(audited(&["r0-1"]).lost, ["pools/k"]);
        assert_eq!(audited(&["r0-2", "theirs"]).lost, ["pools/k"]);
        assert_eq!(audited(&[]).lost, ["pools/k"]);
    }

    #[test]
    fn a_write_that_came_again_or_too_late_is_doubled() {
        assert_eq!(audited(&["r0-2", "theirs", "r0-2"]).doubled.len(), 1);
        assert_eq!(audited(&["r0-2", "r0-1"]).doubled.len(), 1);
        assert_eq!(audited(&["r0-1", "r0-1", "r0-2", "r0-2"]).doubled.len(), 0);
    }

    #[test]
    fn runs_are_counted() {
        let run = |round: &str| json!({"conf": {"round": round}});
        let found = account().look_among_runs(&[run("r0"), run("r1"), run("r1")]);
        assert_eq!(
            (found.found, found.doubled),
            (1, vec!["the run of r1".to_owned()])
        );
        assert_eq!(account().look_among_runs(&[]).lost, ["r0"]);
    }
}
