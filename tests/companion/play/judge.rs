//! What became of every edit, by the database and its change log.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Result;
use rusqlite::types::Value as Cell;
use serde_json::Value;

use super::desk::{Desk, Edit};
use crate::fixture::Fixture;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Tally {
    edits: usize,
    entries: usize,
    pub(super) conflicts: usize,
    pub(super) faults: usize,
    lost: Vec<String>,
    doubled: Vec<String>,
    unseen: Vec<String>,
}

impl Tally {
    /// Nothing is lost, nothing was applied twice, and nobody's value was replaced by one who had not seen it.
    pub(super) fn is_sound(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.unseen.is_empty()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "play: edits {}, entries of the log {}, conflicts decided {}, faults {}; lost {}, applied twice {}, replaced unseen {}",
            self.edits,
            self.entries,
            self.conflicts,
            self.faults,
            self.lost.len(),
            self.doubled.len(),
            self.unseen.len()
        )
    }
}

/// An entry of the change log.
struct Entry {
    key: String,
    rate: Option<String>,
    change: Option<(String, String)>,
}

/// Judges what the log has from that number on.
pub(super) fn judge(fixture: &Fixture, desks: &[Desk; 2], since: u64, faults: usize) -> Result<Tally> {
    let log = log(fixture, since)?;
    let mut tally = Tally {
        edits: desks.iter().map(|desk| desk.edits.len()).sum(),
        entries: log.len(),
        conflicts: desks.iter().map(|desk| desk.conflicts).sum(),
        faults: faults + desks.iter().map(Desk::faults).sum::<usize>(),
        ..Tally::default()
    };
    let applied: BTreeSet<&str> = log.iter().filter_map(|entry| entry.rate.as_deref()).collect();
    for desk in desks {
        let lost = desk
            .edits
            .iter()
            .filter(|(text, edit)| !applied.contains(text.as_str()) && !edit.given_up && !edit.replaced);
        tally
            .lost
            .extend(lost.map(|(text, edit)| format!("{}: {} = {text}", desk.name, edit.key)));
    }
    tally.doubled = doubled(&log);
    tally.unseen = unseen(&log, desks);
    Ok(tally)
}

/// Changes of a batch that are in the log twice, and texts that came back after another one.
fn doubled(log: &[Entry]) -> Vec<String> {
    let mut changes = BTreeSet::new();
    let twice = log
        .iter()
        .filter_map(|entry| entry.change.as_ref())
        .filter(|change| !changes.insert(*change));
    let mut doubled: Vec<String> = twice
        .map(|(batch, change)| format!("{change} of the batch {batch}"))
        .collect();
    for (key, rates) in rates(log) {
        let mut before = BTreeSet::new();
        let mut last = None;
        for rate in rates {
            if last != Some(rate) && !before.insert(rate) {
                doubled.push(format!("{key} = {rate}"));
            }
            last = Some(rate);
        }
    }
    doubled
}

/// Values that a desktop replaced although its person had not been shown them.
fn unseen(log: &[Entry], desks: &[Desk; 2]) -> Vec<String> {
    let mut unseen = Vec::new();
    for (key, rates) in rates(log) {
        for pair in rates.windows(2).filter(|pair| pair[0] != pair[1]) {
            let author = desks.iter().find(|desk| desk.edits.contains_key(pair[1]));
            if author.is_some_and(|desk| !knew(&desk.edits, pair[1], pair[0])) {
                unseen.push(format!("{key}: {} by {}", pair[0], pair[1]));
            }
        }
    }
    unseen
}

/// Whether the author of this text had seen that one: when it was typed, in a conflict, or under what was typed before.
fn knew(edits: &BTreeMap<String, Edit>, text: &str, other: &str) -> bool {
    let Some(edit) = edits.get(text) else { return false };
    let from = edit.from.as_deref();
    from == Some(other)
        || edit.against.iter().any(|against| against == other)
        || from.is_some_and(|from| knew(edits, from, other))
}

/// The rates that each row had, in order.
fn rates(log: &[Entry]) -> BTreeMap<&str, Vec<&str>> {
    let mut rates: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in log {
        rates.entry(&entry.key).or_default().extend(entry.rate.as_deref());
    }
    rates
}

fn log(fixture: &Fixture, since: u64) -> Result<Vec<Entry>> {
    let sql = format!(
        "SELECT key, fields, batch, change FROM leeward_changes WHERE sequence > {since} ORDER BY sequence"
    );
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    };
    let entry = |row: Vec<Cell>| {
        let fields: Value = serde_json::from_str(&text(&row[1]).unwrap_or_default()).unwrap_or_default();
        Entry {
            key: text(&row[0]).unwrap_or_default(),
            rate: fields["rate"].as_str().map(str::to_owned),
            change: text(&row[2]).zip(text(&row[3])),
        }
    };
    Ok(fixture.query(&sql)?.into_iter().map(entry).collect())
}

/// Whether both desktops show what is in the database.
pub(super) fn is_same_everywhere(fixture: &Fixture, desks: &[Desk; 2]) -> Result<bool> {
    let mut there = BTreeMap::new();
    for row in fixture.query("SELECT code, rate FROM rates")? {
        if let [Cell::Text(code), rate] = row.as_slice() {
            let rate = match rate {
                Cell::Text(rate) => Some(rate.clone()),
                _ => None,
            };
            there.insert(code.clone(), rate);
        }
    }
    for desk in desks {
        if desk.rates()? != there {
            return Ok(false);
        }
    }
    Ok(true)
}
