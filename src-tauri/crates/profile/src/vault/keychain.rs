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

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use crate::{DataDir, SecretText, Vault};
    use leeward_model::VaultState;
    use std::path::Path;
    use std::process::Command;

    /// Says to `inside` which folder to use, and that it is the other process.
    const FOLDER: &str = "LEEWARD_TEST_VAULT";

    /// An unlocked keyring on a session bus of its own; the bus takes the keyring along when it ends.
    const WITH_KEYRING: &str = r#"
        printf 'pw\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        exec "$@"
    "#;

    /// This very binary again, for the one test `inside`, with a home of its own.
    fn run(program: &str, arguments: &[&str], folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.args(arguments);
        if !arguments.is_empty() {
            command.arg(std::env::current_exe().unwrap());
        }
        command.args(["--exact", "vault::keychain::tests::inside", "--nocapture"]);
        command
            .env("HOME", folder)
            .env("XDG_DATA_HOME", folder)
            .env("XDG_RUNTIME_DIR", folder);
        command.env(FOLDER, folder);
        command
    }

    /// Not a test by itself: what the two below run in another process.
    #[test]
    fn inside() {
        let Some(folder) = std::env::var_os(FOLDER) else {
            return;
        };
        let dir = DataDir::resolve(Some(folder.as_ref())).unwrap();
        let vault = Vault::open(&dir, None);
        if std::env::var_os("LEEWARD_TEST_NO_BUS").is_some() {
            assert_eq!(vault.state(), VaultState::FileLocked);
            return;
        }
        assert_eq!(vault.state(), VaultState::Keychain);
        assert_eq!(vault.get("env/prod").unwrap(), None);
        vault.set("env/prod", &SecretText::new("hunter2")).unwrap();
        let again = Vault::open(&dir, None);
        assert_eq!(again.get("env/prod").unwrap(), Some(SecretText::new("hunter2")));
        again.delete("env/prod").unwrap();
        again.delete("env/prod").unwrap();
        assert_eq!(vault.get("env/prod").unwrap(), None);
        assert!(!dir.vault_file().exists());
    }

    #[test]
    fn an_unlocked_keychain_keeps_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["--", "sh", "-c", WITH_KEYRING, "sh"];
        let output = run("dbus-run-session", &arguments, folder.path()).output();
        let output = output.expect("dbus-run-session, which `cargo xtask setup` installs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }

    #[test]
    fn without_a_session_bus_there_is_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        let mut command = run(program.to_str().unwrap(), &[], folder.path());
        command.env("LEEWARD_TEST_NO_BUS", "1");
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
        assert!(command.output().unwrap().status.success());
    }
}
