//! Secrets in a file, encrypted under a passphrase in the format of age (scrypt, ChaCha20-Poly1305).

use super::trouble;
use crate::{DataDir, SecretText, atomic};
use age::secrecy::SecretString;
use leeward_model::Problem;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// scrypt's cost as a power of two: a tenth of a second, which every `leewardctl sync` pays. A debug build computes it
/// thirty times slower, and nobody installs one.
const WORK_FACTOR: u8 = if cfg!(debug_assertions) { 10 } else { 15 };

/// A file that asks for more was not made by Leeward, and could keep the computer busy for minutes.
const WORK_FACTOR_MAX: u8 = 20;

const UNLOCK: &str = "Unlock it: in the window by its passphrase, for leewardctl by LEEWARD_PASSPHRASE.";

/// The encrypted file. Decrypted when first needed, and again when another process has changed it.
#[derive(Debug)]
pub(super) struct SecretFile {
    path: PathBuf,
    lock: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    passphrase: Option<SecretText>,
    opened: Option<Opened>,
}

/// The file as it was when decrypted, and what was in it.
#[derive(Debug)]
struct Opened {
    sealed: Vec<u8>,
    secrets: Secrets,
}

type Secrets = BTreeMap<String, SecretText>;

impl SecretFile {
    pub(super) fn new(data_dir: &DataDir, passphrase: Option<SecretText>) -> Self {
        let passphrase = passphrase.filter(|text| !text.reveal().is_empty());
        Self {
            path: data_dir.vault_file(),
            lock: data_dir.change_lock("secrets"),
            held: Mutex::new(Held {
                passphrase,
                opened: None,
            }),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.read(&mut self.held()).is_ok()
    }

    pub(super) fn unlock(&self, passphrase: SecretText) -> Result<(), Problem> {
        if passphrase.reveal().is_empty() {
            return Err(trouble("The passphrase is empty.", "Choose one."));
        }
        let mut held = self.held();
        let mut tried = Held {
            passphrase: Some(passphrase),
            opened: None,
        };
        self.read(&mut tried)?;
        *held = tried;
        Ok(())
    }

    pub(super) fn get(&self, id: &str) -> Result<Option<SecretText>, Problem> {
        let mut held = self.held();
        Ok(self.read(&mut held)?.get(id).cloned())
    }

    pub(super) fn set(&self, id: &str, secret: &SecretText) -> Result<(), Problem> {
        self.change(|secrets| secrets.insert(id.to_owned(), secret.clone()) != Some(secret.clone()))
    }

    pub(super) fn delete(&self, id: &str) -> Result<(), Problem> {
        self.change(|secrets| secrets.remove(id).is_some())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Read, change and write as one step among processes. `change` says whether it changed anything.
    fn change(&self, change: impl FnOnce(&mut Secrets) -> bool) -> Result<(), Problem> {
        let mut held = self.held();
        atomic::exclusively(&self.lock, || {
            let mut secrets = self.read(&mut held)?.clone();
            if !change(&mut secrets) {
                return Ok(());
            }
            let sealed = seal(&secrets, passphrase_of(&held)?)?;
            atomic::write(&self.path, &sealed).map_err(|e| unusable(&e))?;
            held.opened = Some(Opened { sealed, secrets });
            Ok(())
        })
        .map_err(|e| unusable(&e))?
    }

    /// What is in the file; nothing when it is not there.
    fn read<'h>(&self, held: &'h mut Held) -> Result<&'h Secrets, Problem> {
        let passphrase = passphrase_of(held)?.clone();
        let sealed = match fs::read(&self.path) {
            Ok(sealed) => sealed,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(unusable(&e)),
        };
        let opened = match held.opened.take().filter(|known| known.sealed == sealed) {
            Some(known) => known,
            None => Opened {
                secrets: open(&sealed, &passphrase)?,
                sealed,
            },
        };
        Ok(&held.opened.insert(opened).secrets)
    }
}

fn passphrase_of(held: &Held) -> Result<&SecretText, Problem> {
    let locked = || trouble("The file of secrets is locked.", UNLOCK);
    held.passphrase.as_ref().ok_or_else(locked)
}

fn unusable(error: &io::Error) -> Problem {
    trouble(
        format!("The file of secrets cannot be used: {error}."),
        "Check the data folder, then try again.",
    )
}

fn phrase(passphrase: &SecretText) -> SecretString {
    SecretString::from(passphrase.reveal().to_owned())
}

