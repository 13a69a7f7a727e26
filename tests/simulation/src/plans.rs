//! Counts the steps of the engine's plans, which it tells to whoever listens on this thread.

use crate::counters::{Counters, OPS};
use std::cell::RefCell;
use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

/// Where the engine tells them.
const TARGET: &str = "leeward::plan";

thread_local! {
    static COUNTS: RefCell<[u64; OPS.len()]> = const { RefCell::new([0; OPS.len()]) };
}

/// Listens until it is dropped.
pub struct Listening(
    #[expect(dead_code, reason = "held, so that the thread goes on listening")] DefaultGuard,
);

impl Listening {
    /// From now on this thread's plans are counted.
    #[must_use]
    pub fn new() -> Self {
        COUNTS.with_borrow_mut(|counts| *counts = [0; OPS.len()]);
        Self(tracing::subscriber::set_default(Listener))
    }

    /// Adds what was counted.
    pub fn count(self, counters: &mut Counters) {
        COUNTS.with_borrow(|counts| {
            for (name, count) in OPS.iter().zip(counts) {
                counters.ops(name, *count);
            }
        });
    }
}

impl Default for Listening {
    fn default() -> Self {
        Self::new()
    }
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Words);
    }

    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Words;

impl Visit for Words {
    fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
        let name = name_of(&format!("{value:?}"));
        if let Some(place) = OPS.iter().position(|known| *known == name) {
            COUNTS.with_borrow_mut(|counts| counts[place] += 1);
        }
    }
}

/// A step by its words (`leeward_merge::Op`).
fn name_of(words: &str) -> &'static str {
    let begins = [
        ("take ", "take"),
        ("merge ", "rebase"),
        ("forget ", "forget"),
        ("nothing is pending", "drop_overlay"),
        ("create ", "create"),
        ("write ", "update"),
        ("delete ", "delete"),
        ("conflict in", "conflict"),
        ("the conflict is gone", "clear_conflict"),
    ];
    let found = begins.iter().find(|(beginning, _)| words.starts_with(beginning));
    found.map_or("settle", |(_, name)| name)
}
