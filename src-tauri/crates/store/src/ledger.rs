//! The ledger: the mirror inside one transaction.

use crate::counters::Counters;
use rusqlite::Connection;

/// The ledger inside one transaction; its methods are grouped by table in files.
#[derive(Debug)]
pub struct Ledger<'t> {
    pub(crate) tx: &'t Connection,
    pub(crate) counters: Counters,
}

impl<'t> Ledger<'t> {
    pub(crate) fn on(tx: &'t Connection) -> Self {
        let counters = Counters::default();
        Self { tx, counters }
    }
}