fn seal(secrets: &Secrets, passphrase: &SecretText) -> Result<Vec<u8>, Problem> {
    let revealed: BTreeMap<&str, &str> = secrets
        .iter()
        .map(|(id, secret)| (id.as_str(), secret.reveal()))
        .collect();
    let text = serde_json::to_vec(&revealed).map_err(|e| unusable(&e.into()))?;
    let text = Zeroizing::new(text);
    let mut recipient = age::scrypt::Recipient::new(phrase(passphrase));
    recipient.set_work_factor(WORK_FACTOR);
    age::encrypt(&recipient, &text).map_err(|e| unusable(&io::Error::other(e)))
}

fn open(sealed: &[u8], passphrase: &SecretText) -> Result<Secrets, Problem> {
    if sealed.is_empty() {
        return Ok(Secrets::new());
    }
    let mut identity = age::scrypt::Identity::new(phrase(passphrase));
    identity.set_max_work_factor(WORK_FACTOR_MAX);
    let text = age::decrypt(&identity, sealed).map_err(|e| not_opened(&e))?;
    let text = Zeroizing::new(text);
    let secrets: BTreeMap<String, String> =
        serde_json::from_slice(&text).map_err(|_| unusable(&io::Error::other("it holds something else")))?;
    Ok(secrets
        .into_iter()
        .map(|(id, text)| (id, SecretText::new(text)))
        .collect())
}

fn not_opened(error: &age::DecryptError) -> Problem {
    match error {
        age::DecryptError::DecryptionFailed | age::DecryptError::NoMatchingKeys => {
            trouble("The passphrase does not open the file of secrets.", UNLOCK)
        }
        other => unusable(&io::Error::other(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vault;
    use leeward_model::{ProblemCode, VaultState};

    fn place() -> (tempfile::TempDir, DataDir) {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        (folder, dir)
    }

    fn vault(dir: &DataDir, passphrase: &str) -> Vault {
        Vault::open_file(dir, Some(SecretText::new(passphrase)))
    }

    #[test]
    fn what_is_kept_is_found_by_the_next_process_and_not_in_the_file() {
        let (_folder, dir) = place();
        let secret = SecretText::new("hunter2");
        vault(&dir, "open sesame").set("env/prod", &secret).unwrap();
        let again = vault(&dir, "open sesame");
        assert_eq!(again.get("env/prod").unwrap(), Some(secret));
        assert_eq!(again.get("env/test").unwrap(), None);
        let bytes = fs::read(dir.vault_file()).unwrap();
        assert!(
            !bytes
                .windows(7)
                .any(|part| part == b"hunter2" || part == b"env/pro")
        );
    }

    #[test]
    fn a_wrong_passphrase_opens_nothing_and_overwrites_nothing() {
        let (_folder, dir) = place();
        vault(&dir, "right")
            .set("env/prod", &SecretText::new("hunter2"))
            .unwrap();
        let wrong = vault(&dir, "wrong");
        assert_eq!(wrong.state(), VaultState::FileLocked);
        assert_eq!(wrong.get("env/prod").unwrap_err().code, ProblemCode::Keychain);
        assert!(wrong.set("env/prod", &SecretText::new("x")).is_err());
        assert!(wrong.unlock(SecretText::new("also wrong")).is_err());
        wrong.unlock(SecretText::new("right")).unwrap();
        assert_eq!(wrong.get("env/prod").unwrap(), Some(SecretText::new("hunter2")));
    }

    #[test]
    fn without_a_passphrase_it_is_locked() {
        let (_folder, dir) = place();
        for locked in [
            Vault::open_file(&dir, None),
            Vault::open_file(&dir, Some(SecretText::new(""))),
        ] {
            assert_eq!(locked.state(), VaultState::FileLocked);
            assert!(locked.set("env/prod", &SecretText::new("x")).is_err());
        }
        assert!(!dir.vault_file().exists());
    }

    #[test]
    fn two_processes_see_each_others_secrets() {
        let (_folder, dir) = place();
        let (one, other) = (vault(&dir, "p"), vault(&dir, "p"));
        one.set("env/a", &SecretText::new("1")).unwrap();
        other.set("env/b", &SecretText::new("2")).unwrap();
        assert_eq!(one.get("env/b").unwrap(), Some(SecretText::new("2")));
        one.delete("env/a").unwrap();
        assert_eq!(other.get("env/a").unwrap(), None);
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let (_folder, dir) = place();
        fs::write(dir.vault_file(), "not encrypted").unwrap();
        assert!(vault(&dir, "p").set("env/a", &SecretText::new("1")).is_err());
        assert_eq!(fs::read(dir.vault_file()).unwrap(), b"not encrypted");
    }
}
