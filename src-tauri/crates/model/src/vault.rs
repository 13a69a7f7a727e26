//! Where secrets are kept.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the vault stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VaultState {
    /// The system keeps the secrets.
    Keychain,
    /// The file needs its passphrase.
    FileLocked,
    /// The file is open, or will be made with the passphrase that was given.
    FileOpen,
}
