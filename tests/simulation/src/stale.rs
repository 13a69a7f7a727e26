//! Reads that are behind: for a while a desktop is shown what there was before its own write, as by a cache or a replica
//! that is asked in Airflow's place (H34).

use crate::fake_airflow::Row;
use crate::truth::{DeskId, Stale, Versions, World};
use std::collections::{BTreeMap, BTreeSet};

/// It lasts less than the settle time.
const BEHIND_MAX_S: u64 = 60;

/// What there was before a write.
#[derive(Debug)]
pub struct Before {
    rows: BTreeMap<String, Row>,
    versions: BTreeMap<String, Versions>,
}

impl World {
    /// What there is now.
    pub(crate) fn before(&self) -> Before {
        Before {
            rows: self.airflow.variables.clone(),
            versions: self.versions.clone(),
        }
    }

    /// From now on the desktop is shown, of what changed, what there was before.
    pub(crate) fn fall_behind(&mut self, desk: DeskId, before: &Before) {
        let until = self.now() + self.dice.within(2, BEHIND_MAX_S) * 1_000_000;
        let keys = before.rows.keys().chain(self.airflow.variables.keys());
        let changed = keys.filter(|key| before.rows.get(*key) != self.airflow.variables.get(*key));
        let changed: BTreeSet<String> = changed.cloned().collect();
        self.stale
            .retain(|stale| stale.desk != desk || !changed.contains(&stale.key));
        for key in changed {
            self.say(format_args!("desk {desk} is shown {key} as it was"));
            self.stale.push(Stale {
                desk,
                row: before.rows.get(&key).cloned(),
                versions: before.versions.get(&key).copied(),
                key,
                until,
            });
        }
    }

    /// Puts what the desktop is shown in the place of what there is; called again with what it gave, puts it back.
    pub(crate) fn show_behind(&mut self, desk: DeskId) -> Vec<Stale> {
        let now = self.now();
        self.stale.retain(|stale| stale.until > now);
        let mut shown: Vec<Stale> = self
            .stale
            .iter()
            .filter(|stale| stale.desk == desk)
            .cloned()
            .collect();
        self.swap(&mut shown);
        shown
    }

    pub(crate) fn swap(&mut self, shown: &mut [Stale]) {
        for stale in shown {
            let (rows, versions) = (&mut self.airflow.variables, &mut self.versions);
            stale.row = put(rows, &stale.key, stale.row.take());
            stale.versions = put(versions, &stale.key, stale.versions.take());
        }
    }

    /// What the desktop knew of its own writes is gone: nothing could tell it that it is shown the past.
    pub(crate) fn catch_up_with(&mut self, desk: DeskId) {
        self.stale.retain(|stale| stale.desk != desk);
    }
}

fn put<T>(map: &mut BTreeMap<String, T>, key: &str, value: Option<T>) -> Option<T> {
    match value {
        Some(value) => map.insert(key.to_owned(), value),
        None => map.remove(key),
    }
}
