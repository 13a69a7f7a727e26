//! What was acknowledged, and what is found of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use harness::airflow_server::AirflowServer;
use harness::ctl::Ctl;
use serde_json::Value;

/// What was acknowledged, in order: values by key, and the rounds of the runs.
#[derive(Default)]
pub(crate) struct Account {
    edits: BTreeMap<String, Vec<String>>,
    runs: Vec<String>,
}

/// What a look at the mirror shows.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) found: usize,
    pub(crate) doubled: usize,
    pub(crate) lost: Vec<String>,
}

impl Found {
    fn count(&mut self, what: &str, times: usize) {
        match times {
            0 => self.lost.push(what.to_owned()),
            _ => self.found += 1,
        }
        self.doubled += times.saturating_sub(1);
    }
}

impl Account {
    /// A key and the value that it was given, or `run` and the round in its conf.
    pub(crate) fn acknowledge(&mut self, key: &str, value: &str) {
        match key {
            "run" => self.runs.push(value.to_owned()),
            _ => self
                .edits
                .entry(key.to_owned())
                .or_default()
                .push(value.to_owned()),
        }
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.edits.values().map(Vec::len).sum::<usize>() + self.runs.len()
    }

    /// Looks for everything in the mirror: each edit is once in its record's history, each action once in the outbox.
    pub(crate) fn look(&self, ctl: &Ctl) -> Result<Found> {
        let mut found = Found::default();
        for (key, values) in &self.edits {
            let history = local_history(ctl, key)?;
            for value in values {
                found.count(value, history.iter().filter(|kept| *kept == value).count());
            }
            // Unacknowledged edits may have arrived, but no more than once either.
            found.doubled += history.iter().filter(|kept| !values.contains(kept)).count()
                - distinct(history.iter().filter(|kept| !values.contains(kept)));
            stands(ctl, key, &history)?;
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

    /// Each acknowledged trigger made one run in Airflow, and no other made more than one.
    pub(crate) fn check_runs(&self, runs: &[Value]) -> Result<()> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for run in runs {
            *counts
                .entry(run["conf"]["round"].as_str().unwrap_or_default())
                .or_default() += 1;
        }
        for round in &self.runs {
            ensure!(
                counts.contains_key(round.as_str()),
                "the run of {round} was not made"
            );
        }
        let doubled: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        ensure!(doubled.is_empty(), "runs were made twice: {doubled:?}");
        println!(
            "{} runs acknowledged, {} in Airflow, each once",
            self.runs.len(),
            runs.len()
        );
        Ok(())
    }

    /// What Airflow holds is the last edit that was acknowledged, or one that was made after it.
    pub(crate) fn check_airflow(&self, server: &AirflowServer) -> Result<()> {
        for (key, values) in &self.edits {
            let last = values.last().context("no edit")?;
            let there = server
                .raw_variable(key)?
                .context(format!("{key} is not in Airflow"))?;
            ensure!(
                there == *last || (!values.contains(&there) && order(&there) > order(last)),
                "{key} is {there} in Airflow, and {last} was acknowledged after it"
            );
        }
        Ok(())
    }
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
fn local_history(ctl: &Ctl, key: &str) -> Result<Vec<String>> {
    let answer = ctl.run(&["history", "variables", key, "--limit", "100000"])?;
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
        .filter_map(|item| item["fields"]["value"].as_str().map(str::to_owned))
        .collect())
}

/// The record shows its newest edit, not an older one.
fn stands(ctl: &Ctl, key: &str, history: &[String]) -> Result<()> {
    let Some(newest) = history.first() else {
        return Ok(());
    };
    let shown = &ctl.get(key)?["fields"]["value"];
    ensure!(
        shown == newest.as_str(),
        "{key} shows {shown}, and {newest} was entered last"
    );
    Ok(())
}
