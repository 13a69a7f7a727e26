//! The ledger: the mirror inside one transaction.

use crate::constraint::Constraint;
use crate::counters::Counters;
use rusqlite::Connection;
use std::cell::RefCell;
use std::rc::Rc;

/// The ledger inside one transaction; its methods are grouped by table in files.
#[derive(Debug)]
pub struct Ledger<'t> {
    pub(crate) tx: &'t Connection,
    pub(crate) counters: Counters,
    /// What this transaction knows of the constraints; `None` until it is asked for.
    pub(crate) constraints: RefCell<Option<Rc<[Constraint]>>>,
}

impl<'t> Ledger<'t> {
    pub(crate) fn on(tx: &'t Connection) -> Self {
        Self {
            tx,
            counters: Counters::default(),
            constraints: RefCell::default(),
        }
    }
}
