//! The environments that the analyst configured, in one file outside the mirrors. No secret is in it.

use crate::problem::{file_trouble, problem};
use crate::{DataDir, SyncLock, atomic};
use leeward_model::{EnvironmentView, Problem, ProblemCode, SignInKind};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use std::{fs, io};

/// The longest name of an environment, in characters.
const NAME_LENGTH_MAX: usize = 64;

/// Seconds between automatic cycles, unless the analyst says otherwise.
const INTERVAL_S: u32 = 60;

/// Seconds during which a write without an answer may still take effect: a gateway's time-out.
const SETTLE_S: u32 = 120;

/// Seconds that a request may take, its answer included.
const REQUEST_TIMEOUT_S: u32 = 60;
const HISTORY_DAYS: u32 = 730;
const HISTORY_VALUES: u32 = 1000;

/// The colours that environments get in turn.
const COLOURS: &[&str] = &["#2f6f8f", "#7a5c99", "#3f7d58", "#a8662c", "#9c4357", "#5a6b7b"];

/// An Airflow that the analyst connects to. Its secret is in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Unique; 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub name: String,
    /// The Airflow's address.
    pub url: String,
    /// The user's name for a password sign-in; `None` when the secret is a token.
    pub username: Option<String>,
    /// The colour along the top edge, as `#rrggbb`.
    pub colour: String,
    /// Seconds between automatic cycles; at least 1.
    #[serde(default = "interval_s")]
    pub interval_s: u32,
    /// Seconds during which a write without an answer may still take effect.
    #[serde(default = "settle_s")]
    pub settle_s: u32,
    /// Seconds that a request may take, its answer included; at least 1. After that its outcome is unknown.
    #[serde(default = "request_timeout_s")]
    pub request_timeout_s: u32,
    /// Days for which a record's earlier values are kept; `null` for ever. The newest one is always kept.
    #[serde(default = "history_days")]
    pub history_days: Option<u32>,
    /// Values kept of one record at most; at least 1.
    #[serde(default = "history_values")]
    pub history_values: u32,
}

fn interval_s() -> u32 {
    INTERVAL_S
}

fn settle_s() -> u32 {
    SETTLE_S
}

fn request_timeout_s() -> u32 {
    REQUEST_TIMEOUT_S
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's own type")]
fn history_days() -> Option<u32> {
    Some(HISTORY_DAYS)
}

fn history_values() -> u32 {
    HISTORY_VALUES
}

/// The colour of the next environment when `count` are there.
#[must_use]
pub fn default_colour(count: usize) -> &'static str {
    COLOURS[count % COLOURS.len()]
}

impl Environment {
    /// An environment with the usual interval and settle time.
    #[must_use]
    pub fn new(name: &str, url: &str, username: Option<&str>, colour: &str) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            username: username.map(Into::into),
            colour: colour.into(),
            interval_s: INTERVAL_S,
            settle_s: SETTLE_S,
            request_timeout_s: REQUEST_TIMEOUT_S,
            history_days: history_days(),
            history_values: HISTORY_VALUES,
        }
    }

    /// How long a request may take, its answer included.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_s.into())
    }

    /// The environment as screens and `leewardctl` show it.
    #[must_use]
    pub fn view(&self) -> EnvironmentView {
        EnvironmentView {
            name: self.name.clone(),
            url: self.url.clone(),
            sign_in: match self.username {
                Some(_) => SignInKind::Password,
                None => SignInKind::Token,
            },
            username: self.username.clone(),
            colour: self.colour.clone(),
            interval_s: self.interval_s,
        }
    }

    fn check(&self) -> Result<(), Problem> {
        if !name_is_usable(&self.name) {
            return Err(refused(format!(
                "An environment's name is 1 to {NAME_LENGTH_MAX} letters, digits, dots, underscores or hyphens."
            )));
        }
        if !colour_is_usable(&self.colour) {
            return Err(refused("A colour is written as #rrggbb.".into()));
        }
        if self.interval_s == 0 {
            return Err(refused("The interval is at least one second.".into()));
        }
        if self.request_timeout_s == 0 {
            return Err(refused("A request may take at least one second.".into()));
        }
        if self.history_values == 0 {
            return Err(refused("At least one value of a record is kept.".into()));
        }
        Ok(())
    }
}

fn name_is_usable(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=NAME_LENGTH_MAX).contains(&name.len()) && name.chars().all(allowed)
}

fn colour_is_usable(colour: &str) -> bool {
    colour
        .strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()))
}

