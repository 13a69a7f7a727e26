//! The engine's connection to the mirror, shared by its steps.

use leeward_store::{Ledger, Mirror, StoreError};
use std::sync::{Mutex, PoisonError};

/// One connection; a transaction holds it until it ends. Never used across an await.
pub(crate) struct SharedMirror(Mutex<Mirror>);

impl SharedMirror {
    pub(crate) fn new(mirror: Mirror) -> Self {
        Self(Mutex::new(mirror))
    }

    /// A transaction that only reads.
    pub(crate) fn read<T>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(f)
    }

    /// A transaction that writes; what `f` did is undone when it fails.
    pub(crate) fn write<T>(
        &self,
        f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(f)
    }
}
