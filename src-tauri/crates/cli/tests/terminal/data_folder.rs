//! A data folder with an environment that nobody reaches, and `leewardctl` on it.

use leeward_model::{BaseField, Content, Value};
use leeward_profile::{DataDir, Environment, Environments};
use leeward_schema::DataModel;
use leeward_store::{Fresh, Mirror, StoredCollection, StoredRecord};
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub(crate) struct DataFolder {
    folder: TempDir,
}

/// What a run printed, as text, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).expect(&self.out)
    }
}

impl DataFolder {
    pub(crate) fn new() -> Self {
        let data = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        // Port 9 of loopback discards: nothing here is to be asked of it.
        let environment = Environment::new("test", "http://127.0.0.1:9", Some("ann"), "#2f6f8f");
        Environments::load(&data.data())
            .unwrap()
            .add(environment)
            .unwrap();
        data
    }

    fn data(&self) -> DataDir {
        DataDir::resolve(Some(&self.place())).unwrap()
    }

    /// The data folder.
    pub(crate) fn place(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file beside the data folder.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A variable as Airflow has it.
    pub(crate) fn has(&self, key: &str, value: &str, description: Option<&str>) {
        let fields = [
            ("value", Value::from(value)),
            ("description", description.map_or(Value::Null, Into::into)),
        ];
        self.has_record("variables", key, &fields);
    }

    /// A record as Airflow has it.
    pub(crate) fn has_record(&self, collection: &str, key: &str, fields: &[(&str, Value)]) {
        let mut record = StoredRecord::new(collection, key);
        let seen = |value: &Value| BaseField::seen(Content::Value(value.clone()));
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), seen(value)));
        record.base = Some(fields.collect());
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        self.mirror().write(|ledger| ledger.save(&record, now)).unwrap();
    }

    /// A typed collection of this data model.
    pub(crate) fn has_collection(&self, model: &Value, prefix: &str) {
        let file = model.to_string();
        let collection = StoredCollection {
            model: DataModel::read(&file).unwrap().to_collection(),
            prefix: Some(prefix.to_owned()),
            file,
            trouble: None,
        };
        self.mirror()
            .write(|ledger| ledger.put_collection(&collection))
            .unwrap();
    }

    /// The journal of the mirror, in which a transaction is before it is committed.
    pub(crate) fn journal(&self) -> PathBuf {
        let mut file = self.data().mirror_file("test").into_os_string();
        file.push("-wal");
        file.into()
    }

    fn mirror(&self) -> Mirror {
        let fresh = Fresh {
            store_id: ulid::Ulid::from(1u128),
            secret_key: [1; 32],
        };
        Mirror::open(&self.data().mirror_file("test"), &fresh).unwrap()
    }

    /// `leewardctl` on this folder; without a keychain.
    pub(crate) fn command(&self) -> Command {
        self.prepared(Command::new(env!("CARGO_BIN_EXE_leewardctl")))
    }

    /// A program that will start `leewardctl`, with the same surroundings.
    pub(crate) fn prepared(&self, mut command: Command) -> Command {
        command
            .env("HOME", self.folder.path())
            .env("LEEWARD_DATA_DIR", self.place())
            .env("LEEWARD_PASSPHRASE", "only for this suite")
            .env("DBUS_SESSION_BUS_ADDRESS", no_bus(self.folder.path()))
            .env_remove("LEEWARD_ENV")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, line: &[A]) -> Ran {
        self.command().args(line).output().unwrap().into()
    }

    pub(crate) fn run_with<A: AsRef<OsStr>>(&self, line: &[A], input: &[u8]) -> Ran {
        let mut command = self.command();
        command.args(line).stdin(Stdio::piped());
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        // A program that refuses before it reads closes its end.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap().into()
    }

    /// The record as `records get` tells it.
    pub(crate) fn record(&self, key: &str) -> Value {
        let line = ["records", "get", "variables", key, "-o", "json"];
        self.run(&line).exits(0).json()
    }
}

fn no_bus(folder: &Path) -> String {
    format!("unix:path={}/no-bus", folder.display())
}
