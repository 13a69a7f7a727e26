//! What a backup consists of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The form of the file that this program writes, and the newest that it reads.
pub(crate) const FORM: u32 = 1;
/// The list of parts, within the archive.
pub(crate) const MANIFEST: &str = "backup.json";
/// The list of environments, within the archive.
pub(crate) const ENVIRONMENTS: &str = "environments.json";

/// The list of parts.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The file's form.
    pub(crate) leeward_backup: u32,
    pub(crate) made_at: Timestamp,
    /// The program's version.
    pub(crate) version: String,
    pub(crate) parts: Vec<Part>,
}

/// A part of the archive.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Of its content, in hexadecimal digits.
    pub(crate) blake3: String,
}

/// What an environment's mirror is called within the archive.
pub(crate) fn mirror_of(environment: &str) -> String {
    format!("mirrors/{environment}.sqlite")
}
