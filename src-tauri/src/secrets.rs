//! From the vault to the engine: sign-in secrets, and secrets that wait to be written to Airflow.

use leeward_model::{Problem, ProblemCode, VaultState};
use leeward_profile::{DataDir, Environment, SecretText, Vault, environment_secret, replacement_secret};
use leeward_sync::{Credentials, Replacements, Secret};
use std::sync::{Arc, OnceLock};
use std::thread;

/// Unlocks the encrypted file where nobody can be asked, as for `leewardctl`.
const PASSPHRASE: &str = "LEEWARD_PASSPHRASE";

/// The vault, for every thread. Opened with its first use: a keychain may ask its owner, and the window must not wait.
#[derive(Clone)]
pub(crate) struct Secrets {
    data: DataDir,
    vault: Arc<OnceLock<Vault>>,
}

impl Secrets {
    /// The vault of a data folder.
    pub(crate) fn of(data: &DataDir) -> Self {
        Self {
            data: data.clone(),
            vault: Arc::default(),
        }
    }

    /// Where secrets are, and whether they can be read now.
    pub(crate) fn state(&self) -> Result<VaultState, Problem> {
        self.with(|vault| Ok(vault.state()))
    }

    /// Unlocks the encrypted file; makes it when there is none.
    pub(crate) fn unlock(&self, passphrase: SecretText) -> Result<(), Problem> {
        self.with(|vault| vault.unlock(passphrase))
    }

    /// How to sign in to an environment; `None` when no secret of it is kept.
    pub(crate) fn credentials(&self, environment: &Environment) -> Result<Option<Credentials>, Problem> {
        let id = environment_secret(&environment.name);
        let kept = self.with(|vault| vault.get(&id))?;
        Ok(kept.map(|secret| credentials(environment.username.as_deref(), &secret)))
    }

    /// Keeps an environment's sign-in secret.
    pub(crate) fn keep(&self, environment: &str, secret: &SecretText) -> Result<(), Problem> {
        self.with(|vault| vault.set(&environment_secret(environment), secret))
    }

    /// Forgets an environment's sign-in secret.
    pub(crate) fn forget(&self, environment: &str) -> Result<(), Problem> {
        self.with(|vault| vault.delete(&environment_secret(environment)))
    }

    /// Keeps a secret that is to be written to Airflow, under the id that the log will hold.
    pub(crate) fn keep_replacement(&self, id: &str, secret: &SecretText) -> Result<(), Problem> {
        self.with(|vault| vault.set(&replacement_secret(id), secret))
    }

    /// A thread of its own: keychains block, and some refuse to on a thread of an async runtime.
    fn with<T: Send>(&self, work: impl FnOnce(&Vault) -> Result<T, Problem> + Send) -> Result<T, Problem> {
        let run = || work(self.vault.get_or_init(|| open(&self.data)));
        thread::scope(|scope| scope.spawn(run).join().unwrap_or_else(|_| Err(keychain_failed())))
    }
}

fn open(data: &DataDir) -> Vault {
    let passphrase = std::env::var(PASSPHRASE).ok().filter(|text| !text.is_empty());
    Vault::open(data, passphrase.map(SecretText::new))
}

/// A password sign-in where there is a user name, else a token.
pub(crate) fn credentials(username: Option<&str>, secret: &SecretText) -> Credentials {
    let secret = Secret::new(secret.reveal());
    match username {
        Some(username) => Credentials::Password {
            username: username.into(),
            password: secret,
        },
        None => Credentials::Token(secret),
    }
}

impl Replacements for Secrets {
    fn get(&self, id: &str) -> Result<Option<Secret>, Problem> {
        let kept = self.with(|vault| vault.get(&replacement_secret(id)))?;
        Ok(kept.map(|secret| Secret::new(secret.reveal())))
    }

    fn forget(&self, id: &str) {
        if let Err(problem) = self.with(|vault| vault.delete(&replacement_secret(id))) {
            tracing::warn!(%problem, "a secret that arrived is still in the keychain");
        }
    }
}

fn keychain_failed() -> Problem {
    Problem {
        code: ProblemCode::Keychain,
        what: "The keychain could not be used.".into(),
        meaning: "Your work is kept; nothing can be sent until a sign-in secret can be read.".into(),
        next: "Unlock the keychain, or start Leeward again.".into(),
        retry: true,
    }
}
