//! The records that there are, as the analyst is shown them.

use leeward_model::Fields;
use std::collections::{BTreeMap, BTreeSet};

/// A record that is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Its fields; sealed ones are missing.
    pub fields: Fields,
    /// The names of the fields that hold something secret.
    pub sealed: BTreeSet<String>,
    /// Its version, for a workbook that comes back.
    pub version: u64,
}

/// The records that there are, by key. One that is to be deleted is not among them.
pub type Present = BTreeMap<String, Known>;
