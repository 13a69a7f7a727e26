//! The demand that Airflow be read to the end: a rebuild brings records of which nothing is known there.
//!
//! Demands are counted, because one can arise while everything is being read already: that reading does not meet it.

use crate::{Ledger, StoreError};

const DEMANDED: &str = "observation_demanded";
const MET: &str = "observation_met";

impl Ledger<'_> {
    /// Demands that everything be read from now on.
    pub(crate) fn demand_full_scan(&self) -> Result<(), StoreError> {
        let demanded: u64 = self.get_meta(DEMANDED)?.unwrap_or_default();
        self.set_meta(DEMANDED, &(demanded + 1))
    }

    /// The number of the open demand, if there is one. The caller passes it to [`Ledger::complete_full_scan`] afterwards.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn demanded_full_scan(&self) -> Result<Option<u64>, StoreError> {
        let demanded: u64 = self.get_meta(DEMANDED)?.unwrap_or_default();
        let met: u64 = self.get_meta(MET)?.unwrap_or_default();
        Ok((demanded > met).then_some(demanded))
    }

    /// Everything was read, beginning while this demand was open; a later one stays open.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn complete_full_scan(&self, demand: u64) -> Result<(), StoreError> {
        self.set_meta(MET, &demand)
    }
}
