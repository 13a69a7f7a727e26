//! New secrets that the analyst entered, on their way to Airflow.

use leeward_airflow::Secret;
use leeward_model::Problem;

/// Secrets that wait in the keychain to be written to Airflow.
pub trait Replacements: Send + Sync {
    /// The secret of that id, if it is still there.
    ///
    /// # Errors
    /// `Keychain` when it cannot be read now.
    fn get(&self, id: &str) -> Result<Option<Secret>, Problem>;
    /// It arrived: it is no longer needed here.
    fn forget(&self, id: &str);
}
