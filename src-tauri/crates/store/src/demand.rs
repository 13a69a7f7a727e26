//! The demand that Airflow be read to the end: a rebuild brings records of which nothing is known there.
//!
//! Demands are counted, because one can arise while everything is being read already: that reading does not meet it.

use crate::{Ledger, StoreError};

const DEMANDED: &str = "observation_demanded";
const MET: &str = "observation_met";

impl Ledger<'_> {
    /// Demands that everything be read from now on.
    pub(crate) fn demand_observation(&self) -> Result<(), StoreError> {
        let demanded: u64 = self.get_meta(DEMANDED)?.unwrap_or_default();
        self.set_meta(DEMANDED, &(demanded + 1))
    }

    /// The open demand, if there is one. Whoever begins to read takes it down, and meets it at the end.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn observation_demand(&self) -> Result<Option<u64>, StoreError> {
        let demanded: u64 = self.get_meta(DEMANDED)?.unwrap_or_default();
        let met: u64 = self.get_meta(MET)?.unwrap_or_default();
        Ok((demanded > met).then_some(demanded))
    }

    /// Everything was read, from a moment at which this was the open demand.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn meet_observation_demand(&self, demand: u64) -> Result<(), StoreError> {
        self.set_meta(MET, &demand)
    }
}