fn refused(what: String) -> Problem {
    problem(
        ProblemCode::BadInput,
        what,
        "Nothing was changed.",
        "Correct it and try again.",
    )
}

/// The list of environments, as it was when loaded or last changed. Every change reads the file again under a lock,
/// so that the app and `leewardctl` never undo each other's.
#[derive(Debug, Clone)]
pub struct Environments {
    data_dir: DataDir,
    list: Vec<Environment>,
}

/// The file's form.
#[derive(Debug, Default, Serialize, Deserialize)]
struct File {
    environments: Vec<Environment>,
}

impl Environments {
    /// Reads the list; empty when there is none yet.
    ///
    /// # Errors
    /// `Storage` when the file is there and cannot be read or understood.
    pub fn load(data_dir: &DataDir) -> Result<Self, Problem> {
        Ok(Self {
            list: read(data_dir)?,
            data_dir: data_dir.clone(),
        })
    }

    /// All of them, in the order in which they were added.
    #[must_use]
    pub fn list(&self) -> &[Environment] {
        &self.list
    }

    /// The environment of that name.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get(&self, name: &str) -> Result<&Environment, Problem> {
        let found = self.list.iter().find(|environment| environment.name == name);
        found.ok_or_else(|| unknown(name))
    }

    /// Whether an environment could be added, before anything is asked of its Airflow.
    ///
    /// # Errors
    /// `BadInput` for a name that is taken or a value that cannot be used.
    pub fn check_new(&self, environment: &Environment) -> Result<(), Problem> {
        environment.check()?;
        is_free(&self.list, &environment.name)
    }

    /// Adds an environment.
    ///
    /// # Errors
    /// `BadInput` for a name that is taken or a value that cannot be used; `Storage`.
    pub fn add(&mut self, environment: Environment) -> Result<(), Problem> {
        environment.check()?;
        self.change(|list| {
            is_free(list, &environment.name)?;
            list.push(environment);
            Ok(())
        })
    }

    /// Changes an environment and returns it as it is then. Its name stays: files are named after it.
    ///
    /// # Errors
    /// `NotFound`, `BadInput` for a value that cannot be used, `Storage`.
    pub fn update(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Environment),
    ) -> Result<Environment, Problem> {
        self.change(|list| {
            let environment = list
                .iter_mut()
                .find(|e| e.name == name)
                .ok_or_else(|| unknown(name))?;
            change(environment);
            environment.name = name.into();
            environment.check()?;
            Ok(environment.clone())
        })
    }

    /// Removes an environment and its mirror with all that is in it. The secret is the caller's to remove.
    ///
    /// # Errors
    /// `NotFound`; `Busy` while it is being synchronised; `Storage`.
    pub fn remove(&mut self, name: &str) -> Result<(), Problem> {
        self.get(name)?;
        let Some(_lock) = SyncLock::try_acquire(&self.data_dir, name)? else {
            return Err(Problem {
                retry: true,
                ..problem(
                    ProblemCode::Busy,
                    format!("{name} is being synchronised at the moment."),
                    "It was not removed.",
                    "Try again when that has ended.",
                )
            });
        };
        self.change(|list| {
            list.retain(|environment| environment.name != name);
            Ok(())
        })?;
        remove_mirror(&self.data_dir, name)
    }

    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Vec<Environment>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let lock = self.data_dir.change_lock("environments");
        let changed = atomic::exclusively(&lock, || {
            let mut list = read(&self.data_dir)?;
            let result = change(&mut list)?;
            write(&self.data_dir, &list)?;
            Ok((list, result))
        });
        let (list, result) = changed.map_err(|e| file_trouble("lock", &lock, &e))??;
        self.list = list;
        Ok(result)
    }
}

fn is_free(list: &[Environment], name: &str) -> Result<(), Problem> {
    if list.iter().any(|other| other.name == name) {
        return Err(refused(format!("There is an environment named {name} already.")));
    }
    Ok(())
}

fn unknown(name: &str) -> Problem {
    problem(
        ProblemCode::NotFound,
        format!("There is no environment named {name}."),
        "Nothing was done.",
        "Choose one that is configured, or add it.",
    )
}

fn read(data_dir: &DataDir) -> Result<Vec<Environment>, Problem> {
    let path = data_dir.environments_file();
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(file_trouble("read", &path, &e)),
    };
    let file: File =
        serde_json::from_slice(&text).map_err(|e| file_trouble("understand", &path, &io::Error::other(e)))?;
    Ok(file.environments)
}

