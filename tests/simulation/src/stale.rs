//! Reads that are behind: for a while a desktop is shown what there was before its own write, as by a cache or a replica
//! that is asked in Airflow's place (H34).

use crate::collections::{Id, Rows, put, row, rows};
use crate::truth::{DeskId, Stale, Versions, World};
use std::collections::{BTreeMap, BTreeSet};

/// It lasts less than the settle time.
const BEHIND_MAX_S: u64 = 60;

/// What there was before a write.
#[derive(Debug)]
pub struct Before {
    rows: Rows,
    versions: BTreeMap<Id, Versions>,
}

impl World {
    /// What there is now.
    pub(crate) fn before(&self) -> Before {
        Before {
            rows: rows(&self.airflow),
            versions: self.versions.clone(),
        }
    }

    /// From now on the desktop is shown, of what changed, what there was before.
    pub(crate) fn fall_behind(&mut self, desk: DeskId, before: &Before) {
        let until = self.now() + self.dice.within(2, BEHIND_MAX_S) * 1_000_000;
        let now = rows(&self.airflow);
        let ids = before.rows.keys().chain(now.keys());
        let changed = ids.filter(|id| before.rows.get(*id) != now.get(*id));
        let changed: BTreeSet<Id> = changed.cloned().collect();
        self.stale
            .retain(|stale| stale.desk != desk || !changed.contains(&stale.id));
        for id in changed {
            self.say(format_args!("desk {desk} is shown {id} as it was"));
            self.stale.push(Stale {
                desk,
                row: before.rows.get(&id).cloned(),
                versions: before.versions.get(&id).copied(),
                id,
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
            let there = row(&self.airflow, &stale.id);
            put(&mut self.airflow, &stale.id, stale.row.as_ref());
            stale.row = there;
            let version = stale.versions.take();
            stale.versions = match version {
                Some(version) => self.versions.insert(stale.id.clone(), version),
                None => self.versions.remove(&stale.id),
            };
        }
    }

    /// What the desktop knew of its own writes is gone: nothing could tell it that it is shown the past.
    pub(crate) fn catch_up_with(&mut self, desk: DeskId) {
        self.stale.retain(|stale| stale.desk != desk);
    }
}
