//! Numbers that only go up. A transaction reads each from the file once, and nobody else writes meanwhile.

use std::cell::Cell;

/// What this transaction knows of them; `None` until it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) rev: Cell<Option<Counter>>,
    /// The last position of the feed.
    pub(crate) feed: Cell<Option<u64>>,
}

/// A number of which the file may have an older state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter {
    pub(crate) value: u64,
    pub(crate) is_new: bool,
}