fn write(data_dir: &DataDir, list: &[Environment]) -> Result<(), Problem> {
    let path = data_dir.environments_file();
    let file = File {
        environments: list.to_vec(),
    };
    let written = serde_json::to_vec_pretty(&file)
        .map_err(io::Error::other)
        .and_then(|text| atomic::write(&path, &text));
    written.map_err(|e| file_trouble("write", &path, &e))
}

/// The database last: its companions hold commits that belong to it.
fn remove_mirror(data_dir: &DataDir, name: &str) -> Result<(), Problem> {
    let mirror = data_dir.mirror_file(name);
    for suffix in ["-wal", "-shm", ""] {
        let mut path = mirror.clone().into_os_string();
        path.push(suffix);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(file_trouble("remove", path.as_ref(), &e));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, DataDir) {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::resolve(Some(folder.path())).unwrap();
        (folder, dir)
    }

    fn environment(name: &str) -> Environment {
        Environment::new(name, "http://127.0.0.1:8080", Some("ann"), default_colour(0))
    }

    #[test]
    fn what_is_added_is_there_for_the_next_process() {
        let (_folder, dir) = place();
        Environments::load(&dir)
            .unwrap()
            .add(environment("prod"))
            .unwrap();
        let again = Environments::load(&dir).unwrap();
        assert_eq!(again.list(), [environment("prod")]);
        assert_eq!(again.get("nope").unwrap_err().code, ProblemCode::NotFound);
    }

    #[test]
    fn two_processes_do_not_undo_each_other() {
        let (_folder, dir) = place();
        let mut one = Environments::load(&dir).unwrap();
        let mut other = Environments::load(&dir).unwrap();
        one.add(environment("a")).unwrap();
        other.add(environment("b")).unwrap();
        assert_eq!(other.list().len(), 2);
        assert_eq!(one.add(environment("b")).unwrap_err().code, ProblemCode::BadInput);
    }

    #[test]
    fn names_are_usable_as_file_names() {
        for name in ["", "a/b", "a b", "ä", &"x".repeat(65)] {
            assert_eq!(
                environment(name).check().unwrap_err().code,
                ProblemCode::BadInput,
                "{name:?}"
            );
        }
        for name in ["p", "Prod-1.eu_west", &"x".repeat(64)] {
            environment(name).check().unwrap();
        }
    }

    #[test]
    fn an_update_is_checked_and_keeps_the_name() {
        let (_folder, dir) = place();
        let mut all = Environments::load(&dir).unwrap();
        all.add(environment("prod")).unwrap();
        let changed = all.update("prod", |e| {
            e.settle_s = 1;
            e.name = "other".into();
        });
        assert_eq!(changed.unwrap().settle_s, 1);
        assert!(all.update("prod", |e| e.colour = "red".into()).is_err());
        assert!(all.update("prod", |e| e.request_timeout_s = 0).is_err());
        assert!(all.update("prod", |e| e.history_values = 0).is_err());
        let kept = Environments::load(&dir).unwrap();
        assert_eq!(kept.get("prod").unwrap().colour, default_colour(0));
    }

    #[test]
    fn history_is_kept_for_two_years_unless_the_file_says_otherwise() {
        let mut written = serde_json::to_value(environment("prod")).unwrap();
        written["history_days"] = serde_json::Value::Null;
        let for_ever: Environment = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(for_ever.history_days, None);
        written.as_object_mut().unwrap().remove("history_days");
        let usual: Environment = serde_json::from_value(written).unwrap();
        assert_eq!((usual.history_days, usual.history_values), (Some(730), 1000));
    }

    #[test]
    fn removing_takes_the_mirror_too_but_not_during_a_sync() {
        let (_folder, dir) = place();
        let mut all = Environments::load(&dir).unwrap();
        all.add(environment("prod")).unwrap();
        fs::write(dir.mirror_file("prod"), "x").unwrap();
        let lock = SyncLock::try_acquire(&dir, "prod").unwrap();
        assert_eq!(all.remove("prod").unwrap_err().code, ProblemCode::Busy);
        assert!(dir.mirror_file("prod").exists());
        drop(lock);
        all.remove("prod").unwrap();
        assert!(!dir.mirror_file("prod").exists());
        assert!(Environments::load(&dir).unwrap().list().is_empty());
    }

    #[test]
    fn a_damaged_file_is_told_and_left_alone() {
        let (_folder, dir) = place();
        fs::write(dir.environments_file(), "{").unwrap();
        assert_eq!(Environments::load(&dir).unwrap_err().code, ProblemCode::Storage);
        assert_eq!(fs::read_to_string(dir.environments_file()).unwrap(), "{");
    }
}
