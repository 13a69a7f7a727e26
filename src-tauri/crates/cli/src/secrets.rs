//! The vault, as the engine wants it.

use crate::problem::{refused, usage};
use leeward_model::{Problem, ProblemCode, VaultState};
use leeward_profile::{DataDir, Environment, SecretText, Vault, environment_secret, replacement_secret};
use leeward_sync::{Credentials, Replacements, Secret};
use std::env::{self, VarError};

/// Unlocks the encrypted file where there is no keychain.
const PASSPHRASE: &str = "LEEWARD_PASSPHRASE";

/// The vault of a data folder, opened with what the environment variables give.
pub(crate) struct Secrets(Vault);

impl Secrets {
    pub(crate) fn open(data_dir: &DataDir) -> Self {
        let passphrase = env::var(PASSPHRASE).ok().map(SecretText::new);
        Self(Vault::open(data_dir, passphrase))
    }

    /// Fails early, before anything is asked of Airflow, when no secret could be kept.
    pub(crate) fn must_be_open(&self) -> Result<(), Problem> {
        if self.0.state() != VaultState::FileLocked {
            return Ok(());
        }
        if let Err(VarError::NotUnicode(_)) = env::var(PASSPHRASE) {
            let what = format!("{PASSPHRASE} is not UTF-8 text.");
            return Err(usage(what, "Give the passphrase in UTF-8."));
        }
        let next = format!(
            "Unlock the keychain, or set {PASSPHRASE} to the passphrase of Leeward's encrypted file."
        );
        Err(Problem {
            code: ProblemCode::Keychain,
            ..refused(
                "There is no keychain, and Leeward's file of secrets is locked.",
                next,
            )
        })
    }

    /// How to sign in to an environment.
    pub(crate) fn credentials(&self, environment: &Environment) -> Result<Credentials, Problem> {
        self.must_be_open()?;
        let id = environment_secret(&environment.name);
        let secret = self.0.get(&id)?.ok_or_else(|| no_secret(environment))?;
        Ok(credentials(environment.username.as_deref(), &secret))
    }

    pub(crate) fn keep(&self, environment: &str, secret: &SecretText) -> Result<(), Problem> {
        self.0.set(&environment_secret(environment), secret)
    }

    pub(crate) fn forget(&self, environment: &str) -> Result<(), Problem> {
        self.0.delete(&environment_secret(environment))
    }

    /// Keeps a secret that is to be written to Airflow, under the id that the log will hold.
    pub(crate) fn keep_replacement(&self, id: &str, secret: &SecretText) -> Result<(), Problem> {
        self.0.set(&replacement_secret(id), secret)
    }
}

impl Replacements for Secrets {
    fn get(&self, id: &str) -> Result<Option<Secret>, Problem> {
        let kept = self.0.get(&replacement_secret(id))?;
        Ok(kept.map(|secret| Secret::new(secret.reveal())))
    }

    fn forget(&self, id: &str) {
        if let Err(problem) = self.0.delete(&replacement_secret(id)) {
            tracing::warn!(%problem, "a secret that arrived could not be removed from the vault");
        }
    }
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

fn no_secret(environment: &Environment) -> Problem {
    Problem {
        code: ProblemCode::SignInNeeded,
        what: format!("No secret for {} is kept on this computer.", environment.name),
        meaning: "All work is kept; nothing can be sent before you have signed in.".into(),
        next: format!("Sign in with `leewardctl env sign-in {}`.", environment.name),
        retry: false,
    }
}
