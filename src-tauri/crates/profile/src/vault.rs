//! Where secrets are kept: the system's keychain or, where there is none, a file encrypted under a passphrase.

mod file;
mod keychain;

use crate::problem::problem;
use crate::{DataDir, SecretText};
use file::SecretFile;
use keychain::Keychain;
use leeward_model::{Problem, ProblemCode, VaultState};

/// The id of an environment's sign-in secret.
#[must_use]
pub fn environment_secret(name: &str) -> String {
    format!("env/{name}")
}

/// The id of a secret that waits to be written to Airflow; `ulid` is what the log's reference holds after the slash.
#[must_use]
pub fn replacement_secret(ulid: &str) -> String {
    format!("replace/{ulid}")
}

/// The secrets of one data folder. May be shared between threads; calls block for as long as the keychain asks its
/// owner, or about a tenth of a second for the file.
#[derive(Debug)]
pub struct Vault(Store);

#[derive(Debug)]
enum Store {
    Keychain(Keychain),
    File(SecretFile),
}

impl Vault {
    /// Finds out where secrets are kept. A file that is there stays in use, since the secrets are in it.
    #[must_use]
    pub fn open(data_dir: &DataDir, passphrase: Option<SecretText>) -> Self {
        let file_is_there = data_dir.vault_file().exists();
        match (!file_is_there).then(|| Keychain::open(data_dir)).flatten() {
            Some(keychain) => Self(Store::Keychain(keychain)),
            None => Self::open_file(data_dir, passphrase),
        }
    }

    /// The encrypted file, whatever the system offers.
    #[must_use]
    pub fn open_file(data_dir: &DataDir, passphrase: Option<SecretText>) -> Self {
        Self(Store::File(SecretFile::new(data_dir, passphrase)))
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> VaultState {
        match &self.0 {
            Store::Keychain(_) => VaultState::Keychain,
            Store::File(file) if file.is_open() => VaultState::FileOpen,
            Store::File(_) => VaultState::FileLocked,
        }
    }

    /// Opens the file; makes it with this passphrase when there is none. Nothing to do for a keychain.
    ///
    /// # Errors
    /// `Keychain` when the passphrase does not open the file.
    pub fn unlock(&self, passphrase: SecretText) -> Result<(), Problem> {
        match &self.0 {
            Store::Keychain(_) => Ok(()),
            Store::File(file) => file.unlock(passphrase),
        }
    }

    /// The secret of that id, if there is one.
    ///
    /// # Errors
    /// `Keychain` when the vault is locked or cannot be read.
    pub fn get(&self, id: &str) -> Result<Option<SecretText>, Problem> {
        match &self.0 {
            Store::Keychain(keychain) => keychain.get(id),
            Store::File(file) => file.get(id),
        }
    }

    /// Keeps a secret; it is durable when this returns.
    ///
    /// # Errors
    /// `Keychain` when the vault is locked or cannot be written.
    pub fn set(&self, id: &str, secret: &SecretText) -> Result<(), Problem> {
        match &self.0 {
            Store::Keychain(keychain) => keychain.set(id, secret),
            Store::File(file) => file.set(id, secret),
        }
    }

    /// Forgets a secret; it need not be there.
    ///
    /// # Errors
    /// `Keychain` when the vault is locked or cannot be written.
    pub fn delete(&self, id: &str) -> Result<(), Problem> {
        match &self.0 {
            Store::Keychain(keychain) => keychain.delete(id),
            Store::File(file) => file.delete(id),
        }
    }
}

/// A vault that cannot be used; `what` is a sentence.
fn trouble(what: impl Into<String>, next: &str) -> Problem {
    problem(
        ProblemCode::Keychain,
        what,
        "Nothing was changed, and all work is kept.",
        next,
    )
}
