//! What one process knows beside the mirror. It is lost with the process, and only costs a few requests then.

use jiff::Timestamp;
use leeward_model::{ProblemCode, Remote};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Who changed something, and when, by Airflow's event log or the companion's. The former is a hint (H9): a row says that somebody
/// tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Author {
    pub(crate) name: Option<String>,
    pub(crate) when: Timestamp,
    /// Why, in their words; Airflow's event log has none.
    pub(crate) reason: Option<String>,
}

/// A key to be read again: its row in the event log came before the change itself (H9).
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) due: Duration,
    pub(crate) author: Option<Author>,
}

/// A write that this process sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// From the look before the write to its answer.
    pub(crate) window: Duration,
    /// What that look showed.
    pub(crate) before: Remote,
}

/// What is known beside the mirror of one collection. Times are [`crate::Runtime::elapsed`], unless they are timestamps.
#[derive(Debug, Default)]
pub(crate) struct CollectionMemory {
    /// When all of it was last read.
    pub(crate) scanned: Option<Duration>,
    /// The same, by the wall clock, for the status.
    pub(crate) observed_at: Option<Timestamp>,
    /// Keys to be read again.
    pub(crate) looks: BTreeMap<String, Vec<Look>>,
    /// When all of it is to be read again, because rows did not name what they were about.
    pub(crate) scans_due: Vec<Duration>,
    /// What was written in this cycle, by key.
    pub(crate) sent: BTreeMap<String, Vec<Sent>>,
}

impl CollectionMemory {
    /// Keys are read again at these times.
    pub(crate) fn look_again(&mut self, key: &str, author: Option<&Author>, times: &[Duration]) {
        let looks = times.iter().map(|due| Look {
            due: *due,
            author: author.cloned(),
        });
        self.looks.entry(key.to_owned()).or_default().extend(looks);
    }

    /// The keys whose time has come, and who was at them; they are kept until [`CollectionMemory::looked`].
    pub(crate) fn due_looks(&self, now: Duration) -> BTreeMap<String, Option<Author>> {
        let due = |looks: &Vec<Look>| {
            looks
                .iter()
                .rev()
                .find(|look| look.due <= now)
                .map(|look| look.author.clone())
        };
        self.looks
            .iter()
            .filter_map(|(key, looks)| Some((key.clone(), due(looks)?)))
            .collect()
    }

    /// These keys were read at `at`.
    pub(crate) fn looked<'k>(&mut self, keys: impl IntoIterator<Item = &'k String>, at: Duration) {
        for key in keys {
            if let Some(looks) = self.looks.get_mut(key) {
                looks.retain(|look| look.due > at);
            }
        }
        self.looks.retain(|_, looks| !looks.is_empty());
    }

    /// Everything was read, beginning at `at`.
    pub(crate) fn scanned(&mut self, at: Duration) {
        self.scanned = Some(at);
        self.scans_due.retain(|due| *due > at);
        self.looks
            .values_mut()
            .for_each(|looks| looks.retain(|look| look.due > at));
        self.looks.retain(|_, looks| !looks.is_empty());
    }

    fn next_look(&self) -> Option<Duration> {
        let looks = self.looks.values().flatten().map(|look| look.due);
        looks.chain(self.scans_due.iter().copied()).min()
    }
}

/// Times are [`crate::Runtime::elapsed`], unless they are timestamps.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    collections: BTreeMap<String, CollectionMemory>,
    /// When Airflow last answered as it should, for the status.
    pub(crate) answered_at: Option<Timestamp>,
    /// When the last cycle began that asked Airflow what changed and took over all of it, for the status.
    pub(crate) checked_at: Option<Timestamp>,
    /// When something last arrived in Airflow, for the status.
    pub(crate) sent_at: Option<Timestamp>,
    /// Whether the event log can be read.
    pub(crate) log_is_readable: bool,
    /// Whether runs that were open when the process began are known to be looked for.
    pub(crate) has_looked_for_runs: bool,
    /// The rows of the event log that were in the last answer.
    pub(crate) rows_seen: BTreeSet<i64>,
    /// Since when the newest row is the newest.
    pub(crate) mark_since: Duration,
    /// Whether the writes of a process that died before it judged them are taken into account.
    pub(crate) has_taken_over_sent: bool,
    /// DAGs whose params were asked for since the last full scan.
    pub(crate) params_asked: BTreeSet<String>,
    /// The companion's publication that all of its collections were brought up to date with: its run, and when it ended.
    pub(crate) publication: Option<(String, Option<Timestamp>)>,
    /// When the companion was last asked to publish a snapshot.
    pub(crate) snapshot_asked: Option<Duration>,
    /// Cycles in a row that found nothing to do, and are not in the activity yet.
    pub(crate) quiet: u32,
    /// What stopped the last cycle.
    pub(crate) trouble: Option<ProblemCode>,
    /// When old history was last forgotten.
    pub(crate) pruned: Option<Duration>,
}

impl Memory {
    /// What is known of that collection.
    pub(crate) fn of(&mut self, collection: &str) -> &mut CollectionMemory {
        self.collections.entry(collection.to_owned()).or_default()
    }

    /// How many writes of this cycle are not judged yet.
    pub(crate) fn sent_count(&self) -> usize {
        let sent = self
            .collections
            .values()
            .flat_map(|collection| collection.sent.values());
        sent.map(Vec::len).sum()
    }

    /// What was written in this cycle will not be judged.
    pub(crate) fn forget_sent(&mut self) {
        self.collections
            .values_mut()
            .for_each(|collection| collection.sent.clear());
    }

    /// When all of each collection was last read by this process; one that was not is not among them.
    pub(crate) fn observed_at(&self) -> BTreeMap<String, Timestamp> {
        let read = self
            .collections
            .iter()
            .map(|(name, collection)| Some((name.clone(), collection.observed_at?)));
        read.flatten().collect()
    }

    /// When the next look is due, if there is one.
    pub(crate) fn next_look(&self) -> Option<Duration> {
        self.collections
            .values()
            .filter_map(CollectionMemory::next_look)
            .min()
    }
}
