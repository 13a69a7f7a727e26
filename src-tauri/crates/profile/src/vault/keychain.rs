//! The system's keychain, through `keyring`: Secret Service, macOS Keychain, Windows Credential Manager.

use super::trouble;
use crate::{DataDir, SecretText};
use keyring::{Entry, Error};
use leeward_model::Problem;
use std::thread;

/// What the entries are filed under.
const SERVICE: &str = "app.leeward.desktop";

/// The entry by which the keychain shows that it keeps things. It holds no secret.
const PROOF: &str = "check";

/// A keychain that was seen to keep things.
#[derive(Debug)]
pub(super) struct Keychain {
    /// Sets apart the entries of several data folders.
    folder: String,
}

impl Keychain {
    /// The keychain, when there is one that is not locked. Only a write proves it: a locked one answers reads too.
    pub(super) fn open(data_dir: &DataDir) -> Option<Self> {
        let keychain = Self {
            folder: data_dir.path().display().to_string(),
        };
        let proven = keychain.on(PROOF, |entry| match entry.get_password() {
            Err(Error::NoEntry) => entry.set_password("Leeward keeps its secrets here."),
            other => other.map(drop),
        });
        match proven {
            Ok(()) => Some(keychain),
            Err(error) => {
                tracing::info!(%error, "no keychain: secrets are kept in an encrypted file");
                None
            }
        }
    }

    pub(super) fn get(&self, id: &str) -> Result<Option<SecretText>, Problem> {
        match self.on(id, Entry::get_password) {
            Ok(secret) => Ok(Some(SecretText::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refused("read", &error)),
        }
    }

    pub(super) fn set(&self, id: &str, secret: &SecretText) -> Result<(), Problem> {
        self.on(id, |entry| entry.set_password(secret.reveal()))
            .map_err(|error| refused("keep", &error))
    }

    pub(super) fn delete(&self, id: &str) -> Result<(), Problem> {
        match self.on(id, Entry::delete_credential) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused("remove", &error)),
        }
    }

    /// Works on an entry in a thread of its own: the D-Bus client blocks, which an async runtime's thread must not.
    fn on<T: Send>(
        &self,
        id: &str,
        work: impl FnOnce(&Entry) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let account = format!("{id} in {}", self.folder);
        thread::scope(|scope| {
            let job = scope.spawn(move || work(&Entry::new(SERVICE, &account)?));
            job.join()
                .unwrap_or_else(|_| Err(Error::PlatformFailure("the keychain's client failed".into())))
        })
    }
}

fn refused(doing: &str, error: &Error) -> Problem {
    // The variants that carry what was read are not shown as text.
    let why = match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it holds is not text".into(),
        other => other.to_string(),
    };
    trouble(
        format!("The system's keychain did not {doing} the secret: {why}."),
        "Unlock the keychain and try again.",
    )
}
